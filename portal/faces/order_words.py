"""How an order reads, in every face: what it costs, where it stands, the steps it took, why it was given up."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Flask

from portal.base.errors import N_
from portal.base.money import Money
from portal.base.privacy import show_number
from portal.faces.babel import gettext
from portal.faces.words import money, points_of
from portal.orders import NO_CURRENCY, StepView

BY_CUSTOMER = "by_customer"
LOOKS = {"accepted": ("info", "clock"), "reserved": ("info", "clock"), "fulfilled": ("ok", None), "cancelled": ("neutral", "circle-x")}
"""A status as `status()` takes it: its state, and an icon of its own."""
ICONS = {"accepted": "receipt", "reserved": "check", "taken": "user-check", "fulfilled": "circle-check", "cancelled": "circle-x"}
STEPS = {
    "accepted": N_("Order accepted"),
    "reserved": N_("Set aside"),
    "taken": N_("Being prepared"),
    "fulfilled": N_("Done"),
    "cancelled": N_("Cancelled"),
}
NAMED = frozenset({"accepted", "taken", "fulfilled", "cancelled"})
"""Steps somebody takes; setting aside is done by the house."""
DESK_REASONS = {
    "customer_asked": N_("The customer asked for it"),
    "out_of_stock": N_("It is damaged or missing in the store"),
    "undeliverable": N_("It cannot be delivered to the address given"),
    "ordered_twice": N_("It was ordered twice by mistake"),
    "against_rules": N_("The order is against the rules of the offer"),
}
"""Why the desk may give an order up, in the order to show them; the customer reads the same."""
REASONS = {**DESK_REASONS, BY_CUSTOMER: N_("At the customer’s own wish")}

_BARE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of an order in the reader's words."""

    icon: str
    text: str
    at: datetime
    note: str


def init_app(app: Flask) -> None:
    """Give templates what an order costs and how its status looks."""
    app.jinja_env.globals.update(order_price=price, order_looks=LOOKS)
    app.jinja_env.filters["numbers_grouped"] = numbers_grouped


def price(points: int, minor: int, currency: str) -> str:
    """Write what was agreed: 600 points, ¥1,099.00, or both."""
    parts = [points_of(points)] if points or currency == NO_CURRENCY else []
    if minor or not parts:
        parts.append(money(Money(minor, currency)))
    return " + ".join(parts)


def step_rows(steps: Sequence[StepView], names: Mapping[str, str], *, named: Collection[str] = NAMED) -> list[StepRow]:
    """Give the steps in words; `names` says what whoever took one is called here, by actor, which is told of the kinds in `named`."""
    rows = []
    for step in steps:
        who = names.get(step.actor) if step.kind in named else None
        word, note = gettext(STEPS.get(step.kind, step.kind)), " · ".join(filter(None, (who, remark(step))))
        rows.append(StepRow(ICONS.get(step.kind, "clock"), word, step.at, note))
    return rows


def remark(step: StepView) -> str:
    """Give what was noted with a step: why an order was given up, a tracking number."""
    if step.kind == "cancelled":
        return gettext(REASONS[step.note]) if step.note in REASONS else ""
    return step.note or ""


def numbers_grouped(text: str) -> str:
    """Group the phone numbers in what somebody typed: 138 1234 5678."""
    return _BARE.sub(lambda found: show_number(found.group()), text)
