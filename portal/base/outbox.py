"""The outbox seen from its reader: what is next, what was dealt with, what went wrong, what is stuck.

The head of an aggregate is its oldest event that is not done; only heads are delivered, so a failing or dead event
holds up its own aggregate and no other. Events behind such a head are put off with it, lest every look meets them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.base.driver import FrequentStatement
from portal.base.errors import NotFound, Refused
from portal.base.events import DEAD, DONE, PENDING, HandledEvent, OutboxEvent

MAX_ATTEMPTS = 8
MAX_DELAY_SECONDS = 3600
BEHIND_DEAD = timedelta(days=1)
"""How long events behind a dead one rest before they are met, and put off, again. A replay wakes them at once."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event that this transaction alone delivers."""

    id: int
    aggregate: str
    type: str
    payload: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class EventView:
    """An event as the command line shows it."""

    id: int
    aggregate: str
    type: str
    status: str
    attempts: int
    occurred_at: datetime
    available_at: datetime
    done_at: datetime | None
    last_error: str | None


# Statuses stand in these statements as literals: SQLite uses a partial index for nothing else.
_waits = OutboxEvent.status == sa.literal_column("'pending'")
_is_open = OutboxEvent.status != sa.literal_column("'done'")
_earlier = aliased(OutboxEvent)
_pending = sa.and_(_waits, OutboxEvent.available_at <= sa.bindparam("now"))
_is_head = ~sa.exists().where(
    _earlier.aggregate == OutboxEvent.aggregate,
    _earlier.id < OutboxEvent.id,
    _earlier.status != sa.literal_column("'done'"),
)
_due = FrequentStatement(sa.select(OutboxEvent.id).where(_pending, _is_head).order_by(OutboxEvent.available_at, OutboxEvent.id).limit(1))
_claim = FrequentStatement(
    sa.select(OutboxEvent.id, OutboxEvent.aggregate, OutboxEvent.type, OutboxEvent.payload, OutboxEvent.attempts)
    .where(_pending, _is_head)
    .order_by(OutboxEvent.available_at, OutboxEvent.id)
    .limit(1)
    .with_for_update(skip_locked=True, of=OutboxEvent)
)
_handled = FrequentStatement(sa.select(HandledEvent.handler).where(HandledEvent.event_id == sa.bindparam("event_id")))
_note = FrequentStatement(sa.insert(HandledEvent))
_finish = FrequentStatement(
    sa.update(OutboxEvent)
    .where(OutboxEvent.id == sa.bindparam("event_id"))
    .values(status=DONE, done_at=sa.bindparam("now"), last_error=None)
)
_counts = sa.select(OutboxEvent.status, sa.func.count().label("number")).where(_is_open).group_by(OutboxEvent.status)
_view = sa.select(
    OutboxEvent.id,
    OutboxEvent.aggregate,
    OutboxEvent.type,
    OutboxEvent.status,
    OutboxEvent.attempts,
    OutboxEvent.occurred_at,
    OutboxEvent.available_at,
    OutboxEvent.done_at,
    OutboxEvent.last_error,
)


def is_due(session: Session, *, now: datetime) -> bool:
    """Say whether any event waits to be delivered. One look into an index that holds waiting events alone."""
    return _due.first(session, {"now": now}) is not None


def claim_next(session: Session, *, now: datetime) -> Claimed | None:
    """Lock the next event that is due until the transaction ends, passing over those others hold; None: none."""
    row = _claim.first(session, {"now": now})
    return None if row is None else Claimed(*row)


def handled_by(session: Session, event_id: int) -> frozenset[str]:
    """Give the names of the handlers that have dealt with an event."""
    return frozenset(row[0] for row in _handled.rows(session, {"event_id": event_id}))


def note_handled(session: Session, event_id: int, handler: str, *, now: datetime) -> None:
    """Note that a handler deals with an event; a second note raises IntegrityError."""
    _note.change(session, {"event_id": event_id, "handler": handler, "at": now})


def finish(session: Session, event_id: int, *, now: datetime) -> None:
    """Mark an event as delivered to everybody."""
    _finish.change(session, {"event_id": event_id, "now": now})


def delay_after(attempts: int) -> timedelta:
    """Give how long to wait after so many failed attempts: 4 s, 16 s, 64 s, … at most an hour."""
    return timedelta(seconds=min(4 ** min(attempts, 10), MAX_DELAY_SECONDS))


