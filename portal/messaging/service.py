"""Writing messages down, and what became of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.events import ask_for_worker
from portal.base.ids import new_id
from portal.messaging.errors import NotRepeatable
from portal.messaging.models import Message, TrayMessage

MAX_ATTEMPTS = 8
MAX_WAIT_SECONDS = 300
DONE_FOR = ("queued", "sending", "uncertain")

_message = Message.metadata.tables["message"]
_tray = TrayMessage.metadata.tables["tray_message"]
_insert = sa.insert(_message)
_blanked = sa.case((_message.c.secret, ""), else_=_message.c.body)


def queue_message(
    session: Session,
    number: str,
    body: str,
    *,
    kind: str,
    secret: bool,
    now: datetime,
    expires_at: datetime | None = None,
    deliver: bool = True,
) -> int:
    """Write a message down for the worker and give its id. After `expires_at` it is not sent any more.

    `deliver=False` writes a row that never leaves and holds no text: what is done for a number nobody holds then costs
    the same statements as for one somebody does (guard.md 3).
    """
    message_id = new_id(now)
    session.connection().execute(
        _insert,
        {
            "id": message_id, "number": number, "kind": kind, "body": body if deliver else "", "secret": secret,
            "status": "queued" if deliver else "discarded", "attempts": 0, "created_at": now, "available_at": now,
            "expires_at": expires_at,
        },
    )  # fmt: skip
    ask_for_worker(session)
    return message_id


def mark_sent(session: Session, message_id: int, provider_ref: str, *, now: datetime) -> None:
    """Note that the centre took the message under `provider_ref`; the text of a secret one is blanked.

    Also true of a message whose lease ran out meanwhile: it is not sent a second time.
    """
    _settle(session, message_id, DONE_FOR, status="sent", sent_at=now, provider_ref=provider_ref, body=_blanked, last_error=None)


def mark_failed(session: Session, message_id: int, error: str, *, now: datetime) -> None:
    """Note that the message will never be taken, and why; the text of a secret one is blanked."""
    _settle(session, message_id, ("queued", "sending"), status="failed", last_error=error, body=_blanked, available_at=now)


def mark_retry(session: Session, message_id: int, error: str, *, now: datetime) -> None:
    """Queue the message again after a wait that doubles from 2 s to 5 min; after the eighth attempt it has failed."""
    row = session.connection().execute(sa.select(_message.c.attempts).where(_message.c.id == message_id)).one_or_none()
    if row is None or row.attempts >= MAX_ATTEMPTS:
        mark_failed(session, message_id, error, now=now)
        return
    wait = timedelta(seconds=min(2**row.attempts, MAX_WAIT_SECONDS))
    _settle(session, message_id, ("sending",), status="queued", last_error=error, available_at=now + wait)


def mark_uncertain(session: Session, message_id: int, error: str, *, now: datetime) -> None:
    """Note that nobody knows whether the message left. It waits for a person (`list_messages`, `requeue`)."""
    _settle(session, message_id, ("sending",), status="uncertain", last_error=error, available_at=now)


def requeue(session: Session, message_id: int, *, now: datetime) -> None:
    """Send a failed or uncertain message after all; raise NotRepeatable for any other, or when its text is gone."""
    again = (
        sa.update(_message)
        .where(
            _message.c.id == message_id,
            _message.c.status.in_(("failed", "uncertain")),
            _message.c.body != "",
            sa.or_(_message.c.expires_at.is_(None), _message.c.expires_at > now),
        )
        .values(status="queued", attempts=0, available_at=now, last_error=None)
    )
    if session.connection().execute(again).rowcount == 0:
        raise NotRepeatable


def note_receipt(session: Session, provider_ref: str, state: str) -> bool:
    """Keep what the centre says became of a message. False: no message has this reference (yet): offer it again later."""
    noted = sa.update(_message).where(_message.c.provider_ref == provider_ref).values(receipt=state)
    return session.connection().execute(noted).rowcount > 0


def put_in_tray(session: Session, message_id: int, number: str, body: str, *, now: datetime) -> None:
    """Show the message in the tray. The same id again changes nothing."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"message_id": message_id, "number": number, "body": body, "received_at": now}
    session.connection().execute(insert(_tray).values(**values).on_conflict_do_nothing())


def _settle(session: Session, message_id: int, expected: tuple[str, ...], **values: object) -> None:
    session.connection().execute(sa.update(_message).where(_message.c.id == message_id, _message.c.status.in_(expected)).values(**values))
