"""Delivering the outbox: one transaction for each handler of each event, so that a death anywhere is harmless.

A transaction claims an event (a row lock on PostgreSQL, the writers' line on SQLite), notes the first handler that has
not dealt with it, calls that handler, and, if it was the last, marks the event as done. Killed before the commit:
nothing of it happened, and its locks are gone. Killed after it: the note says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.base import outbox
from portal.base.db import Database
from portal.base.events import DEAD, Handler, Handlers
from portal.base.logs import mask_text

log = structlog.get_logger()

MAX_ERROR = 500
Step = Literal["idle", "handled", "failed"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivers the events of `database` to `handlers`; `clock` gives the present moment."""

    database: Database
    handlers: Handlers
    clock: Callable[[], datetime]

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Deliver all that is due, or until `stopping()`; give how many calls of handlers succeeded."""
        with self.database.reading() as session:
            if not outbox.is_due(session, now=self.clock()):
                return 0
        count = 0
        while not stopping():
            step = self.step()
            if step == "idle":
                break
            count += step == "handled"
        return count

    def step(self) -> Step:
        """Take one step: one handler of the next event. Raises when the database is away."""
        event: outbox.Claimed | None = None
        try:
            with self.database.writing() as session:
                event = outbox.claim_next(session, now=self.clock())
                if event is None:
                    return "idle"
                self._handle(session, event)
        except Exception as error:
            if event is None or (isinstance(error, DBAPIError) and error.connection_invalidated):
                raise
            self._fail(event, error)
            return "failed"
        return "handled"

    def _handle(self, session: Session, event: outbox.Claimed) -> None:
        now = self.clock()
        left = self._left(session, event)
        if left:
            name, handler = left[0]
            outbox.note_handled(session, event.id, name, now=now)
            handler(session, self.handlers.load(event.type, event.payload), now)
            session.flush()
        if len(left) <= 1:
            outbox.finish(session, event.id, now=now)

    def _left(self, session: Session, event: outbox.Claimed) -> list[tuple[str, Handler]]:
        wanted = self.handlers.wanted(event.type)
        if not wanted:
            return []
        done = outbox.handled_by(session, event.id)
        return [(name, handler) for name, handler in wanted if name not in done]

    def _fail(self, event: outbox.Claimed, error: Exception) -> None:
        said = mask_text(f"{type(error).__name__}: {error}")[:MAX_ERROR]
        with self.database.writing() as session:
            status = outbox.note_failure(session, event, said, now=self.clock())
        report = log.error if status == DEAD else log.warning
        report(
            "event_failed",
            event_id=event.id,
            event_type=event.type,
            attempt=event.attempts + 1,
            status=status,
            exc_info=error,
        )
