"""The outbox: facts that must reach other capabilities, written in the transaction that made them true.

`emit` inserts a row; the worker delivers it at least once, in order for each aggregate, to every handler registered for
its type; (event, handler) under a unique key makes that once. Codes, passwords and tokens never enter an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.base.db import Base, Id, Json, table
from portal.base.driver import FrequentStatement

PENDING, DONE, DEAD = "pending", "done", "dead"
_OPEN = sa.text("status <> 'done'")
_WAITS = sa.text("status = 'pending'")


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in the past tense. Fields are JSON values; `aggregate` names the thing whose events stay in order."""

    type: ClassVar[str]

    @property
    def aggregate(self) -> str:
        """The thing whose events are delivered in the order they happened, such as `customer:42`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class CustomerEvent(Event):
    """Something that concerns one customer as a whole: all such events of a customer stay in order."""

    customer_id: int

    @property
    def aggregate(self) -> str:
        """The customer."""
        return f"customer:{self.customer_id}"


class OutboxEvent(Base):
    """One emitted event and how far its delivery is."""

    __tablename__ = "outbox_event"
    __table_args__ = (
        sa.Index("ix_outbox_event_waiting", "aggregate", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        sa.Index("ix_outbox_event_due", "available_at", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    aggregate: Mapped[str]
    type: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    occurred_at: Mapped[datetime]
    available_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    done_at: Mapped[datetime | None]


class HandledEvent(Base):
    """A handler has dealt with an event: written in the handler's own transaction, so that it happens once."""

    __tablename__ = "handled_event"
    __table_args__ = (table("global"),)
    event_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("outbox_event.id", ondelete="CASCADE"), primary_key=True)
    handler: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


_outbox = OutboxEvent.metadata.tables["outbox_event"]
_GIVEN = ("aggregate", "type", "payload", "occurred_at", "available_at", "status", "attempts")
_insert = FrequentStatement(sa.insert(_outbox).inline())  # nobody asks for the id: a tenth of what adding an object costs

E = TypeVar("E", bound=Event)
Handler = Callable[[Session, Any, datetime], None]


class Handlers:
    """Which functions want to hear of which events. Filled once, while the application is put together."""

    def __init__(self) -> None:
        self._types: dict[str, type[Event]] = {}
        self._handlers: dict[str, list[tuple[str, Handler]]] = {}

    def on(self, event_type: type[E], handler: Callable[[Session, E, datetime], None]) -> None:
        """Call `handler(session, event, now)` for each `event_type`, in a transaction of its own."""
        self._types[event_type.type] = event_type
        name = f"{handler.__module__}.{handler.__qualname__}"
        self._handlers.setdefault(event_type.type, []).append((name, handler))

    def wanted(self, type_name: str) -> list[tuple[str, Handler]]:
        """Give (name, function) of each handler of a type, in the order they were registered."""
        return self._handlers.get(type_name, [])

    def load(self, type_name: str, payload: Mapping[str, Any]) -> Event:
        """Turn a stored event back into its class; raise KeyError for a type nobody registered."""
        event_type = self._types[type_name]
        known = {field.name for field in fields(event_type)}
        return event_type(**{name: value for name, value in payload.items() if name in known})


def emit(session: Session, event: Event, *, now: datetime) -> None:
    """Write `event` to the outbox in the caller's transaction.

    Whoever changes the aggregate first and emits after it (the change waits for whoever else changes it) has its events
    numbered in the order of the commits.
    """
    _insert.change(session, _row(event, now))
    ask_for_worker(session)


def emitting(after: sa.CTE) -> sa.CTE:
    """Give `emit` as a part of a larger statement, done once for each row of `after`; `emitting_values` fill it.

    Whoever runs that statement calls `ask_for_worker` besides.
    """
    given = [sa.bindparam(f"event_{name}", type_=_outbox.c[name].type) for name in _GIVEN]
    return sa.insert(_outbox).from_select(_GIVEN, sa.select(*given).select_from(after)).cte("emitted")


def emitting_values(event: Event, *, now: datetime) -> dict[str, object]:
    """Give the values for `emitting`."""
    return {f"event_{name}": value for name, value in _row(event, now).items()}


def _row(event: Event, now: datetime) -> dict[str, object]:
    payload = {field.name: getattr(event, field.name) for field in fields(event)}
    row = (event.aggregate, event.type, payload, now, now, PENDING, 0)
    return dict(zip(_GIVEN, row, strict=True))


def ask_for_worker(session: Session) -> None:
    """Have the worker looked up as soon as this transaction is committed: it left something to do."""
    session.info["emitted"] = True
