"""What is wanted, and who asks for its price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.carts.delivering import ShippingRule
from portal.catalog import CENTRAL, STANDARD
from portal.customers import Shopper
from portal.promotions import Coupon, History, LiveCampaigns


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many of an offering. `subscription_id`: the line it is for; `seen_minor`: what it came to when last shown."""

    position: int
    offering_code: str
    quantity: int
    subscription_id: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    seen_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a price, where, and what else bears on it. `shopper` None: somebody who is not signed in. `live`: the campaigns that
    hold, where they were read already."""

    shopper: Shopper | None
    channel: str
    currency: str
    shipping: ShippingRule = field(default_factory=ShippingRule)
    price_list: str = STANDARD
    place: str = CENTRAL
    picks_up: bool = False
    coupons: tuple[Coupon, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
    history: History = field(default_factory=History)
    live: LiveCampaigns | None = None

    @property
    def held(self) -> frozenset[str]:
        """The offerings the customer has already."""
        return frozenset() if self.shopper is None else self.shopper.products
