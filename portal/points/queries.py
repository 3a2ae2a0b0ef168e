"""Points as they are read: the card, and the history of a purse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.books import MovementLine, list_movements
from portal.base.clock import today
from portal.base.errors import NotFound
from portal.base.ledger import LedgerAccount
from portal.customers import Viewer
from portal.points.accounts import account_of, owner_of, unit_of
from portal.points.data import SPENDABLE, Purse
from portal.points.models import PointsLot

EXPIRING_SHOWN = 3
MOST_MOVEMENTS = 100


@dataclass(frozen=True, slots=True)
class Expiring:
    """So many points can be used until the end of the day `on`."""

    amount: int
    on: date


@dataclass(frozen=True, slots=True)
class PointsCard:
    """A customer's points. `available` and `expiring` (the next ones first) are of those the store takes; so is `held`.

    `service` counts the other purse; `lots` in how many lots what is available lies.
    """

    available: int
    held: int
    service: int
    expiring: tuple[Expiring, ...]
    lots: int


@dataclass(frozen=True, slots=True)
class PointsMovement:
    """What moved: `kind` earned, held, released, expired, or opening (brought along); `amount` negative for what went out.

    `reason` is of what was earned: a rule's code, or `grant`. `reference` is the hold's, or what the points were earned
    by. `number` counts from 1.
    """

    number: int
    at: datetime
    kind: str
    reason: str | None
    reference: str
    amount: int
    available_after: int


@dataclass(frozen=True, slots=True)
class PointsHistory:
    """One page, newest first. `older` continues it as `before`; None where it began."""

    movements: tuple[PointsMovement, ...]
    older: int | None


_lots = (
    sa.select(
        PointsLot.purse,
        PointsLot.expires_on,
        sa.cast(sa.func.sum(PointsLot.remaining), sa.BigInteger).label("amount"),
        sa.func.count().label("lots"),
    )
    .where(
        PointsLot.customer_id == sa.bindparam("customer"),
        PointsLot.remaining > 0,
        PointsLot.expires_on > sa.bindparam("today", type_=sa.Date()),
    )
    .group_by(PointsLot.purse, PointsLot.expires_on)
)
_held = sa.select(sa.literal("held"), sa.cast(None, sa.Date()), LedgerAccount.balance, sa.literal(0)).where(
    LedgerAccount.book == "points_held",
    LedgerAccount.owner == sa.bindparam("owner"),
    LedgerAccount.unit == unit_of(SPENDABLE),
)
_card = sa.union_all(_lots, _held)


def sees_points(viewer: Viewer) -> bool:
    """Say whether the customer's points are this viewer's to see and spend: who has no right to them uses a line, and no more."""
    return viewer.may("points")


def points_card(session: Session, viewer: Viewer, *, now: datetime) -> PointsCard:
    """Give what can be spent today, what is held and what runs out next. One statement; NotFound where it is out of sight."""
    _must_see(viewer)
    key = {"customer": viewer.customer_id, "owner": owner_of(viewer.customer_id), "today": today(now)}
    rows = session.connection().execute(_card, key).all()
    spendable = sorted((row.expires_on, row.amount, row.lots) for row in rows if row.purse == SPENDABLE)
    return PointsCard(
        available=sum(amount for _, amount, _ in spendable),
        held=sum(row.amount for row in rows if row.purse == "held"),
        service=sum(row.amount for row in rows if row.purse == "service"),
        expiring=tuple(Expiring(amount, on - timedelta(days=1)) for on, amount, _ in spendable[:EXPIRING_SHOWN]),
        lots=sum(lots for _, _, lots in spendable),
    )


def list_points_movements(
    session: Session, viewer: Viewer, *, purse: Purse = SPENDABLE, before: int | None = None, limit: int = 20
) -> PointsHistory:
    """Give a page of what came and went, `limit` movements (1 to 100). One statement; NotFound where it is out of sight."""
    _must_see(viewer)
    limit = max(1, min(limit, MOST_MOVEMENTS))
    lines = list_movements(session, account_of("points", viewer.customer_id, purse), before=before, limit=limit + 1)
    shown = lines[:limit]
    return PointsHistory(tuple(_movement(line) for line in shown), shown[-1].number if len(lines) > limit else None)


def _must_see(viewer: Viewer) -> None:
    if not sees_points(viewer):
        raise NotFound


def _movement(line: MovementLine) -> PointsMovement:
    kind, rest = line.reference.removeprefix("points:").split(":", 1)  # points:KIND:CUSTOMER:WHAT, but points:opening:BATCH
    reference, reason = rest if kind == "opening" else rest.partition(":")[2], None
    if kind == "earned":
        reason, _, reference = reference.partition(":")
    return PointsMovement(line.number, line.at, kind, reason, reference, line.amount, line.balance_after)
