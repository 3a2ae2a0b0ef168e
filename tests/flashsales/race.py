"""Processes that rush one sale at once; and the same done wrongly, by looking how many pieces are left and letting in as many."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.flashsales import (
    NotAdmitted,
    PieceOrder,
    enter_sale,
    find_entry,
    get_sale,
    get_state,
    leave_sale,
    order_piece,
    settle_sale,
    settling,
)
from tests.flashsales.hall import HOME

ROUNDS = 12
PAUSE_SECONDS = 0.02


def _keys(secret: str) -> Any:
    return make_keys(Settings(env="test", secret_key=secret))  # type: ignore[arg-type]


def rush(database: Database, index: int, sale_id: int, customers: Sequence[Sequence[int]], secret: str, now: datetime) -> list[int]:
    """Enter for one's own customers, look what came of it again and again, order what is kept; give who ordered."""
    keys = _keys(secret)

    def settle() -> None:
        with database.writing() as session:
            settle_sale(session, keys, sale_id, now=now)

    return _rush(database, sale_id, customers[index], keys, now, settle)


def rush_unguarded(
    database: Database, index: int, sale_id: int, customers: Sequence[Sequence[int]], secret: str, now: datetime
) -> list[int]:
    """The mutant: looks how many pieces are left, then lets in as many, without claiming any and without having the sale to itself."""
    keys = _keys(secret)

    def settle() -> None:
        with database.writing() as session:
            settle_sale(session, keys, sale_id, now=now)

    let_in, vars(settling)["_let_in"] = settling._let_in, lambda *_: 0
    try:
        return _rush(database, sale_id, customers[index], keys, now, settle, lambda: _let_in_by_count(database, sale_id, now))
    finally:
        vars(settling)["_let_in"] = let_in


def _rush(
    database: Database, sale_id: int, mine: Sequence[int], keys: Any, now: datetime, settle: Callable[[], None],
    besides: Callable[[], None] = lambda: None,
) -> list[int]:  # fmt: skip
    for customer_id in mine:
        with database.writing() as session:
            enter_sale(session, keys, get_sale(session, sale_id), customer_id, now=now)
        settle()
        with database.writing() as session:  # again, as whoever taps twice
            enter_sale(session, keys, get_sale(session, sale_id), customer_id, now=now)
    ordered: list[int] = []
    for _ in range(ROUNDS):
        settle()
        besides()
        for customer_id in mine:
            with database.reading() as session:
                entry = find_entry(session, sale_id, customer_id)
            if entry is not None and entry.holds_piece(now):
                ordered += _order(database, sale_id, customer_id, now)
    return ordered


def _order(database: Database, sale_id: int, customer_id: int, now: datetime) -> list[int]:
    with database.writing() as session:
        placed = order_piece(session, sale_id, PieceOrder(customer_id, "party:1", delivery=HOME), now=now)
    return [customer_id] if placed.is_new else []


def _let_in_by_count(database: Database, sale_id: int, now: datetime) -> None:
    entry, claim = Base.metadata.tables["flash_entry"], Base.metadata.tables["stock_claim"]
    with database.reading() as session:
        state = get_state(session, sale_id)
        waits = sa.select(entry.c.customer_id).where(entry.c.sale_id == sale_id, entry.c.status == "waiting")
        waiting = list(session.execute(waits).scalars())
    lucky = sorted(random.sample(waiting, min(state.free, len(waiting))))  # in one order of locks
    time.sleep(PAUSE_SECONDS)
    with database.writing() as session:
        for customer_id in lucky:
            mine = sa.and_(entry.c.sale_id == sale_id, entry.c.customer_id == customer_id, entry.c.status == "waiting")
            done = session.execute(sa.update(entry).where(mine).values(status="admitted", admitted_until=state.sale.ends_at))
            if done.rowcount:  # type: ignore[attr-defined]
                row = {"id": random.getrandbits(62), "offering_code": state.sale.offering_code, "place": state.sale.place}
                session.execute(sa.insert(claim).values(**row, holder=f"flash:{sale_id}:{customer_id}", claimed_at=now))


def come_and_go(database: Database, index: int, sale_id: int, customers: Sequence[Sequence[int]], secret: str, now: datetime) -> list[int]:
    """As `rush`, but every second one who is let in gives the piece up; nobody may be the worse for it."""
    keys, ordered = _keys(secret), []
    for customer_id in customers[index]:
        with database.writing() as session:
            enter_sale(session, keys, get_sale(session, sale_id), customer_id, now=now)
    for number in range(ROUNDS):
        with database.writing() as session:
            settle_sale(session, keys, sale_id, now=now)
        for customer_id in customers[index]:
            with database.reading() as session:
                entry = find_entry(session, sale_id, customer_id)
            if entry is None or not entry.holds_piece(now):
                continue
            if (customer_id + number) % 2:
                with database.writing() as session:
                    leave_sale(session, sale_id, customer_id)
            else:
                ordered += _order(database, sale_id, customer_id, now)
    return ordered


def order_same(database: Database, index: int, sale_id: int, customer_id: int, now: datetime) -> tuple[int, bool] | None:
    """Order the very piece the others order, too."""
    try:
        with database.writing() as session:
            placed = order_piece(session, sale_id, PieceOrder(customer_id, "party:1", delivery=HOME), now=now)
    except NotAdmitted:
        return None
    return placed.order_id, placed.is_new