def note_failure(session: Session, event: Claimed, error: str, *, now: datetime) -> str:
    """Count a failed delivery, put the event and all behind it off, or bury it after MAX_ATTEMPTS; give its status.

    Counts once for each claim: where somebody else counted or delivered meanwhile, nothing happens.
    """
    attempts = event.attempts + 1
    status = DEAD if attempts >= MAX_ATTEMPTS else PENDING
    until = now + delay_after(attempts)
    changed = session.execute(
        sa.update(OutboxEvent)
        .where(OutboxEvent.id == event.id, OutboxEvent.status == PENDING, OutboxEvent.attempts == event.attempts)
        .values(status=status, attempts=attempts, available_at=until, last_error=error)
        .returning(OutboxEvent.id)
    ).first()
    if changed is not None:
        _put_off(session, event.aggregate, event.id, until if status == PENDING else now + BEHIND_DEAD)
    return status


def put_off_stuck(session: Session, *, now: datetime) -> int:
    """Put off events that were emitted behind a dead one since; give of how many aggregates."""
    stuck = session.execute(
        sa.select(OutboxEvent.aggregate, sa.func.min(OutboxEvent.id))
        .where(OutboxEvent.status == DEAD, _is_open)
        .group_by(OutboxEvent.aggregate)
        .order_by(OutboxEvent.aggregate)
    ).all()
    for aggregate, head in stuck:
        _put_off(session, aggregate, head, now + BEHIND_DEAD)
    return len(stuck)


def _put_off(session: Session, aggregate: str, head: int, until: datetime) -> None:
    session.execute(
        sa.update(OutboxEvent)
        .where(
            OutboxEvent.aggregate == aggregate,
            OutboxEvent.id > head,
            _waits,
            _is_open,
            OutboxEvent.available_at < until,
        )
        .values(available_at=until)
    )


def replay(session: Session, event_id: int, *, now: datetime) -> None:
    """Deliver a dead event anew, and wake those behind it. Raises NotFound, or Refused for one that is not dead."""
    row = _get(session, event_id)
    if row.status != DEAD:
        raise Refused("Event %(id)s is %(status)s, not dead.", id=event_id, status=row.status)
    session.execute(sa.update(OutboxEvent).where(OutboxEvent.id == event_id).values(status=PENDING, attempts=0, available_at=now))
    _wake(session, row.aggregate, now)


def skip(session: Session, event_id: int, reason: str, *, now: datetime) -> None:
    """Give a dead event up, so that those behind it go on. Raises NotFound, or Refused for one that is not dead."""
    row = _get(session, event_id)
    if row.status != DEAD:
        raise Refused("Event %(id)s is %(status)s, not dead.", id=event_id, status=row.status)
    session.execute(
        sa.update(OutboxEvent)
        .where(OutboxEvent.id == event_id)
        .values(status=DONE, done_at=now, last_error=f"given up: {reason} (was: {row.last_error})")
    )
    _wake(session, row.aggregate, now)


def _wake(session: Session, aggregate: str, now: datetime) -> None:
    session.execute(
        sa.update(OutboxEvent)
        .where(OutboxEvent.aggregate == aggregate, _waits, _is_open, OutboxEvent.available_at > now)
        .values(available_at=now)
    )


def get_event(session: Session, event_id: int) -> EventView:
    """Give one event, without what it says; raises NotFound."""
    return _get(session, event_id)


def _get(session: Session, event_id: int) -> EventView:
    row = session.execute(_view.where(OutboxEvent.id == event_id)).first()
    if row is None:
        raise NotFound("There is no event %(id)s.", id=event_id)
    return EventView(*row)


def list_events(session: Session, *, status: str | None = None, limit: int = 50) -> Sequence[EventView]:
    """Give events in the order of their numbers: those not done, or those of one `status` (done: the latest first)."""
    query = _view.where(_is_open if status is None else OutboxEvent.status == status)
    order = OutboxEvent.id.desc() if status == DONE else OutboxEvent.id
    return [EventView(*row) for row in session.execute(query.order_by(order).limit(limit))]


def count_waiting(session: Session) -> Mapping[str, int]:
    """Give how many events are `pending` and how many are `dead`."""
    return {PENDING: 0, DEAD: 0} | {row.status: row.number for row in session.execute(_counts)}


def delete_done_before(session: Session, moment: datetime, *, limit: int = 1000) -> int:
    """Delete up to `limit` events delivered before `moment`, with the notes of their handlers; give how many."""
    old = sa.select(OutboxEvent.id).where(OutboxEvent.status == DONE, OutboxEvent.done_at < moment)
    gone = session.execute(
        sa.delete(OutboxEvent).where(OutboxEvent.id.in_(old.order_by(OutboxEvent.id).limit(limit))).returning(OutboxEvent.id)
    )
    return len(gone.all())
