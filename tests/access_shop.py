"""Whose things the ids in the shop's addresses are: orders to pay, payments, addresses of the book, quotes."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from portal.customers import NewDeliveryAddress, add_delivery_address
from portal.payments import NewPayment, create_payment
from tests.cast import NOW, Cast

BOOK = ("show_address", "change_address", "remove_address")
EXAMPLES: dict[str, dict[str, object]] = {
    "site.show_offer": {"code": "sim_card"},
    **{f"site.{name}": {"number": "Q-0000-0000"} for name in ("show_quote", "send_quote_order", "withdraw_my_quote", "put_quote_in_cart")},
    **{f"site.{name}": {"position": 1} for name in ("change_quantity", "take_from_cart")},
}
"""Parts of an address that are no secret: a quote is looked for among the reader's own (tests/faces/test_shop.py), and so is a place
in the cart."""


def put_shop(session: Session, cast: Cast) -> dict[str, int]:
    """Put an address of Alice's and of Charlie's into their books, and open a payment of each."""
    made = {}
    for name in ("alice", "charlie"):
        person = getattr(cast, name)
        where = NewDeliveryAddress(name, person.number, "330106", "浙江省", "杭州市", "西湖区", "文三路 90 号")
        made[f"{name}'s address"] = add_delivery_address(session, person.customer_id, where, party_id=person.party_id, now=NOW)
        new = NewPayment(person.customer_id, f"order:{person.party_id}", 700, "CNY", "test", NOW.replace(year=2027))
        made[f"{name}'s payment"] = create_payment(session, new, now=NOW).id
    return made


def _foreign(nowhere: int, world: Any, name: str, what: str) -> list[tuple[str, dict[str, object]]]:
    pairs = [("alice", "charlie"), ("charlie", "alice"), ("erin", "alice"), ("bob", "charlie")]
    return [*((role, {name: world.shop[f"{other}'s {what}"]}) for role, other in pairs), ("alice", {name: nowhere})]


IDS: dict[str, Any] = {
    f"site.{name}": (
        lambda world: {"address_id": world.shop["alice's address"]},
        lambda nowhere, world: _foreign(nowhere, world, "address_id", "address"),
    )
    for name in BOOK
}
IDS["site.come_back_from_payment"] = (
    lambda world: {"payment_id": world.shop["alice's payment"]},
    lambda nowhere, world: _foreign(nowhere, world, "payment_id", "payment"),
)
