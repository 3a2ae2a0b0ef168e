"""Getting messages out: claim a few, carry each outside any transaction, settle it.

    with writing() as session:
        tidy_messages(session, repeatable=sender.repeatable, now=now())
        claimed = claim_due(session, now=now(), limit=20)
    for message in claimed:
        outcome = carry(sender, message)
        with writing() as session:
            settle_message(session, message, outcome, repeatable=sender.repeatable, now=now())

A claim is a lease. Should the worker die, the lease runs out: a message that may be repeated is queued again, any other
becomes `uncertain`, since sending it once more could mean sending it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.messaging.models import Message
from portal.messaging.ports import SmsRefused, SmsSender, SmsUnavailable, SmsUncertain
from portal.messaging.service import mark_failed, mark_retry, mark_sent, mark_uncertain

LEASE = timedelta(seconds=60)

_message = Message.metadata.tables["message"]
_earlier = _message.alias("earlier")


def _waiting(messages: sa.FromClause) -> sa.ColumnElement[bool]:
    """Say it in the partial indexes' own words: SQLite takes such an index for nothing else, and for no parameter."""
    return messages.c.status.in_([sa.literal_column("'queued'"), sa.literal_column("'sending'")])


_queued: sa.ColumnClause[str] = sa.literal_column("'queued'")
_sending: sa.ColumnClause[str] = sa.literal_column("'sending'")
_due = (
    sa.select(_message.c.id)
    .where(
        _waiting(_message),
        _message.c.status == _queued,
        _message.c.available_at <= sa.bindparam("at"),
        sa.or_(_message.c.expires_at.is_(None), _message.c.expires_at > sa.bindparam("at")),
        # One of a kind at a time for each number, the oldest first: a phone shows them in the order they were written.
        ~sa.exists().where(
            _earlier.c.number == _message.c.number,
            _earlier.c.kind == _message.c.kind,
            _earlier.c.id < _message.c.id,
            _waiting(_earlier),
        ),
    )
    .order_by(_message.c.available_at, _message.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True, of=_message)
)
# Materialised: as a plain sub-query PostgreSQL may run it again for each row, and claim more than the limit.
_chosen = _due.cte("chosen").prefix_with("MATERIALIZED")
_claim = (
    sa.update(_message)
    .where(_message.c.id.in_(sa.select(_chosen.c.id)), _message.c.status == _queued)
    .values(status="sending", attempts=_message.c.attempts + 1, available_at=sa.bindparam("lease_end"))
    .returning(_message.c.id, _message.c.number, _message.c.body, _message.c.kind, _message.c.attempts)
)
_blanked = sa.case((_message.c.secret, ""), else_=_message.c.body)
_late = (
    sa.update(_message)
    .where(
        _waiting(_message),
        _message.c.status == _queued,
        _message.c.available_at <= sa.bindparam("at"),
        _message.c.expires_at <= sa.bindparam("at"),
    )
    .values(status="failed", last_error="expired", body=_blanked)
)
_stale = (
    sa.update(_message)
    .where(
        _message.c.status == sa.literal_column("'uncertain'"),
        _message.c.secret,
        _message.c.expires_at <= sa.bindparam("at"),
        _message.c.body != "",
    )
    .values(body="")
)
_abandoned = sa.update(_message).where(_waiting(_message), _message.c.status == _sending, _message.c.available_at <= sa.bindparam("at"))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message this worker is to carry now."""

    id: int
    number: str = field(repr=False)
    body: str = field(repr=False)
    kind: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How carrying ended. `note`: the centre's reference when sent, else the reason."""

    end: Literal["sent", "refused", "unavailable", "uncertain"]
    note: str


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many messages were queued again, became uncertain, or were too late to send."""

    requeued: int
    uncertain: int
    expired: int


def claim_due(session: Session, *, now: datetime, limit: int) -> Sequence[Claimed]:
    """Claim up to `limit` messages whose time has come, for a minute. Two workers never claim the same one."""
    rows = session.connection().execute(_claim, {"at": now, "most": limit, "lease_end": now + LEASE})
    return sorted((Claimed(row.id, row.number, row.body, row.kind, row.attempts) for row in rows), key=lambda claimed: claimed.id)


def tidy_messages(session: Session, *, repeatable: bool, now: datetime) -> Tidied:
    """Deal with what lies about: leases that ran out, messages past their time, secret texts of no more use."""
    connection = session.connection()
    left = _abandoned.values(
        status="queued" if repeatable else "uncertain", last_error="the worker ended while it was sending", available_at=now
    )
    count = connection.execute(left, {"at": now}).rowcount
    expired = connection.execute(_late, {"at": now}).rowcount
    connection.execute(_stale, {"at": now})
    return Tidied(count if repeatable else 0, 0 if repeatable else count, expired)


def carry(sender: SmsSender, message: Claimed) -> Outcome:
    """Hand one message over. Slow: never inside a transaction. Raises nothing: an error nobody foresaw is uncertain."""
    try:
        return Outcome("sent", sender.send(message.id, message.number, message.body))
    except SmsRefused as error:
        return Outcome("refused", str(error))
    except SmsUnavailable as error:
        return Outcome("unavailable", str(error))
    except SmsUncertain as error:
        return Outcome("uncertain", str(error))
    except Exception as error:  # noqa: BLE001 - whatever an adapter does, the queue goes on; its text might hold the body
        return Outcome("uncertain", type(error).__name__)


def settle_message(session: Session, message: Claimed, outcome: Outcome, *, repeatable: bool, now: datetime) -> None:
    """Write down how carrying ended."""
    if outcome.end == "sent":
        mark_sent(session, message.id, outcome.note, now=now)
    elif outcome.end == "refused":
        mark_failed(session, message.id, outcome.note, now=now)
    elif outcome.end == "unavailable" or repeatable:
        mark_retry(session, message.id, outcome.note, now=now)
    else:
        mark_uncertain(session, message.id, outcome.note, now=now)
