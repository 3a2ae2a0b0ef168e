"""What is ordered, as the faces hand it over, and whether it can be an order at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from portal.base.errors import N_, Invalid
from portal.base.money import MAX_MINOR
from portal.interactions import CHANNELS

MOST_ITEMS, MOST_OF_ONE = 20, 99
MOST_SIGNS = {"name": 60, "phone": 30, "address": 200}
MOST_KEY = 100
NO_CURRENCY = ""
"""The currency of an order that costs no money."""


@dataclass(frozen=True, slots=True)
class Item:
    """So many of an offering, at the price of one the customer was shown (in the order's unit)."""

    offering_code: str
    quantity: int
    expected_amount: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where goods go."""

    name: str
    phone: str
    address: str

    def as_row(self) -> dict[str, str]:
        """Give it as it is stored."""
        return {"name": self.name, "phone": self.phone, "address": self.address}


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be placed. `unit`: points or a currency; `key`: the form's own, the same again is the same order.

    `party_id`: the person who places it; `placed_for`: an employee, as the enterprise names them; `subscription_id`: the
    line it is for, which the customer must have; `actor` as in the audit log.
    """

    customer_id: int
    items: tuple[Item, ...]
    price_list: str
    unit: str
    channel: str
    key: str
    party_id: int | None = None
    placed_for: str | None = None
    subscription_id: int | None = None
    delivery: Delivery | None = None
    actor: str = "system"

    @property
    def total(self) -> int:
        """What it comes to at the prices the customer was shown, in `unit`."""
        return sum(item.quantity * item.expected_amount for item in self.items)

    @property
    def fingerprint(self) -> str:
        """What is ordered, as a hash: a key used again with another is refused."""
        body = [
            [[item.offering_code, item.quantity, item.expected_amount] for item in self.items], self.price_list, self.unit,
            self.placed_for, self.subscription_id, None if self.delivery is None else self.delivery.as_row(),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()


def check_entry(new: NewOrder) -> None:
    """Raise Invalid, with the fields that are wrong, for what can be no order whatever is offered; ValueError for our mistakes."""
    if new.channel not in CHANNELS or not 0 < len(new.key) <= MOST_KEY:
        raise ValueError("an order comes through a channel, under a key of up to 100 signs")
    fields: dict[str, str] = {}
    codes = {item.offering_code for item in new.items}
    if not 0 < len(new.items) <= MOST_ITEMS or len(codes) < len(new.items):
        fields["items"] = N_("Order 1 to 20 different things at a time.")
    if any(type(item.quantity) is not int or not 1 <= item.quantity <= MOST_OF_ONE for item in new.items):
        fields["quantity"] = N_("Take 1 to 99 of one thing.")
    elif any(type(item.expected_amount) is not int or not 0 <= item.expected_amount <= MAX_MINOR for item in new.items):
        fields["amount"] = N_("A price is a whole number of zero or more.")
    elif new.total > MAX_MINOR:
        fields["amount"] = N_("This is more than one order can come to.")
    fields |= {} if new.delivery is None else check_delivery(new.delivery)
    if fields:
        raise Invalid(fields)


def check_delivery(delivery: Delivery) -> dict[str, str]:
    """Give what is wrong with where it goes, by field."""
    given = delivery.as_row()
    fields = {name: N_("This is needed to send it to you.") for name, text in given.items() if not text.strip()}
    return fields | {name: N_("This is too long.") for name, text in given.items() if len(text) > MOST_SIGNS[name]}
