"""What a batch is made of, as the office enters it, and who comes with a code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from portal.identity import Guesser

BatchKind = Literal["coupon", "prize"]
PrizeKind = Literal["nothing", "points", "offering"]
CHANNELS = ("web", "mobile", "sms", "kiosk", "counter", "ministore")
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may redeem how many, and where. None and empty: no limit."""

    per_customer: int | None = None
    per_customer_day: int | None = None
    per_day: int | None = None
    channels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewPrize:
    """A prize: `weight` of a million draws win it while `amount` lasts (None: as many as are drawn)."""

    name: Mapping[str, str]
    kind: PrizeKind
    weight: int
    amount: int | None = None
    points: int = 0
    offering_code: str | None = None


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch to make. A coupon's opens a campaign; a prize's has prizes."""

    name: Mapping[str, str]
    kind: BatchKind
    size: int
    starts_at: datetime
    ends_at: datetime
    campaign_code: str | None = None
    partner: str | None = None
    rules: Rules = Rules()
    prizes: tuple[NewPrize, ...] = ()


@dataclass(frozen=True, slots=True)
class Redeemer:
    """For whom a code is redeemed, where and by whom. `guesser`: whose wrong codes these would be."""

    customer_id: int
    channel: str
    actor: str
    guesser: Guesser
    party_id: int | None = None
