"""Processes that order, fulfil and cancel at the same moment, and how the same is done wrongly.

The wrong one, `redeem_unguarded`, shows that the tests can fail: it looks whether something is left, and then takes it.
"""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Database
from portal.base.errors import NotFound, PortalError
from portal.catalog import POINTS, STANDARD, Buyer, SoldOut, get_offer
from portal.catalog.models import StockClaim, StockUnit
from portal.orders import Item, NewOrder, OrderClosed, Placed, cancel_order, fulfil_order, place_order, placing, take_order
from portal.points import NotEnoughPoints

GIFT, PRICE = "gift_thermos", 600
PROCESSES = 8
_line: list[Barrier] = []


class Race:
    """A pool of eight processes, which cost more to start than a race takes."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def run(self, work: Callable[..., Any], url: str, *arguments: Any) -> list[Any]:
        """Have all eight do `work(database, index, *arguments)` from the same moment on; give their answers, or raise the first fault."""
        return list(self._pool.starmap(_work, [(work, url, index, arguments) for index in range(PROCESSES)], chunksize=1))


@contextmanager
def racing() -> Iterator[Race]:
    """Start the pool."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(PROCESSES, _stand, (spawn.Barrier(PROCESSES),)) as pool:
        yield Race(pool)


def _stand(line: Barrier) -> None:
    _line[:] = [line]


def _work(work: Callable[..., Any], url: str, index: int, arguments: Sequence[Any]) -> Any:
    database = Database(url)
    try:
        with database.reading() as session:
            session.connection()  # connected before the start
        _line[0].wait(60)
        return work(database, index, *arguments)
    finally:
        database.close()


def redemption(customer_id: int, key: str, code: str = GIFT, amount: int = PRICE) -> NewOrder:
    return NewOrder(customer_id, (Item(code, 1, amount),), STANDARD, POINTS, "web", key, actor="party:1")


def redeem(database: Database, index: int, customers: Sequence[int], tries: int) -> list[int]:
    """Redeem the gift so many times for a customer; give the orders that stand."""
    placed = []
    for number in range(tries):
        try:
            with database.writing() as session:
                order = place_order(session, redemption(customers[index], f"{index}:{number}"), now=datetime.now(UTC))
            placed.append(order.order_id)
        except SoldOut:
            continue
    return placed


def redeem_with_another(database: Database, index: int, customers: Sequence[int], tries: int) -> list[int]:
    """Redeem the gift together with another one, of which there is enough: the way of several things, step by step."""
    placed = []
    for number in range(tries):
        new = redemption(customers[index], f"{index}:{number}")
        try:
            with database.writing() as session:
                several = replace(new, items=(*new.items, Item("gift_power_bank", 1, 900)))
                placed.append(place_order(session, several, now=datetime.now(UTC)).order_id)
        except SoldOut:
            continue
    return placed


def redeem_unguarded(database: Database, index: int, customers: Sequence[int], tries: int) -> list[int]:
    """The mutant: looks whether a piece is left, and then takes one without asking again."""
    guards = {name: getattr(placing, name) for name in ("claim_stock", "_refusal", "is_redemption")}
    vars(placing).update(claim_stock=_take_what_was_seen, _refusal=lambda new, terms: None, is_redemption=lambda *_: False)
    try:
        return _redeem_what_was_seen(database, index, customers, tries)
    finally:
        vars(placing).update(guards)


def _redeem_what_was_seen(database: Database, index: int, customers: Sequence[int], tries: int) -> list[int]:
    placed = []
    for number in range(tries):
        with database.reading() as session:
            left = get_offer(session, STANDARD, GIFT, Buyer(None, "web"), unit=POINTS, now=datetime.now(UTC)).left
        if number == 0:
            _line[0].wait(60)  # all have looked before any takes
        if left:
            with database.writing() as session:
                order = place_order(session, redemption(customers[index], f"{index}:{number}"), now=datetime.now(UTC))
            placed.append(order.order_id)
    return placed


def _take_what_was_seen(session: Session, offering_code: str, quantity: int, *, holder: str, now: datetime) -> None:
    unit = session.execute(sa.select(StockUnit.id).where(StockUnit.offering_code == offering_code).limit(quantity)).first()
    if unit is not None:
        session.execute(sa.delete(StockUnit).where(StockUnit.id == unit.id))
    made = random.getrandbits(62) if unit is None else unit.id ^ random.getrandbits(20) << 40
    session.add(StockClaim(id=made, offering_code=offering_code, holder=holder, claimed_at=now))


def redeem_same(database: Database, index: int, customer_id: int, keys: int) -> list[Placed]:
    """Send the very requests the others send, too."""
    answers = []
    for number in range(keys):
        with database.writing() as session:
            answers.append(place_order(session, redemption(customer_id, f"same:{number}"), now=datetime.now(UTC)))
    return answers


def spend_last(database: Database, index: int, customer_id: int, tries: int) -> int:
    """Redeem for one customer whose points run out; give how often it went through."""
    done = 0
    for number in range(tries):
        try:
            with database.writing() as session:
                place_order(session, redemption(customer_id, f"{index}:{number}"), now=datetime.now(UTC))
            done += 1
        except NotEnoughPoints:
            continue
    return done


def end(database: Database, index: int, orders: Sequence[tuple[int, int]]) -> Counter[str]:
    """Fulfil (every second process) or cancel every order; give how often which of them did it."""
    did: Counter[str] = Counter()
    for customer_id, order_id in orders:
        try:
            with database.writing() as session:
                if index % 2:
                    done = fulfil_order(session, order_id, actor="staff:1", customer_id=customer_id, now=datetime.now(UTC))
                else:
                    done = cancel_order(session, customer_id, order_id, actor="staff:1", reason="race", now=datetime.now(UTC))
            did["completed" if index % 2 else "cancelled"] += done
        except OrderClosed:
            did["closed"] += 1
    return did


def mix(
    database: Database, index: int, customers: Sequence[int], staff: Sequence[int], orders: Sequence[tuple[int, int]], times: int
) -> int:
    """Do anything to anybody's orders, in an order of its own; give how many steps went through. A deadlock is raised."""
    chance = random.Random(index)
    known, done = list(orders), 0
    for number in range(times):
        customer_id, order_id = chance.choice(known)
        steps: Sequence[Callable[[Session], Any]] = (
            lambda session: place_order(session, redemption(chance.choice(customers), f"mix:{index}:{number}"), now=datetime.now(UTC)),  # noqa: B023
            lambda session: cancel_order(session, customer_id, order_id, actor="staff:1", reason="mix", now=datetime.now(UTC)),  # noqa: B023
            lambda session: fulfil_order(session, order_id, actor="staff:1", customer_id=customer_id, now=datetime.now(UTC)),  # noqa: B023
            lambda session: take_order(session, staff[index % len(staff)], order_id, now=datetime.now(UTC)),  # noqa: B023
        )
        try:
            with database.writing() as session:
                chance.choice(steps)(session)
            done += 1
        except (PortalError, NotFound):
            continue
    return done
