"""Clients whose keys lie at an address of their own (`jwks_uri`): whose to ask for, and keeping what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.jose import peek_jws
from portal.base.jwks import knows_key, read_client_jwks
from portal.openid.clients import find_client
from portal.openid.models import OAuthClient

EVERY = timedelta(minutes=30)
AT_MOST_EVERY = timedelta(minutes=1)
"""However many texts with unknown keys come in a client's name: its site is not asked more often on that account."""
MANY = 20

_client = OAuthClient.metadata.tables["oauth_client"]
_elsewhere = sa.and_(_client.c.jwks_uri.is_not(None), _client.c.ended_at.is_(None))
_due = (
    sa.select(_client.c.id, _client.c.jwks_uri)
    .where(_elsewhere, sa.or_(_client.c.jwks_at.is_(None), _client.c.jwks_at <= sa.bindparam("before")))
    .order_by(_client.c.jwks_at, _client.c.id)
    .limit(MANY)
)
_claim = (
    sa.update(_client)
    .where(
        _client.c.id == sa.bindparam("client"),
        _elsewhere,
        sa.or_(_client.c.jwks_at.is_(None), _client.c.jwks_at <= sa.bindparam("before")),
    )
    .values(jwks_at=sa.bindparam("now"))
)
_keep = (
    sa.update(_client)
    .where(_client.c.id == sa.bindparam("client"), _client.c.jwks_uri == sa.bindparam("address"))
    .values(jwks=sa.bindparam("found"))
)


@dataclass(frozen=True, slots=True)
class KeysWanted:
    """A client whose keys are to be asked for, and where."""

    client_id: str
    address: str


def find_keys_wanted(session: Session, assertion: str) -> KeysWanted | None:
    """Give whose keys to ask for before a signed statement can be judged; None where what we hold will do.

    A client's assertion names it as `sub` and `iss` (RFC 7523 3), a request object as `iss` alone (RFC 9101 4).
    """
    peeked = peek_jws(assertion)
    name = peeked[1].get("sub", peeked[1].get("iss")) if peeked is not None else None
    client = find_client(session, name) if isinstance(name, str) else None
    if client is None or client.jwks_uri is None or knows_key(client.jwks, assertion):
        return None
    return KeysWanted(client.id, client.jwks_uri)


def list_keys_due(session: Session, *, now: datetime) -> Sequence[KeysWanted]:
    """Give whose keys were not asked for in half an hour, twenty at most: a key a site takes away is not taken here much longer."""
    return [KeysWanted(*row) for row in session.connection().execute(_due, {"before": now - EVERY})]


def claim_key_fetch(session: Session, wanted: KeysWanted, *, now: datetime) -> bool:
    """Take it on to ask for a client's keys; False when somebody did within the last minute. One conditional statement."""
    claimed = session.connection().execute(_claim, {"client": wanted.client_id, "before": now - AT_MOST_EVERY, "now": now})
    return claimed.rowcount > 0


def keep_client_keys(session: Session, wanted: KeysWanted, jwks: object) -> None:
    """Keep what was found in place of what was there, unless the client has another address by now. Raises Invalid for no keys."""
    found = read_client_jwks(jwks)
    session.connection().execute(_keep, {"client": wanted.client_id, "address": wanted.address, "found": found})
