"""Reading messages: the tray for whoever tries OneHall out, and the list of those that need a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.privacy import mask_number
from portal.messaging.models import Message, TrayMessage

_message = Message.metadata.tables["message"]
_tray = TrayMessage.metadata.tables["tray_message"]
_of_number = (
    sa.select(_tray.c.message_id, _tray.c.number, _tray.c.body, _tray.c.received_at)
    .where(_tray.c.number == sa.bindparam("number"))
    .order_by(_tray.c.received_at.desc(), _tray.c.message_id.desc())
    .limit(20)
)
_of_status = (
    sa.select(
        _message.c.id,
        _message.c.number,
        _message.c.kind,
        _message.c.status,
        _message.c.attempts,
        _message.c.created_at,
        _message.c.last_error,
    )
    .where(_message.c.status == sa.bindparam("status"))
    .order_by(_message.c.id.desc())
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class TrayView:
    """A message as the phone would show it."""

    message_id: int
    number: str
    body: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as its keepers see it: never its text, never the whole number."""

    id: int
    number_masked: str
    kind: str
    status: str
    attempts: int
    created_at: datetime
    last_error: str | None


def list_tray(session: Session, number: str) -> Sequence[TrayView]:
    """Give the last 20 messages to `number`, newest first."""
    return [TrayView(*row) for row in session.connection().execute(_of_number, {"number": number})]


def list_messages(session: Session, status: str, *, limit: int = 50) -> Sequence[MessageView]:
    """Give the newest messages of a status: `uncertain` and `failed` are the ones somebody should look at."""
    rows = session.connection().execute(_of_status, {"status": status, "most": limit})
    return [MessageView(row[0], mask_number(row[1]), *row[2:]) for row in rows]


def count_waiting(session: Session) -> Mapping[str, int]:
    """Give how many messages are `queued`, `sending` and `uncertain`: read from indexes that hold no others."""
    # Literals, and one statement for each index: SQLite takes a partial index for nothing else.
    waiting = _message.c.status.in_([sa.literal_column("'queued'"), sa.literal_column("'sending'")])
    unclear = _message.c.status == sa.literal_column("'uncertain'")
    counts = {"queued": 0, "sending": 0, "uncertain": 0}
    for which in (waiting, unclear):
        found = sa.select(_message.c.status, sa.func.count()).where(which).group_by(_message.c.status)
        counts |= {row[0]: row[1] for row in session.connection().execute(found)}
    return counts
