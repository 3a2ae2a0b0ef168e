"""The end of a sign-in on its way to the sites it opened (OpenID Connect Back-Channel Logout 1.0).

    with writing() as session:
        claimed = claim_logouts(session, now=now(), limit=20)
    for each in claimed:
        error = post(each.address, token)
        with writing() as session:
            settle_logout(session, each, error=error, now=now())

A claim is a lease: should the worker die, the word is sent again, under the same `jti`, so that a site can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.ids import new_id, to_ref
from portal.openid.grants import revoke_grants_of_session
from portal.openid.models import ClientSession, LogoutDelivery, OAuthClient

LEASE = timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=1.25)
BRISK = timedelta(minutes=10)
"""So long a site that takes no word is sent one of all that wait after each first pause; waiting_sites.py knocks for longer."""
LONGEST_PAUSE = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(days=3)
TOKEN_SECONDS = 120
EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPE = "logout+jwt"
MAX_ERROR = 200
BEHIND = "waits behind another"

_told = ClientSession.metadata.tables["oauth_client_session"]
_delivery = LogoutDelivery.metadata.tables["logout_delivery"]
_client = OAuthClient.metadata.tables["oauth_client"]
_waits = _delivery.c.status == sa.literal_column("'pending'")  # a literal: SQLite uses a partial index for nothing else

_end_told = (
    sa.update(_told)
    .where(_told.c.session_id == sa.bindparam("session"), _told.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
    .returning(_told.c.client_id, _told.c.sid, _told.c.subject)
)
_listening = sa.select(_client.c.id).where(
    _client.c.id.in_(sa.bindparam("clients", expanding=True)),
    _client.c.backchannel_logout_uri.is_not(None),
    _client.c.ended_at.is_(None),
)
_insert = sa.insert(_delivery)
_due = (
    sa.select(_delivery.c.id)
    .where(_waits, _delivery.c.next_at <= sa.bindparam("now"))
    .order_by(_delivery.c.next_at, _delivery.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_claim = (
    sa.update(_delivery)
    .where(_delivery.c.id.in_(_due.scalar_subquery()))
    .values(next_at=sa.bindparam("lease_end"), attempts=_delivery.c.attempts + 1)
    .returning(_delivery.c.id, _delivery.c.client_id, _delivery.c.sid, _delivery.c.subject, _delivery.c.attempts, _delivery.c.created_at)
)
_any_due = sa.select(sa.exists().where(_waits, _delivery.c.next_at <= sa.bindparam("now")))
_addresses = sa.select(_client.c.id, _client.c.backchannel_logout_uri, _client.c.id_token_alg, _client.c.ended_at).where(
    _client.c.id.in_(sa.bindparam("clients", expanding=True))
)
_this = sa.and_(_delivery.c.id == sa.bindparam("one"), _waits)
_done = sa.update(_delivery).where(_this).values(status=sa.bindparam("to"), done_at=sa.bindparam("at"), last_error=sa.bindparam("error"))
_put_off = sa.update(_delivery).where(_this).values(next_at=sa.bindparam("next"), last_error=sa.bindparam("error"))
_others = sa.and_(_delivery.c.client_id == sa.bindparam("client"), _waits, _delivery.c.id != sa.bindparam("one"))
_hold_others = (
    sa.update(_delivery)
    .where(_others, _delivery.c.next_at < sa.bindparam("next"))
    .values(next_at=sa.bindparam("behind"), last_error=sa.func.coalesce(_delivery.c.last_error, BEHIND))
)
_wake_others = sa.update(_delivery).where(_others, _delivery.c.last_error.is_not(None)).values(next_at=sa.bindparam("at"))
_list = (
    sa.select(
        _delivery.c.id, _delivery.c.client_id, _client.c.name, _delivery.c.reason, _delivery.c.status, _delivery.c.attempts,
        _delivery.c.last_error, _delivery.c.created_at, _delivery.c.next_at, _delivery.c.done_at,
    )
    .join_from(_delivery, _client, _client.c.id == _delivery.c.client_id)
    .order_by(_delivery.c.created_at.desc(), _delivery.c.id.desc())
    .limit(sa.bindparam("most"))
)  # fmt: skip
_again = (
    sa.update(_delivery)
    .where(_delivery.c.id == sa.bindparam("one"), _delivery.c.status != "delivered")
    .values(status="pending", next_at=sa.bindparam("at"), created_at=sa.bindparam("at"), done_at=None)
)
_forget = sa.delete(_delivery).where(_delivery.c.done_at < sa.bindparam("before"))


@dataclass(frozen=True, slots=True)
class ClaimedLogout:
    """A word on its way that this worker alone carries. `address` None: the client wants none any more."""

    id: int
    client_id: str
    address: str | None
    alg: str
    sid: str
    subject: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LogoutView:
    """How far one word has got, as the operator sees it."""

    id: int
    client_id: str
    client_name: str
    reason: str
    status: str
    attempts: int
    last_error: str | None
    created_at: datetime
    next_at: datetime
    done_at: datetime | None


def end_client_sessions(session: Session, session_id: int, reason: str, *, now: datetime) -> int:
    """End what a sign-in opened: its grants that are not offline, and its name at each site; give how many are to be told.

    Done twice it does nothing more: each site's row is claimed by the update that ends it.
    """
    connection = session.connection()
    revoke_grants_of_session(session, session_id, by="logout", now=now)
    ended = connection.execute(_end_told, {"session": session_id, "at": now}).all()
    if not ended:
        return 0
    listening = set(connection.execute(_listening, {"clients": [row.client_id for row in ended]}).scalars())
    rows = [
        {
            "id": new_id(now), "client_id": row.client_id, "sid": row.sid, "subject": row.subject, "reason": reason,
            "status": "pending", "attempts": 0, "last_error": None, "created_at": now, "next_at": now, "done_at": None,
        }
        for row in ended
        if row.client_id in listening
    ]  # fmt: skip
    if rows:
        connection.execute(_insert, rows)
    return len(rows)


def is_logout_due(session: Session, *, now: datetime) -> bool:
    """Say whether a word waits whose time has come; it reads alone."""
    return bool(session.connection().execute(_any_due, {"now": now}).scalar())


def claim_logouts(session: Session, *, now: datetime, limit: int) -> Sequence[ClaimedLogout]:
    """Claim up to `limit` words whose time has come, for half a minute. Two workers never claim the same one."""
    connection = session.connection()
    rows = connection.execute(_claim, {"now": now, "most": limit, "lease_end": now + LEASE}).all()
    if not rows:
        return []
    clients = connection.execute(_addresses, {"clients": list({row.client_id for row in rows})})
    known = {row.id: (None if row.ended_at else row.backchannel_logout_uri, row.id_token_alg) for row in clients}
    return sorted(
        (ClaimedLogout(row.id, row.client_id, *known[row.client_id], row.sid, row.subject, row.attempts, row.created_at) for row in rows),
        key=lambda claimed: claimed.id,
    )


def logout_claims(claimed: ClaimedLogout, *, issuer: str, now: datetime) -> dict[str, Any]:
    """Give what the logout token says (section 2.4): never a nonce, and a `jti` that stays the same when it is sent again."""
    return {
        "iss": issuer, "aud": claimed.client_id, "iat": int(now.timestamp()), "exp": int(now.timestamp()) + TOKEN_SECONDS,
        "jti": to_ref(claimed.id), "sub": claimed.subject, "sid": claimed.sid, "events": {EVENT: {}},
    }  # fmt: skip


def settle_logout(session: Session, claimed: ClaimedLogout, *, error: str | None, now: datetime) -> str:
    """Note what became of a claimed word; give its status now. With an error it, and all for this site, wait for the next try.

    A site that takes one word is sent the others that wait for it at once.
    """
    connection = session.connection()
    if claimed.address is None:
        error = "the client wants no word any more"
    if error is None or claimed.address is None or now - claimed.created_at >= GIVE_UP_AFTER:
        status = "delivered" if error is None else "given_up"
        connection.execute(_done, {"one": claimed.id, "to": status, "at": now, "error": error and error[:MAX_ERROR]})
        if error is None:
            connection.execute(_wake_others, {"one": claimed.id, "client": claimed.client_id, "at": now})
        return status
    following = now + pause_after(now - claimed.created_at)
    connection.execute(_put_off, {"one": claimed.id, "next": following, "error": error[:MAX_ERROR]})
    behind = following + timedelta(milliseconds=500)  # one of all that wait asks; the others follow it
    connection.execute(_hold_others, {"one": claimed.id, "client": claimed.client_id, "next": following, "behind": behind})
    return "pending"


def release_logout(session: Session, claimed: ClaimedLogout, *, now: datetime) -> None:
    """Give a claimed word back unsent: its site did not answer a moment ago, and is not asked twice at once."""
    following = now + pause_after(now - claimed.created_at) + timedelta(milliseconds=500)
    session.connection().execute(_put_off, {"one": claimed.id, "next": following, "error": BEHIND})


def pause_after(age: timedelta) -> timedelta:
    """Give how long to wait when a word is so old: the first pause for ten minutes, then doubling up to the longest."""
    if age < BRISK:
        return FIRST_PAUSE
    return min(LONGEST_PAUSE, max(FIRST_PAUSE, age - BRISK + FIRST_PAUSE))


def list_logouts(session: Session, *, status: str | None = None, client_id: str | None = None, limit: int = 50) -> Sequence[LogoutView]:
    """Give the words on their way and those that arrived, the newest first."""
    query = _list
    if status is not None:
        query = query.where(_delivery.c.status == status)
    if client_id is not None:
        query = query.where(_delivery.c.client_id == client_id)
    rows: Sequence[sa.Row[*tuple[Any, ...]]] = session.connection().execute(query, {"most": limit}).all()
    return [LogoutView(*row) for row in rows]


def get_logout(session: Session, delivery_id: int) -> LogoutView:
    """Give one word; raise NotFound where there is none."""
    row: sa.Row[*tuple[Any, ...]] | None = session.connection().execute(_list.where(_delivery.c.id == delivery_id), {"most": 1}).first()
    if row is None:
        raise NotFound
    return LogoutView(*row)


def retry_logout(session: Session, delivery_id: int, *, now: datetime) -> None:
    """Send a word again now, for another three days; raise NotFound for one that arrived, or that there is not."""
    if session.connection().execute(_again, {"one": delivery_id, "at": now}).rowcount == 0:
        raise NotFound


def forget_logouts(session: Session, before: datetime) -> int:
    """Delete words that were done with before a moment; give how many."""
    return session.connection().execute(_forget, {"before": before}).rowcount
