"""Orders for tests of faces: a filled store, points to spend, and orders placed by the real services."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from portal.base.keys import Keys
from portal.catalog import add_stock
from portal.orders import Delivery, Item, NewOrder, Placed, place_order
from portal.points import earn_points
from tests.cast import NOW, Cast, Person

PRICES = {"gift_thermos": 600, "gift_power_bank": 900, "gift_coffee": 300, "gift_data_5gb": 200, "device_redmi_note_13": 109_900}
CODES = ("COFFEE-7QX2-1188", "COFFEE-3MZ9-4420", "COFFEE-5LK1-9034")
HOME = Delivery("王爱丽", "13857101234", "杭州市西湖区文三路 90 号 3 幢 501 室")
WORKS = Delivery("Erin Zhou", "13905710001", "杭州市滨江区网商路 699 号 2 号楼前台")

_numbers = count(1)


def fill_store(session: Session, keys: Keys, cast: Cast, *, now: datetime = NOW) -> None:
    """Put pieces into the store and 50,000 points into Alice's and Charlie's purses."""
    for code in ("gift_thermos", "gift_power_bank", "device_redmi_note_13"):
        add_stock(session, code, 60, now=now)
    add_stock(session, "gift_coffee", [keys.encrypt(code) for code in CODES], now=now)
    for person in (cast.alice, cast.charlie):
        earn_points(
            session, person.customer_id, 50_000, purse="channel", reason="payment", reference=f"test:{person.party_id}",
            expires_on=date(2028, 11, 30), now=now,
        )  # fmt: skip


def redeem(session: Session, person: Person, code: str = "gift_thermos", quantity: int = 1, *, now: datetime = NOW) -> Placed:
    """Redeem a gift as the points store does."""
    new = NewOrder(
        customer_id=person.customer_id, items=(Item(code, quantity, PRICES[code]),), price_list="standard", unit="points", channel="web",
        key=f"test-{next(_numbers):08}", party_id=person.party_id, subscription_id=person.subscription_id,
        delivery=HOME if code in ("gift_thermos", "gift_power_bank") else None, actor=f"party:{person.party_id}",
    )  # fmt: skip
    return place_order(session, new, now=now)


def order_handset(session: Session, cast: Cast, employee: str = "E-100", *, now: datetime = NOW) -> Placed:
    """Order a handset as an employee does in the company's store."""
    code = "device_redmi_note_13"
    new = NewOrder(
        customer_id=cast.acme.customer_id, items=(Item(code, 2, PRICES[code]),), price_list="standard", unit="CNY", channel="ministore",
        key=f"test-{next(_numbers):08}", placed_for=employee, delivery=WORKS, actor=f"employee:{employee}",
    )  # fmt: skip
    return place_order(session, new, now=now)


def many_orders(session: Session, person: Person, how_many: int, *, every: timedelta = timedelta(minutes=1)) -> list[Placed]:
    """Redeem as often as told, each a little later, the last one at the tests' moment."""
    return [redeem(session, person, now=NOW - every * (how_many - place)) for place in range(1, how_many + 1)]


def balances(session: Session, person: Person) -> tuple[int, int]:
    """Give what the points card says: available, held."""
    from portal.customers import Viewer
    from portal.points import points_card

    card: Any = points_card(session, Viewer("subscriber", f"party:{person.party_id}", person.customer_id), now=NOW)
    return card.available, card.held
