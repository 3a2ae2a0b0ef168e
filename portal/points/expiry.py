"""Points run out of time: a job books it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base import ledger
from portal.base.clock import today
from portal.base.db import Id
from portal.interactions import record_interaction
from portal.points.accounts import account_of, movement_of
from portal.points.data import Purse
from portal.points.models import PointsLot

_lot = PointsLot.metadata.tables["points_lot"]
_overdue = (
    sa.select(_lot.c.customer_id, _lot.c.purse, _lot.c.id, _lot.c.remaining)
    .where(_lot.c.closed_on.is_(None), _lot.c.expires_on <= sa.bindparam("today", type_=sa.Date()))
    .order_by(_lot.c.expires_on)
)
_close = (
    sa.update(_lot)
    .where(
        _lot.c.customer_id == sa.bindparam("of_customer"),
        _lot.c.id == sa.bindparam("of_lot"),
        _lot.c.remaining == sa.bindparam("seen", type_=Id),
    )
    .values(remaining=0, closed_on=sa.bindparam("day", type_=sa.Date()))
)


class _Changed(Exception):
    """Somebody took from a lot, or gave to it, since it was looked at."""


def expire_points(session: Session, *, now: datetime, limit: int) -> int:
    """Book what is left in lots past their day as expired and tell each customer; give how many lots, at most `limit`, it closed.

    One movement for each customer and purse, customers in one order: two jobs at once never wait for each other crosswise.
    What somebody else is just taking from is left for the next time. Points that are held expire with no lot.
    """
    overdue: dict[tuple[int, Purse], dict[int, int]] = {}
    # As a number in the statement: for a parameter, PostgreSQL's one plan reckons with a tenth of the table.
    some = _overdue.limit(sa.literal_column(str(int(limit))))
    for customer_id, purse, lot_id, remaining in session.connection().execute(some, {"today": today(now)}):
        overdue.setdefault((customer_id, purse), {})[lot_id] = remaining
    count = 0
    for (customer_id, purse), lots in sorted(overdue.items()):
        if _expire(session, customer_id, purse, lots, now):
            if points := sum(lots.values()):
                record_interaction(session, customer_id, channel="web", kind="points_expired", params={"points": points}, now=now)
            count += len(lots)
    return count


def _expire(session: Session, customer_id: int, purse: Purse, lots: Mapping[int, int], now: datetime) -> bool:
    """Book lots (what is left by id) of one purse as expired; False, and nothing booked, when they are no longer so."""
    try:
        with session.begin_nested():
            _book(session, customer_id, purse, lots, now)
    except (_Changed, ledger.NotEnough, ledger.ReferenceReused):
        return False
    return True


def _book(session: Session, customer_id: int, purse: Purse, lots: Mapping[int, int], now: datetime) -> None:
    source, target = account_of("points", customer_id, purse), account_of("points_expired", customer_id, purse)
    day, points = today(now), sum(lots.values())
    reference = movement_of("expired", customer_id, f"{min(lots)}:{day.isoformat()}")
    if points and not ledger.transfer(session, reference, source, target, points, now=now).is_new:
        raise _Changed
    seen = [{"of_customer": customer_id, "of_lot": lot_id, "seen": left, "day": day} for lot_id, left in lots.items()]
    if session.connection().execute(_close, seen).rowcount != len(lots):
        raise _Changed
