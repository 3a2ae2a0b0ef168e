"""Points go out: held under a reference, oldest first, then spent or given back, each once.

The order of locks is everywhere the same: the hold (where there is one), the accounts of the ledger, the lots. The lots
need no lock of their own, for whoever changes a customer's lots has posted to the customer's account before.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from portal.base import ledger
from portal.base.clock import today
from portal.base.db import Id
from portal.base.errors import NotFound
from portal.base.ids import new_id
from portal.points.accounts import account_of, check_amount, movement_of
from portal.points.data import GRACE_DAYS, RETURNED, SPENDABLE
from portal.points.earning import put_into_lot
from portal.points.errors import HoldEnded, NotEnoughPoints
from portal.points.models import PointsHold, PointsLot, PointsLotUse

HELD = "held"
End = Literal["spent", "released"]

_lot, _hold, _use = (model.metadata.tables[model.__tablename__] for model in (PointsLot, PointsHold, PointsLotUse))
_customer: sa.BindParameter[int] = sa.bindparam("customer")
_amount: sa.BindParameter[int] = sa.bindparam("wanted", type_=Id)  # named as no column: a column's name would be set
_hold_id: sa.BindParameter[int] = sa.bindparam("hold", type_=Id)

# Which lots an amount is taken from: those that expire first, and of the last one what is still missing.
_before = sa.cast(sa.func.sum(_lot.c.remaining).over(order_by=(_lot.c.expires_on, _lot.c.id)), sa.BigInteger) - _lot.c.remaining
_left = (
    sa.select(_lot.c.id, _lot.c.remaining, _before.label("before"))
    .where(
        _lot.c.customer_id == _customer,
        _lot.c.purse == SPENDABLE,
        _lot.c.remaining > 0,
        _lot.c.expires_on > sa.bindparam("today", type_=sa.Date()),
    )
    .subquery("lots_left")
)
_missing = _amount - _left.c.before
_chosen = sa.select(_left.c.id, sa.case((_left.c.remaining < _missing, _left.c.remaining), else_=_missing).label("taken")).where(
    _left.c.before < _amount
)
_HOLD: dict[str, sa.ColumnElement[Any]] = {
    "customer_id": _customer,
    "id": _hold_id,
    "purse": sa.literal_column(f"'{SPENDABLE}'"),
    "reference": sa.bindparam("under", type_=sa.String()),
    "amount": _amount,
    "status": sa.literal_column(f"'{HELD}'"),
    "held_at": sa.bindparam("at", type_=_hold.c.held_at.type),
}
_new_hold = sa.insert(_hold).values(_HOLD)
_USE = ("customer_id", "hold_id", "lot_id", "amount")


def lots_chosen() -> sa.Select[Any]:
    """Give the query for the lots an amount is taken from, and how much of each."""
    return _chosen


def hold_row(after: sa.CTE) -> sa.Insert:
    """Give the hold's row, written where `after` has one."""
    given = [bind.label(name) for name, bind in _HOLD.items()]
    return sa.insert(_hold).from_select(list(_HOLD), sa.select(*given).select_from(after))


def take_lots(chosen: sa.Select[Any], hold: sa.Insert) -> ReturningInsert[Any]:
    """Take from the chosen lots, write the hold and what it took, in one statement; give what was taken."""
    lots = chosen.cte("chosen")
    taken = (
        sa.update(_lot)
        .where(_lot.c.customer_id == _customer, _lot.c.id == lots.c.id)
        .values(remaining=_lot.c.remaining - lots.c.taken)
        .returning(_lot.c.id, lots.c.taken)
        .cte("taken")
    )
    uses = sa.select(sa.cast(_customer, sa.BigInteger), sa.cast(_hold_id, sa.BigInteger), taken.c.id, taken.c.taken)
    return sa.insert(_use).from_select(_USE, uses).add_cte(hold.cte("new_hold")).returning(_use.c.amount)


_take = take_lots(_chosen, _new_hold)
_change = (
    sa.update(_lot)
    .where(_lot.c.customer_id == sa.bindparam("of_customer"), _lot.c.id == sa.bindparam("of_lot"))
    .values(remaining=_lot.c.remaining + sa.bindparam("change", type_=Id), closed_on=None)  # a clock may have been ahead
)
_insert_use = sa.insert(_use)
_end = (
    sa.update(_hold)
    .where(_hold.c.customer_id == _customer, _hold.c.reference == sa.bindparam("of_reference"), _hold.c.status == HELD)
    .values(status=sa.bindparam("end"), ended_at=sa.bindparam("at"))
    .returning(_hold.c.id, _hold.c.purse, _hold.c.amount)
)
_status = sa.select(_hold.c.status).where(_hold.c.customer_id == _customer, _hold.c.reference == sa.bindparam("of_reference"))
_used = (
    sa.select(_use.c.lot_id, _use.c.amount, _lot.c.expires_on)
    .join_from(_use, _lot, sa.and_(_lot.c.customer_id == _use.c.customer_id, _lot.c.id == _use.c.lot_id))
    .where(_use.c.customer_id == _customer, _use.c.hold_id == _hold_id)
)


