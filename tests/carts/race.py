"""What processes do at once with carts: one form sent by all of them, the last pieces, one cart filled; and the same done wrongly."""

from __future__ import annotations

from datetime import datetime

from portal.base.db import Database
from portal.base.errors import Refused
from portal.carts import CartOf, Checkout, SellingRules, check_out, get_cart, keep_details, put_in
from portal.carts import checkout as steps
from portal.orders import selling
from tests.carts.stall import HOME, RULES
from tests.points.race import stand_in_line


def send(database: Database, _: int, customer_id: int, owner: str, key: str, total: int, now: datetime) -> tuple[int, bool] | str:
    """Send the same form."""
    decided = Checkout(key, total, "online", True, owner)
    try:
        with database.writing() as session:
            placed = check_out(session, CartOf(customer_id, owner), RULES, decided, now=now)
    except Refused as refused:
        return refused.code
    return placed.order_id, placed.is_new


def send_unclaimed(
    database: Database, index: int, customer_id: int, owner: str, key: str, total: int, now: datetime
) -> tuple[int, bool] | str:
    """The mutant: no key is claimed, the cart is not taken, and each sends a key of its own."""
    steps.claim = lambda *_, **__: None  # type: ignore[attr-defined]
    steps.close_cart = lambda *_: True  # type: ignore[attr-defined]
    steps.store = lambda *_: None  # type: ignore[attr-defined]
    return send(database, index, customer_id, owner, f"{key}-{index}", total, now)


def buy_last(database: Database, index: int, customers: list[int], code: str, now: datetime) -> int | str:
    """Fill a cart of one's own with the last pieces, and order it; give the order, or why not."""
    whose = CartOf(customers[index], f"party:{index}")
    _fill(database, whose, code, now)
    return _order_one(database, index, whose, now)


def put_many(database: Database, _: int, customer_id: int, owner: str, code: str, times: int, now: datetime) -> None:
    """Put one piece in, so many times."""
    for _each in range(times):
        with database.writing() as session:
            put_in(session, CartOf(customer_id, owner), code, 1, now=now)


def buy_limited(database: Database, index: int, customer_id: int, code: str, now: datetime) -> int | str:
    """Order one piece from a cart of one's own for the customer all have in common; give the order, or why not."""
    whose = CartOf(customer_id, f"party:{index}")
    _fill(database, whose, code, now)
    stand_in_line()  # no cart has anything left to find out
    return _order_one(database, index, whose, now)


def buy_limited_unlocked(database: Database, index: int, customer_id: int, code: str, now: datetime) -> int | str:
    """The mutant: looks at the cart and counts what the customer has before its transaction, under nobody's lock."""
    whose = CartOf(customer_id, f"party:{index}")
    _fill(database, whose, code, now)
    with database.reading() as session:
        seen, facts = get_cart(session, whose, RULES, now=now), selling.list_history(session, customer_id, now=now)  # type: ignore[attr-defined]
    stand_in_line()  # all have counted before any orders
    kept = (vars(steps)["view_of"], vars(selling)["list_history"], vars(selling)["lock_customer"])
    vars(steps)["view_of"] = lambda *_, **__: seen
    vars(selling)["list_history"] = lambda *_, **__: facts
    vars(selling)["lock_customer"] = lambda *_: None
    try:
        return _order_one(database, index, whose, now)
    finally:
        vars(steps)["view_of"], vars(selling)["list_history"], vars(selling)["lock_customer"] = kept


def _fill(database: Database, whose: CartOf, code: str, now: datetime) -> None:
    with database.writing() as session:
        put_in(session, whose, code, 1, now=now)
        keep_details(session, whose, {"delivery": HOME, "payment": "online"}, now=now)


def _order_one(database: Database, index: int, whose: CartOf, now: datetime) -> int | str:
    with database.reading() as session:
        total = get_cart(session, whose, RULES, now=now).basket.sums.total_minor
    try:
        with database.writing() as session:
            return check_out(session, whose, RULES, Checkout(f"k{index:019}", total, "online", True, whose.owner), now=now).order_id
    except Refused as refused:
        return refused.code


__all__ = ["SellingRules", "buy_last", "buy_limited", "buy_limited_unlocked", "put_many", "send", "send_unclaimed"]
