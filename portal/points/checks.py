"""Whether lots, holds and ledger say the same: the ledger is the only truth, and the rest must agree with it."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.books import Discrepancy
from portal.base.ledger import LedgerAccount
from portal.points.models import PointsHold, PointsLot, PointsLotUse


def check_points(session: Session) -> Iterator[Discrepancy]:
    """Recompute every balance of points from the lots and the holds and yield each place that differs.

    Nothing yielded: lots = available, open holds = held, and what a hold took from lots is what it holds. That movements
    balance and balances are what their entries sum to is the ledger's own check (`base.books`). Reads everything: run it on
    a connection that may be slow.
    """
    lots = sa.select(PointsLot.customer_id, PointsLot.purse, PointsLot.remaining.label("amount"))
    yield from _differences(session, "points", "its lots hold", lots)
    held = sa.select(PointsHold.customer_id, PointsHold.purse, PointsHold.amount.label("amount")).where(PointsHold.status == "held")
    yield from _differences(session, "points_held", "its open holds hold", held)
    yield from _wrong_holds(session)


def _differences(session: Session, book: str, what: str, parts: sa.Select[int, str, int]) -> Iterator[Discrepancy]:
    each = parts.subquery()
    owner = sa.literal("customer:").concat(sa.cast(each.c.customer_id, sa.String))
    none = sa.literal(0, sa.BigInteger)
    ours = sa.select(owner.label("owner"), each.c.purse.concat("_points").label("unit"), each.c.amount.label("found"), none.label("booked"))
    theirs = sa.select(LedgerAccount.owner, LedgerAccount.unit, none, LedgerAccount.balance).where(LedgerAccount.book == book)
    both = sa.union_all(ours, theirs).subquery()
    found, booked = sa.func.sum(both.c.found), sa.func.sum(both.c.booked)
    wrong = (
        sa.select(both.c.owner, both.c.unit, found, booked)
        .group_by(both.c.owner, both.c.unit)
        .having(found != booked)
        .order_by(both.c.owner, both.c.unit)
    )
    for name, unit, is_there, should_be in session.execute(wrong):
        yield Discrepancy(name, f"{what} {int(is_there)} {unit}, the ledger says {int(should_be)} in {book}")


def _wrong_holds(session: Session) -> Iterator[Discrepancy]:
    taken = sa.func.coalesce(sa.func.sum(PointsLotUse.amount), 0)
    holds = (
        sa.select(PointsHold.customer_id, PointsHold.id, PointsHold.amount, taken)
        .outerjoin(PointsLotUse, sa.and_(PointsLotUse.customer_id == PointsHold.customer_id, PointsLotUse.hold_id == PointsHold.id))
        .group_by(PointsHold.customer_id, PointsHold.id, PointsHold.amount)
        .having(taken != PointsHold.amount)
    )
    for customer_id, hold_id, amount, from_lots in session.execute(holds):
        yield Discrepancy(f"customer:{customer_id}", f"hold {hold_id} holds {amount}, it took {int(from_lots)} from lots")
