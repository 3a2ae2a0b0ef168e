"""Kills a delivery with `kill -9` at its kth step, for every k, and looks at what is left.

A process of its own (`python -m tests.events.killing URL KIND`) forks a child for each k. A step is the moment before or
after any statement, and before or after any commit: there is nothing of ours between two of them but Python. It prints,
as JSON, after how many steps a delivery was through and what had been lost or had happened twice.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.base import outbox
from portal.base.db import Database
from portal.base.driver import DriverStatement
from portal.base.events import DONE, OutboxEvent
from portal.base.logs import configure_logging
from portal.faces.worker.deliver import Delivery, Step
from portal.faces.worker.messages import Carrier
from portal.messaging import list_tray, put_in_tray, queue_message
from tests.events.facts import both, effects, happen

MOST_STEPS = 400
DOOMED = "doomed"
"""What PostgreSQL calls a child's connections: the driver takes the name from PGAPPNAME."""
NUMBER = "1385710{:04d}"


class Steps:
    """Counts the steps of a database's connections, and kills this process at one of them."""

    def __init__(self, database: Database, last: int | None) -> None:
        self.count = 0
        self.last = last
        for name in ("before_cursor_execute", "after_cursor_execute"):
            event.listen(database.engine, name, self.step)
        commit = database.engine.dialect.do_commit

        def counted(connection: Any) -> None:
            self.step()
            commit(connection)
            self.step()

        database.engine.dialect.do_commit = counted  # type: ignore[method-assign]
        self._count_what_goes_straight_to_the_driver()

    def _count_what_goes_straight_to_the_driver(self) -> None:
        straight = DriverStatement.execute

        def counted(statement: DriverStatement, session: Session, values: Mapping[str, Any]) -> Any:
            self.step()
            rows = straight(statement, session, values)
            self.step()
            return rows

        DriverStatement.execute = counted  # type: ignore[method-assign,assignment]

    def step(self, *_: Any) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


class NotesApart(Delivery):
    """The mutant: notes in a transaction of its own, after the handler's, that an event was dealt with."""

    def step(self) -> Step:
        with self.database.writing() as session:
            claimed = outbox.claim_next(session, now=self.clock())
            if claimed is None:
                return "idle"
            name, handler = self._left(session, claimed)[0]
            handler(session, self.handlers.load(claimed.type, claimed.payload), self.clock())
        with self.database.writing() as session:
            outbox.note_handled(session, claimed.id, name, now=self.clock())
            if not self._left(session, claimed):
                outbox.finish(session, claimed.id, now=self.clock())
        return "handled"


class DoneFirst(Delivery):
    """The mutant: marks an event as done before its handlers are called."""

    def step(self) -> Step:
        with self.database.writing() as session:
            claimed = outbox.claim_next(session, now=self.clock())
            if claimed is None:
                return "idle"
            outbox.finish(session, claimed.id, now=self.clock())
        for _, handler in self.handlers.wanted(claimed.type):
            with self.database.writing() as session:
                handler(session, self.handlers.load(claimed.type, claimed.payload), self.clock())
        return "handled"


class Tray:
    """A centre that shows each message once, however often it is handed over."""

    repeatable = True

    def __init__(self, database: Database) -> None:
        self.database = database

    def send(self, message_id: int, number: str, body: str) -> str:
        with self.database.writing() as session:
            put_in_tray(session, message_id, number, body, now=datetime.now(UTC))
        return str(message_id)


def in_child(database: Database, work: Callable[[Database], None]) -> int:
    """Run `work` in a child with connections of its own; give how it ended: 0, or minus the signal that killed it."""
    database.close()  # no connection crosses the fork; what SQLAlchemy has compiled does, which saves most of the time
    pid = os.fork()
    if pid == 0:
        os.environ["PGAPPNAME"] = DOOMED
        work(database)
        database.close()
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if not database.is_sqlite:
        wait_for_its_locks(database)
    return ended


def wait_for_its_locks(database: Database) -> None:
    """Wait until PostgreSQL has noticed that the child is dead: until then its locks stand, and whoever looks passes over them."""
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name")
    for _ in range(2000):
        with database.reading() as session:
            if not session.scalar(query, {"name": DOOMED}):
                return
        time.sleep(0.005)
    raise AssertionError("a killed child's connections stand after ten seconds")


def deliver_events(kind: type[Delivery], last: int | None) -> Callable[[Database], None]:
    def work(database: Database) -> None:
        Steps(database, last)
        kind(database, both(), lambda: datetime.now(UTC)).run()

    return work


def carry_messages(last: int | None, later: timedelta) -> Callable[[Database], None]:
    def work(database: Database) -> None:
        Steps(database, last)
        carrier = Carrier(database, Tray(database), lambda: datetime.now(UTC) + later)
        carrier.tidy()
        carrier.run()

    return work


def kill_deliveries(database: Database, kind: type[Delivery]) -> dict[str, Any]:
    """Deliver two events of one thing for each k, killed at step k, then by a second child that lives."""
    found: dict[str, Any] = {"steps": 0, "lost": [], "twice": [], "disorder": [], "open": 0}
    for last in range(1, MOST_STEPS):
        thing = f"k{last}"
        happen(database, thing, 1, 2, now=datetime.now(UTC))
        ended = in_child(database, deliver_events(kind, last))
        kind(database, both(), lambda: datetime.now(UTC)).run()
        for handler in ("greet", "count"):
            got = effects(database, handler, thing)
            note(found, last, lost=set(got) != {1, 2}, twice=len(got) > len(set(got)), disorder=got != sorted(got))
        with database.reading() as session:
            found["open"] += session.scalar(sa.select(sa.func.count()).where(OutboxEvent.status != DONE)) or 0
        if ended == 0 or (kind is not Delivery and (found["lost"] or found["twice"])):
            found["steps"] = last - 1
            return found
        assert ended == -signal.SIGKILL, ended
    raise AssertionError("the delivery never came to its end")


def kill_carriers(database: Database) -> dict[str, Any]:
    """Carry two messages to one number for each k, killed at step k; then again after the lease."""
    found: dict[str, Any] = {"steps": 0, "lost": [], "twice": []}
    for last in range(1, MOST_STEPS):
        number = NUMBER.format(last)
        queue_two(database, number)
        ended = in_child(database, carry_messages(last, timedelta()))
        for seconds in (61, 122):
            later = timedelta(seconds=seconds)
            carrier = Carrier(database, Tray(database), lambda later=later: datetime.now(UTC) + later)
            carrier.tidy()
            carrier.run()
        with database.reading() as session:
            bodies = sorted(message.body for message in list_tray(session, number))
        note(found, last, lost=set(bodies) != {"one", "two"}, twice=len(bodies) > 2)
        if ended == 0:
            found["steps"] = last - 1
            return found
        assert ended == -signal.SIGKILL, ended
    raise AssertionError("the carrier never came to its end")


def note(found: dict[str, Any], last: int, **faults: bool) -> None:
    for name, is_so in faults.items():
        if is_so:
            found[name].append(last)


def queue_two(database: Database, number: str) -> None:
    for body in ("one", "two"):
        with database.writing() as session:
            queue_message(session, number, body, kind="notice", secret=False, now=datetime.now(UTC))


def main(url: str, kind: str) -> None:
    configure_logging(level=logging.CRITICAL)
    database = Database(url)
    deliveries = {"events": Delivery, "notes_apart": NotesApart, "done_first": DoneFirst}
    found = kill_carriers(database) if kind == "messages" else kill_deliveries(database, deliveries[kind])
    database.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
