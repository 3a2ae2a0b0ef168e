"""The service password: six digits that open the lowest level, and cannot be guessed at leisure (guard.md 4, 6).

Signing in takes three steps, since verifying is slow and must not hold a transaction:

    with reading() as session:
        given = password_hash_for(session, number, visitor, now=now)        # or Limited
    right = verify(given.hash, clean_pin(text), hasher)
    with writing() as session:
        answer = record_password_outcome(session, given, right=right, now=now)

However many requests race, only as many learn whether they were right as the allowance has attempts: the answer is
given while counting.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.events import emit
from portal.customers import Holder, find_holder
from portal.identity.events import FactorChanged
from portal.identity.limits import Limited, guessing_windows, password_windows
from portal.identity.models import ServicePassword
from portal.identity.password_tries import PasswordKind, PasswordRight, PasswordToVerify, PasswordWrong
from portal.identity.session_ends import end_other_sessions
from portal.identity.throttle import count_up, give_back
from portal.identity.visitor import Visitor
from portal.interactions import record_interaction
from portal.messaging import queue_message

_password = ServicePassword.metadata.tables["service_password"]
_find = sa.select(_password.c.hash).where(
    _password.c.customer_id == sa.bindparam("customer"), _password.c.subscription_id == sa.bindparam("line")
)
_drop = sa.delete(_password).where(
    _password.c.customer_id == sa.bindparam("customer"),
    _password.c.subscription_id == sa.bindparam("line"),
    _password.c.set_at <= sa.bindparam("until"),
)
_kind = PasswordKind("service_password", password_windows, _find)


def password_hash_for(session: Session, number: str, visitor: Visitor, *, now: datetime) -> PasswordToVerify | Limited:
    """Give what an entry for `number` is to be verified against, unless the allowance is used up. Three statements."""
    return _kind.to_verify(session, number, visitor, now=now)


def record_password_outcome(
    session: Session, given: PasswordToVerify, *, right: bool, now: datetime
) -> PasswordRight | PasswordWrong | Limited:
    """Count the attempt and say what it was. Commit what is returned. Right counts for nothing, wrong stays counted."""
    return _kind.record(session, given, right=right, now=now)


def password_hash_unseen(session: Session, number: str, visitor: Visitor, *, now: datetime) -> PasswordToVerify | Limited:
    """Give what to verify a password against that only opens a code (`send_code(vouched=…)`): its outcome is not told.

    That is the way for an owner on a new device when strangers have used up both allowances. Writes: every such
    attempt counts against the visitor's network, right or wrong.
    """
    allowed = guessing_windows(visitor)
    if (seen := count_up(session, allowed, now=now).of(allowed)).over:
        give_back(session, allowed)
        return Limited(seen.retry_after_seconds)
    return PasswordToVerify(number, visitor, _kind.stored(session, find_holder(session, number)))


def has_service_password(session: Session, holder: Holder) -> bool:
    """Say whether the line has a service password: for its owner's pages, never for a stranger."""
    return _kind.stored(session, holder) is not None


def set_service_password(
    session: Session, holder: Holder, hashed: str, *, keep_session: int | None, channel: str, now: datetime, said: str | None = None
) -> None:
    """Give the line its password, hashed by `Hasher.hash` before; ask `policy_faults` before that, and level 2.

    The user's other sessions end (ASVS 5.0 7.4.3), except `keep_session`, and the change is on the timeline.
    `said`: the message that tells the number so (CHANGE_SENTENCES); None sends none.
    """
    before = _kind.stored(session, holder)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.connection().execute(
        insert(_password)
        .values(customer_id=holder.customer_id, subscription_id=holder.subscription_id, hash=hashed, set_at=now)
        .on_conflict_do_update(index_elements=["customer_id", "subscription_id"], set_={"hash": hashed, "set_at": now})
    )
    end_other_sessions(session, party_id=holder.party_id, keep=keep_session, by="password", now=now)
    emit(session, FactorChanged(holder.party_id, keep_session or 0), now=now)
    if said:
        queue_message(session, holder.number, said, kind="notice", secret=False, now=now)
    record_interaction(
        session,
        holder.customer_id,
        channel=channel,
        kind="password_set" if before is None else "password_reset",
        subscription_id=holder.subscription_id,
        now=now,
    )


def drop_service_password(session: Session, customer_id: int, subscription_id: int, *, set_until: datetime) -> None:
    """Take a line's password no more, unless it was set after `set_until`: whoever knew it does not use the line any more."""
    session.connection().execute(_drop, {"customer": customer_id, "line": subscription_id, "until": set_until})
