"""Processes that buy the last pieces, pay and give up at the same moment; and mutants that fail the same claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.catalog import STANDARD, SoldOut, add_stock, count_stock
from portal.orders import OrderClosed, PricedOrder, expire_unpaid, mark_paid, place_priced
from tests.cast import Cast
from tests.orders.race import PROCESSES, Race, _take_what_was_seen, racing
from tests.orders.shop import BANK, BANK_PRICE

PIECES, TRIES, ORDERS = 5, 3, 12


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    with racing() as made:
        yield made


def order(customer_id: int, key: str, minutes: int = 30) -> PricedOrder:
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    return PricedOrder(customer_id, (BANK,), STANDARD, "CNY", "web", key, payment="counter", pay_by=until, actor="party:1")


def buy(database: Database, index: int, customer_id: int, tries: int) -> int:
    """Buy one piece so many times; give how often it went through."""
    bought = 0
    for number in range(tries):
        try:
            with database.writing() as session:
                bought += place_priced(session, order(customer_id, f"{index}:{number}"), now=datetime.now(UTC)).is_new
        except SoldOut:
            continue
    return bought


def buy_unguarded(database: Database, index: int, customer_id: int, tries: int) -> int:
    """The mutant: takes a piece whether or not one is left."""
    from portal.orders import selling

    kept = vars(selling)["claim_stock"]
    vars(selling)["claim_stock"] = _take_any
    try:
        return buy(database, index, customer_id, tries)
    finally:
        vars(selling)["claim_stock"] = kept


def _take_any(*given: Any, place: str, **named: Any) -> None:
    _take_what_was_seen(*given, **named)


def pay_or_give_up(database: Database, index: int, orders: Sequence[tuple[int, int]]) -> Counter[str]:
    """Every second process has orders paid, the others give up what was not paid in time; give who did what."""
    did: Counter[str] = Counter()
    later = datetime.now(UTC) + timedelta(hours=1)
    for customer_id, order_id in orders:
        with database.writing() as session:
            if index % 2:
                did["expired"] += expire_unpaid(session, now=later, limit=2)
                continue
            try:
                did["paid"] += mark_paid(session, customer_id, order_id, BANK_PRICE, actor="system", now=datetime.now(UTC))
            except OrderClosed:
                did["closed"] += 1
    return did


def pay_or_give_up_unguarded(database: Database, index: int, orders: Sequence[tuple[int, int]]) -> Counter[str]:
    """The mutant: changes an order wherever it stands."""
    from portal.orders import steps

    kept = dict(vars(steps)["_move"])
    this = vars(steps)["_this"]
    moves = vars(steps)["_move"]
    moves |= {
        verb: sa.update(steps.Order).where(this).values(vars(steps)["_values"](verb)).returning(*vars(steps)["_known"])
        for verb in ("pay", "expire", "reserve")
    }
    try:
        return pay_or_give_up(database, index, orders)
    finally:
        moves |= kept


@pytest.mark.parametrize(("work", "exact"), [(buy, True), (buy_unguarded, False)])
def test_the_last_pieces_are_sold_exactly(
    race: Race, database: Database, cast: Cast, now: datetime, work: Callable[..., int], exact: bool
) -> None:
    with database.writing() as session:
        add_stock(session, BANK.offering_code, PIECES, now=now)
    sold = sum(race.run(work, database.url.render_as_string(hide_password=False), cast.alice.customer_id, TRIES))
    assert (sold == PIECES) is exact
    if exact:
        with database.reading() as session:
            counted = count_stock(session, BANK.offering_code)
        assert (counted.free, counted.reserved, counted.used) == (0, PIECES, 0)


@pytest.mark.parametrize(("work", "exact"), [(pay_or_give_up, True), (pay_or_give_up_unguarded, False)])
def test_an_order_paid_and_given_up_at_once_is_one_of_both_once(
    race: Race, database: Database, cast: Cast, now: datetime, work: Callable[..., Any], exact: bool
) -> None:
    with database.writing() as session:
        add_stock(session, BANK.offering_code, ORDERS, now=now)
    orders = []
    for number in range(ORDERS):
        with database.writing() as session:
            placed = place_priced(session, order(cast.alice.customer_id, f"r{number}"), now=datetime.now(UTC))
        orders.append((cast.alice.customer_id, placed.order_id))
    try:
        answers = race.run(work, database.url.render_as_string(hide_password=False), orders)
    except Exception:  # noqa: BLE001 - whatever the mutant breaks
        assert not exact, "the guarded way raises nothing"
        return
    did = sum(answers, Counter())
    table = Base.metadata.tables["customer_order"]
    with database.reading() as session:
        stands = Counter(session.scalars(sa.select(table.c.status)))
        reserved = count_stock(session, BANK.offering_code).reserved
    agree = (did["paid"], did["expired"], reserved) == (stands["reserved"], stands["cancelled"], stands["reserved"])
    assert (agree and did["paid"] + did["expired"] == ORDERS) is exact
    assert PROCESSES == 8
