"""The bill of a day as it comes: claimed by one worker, its lines put down in pieces, in transactions as short as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.payments.ports import BillLine
from portal.payments.rows import tables

bill, day_of = tables["provider_bill_line"], tables["reconciliation"]

DAYS_BACK = 7
"""So many days are compared after the fact, where that was not done before."""
STUCK = timedelta(hours=1)
AGAIN = timedelta(minutes=50)

_known = sa.select(day_of.c.day, day_of.c.status, day_of.c.made_at).where(
    day_of.c.provider == sa.bindparam("of_provider"), day_of.c.day >= sa.bindparam("since")
)
_forget = sa.delete(bill).where(bill.c.provider == sa.bindparam("of_provider"), bill.c.day == sa.bindparam("of_day"))
_insert = sa.insert(bill)
_none = (
    sa.update(day_of)
    .where(day_of.c.provider == sa.bindparam("of_provider"), day_of.c.day == sa.bindparam("of_day"))
    .values(status="no_bill", made_at=sa.bindparam("at"))
)


def list_days_due(session: Session, provider: str, *, now: datetime) -> Sequence[date]:
    """Give the days to compare: those that are over and were not compared, or whose bill was not there an hour ago."""
    last = today(now) - timedelta(days=1)
    since = last - timedelta(days=DAYS_BACK - 1)
    rows = session.connection().execute(_known, {"of_provider": provider, "since": since}).all()
    done = {row.day for row in rows if row.status not in ("no_bill", "running") or row.made_at > now - AGAIN}
    return [each for each in (since + timedelta(days=number) for number in range(DAYS_BACK)) if each not in done]


def begin_day(session: Session, provider: str, day: date, *, now: datetime) -> bool:
    """Take a day to compare, and forget the bill it had; False where another is at it."""
    connection = session.connection()
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    zero = dict.fromkeys(("lines", "matched", "theirs_minor", "ours_minor", "ledger_minor"), 0)
    statement = dialect.insert(day_of).values(provider=provider, day=day, status="running", made_at=now, **zero)
    statement = statement.on_conflict_do_update(
        index_elements=["provider", "day"],
        set_={"status": "running", "made_at": now},
        where=sa.or_(day_of.c.status != "running", day_of.c.made_at < now - STUCK),
    )
    if connection.execute(statement.returning(day_of.c.day)).first() is None:
        return False
    connection.execute(_forget, {"of_provider": provider, "of_day": day})
    return True


def add_bill_lines(session: Session, provider: str, day: date, first: int, lines: Sequence[BillLine]) -> None:
    """Put down a piece of the bill; `first` is the number of its first line."""
    rows = [asdict(line) | {"provider": provider, "day": day, "number": first + place} for place, line in enumerate(lines)]
    if rows:
        session.connection().execute(_insert, rows)


def note_no_bill(session: Session, provider: str, day: date, *, now: datetime) -> None:
    """Note that there is no bill of a day yet."""
    session.connection().execute(_none, {"of_provider": provider, "of_day": day, "at": now})