def hold_points(session: Session, customer_id: int, amount: int, *, reference: str, now: datetime) -> None:
    """Put channel points aside for `reference`, those that expire first before others. Beside the ledger: one statement.

    The same reference and amount again: nothing happens, be the hold still open or ended. Raises NotEnoughPoints, Invalid
    for what is no whole number above zero, ReferenceReused (ledger) for another amount. SQLite takes four statements.
    """
    check_amount(amount)
    source, target = account_of("points", customer_id, SPENDABLE), account_of("points_held", customer_id, SPENDABLE)
    try:
        posted = ledger.transfer(session, movement_of("held", customer_id, reference), source, target, amount, now=now)
    except ledger.NotEnough as error:
        raise NotEnoughPoints from error
    if not posted.is_new:
        return
    connection = session.connection()
    wanted = {"customer": customer_id, "wanted": amount, "hold": new_id(now), "under": reference, "at": now, "today": today(now)}
    if _take_lots(connection, wanted) != amount:  # the rest of the balance is of lots past their day
        raise NotEnoughPoints


def spend_hold(session: Session, customer_id: int, reference: str, *, now: datetime) -> None:
    """Spend what is held under `reference`, once: again, nothing happens. Raises NotFound, or HoldEnded once released."""
    hold = _end_hold(session, customer_id, reference, "spent", now)
    if hold is not None:
        source, target = account_of("points_held", customer_id, hold.purse), account_of("points_spent", customer_id, hold.purse)
        ledger.transfer(session, movement_of("spent", customer_id, reference), source, target, hold.amount, now=now)


def release_hold(session: Session, customer_id: int, reference: str, *, now: datetime) -> None:
    """Give what is held under `reference` back to the lots it came from, once: again, nothing happens.

    What has run out of time meanwhile comes back for GRACE_DAYS more, whosever decision it was: a customer loses no points
    to an order that was not fulfilled. Raises NotFound, or HoldEnded once spent.
    """
    hold = _end_hold(session, customer_id, reference, "released", now)
    if hold is None:
        return
    source, target = account_of("points_held", customer_id, hold.purse), account_of("points", customer_id, hold.purse)
    ledger.transfer(session, movement_of("released", customer_id, reference), source, target, hold.amount, now=now)
    connection, day = session.connection(), today(now)
    uses = connection.execute(_used, {"customer": customer_id, "hold": hold.id}).all()
    in_time = [_changed(customer_id, use.lot_id, use.amount) for use in uses if use.expires_on > day]
    late = sum(use.amount for use in uses if use.expires_on <= day)
    if in_time:
        connection.execute(_change, in_time)
    if late:
        until: date = day + timedelta(days=GRACE_DAYS)
        put_into_lot(session, customer_id, late, purse=hold.purse, reason=RETURNED, expires_on=until, now=now)


def _take_lots(connection: Connection, wanted: dict[str, Any]) -> int:
    """Write the hold and take its points from the lots; give how many there were to take."""
    if connection.dialect.name == "postgresql":
        return sum(connection.execute(_take, wanted).scalars())
    customer_id, hold_id = wanted["customer"], wanted["hold"]
    chosen = connection.execute(_chosen, wanted).all()
    if not chosen:
        return 0
    connection.execute(_change, [_changed(customer_id, lot.id, -lot.taken) for lot in chosen])
    connection.execute(_new_hold, wanted)
    connection.execute(_insert_use, [dict(zip(_USE, (customer_id, hold_id, lot.id, lot.taken), strict=True)) for lot in chosen])
    return sum(lot.taken for lot in chosen)


def _changed(customer_id: int, lot_id: int, change: int) -> dict[str, int]:
    return {"of_customer": customer_id, "of_lot": lot_id, "change": change}


def _end_hold(session: Session, customer_id: int, reference: str, end: End, now: datetime) -> sa.Row[*tuple[Any, ...]] | None:
    """End a hold that stands; None when it has ended so before."""
    connection = session.connection()
    which = {"customer": customer_id, "of_reference": reference}
    ended = connection.execute(_end, {**which, "end": end, "at": now}).first()
    if ended is None:
        status = connection.execute(_status, which).scalar()
        if status is None:
            raise NotFound
        if status != end:
            raise HoldEnded
    return ended
