"""Events and handlers for trying the outbox out. A handler's effect is an entry in the ledger: it can be counted,
it keeps its order, and it would not hide having happened twice."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy.orm import Session

from portal.base.books import list_movements
from portal.base.db import Database
from portal.base.events import Event, Handlers, emit
from portal.base.ledger import Account, transfer

SOURCE = Account("effects_source", "test", "effects")


@dataclass(frozen=True, slots=True)
class Happened(Event):
    """Something happened to `thing`, for the `number`th time."""

    type: ClassVar[str] = "test.happened"
    thing: str
    number: int

    @property
    def aggregate(self) -> str:
        return f"thing:{self.thing}"


@dataclass(frozen=True, slots=True)
class Unheard(Event):
    """Something nobody listens to."""

    type: ClassVar[str] = "test.unheard"
    thing: str

    @property
    def aggregate(self) -> str:
        return f"thing:{self.thing}"


class HandlerFailed(Exception):
    """A handler that does not want to."""


def leave_trace(session: Session, handler: str, event: Happened, now: datetime) -> None:
    """Leave the effect of one handler of one event."""
    transfer(session, str(uuid.uuid4()), SOURCE, account(handler, event.thing), event.number, now=now)


def account(handler: str, thing: str) -> Account:
    """Give the account that collects one handler's effects on one thing."""
    return Account("effects", f"{handler}:{thing}", "effects")


def greet(session: Session, event: Happened, now: datetime) -> None:
    """Handle, as the first."""
    leave_trace(session, "greet", event, now)


def count(session: Session, event: Happened, now: datetime) -> None:
    """Handle, as the second."""
    leave_trace(session, "count", event, now)


def refusing(numbers: set[int]) -> Callable[[Session, Happened, datetime], None]:
    """Make a handler that works, and then fails for some numbers: its work must not stay."""

    def refuse(session: Session, event: Happened, now: datetime) -> None:
        leave_trace(session, "refuse", event, now)
        if event.number in numbers:
            raise HandlerFailed(f"not {event.number}, says 13857101234 with code 123456")

    return refuse


def both() -> Handlers:
    """Give the two handlers that work."""
    handlers = Handlers()
    handlers.on(Happened, greet)
    handlers.on(Happened, count)
    return handlers


def happen(database: Database, thing: str, *numbers: int, now: datetime) -> None:
    """Emit one event for each number, in transactions of their own."""
    for number in numbers:
        with database.writing() as session:
            emit(session, Happened(thing, number), now=now)


def effects(database: Database, handler: str, thing: str) -> list[int]:
    """Give the numbers that a handler has dealt with, in the order in which it did."""
    with database.reading() as session:
        return [line.amount for line in reversed(list_movements(session, account(handler, thing), limit=1000))]
