"""Reading the ledger: an account's movements, and whether the books hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.ledger import Account, LedgerAccount, LedgerEntry, LedgerMovement


@dataclass(frozen=True, slots=True)
class MovementLine:
    """One entry of an account. `number` counts the account's entries from 1; pass it on as `before` for older ones."""

    number: int
    at: datetime
    reference: str
    amount: int
    balance_after: int


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Where the books do not hold (`account:7`, `movement:9`), and how."""

    where: str
    what: str


_lines = (
    sa.select(LedgerEntry.number, LedgerMovement.at, LedgerMovement.reference, LedgerEntry.amount, LedgerEntry.balance_after)
    .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
    .join(LedgerMovement, LedgerMovement.id == LedgerEntry.movement_id)
    .where(
        LedgerAccount.book == sa.bindparam("of_book"),
        LedgerAccount.owner == sa.bindparam("of_owner"),
        LedgerAccount.unit == sa.bindparam("of_unit"),
        LedgerEntry.number < sa.bindparam("before"),
    )
    .order_by(LedgerEntry.number.desc())
    .limit(sa.bindparam("limit"))
)
NEWEST = 2**62


def list_movements(session: Session, account: Account, *, before: int | None = None, limit: int = 20) -> Sequence[MovementLine]:
    """Give an account's entries, the newest first, older than entry number `before`."""
    where = {
        "of_book": account.book,
        "of_owner": account.owner,
        "of_unit": account.unit,
        "before": before or NEWEST,
        "limit": limit,
    }
    return [MovementLine(*row) for row in session.connection().execute(_lines, where)]


def check_books(session: Session) -> Iterator[Discrepancy]:
    """Recompute everything from the entries and yield each place that differs. Nothing yielded: the books hold."""
    yield from _unbalanced(session)
    yield from _wrong_balances(session)
    yield from _broken_runs(session)


def _unbalanced(session: Session) -> Iterator[Discrepancy]:
    total = sa.func.sum(LedgerEntry.amount)
    units = (
        sa.select(LedgerEntry.movement_id, LedgerAccount.unit, total)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .group_by(LedgerEntry.movement_id, LedgerAccount.unit)
        .having(total != 0)
    )
    for movement_id, unit, rest in session.execute(units):
        yield Discrepancy(f"movement:{movement_id}", f"its entries sum to {int(rest)} {unit}")
    has_entries = sa.exists().where(LedgerEntry.movement_id == LedgerMovement.id)
    for (movement_id,) in session.execute(sa.select(LedgerMovement.id).where(~has_entries)):
        yield Discrepancy(f"movement:{movement_id}", "it has no entries")


def _wrong_balances(session: Session) -> Iterator[Discrepancy]:
    summed = sa.func.coalesce(sa.func.sum(LedgerEntry.amount), 0)
    counted = sa.func.count(LedgerEntry.number)
    last = sa.func.coalesce(sa.func.max(LedgerEntry.number), 0)
    accounts = (
        sa.select(LedgerAccount.id, LedgerAccount.balance, LedgerAccount.floor, LedgerAccount.entries, summed, counted, last)
        .outerjoin(LedgerEntry, LedgerEntry.account_id == LedgerAccount.id)
        .group_by(LedgerAccount.id, LedgerAccount.balance, LedgerAccount.floor, LedgerAccount.entries)
        .having(
            sa.or_(
                LedgerAccount.balance != summed,
                LedgerAccount.entries != counted,
                LedgerAccount.entries != last,
                sa.and_(LedgerAccount.floor.is_not(None), LedgerAccount.balance < LedgerAccount.floor),
            )
        )
    )
    for account_id, stored, floor, entries, total, count, highest in session.execute(accounts):
        if stored != total:
            yield Discrepancy(f"account:{account_id}", f"its balance is {stored}, its entries sum to {int(total)}")
        if not entries == count == highest:
            yield Discrepancy(f"account:{account_id}", f"it counts {entries} entries, there are {count}, the last is number {highest}")
        if floor is not None and stored < floor:
            yield Discrepancy(f"account:{account_id}", f"its balance {stored} lies below its floor {floor}")


def _broken_runs(session: Session) -> Iterator[Discrepancy]:
    running = sa.func.sum(LedgerEntry.amount).over(partition_by=LedgerEntry.account_id, order_by=LedgerEntry.number)
    runs = sa.select(LedgerEntry.account_id, LedgerEntry.number, LedgerEntry.balance_after, running.label("running")).subquery()
    for row in session.execute(sa.select(runs).where(runs.c.balance_after != runs.c.running)):
        yield Discrepancy(
            f"account:{row.account_id}",
            f"entry {row.number} says {row.balance_after} after it, the sum is {int(row.running)}",
        )
