"""Campaigns of the demo's shop: eight of them, of every common kind, loaded as approved by two members of staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.promotions.known import Known, get_known
from portal.promotions.managing import approve_campaign, create_campaign, list_standing, submit_campaign

CURRENCY = "CNY"


def _text(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


_DEVICES: Mapping[str, Any] = {"kinds": ["device"]}
_BEST = {"code": "devices", "mode": "best_single", "rank": 50}

CAMPAIGNS: Mapping[str, Mapping[str, Any]] = {
    "accessories_3_for_2": {
        "name": _text("配件买三付二", "Accessories: three for two"),
        "effects": [
            {"kind": "n_for_m", "take": 3, "pay": 2, "target": {"offerings": ["accessory_cable", "accessory_earphones"]}, "most_times": 2}
        ],
        "priority": 10,
    },
    "gold_handsets": {
        "name": _text("金卡手机 95 折", "Gold customers: 5 % off handsets"),
        "when": {"kind": "tier", "one_of": ["gold"]},
        "effects": [{"kind": "percentage", "basis_points": 500, "target": _DEVICES, "most_minor": 30_000, "most_pieces": 2}],
        "group": _BEST,
    },
    "student_handsets": {
        "name": _text("青春购机立减 150 元", "Under 26: 150 off a handset"),
        "when": {"kind": "all", "of": [{"kind": "age", "min": 16, "max": 25}, {"kind": "subtotal", "min": 80_000, "target": _DEVICES}]},
        "effects": [{"kind": "amount", "amount_minor": 15_000, "target": _DEVICES}],
        "caps": {"per_customer": 1},
        "group": _BEST,
    },
    "thermos_with_handset": {
        "name": _text("购机满 1500 元赠保温杯", "A thermos flask with 1,500 of handsets"),
        "reward": _text("保温杯", "a thermos flask"),
        "when": {"kind": "subtotal", "min": 150_000, "target": _DEVICES},
        "effects": [{"kind": "gift", "one_of": ["gift_thermos"], "cost_minor": 4_000}],
        "caps": {"uses": 200, "per_customer": 1},
        "budget_minor": 800_000,
        "priority": 20,
    },
    "first_order": {
        "name": _text("首单满 100 元减 10 元", "First order: 10 off 100"),
        "when": {"kind": "all", "of": [{"kind": "orders", "max": 0}, {"kind": "subtotal", "min": 10_000}]},
        "effects": [{"kind": "amount", "amount_minor": 1_000}],
        "caps": {"per_customer": 1, "per_day": 500},
        "priority": 30,
    },
    "free_shipping_99": {
        "name": _text("满 99 元免运费", "Free delivery from 99"),
        "reward": _text("免运费", "free delivery"),
        "when": {"kind": "subtotal", "min": 9_900},
        "effects": [{"kind": "free_shipping"}],
        "group": {"code": "shipping", "mode": "in_order", "rank": 900},
    },
    "add_on_months": {
        "name": _text("增值业务首两月免费", "Two free months of an add-on"),
        "when": {"kind": "all", "of": [{"kind": "tenure", "min": 12}, {"kind": "channel", "one_of": ["web"]}]},
        "effects": [{"kind": "free_months", "months": 2, "target": {"kinds": ["add_on"]}, "most_pieces": 1}],
        "caps": {"per_customer": 1},
        "hold_out_percent": 10,
    },
    "welcome_code": {
        "name": _text("迎新码 9 折", "Welcome code: 10 % off"),
        "when": {"kind": "code"},
        "effects": [
            {
                "kind": "percentage",
                "basis_points": 1000,
                "target": {"categories": ["accessories"], "kinds": ["sim"]},
                "most_minor": 5_000,
            }
        ],
        "caps": {"per_code": 1, "uses": 1_000},
        "budget_minor": 5_000_000,
        "priority": 40,
    },
}
"""By code; they hold from the day they are loaded for 60 days."""


def load_campaigns(session: Session, *, made_by: int, approved_by: int, now: datetime, known: Known | None = None) -> Sequence[str]:
    """Load and approve the demo's campaigns that are not there; give their codes. Two members of staff are needed for it."""
    standing = {row.code for row in list_standing(session)}
    known, loaded = known or get_known(session), []
    for code, document in CAMPAIGNS.items():
        if code in standing:
            continue
        time = {"currency": CURRENCY, "starts_at": now.isoformat(), "ends_at": (now + timedelta(days=60)).isoformat()}
        create_campaign(session, code, {**document, **time}, staff_id=made_by, now=now, known=known)
        submit_campaign(session, code, staff_id=made_by, now=now)
        approve_campaign(session, code, staff_id=approved_by, now=now, known=known)
        loaded.append(code)
    return loaded
