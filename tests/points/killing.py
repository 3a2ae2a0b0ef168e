"""Kills the delivery of a visit and a payment with `kill -9` at its kth step, for every k, and counts the points.

A process of its own (`python -m tests.points.killing URL CUSTOMER KIND`) forks a child for each k; what a step is stands
in `tests.events.killing`. It prints, as JSON, after how many steps a delivery was through and where points were lost or
given twice.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.base import outbox
from portal.base.books import check_books, list_movements
from portal.base.db import Database
from portal.base.events import Handlers, emit
from portal.base.ids import new_token
from portal.base.ledger import Account
from portal.base.logs import configure_logging
from portal.billing.events import BillPaid
from portal.faces.worker.deliver import Delivery, Step
from portal.identity.events import Visited
from portal.points import check_points, earn_by_rule
from portal.points.handlers import register
from tests.events.killing import MOST_STEPS, NotesApart, Steps, in_child

LONG_AGO = timedelta(days=MOST_STEPS + 1)
EACH = {"visit": 5, "payment": 10}


class NotesLate(NotesApart):
    """An outbox that calls a handler again when it was killed before its note; events nobody hears it puts aside."""

    def step(self) -> Step:
        with self.database.writing() as session:
            claimed = outbox.claim_next(session, now=self.clock())
            if claimed is not None and not self._left(session, claimed):
                outbox.finish(session, claimed.id, now=self.clock())
                return "handled"
        return super().step()


def reward_forgetfully(session: Session, event: Visited, now: datetime) -> None:
    """The mutant: earns under a reference that nobody will know again."""
    earn_by_rule(session, event.customer_id, "visit", 1, reference=new_token(), now=now, day=date.fromisoformat(event.day))


def sound() -> Handlers:
    """Give the handlers as they are."""
    handlers = Handlers()
    register(handlers)
    return handlers


def forgetful() -> Handlers:
    """Give the mutant's."""
    handlers = Handlers()
    handlers.on(Visited, reward_forgetfully)
    return handlers


def kill_deliveries(database: Database, customer_id: int, kind: type[Delivery], handlers: Callable[[], Handlers]) -> dict[str, Any]:
    """Deliver a visit and a payment for each k, killed at step k, then by a second child that lives."""
    found: dict[str, Any] = {"steps": 0, "lost": [], "twice": [], "faults": 0}
    before = 0
    for last in range(1, MOST_STEPS):
        moment = datetime.now(UTC) - LONG_AGO + timedelta(days=last)  # each visit on a day of its own
        with database.writing() as session:
            emit(session, Visited(customer_id, "web", moment.date().isoformat()), now=moment)
            emit(session, BillPaid(customer_id, last, 1_000, 0, "CNY", f"p{last}"), now=moment)

        def work(child: Database, last: int = last) -> None:
            Steps(child, last)
            kind(child, handlers(), lambda: datetime.now(UTC)).run()

        ended = in_child(database, work)
        kind(database, handlers(), lambda: datetime.now(UTC)).run()
        with database.reading() as session:
            lines = list_movements(session, Account("points", f"customer:{customer_id}", "channel_points"), limit=10_000)
            found["faults"] += len([*check_points(session), *check_books(session)])
        points = sum(line.amount for line in lines) - before
        before += points
        wanted = sum(EACH.values()) if handlers is sound else EACH["visit"]
        found["lost"] += [last] if points < wanted else []
        found["twice"] += [last] if points > wanted else []
        if ended == 0 or (handlers is not sound and found["twice"]):
            found["steps"] = last - 1
            return found
        assert ended == -signal.SIGKILL, ended
    raise AssertionError("the delivery never came to its end")


def main(url: str, customer: str, kind: str) -> None:
    configure_logging(level=logging.CRITICAL)
    database = Database(url)
    delivery = NotesLate if kind != "sound" else Delivery
    found = kill_deliveries(database, int(customer), delivery, forgetful if kind == "forgetful" else sound)
    database.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
