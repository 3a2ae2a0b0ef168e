"""Counting attempts within windows of time, all of them in one statement.

A window begins with the first attempt in it and is over `seconds` later, so nothing stays locked: after 5 wrong codes
in 5 minutes the sixth is possible 5 minutes after the first, and the longer windows bound what that allows in a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.identity.models import Throttle


@dataclass(frozen=True, slots=True)
class Counts:
    """What one look or one count found: for each key how many attempts, and when its window is over."""

    rows: Mapping[str, tuple[int, datetime]]
    now: datetime

    def of(self, windows: Sequence[Window]) -> Reading:
        """Give where these windows, some or all of those asked for, stand together."""
        left, wait = min(window.limit for window in windows), 1
        for window in windows:
            count, ends = self.rows.get(window.key, (0, self.now))
            left = min(left, window.limit - count)
            if count >= window.limit:
                wait = max(wait, ceil((ends - self.now).total_seconds()))
        return Reading(left, wait)


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` attempts under `key` within `seconds`."""

    key: str
    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the windows stand: how many attempts are left in the fullest, and when it is over."""

    left: int
    retry_after_seconds: int

    @property
    def full(self) -> bool:
        """No attempt is left."""
        return self.left <= 0

    @property
    def over(self) -> bool:
        """More was counted than is allowed: the last attempt counted may not be made."""
        return self.left < 0


_throttle = Throttle.metadata.tables["throttle"]
_look = sa.select(_throttle.c.key, _throttle.c.count, _throttle.c.window_start, _throttle.c.window_end).where(
    _throttle.c.key.in_(sa.bindparam("keys", expanding=True)), _throttle.c.window_end > sa.bindparam("at")
)


def _counting(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    new = insert.excluded
    # A window that has not begun yet by far was made before the clock was put back: it must not lock anybody.
    anew = sa.or_(_throttle.c.window_end <= new.window_start, _throttle.c.window_start > new.window_end)
    return insert.on_conflict_do_update(
        index_elements=[_throttle.c.key],
        set_={
            "count": sa.case((anew, new["count"]), else_=_throttle.c.count + new["count"]),
            "window_start": sa.case((anew, new.window_start), else_=_throttle.c.window_start),
            "window_end": sa.case((anew, new.window_end), else_=_throttle.c.window_end),
        },
    )


_count = {
    "sqlite": _counting(sqlite.insert(_throttle)).returning(_throttle.c.key, _throttle.c.count, _throttle.c.window_end),
    "postgresql": _counting(postgresql.insert(_throttle)).returning(_throttle.c.key, _throttle.c.count, _throttle.c.window_end),
}
_give_back = (
    sa.update(_throttle)
    .where(_throttle.c.key.in_(sa.bindparam("keys", expanding=True)), _throttle.c.count > 0)
    .values(count=_throttle.c.count - 1)
)
_forget = sa.delete(_throttle).where(_throttle.c.window_end < sa.bindparam("at"))


def look(session: Session, windows: Sequence[Window], *, now: datetime) -> Counts:
    """Say where the windows stand without counting anything: a refused attempt costs the person nothing more."""
    rows = session.connection().execute(_look, {"keys": [window.key for window in windows], "at": now})
    spans = {window.key: timedelta(seconds=window.seconds) for window in windows}
    return Counts({key: (count, end) for key, count, start, end in rows if start <= now + spans[key]}, now)


def count_up(session: Session, windows: Sequence[Window], *, now: datetime, attempts: int = 1) -> Counts:
    """Count one attempt in every window and say where they stand now. No attempts: look, and have the windows to oneself.

    On PostgreSQL the rows stay locked until the transaction ends, in the order of their keys: whoever races waits.
    """
    rows = [
        {"key": window.key, "window_start": now, "window_end": now + timedelta(seconds=window.seconds), "count": attempts}
        for window in sorted(windows, key=lambda window: window.key)
    ]
    counted = session.connection().execute(_count[session.get_bind().dialect.name], rows)
    return Counts({key: (count, end) for key, count, end in counted}, now)


def give_back(session: Session, windows: Sequence[Window]) -> None:
    """Take back one attempt: it was right, and only failures are to count."""
    session.connection().execute(_give_back, {"keys": [window.key for window in windows]})


def forget_windows(session: Session, *, now: datetime) -> int:
    """Delete windows that are over; give how many."""
    return session.connection().execute(_forget, {"at": now}).rowcount
