"""The common kinds of campaigns: what the editor begins with."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from portal.base.errors import N_
from portal.faces.parts import portal


@dataclass(frozen=True, slots=True)
class Recipe:
    """One common kind: its name in addresses, an icon, a msgid, and what a document of it has."""

    name: str
    icon: str
    label: str
    document: Mapping[str, Any]


def _holding(*conditions: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "all", "of": [dict(each) for each in conditions]}


_HANDSETS = {"kinds": ["device"]}
_ACCESSORIES = {"kinds": ["accessory"]}
_TENTH = {"kind": "percentage", "basis_points": 1000, "target": _HANDSETS}
RECIPES: tuple[Recipe, ...] = (
    Recipe("percentage", "tag", N_("Percentage off"), {"effects": [_TENTH]}),
    Recipe("amount", "cash", N_("Amount off"), {"effects": [{"kind": "amount", "amount_minor": 5000, "target": _HANDSETS}]}),
    Recipe(
        "gift", "gift", N_("Gift from an amount on"),
        {"when": _holding({"kind": "subtotal", "min": 20000, "target": {}}),
         "effects": [{"kind": "gift", "one_of": [], "quantity": 1, "cost_minor": 0}], "caps": {"per_customer": 1}},
    ),
    Recipe(
        "n_for_m", "copy", N_("Three for the price of two"),
        {"effects": [{"kind": "n_for_m", "take": 3, "pay": 2, "target": _ACCESSORIES}]},
    ),
    Recipe(
        "bundle", "package", N_("Price of a bundle"),
        {"effects": [{"kind": "bundle_price", "price_minor": 399900,
                      "parts": [{"target": _HANDSETS, "quantity": 1}, {"target": _ACCESSORIES, "quantity": 1}]}]},
    ),
    Recipe(
        "shipping", "truck", N_("Free shipping"),
        {"when": _holding({"kind": "subtotal", "min": 9900, "target": {}}), "effects": [{"kind": "free_shipping"}]},
    ),
    Recipe(
        "points", "star", N_("Extra points"),
        {"effects": [{"kind": "points", "points": 10, "per_minor": 1000, "target": {}, "cost_minor": 100}]},
    ),
    Recipe(
        "code", "ticket", N_("Coupon code"),
        {"when": _holding({"kind": "code"}), "effects": [{"kind": "amount", "amount_minor": 2000, "target": {}}],
         "caps": {"per_customer": 1, "per_code": 1}},
    ),
    Recipe(
        "first_order", "shopping-bag", N_("First order"),
        {"when": _holding({"kind": "orders", "min": 0, "max": 0}),
         "effects": [{"kind": "percentage", "basis_points": 1000, "target": {}, "most_minor": 10000}], "caps": {"per_customer": 1}},
    ),
    Recipe(
        "company", "building", N_("Members of a company"),
        {"when": _holding({"kind": "enterprise"}), "effects": [_TENTH | {"basis_points": 2000}]},
    ),
    Recipe("other", "adjustments-horizontal", N_("Something else"), {"effects": []}),
)  # fmt: skip


def begin(name: str) -> dict[str, Any]:
    """Give the document a new campaign of this kind begins with; of a kind there is not, an empty one."""
    found: Mapping[str, Any] = next((each.document for each in RECIPES if each.name == name), {"effects": []})
    return {"name": {"zh": "", "en": ""}, "currency": portal().settings.currency, **deepcopy(dict(found))}
