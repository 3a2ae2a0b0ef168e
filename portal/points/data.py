"""How points are earned and kept, as shipped: the operator's rules, which are data and can be changed.

Operators differ and change their minds (field/points.md 4): what is earned for what, in which purse, up to how much a day
and for how long it is kept stands in the rules; only what follows from a word of ours stands in the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Purse = Literal["channel", "service"]

SPENDABLE: Purse = "channel"
"""The purse the points store takes from."""

ELECTRONIC = frozenset({"web", "mobile", "sms", "kiosk", "ministore"})
"""The channels on which channel points are earned; what is paid on any other earns service points."""

GRACE_DAYS = 30
"""For how long points that come back from a cancelled order can be spent when their own time has run out meanwhile."""

GRANT, RETURNED = "grant", "returned"
"""Reasons of lots that no rule earned: given by hand or in advance; come back after their time."""


@dataclass(frozen=True, slots=True)
class RuleData:
    """`points` for each whole `per` of something, at most `daily_cap` points a day (None: any number).

    `per` counts visits, or minor units of what was paid. Points are kept until the last day of the `months_kept`th month
    after the one they were earned in.
    """

    code: str
    purse: Purse
    points: int
    per: int
    daily_cap: int | None
    months_kept: int = 24
    enabled: bool = True


RULES: tuple[RuleData, ...] = (
    RuleData("visit", "channel", points=5, per=1, daily_cap=10),
    RuleData("payment", "channel", points=1, per=100, daily_cap=None),
    RuleData("counter_payment", "service", points=1, per=100, daily_cap=None),
)
