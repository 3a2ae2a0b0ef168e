"""An order as it was priced: what each thing costs once and every month, what was taken off, and what that is due to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from portal.base.errors import N_, Invalid
from portal.base.money import MAX_MINOR
from portal.interactions import CHANNELS
from portal.orders.entry import MOST_ITEMS, MOST_KEY, MOST_OF_ONE, Delivery, check_delivery
from portal.promotions import CampaignUseOf

PayBy = Literal["none", "online", "bill", "counter", "company"]
PAID_BEFORE: frozenset[PayBy] = frozenset({"online", "counter"})
"""Ways of payment an order waits for; what goes on a bill or a company's account is prepared at once."""
MOST_ROWS = 3 * MOST_ITEMS


@dataclass(frozen=True, slots=True)
class PricedItem:
    """So many of an offering, as they are sold. Amounts of one: `price_minor`, `price_points`, `monthly_minor`, `deposit_minor`;
    of all of them: `discount_minor`, `tax_minor` (within the price).

    `name` by language; `fulfilment` and `stocked` as the catalogue says; `kind` and `category` too; `terms`: what was agreed to
    (months bound, free months …); `parent`: the position (from 1) of the bundle it belongs to; `subscription_id`: its line;
    `most`: how many of it one customer can have, of all orders that stand (None: any number).
    """

    offering_code: str
    name: Mapping[str, str]
    fulfilment: str
    quantity: int
    price_minor: int
    stocked: bool = False
    kind: str = ""
    price_points: int = 0
    monthly_minor: int = 0
    deposit_minor: int = 0
    discount_minor: int = 0
    tax_minor: int = 0
    offering_version: int | None = None
    terms: Mapping[str, Any] | None = None
    parent: int | None = None
    is_gift: bool = False
    subscription_id: int | None = None
    most: int | None = None

    @property
    def total_minor(self) -> int:
        """What all of them cost: after the discount, with the deposits."""
        return self.quantity * (self.price_minor + self.deposit_minor) - self.discount_minor


@dataclass(frozen=True, slots=True)
class PricedOrder:
    """An order with its prices, as carts, flash sales and pre-sales computed them; positions are the items' places, from 1.

    `key`: the same again is the same order; `identity`: what of the order the client chose (what a key used again must repeat;
    empty: the items and where they go). `payment`: how it is paid; "none" where it costs nothing; `pay_by`: until when one that is
    paid before ("online", "counter") is kept. `place`: where stock is taken from; `outlet`: where it is picked up.
    `shipping_minor`: after its own discount, `shipping_tax_minor` within it; `other_discount_minor`: what was taken off shipping,
    for the record.
    `paid_before_minor`: a part that was paid already by another order (a pre-sale's deposit), taken off the total.
    `uses`: campaigns this order uses; `reserved_by`: the holder ("cart:7") under which they are reserved already, None: reserved
    now. `coupons`: references ("code:3:1207") of the coupons it was priced with, held by `coupons_of` ("cart:7"); they move to
    the order. `points`: extra points when it is completed.
    `promotion`: kept with the order as it is. `documents`: the papers it asks for (`papers_of_order`). `actor` as in the audit log.
    """

    customer_id: int
    items: tuple[PricedItem, ...]
    price_list: str
    currency: str
    channel: str
    key: str
    payment: PayBy = "none"
    pay_by: datetime | None = None
    identity: str = ""
    party_id: int | None = None
    placed_for: str | None = None
    subscription_id: int | None = None
    delivery: Delivery | None = None
    outlet: str | None = None
    place: str = "central"
    shipping_minor: int = 0
    shipping_tax_minor: int = 0
    other_discount_minor: int = 0
    paid_before_minor: int = 0
    uses: tuple[CampaignUseOf, ...] = ()
    reserved_by: str | None = None
    coupons: tuple[str, ...] = ()
    coupons_of: str | None = None
    points: int = 0
    promotion: Mapping[str, Any] | None = None
    documents: Mapping[str, Any] = field(default_factory=dict)
    actor: str = "system"

    @property
    def total_minor(self) -> int:
        """What is to be paid for it now."""
        return sum(item.total_minor for item in self.items) + self.shipping_minor - self.paid_before_minor

    @property
    def total_points(self) -> int:
        """What it costs in points."""
        return sum(item.quantity * item.price_points for item in self.items)

    @property
    def discount_minor(self) -> int:
        """What was taken off, shipping included."""
        return sum(item.discount_minor for item in self.items) + self.other_discount_minor

    @property
    def tax_minor(self) -> int:
        """The tax within it."""
        return sum(item.tax_minor for item in self.items) + self.shipping_tax_minor

    @property
    def deposit_minor(self) -> int:
        """The deposits within it."""
        return sum(item.quantity * item.deposit_minor for item in self.items)

    @property
    def fingerprint(self) -> str:
        """What is ordered, as a hash: a key used again with another is refused."""
        body = self.identity or [
            [[item.offering_code, item.quantity, item.subscription_id] for item in self.items if not item.is_gift],
            self.price_list, self.currency, self.placed_for, self.subscription_id, self.payment, self.outlet,
            None if self.delivery is None else self.delivery.as_row(),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()

    @property
    def waits_for_payment(self) -> bool:
        """Nothing is prepared before it is paid."""
        return self.payment in PAID_BEFORE and self.total_minor > 0


def check_priced(new: PricedOrder) -> None:
    """Raise Invalid for what can be no order; ValueError for prices that cannot have been computed: our mistakes."""
    if new.channel not in CHANNELS or not 0 < len(new.key) <= MOST_KEY:
        raise ValueError("an order comes through a channel, under a key of up to 100 signs")
    if not 0 < len(new.items) <= MOST_ROWS:
        raise Invalid({"items": N_("Order 1 to 20 different things at a time.")})
    fields: dict[str, str] = {}
    if any(type(item.quantity) is not int or not 1 <= item.quantity <= MOST_OF_ONE for item in new.items):
        fields["quantity"] = N_("Take 1 to 99 of one thing.")
    elif new.total_minor > MAX_MINOR or new.total_points > MAX_MINOR:
        fields["amount"] = N_("This is more than one order can come to.")
    if not fields and any(_cannot_be(item) for item in new.items):
        raise ValueError("prices are whole numbers of zero or more, and no discount exceeds what it applies to")
    fields |= {} if new.delivery is None else check_delivery(new.delivery)
    if fields:
        raise Invalid(fields)
    if new.waits_for_payment and new.pay_by is None:
        raise ValueError("an order that is paid before is kept until a moment")
    if new.total_minor < 0:
        raise ValueError("an order costs nothing or more")


def _cannot_be(item: PricedItem) -> bool:
    parts = (item.price_minor, item.price_points, item.monthly_minor, item.deposit_minor, item.discount_minor, item.tax_minor)
    return any(type(part) is not int or part < 0 for part in parts) or item.discount_minor > item.quantity * item.price_minor
