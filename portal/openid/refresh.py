"""Refresh tokens: a chain with one link good at a time, for its client alone.

The successor's text is derived from the one shown, so that whoever lost our answer (a phone in a lift) shows the old one again
within 30 s and gets the very same successor, though we keep hashes alone. Shown later than that, somebody else has it: all of
the grant is taken back (RFC 9700 4.14.2, ASVS 10.4.5). What the client proves a key for (FAPI 2.0) is not rotated.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.driver import FrequentQuery
from portal.base.ids import new_token
from portal.base.keys import Keys
from portal.openid.client_rules import REFRESH
from portal.openid.clients import ClientView
from portal.openid.grants import Grant, find_grant, revoke_grant, view_grant
from portal.openid.hashes import encode, hash_secret
from portal.openid.models import OAuthGrant, RefreshToken
from portal.openid.scopes import read_scopes
from portal.openid.tokens import Granted, Provider, TokenRefused, audience_for, granted_by

SAME_SUCCESSOR = timedelta(seconds=30)
REMEMBER_USED = timedelta(days=7)
"""So long a used one is known again as such; afterwards it is as unknown as any other text."""

_token = RefreshToken.metadata.tables["refresh_token"]
_grant = OAuthGrant.metadata.tables["oauth_grant"]
_its = sa.and_(_token.c.token_hash == sa.bindparam("token"), _token.c.used_at.is_(None), _token.c.expires_at > sa.bindparam("at"))
_grant_fits = (
    _grant.c.client_id == sa.bindparam("client"),
    _grant.c.revoked_at.is_(None),
    _grant.c.expires_at > sa.bindparam("at"),
    sa.or_(_grant.c.key_thumbprint.is_(None), _grant.c.key_thumbprint == sa.bindparam("thumbprint", type_=sa.String)),
)
_use: dict[str, Any] = {
    "used_at": sa.bindparam("at", type_=_token.c.used_at.type),
    "expires_at": sa.bindparam("until", type_=_token.c.expires_at.type),
}
_claim = (
    sa.update(_token)
    .where(_its, sa.exists().where(_grant.c.id == _token.c.grant_id, *_grant_fits))
    .values(_use)
    .returning(_token.c.grant_id)
)
# PostgreSQL takes the whole step in one statement: it is what every phone asks for every ten minutes.
_claimed = sa.update(_token).where(_its, _token.c.grant_id == _grant.c.id, *_grant_fits).values(_use).returning(*_grant.c).cte("claimed")
_columns = ["token_hash", "grant_id", "issued_at", "expires_at"]
_followed = (
    postgresql.insert(_token)
    .from_select(
        _columns,
        sa.select(
            sa.bindparam("following", type_=_token.c.token_hash.type),
            _claimed.c.id,
            sa.bindparam("at", type_=_token.c.issued_at.type),
            _claimed.c.expires_at,
        ),
    )
    .cte("followed")
)
_step_at_once = FrequentQuery(sa.select(_claimed).add_cte(_followed))
_look = (
    sa.select(_token.c.grant_id, _token.c.used_at, _token.c.expires_at, _grant.c.client_id, _grant.c.key_thumbprint)
    .join_from(_token, _grant, _grant.c.id == _token.c.grant_id)
    .where(_token.c.token_hash == sa.bindparam("token"))
)
_known = sa.select(_token.c.token_hash).where(_token.c.token_hash.in_(sa.bindparam("tokens", expanding=True)))
_INSERT = {
    engine: insert(_token).on_conflict_do_nothing(index_elements=["token_hash"])
    for engine, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_INVALID = TokenRefused("invalid_grant", "the refresh token is wrong, expired or revoked, or another client's")


def start_refreshing(session: Session, client: ClientView, grant: Grant, *, now: datetime) -> str | None:
    """Begin a grant's chain; None for a client that has nothing to do with refresh tokens."""
    if REFRESH not in client.grant_types:
        return None
    token = new_token()
    _insert(session, token, grant, now)
    return token


def refresh_tokens(
    session: Session,
    provider: Provider,
    client: ClientView,
    *,
    refresh_token: str,
    scope: str | None = None,
    thumbprint: str | None = None,
    resource: str | None = None,
    now: datetime,
) -> Granted | TokenRefused:
    """Give new tokens for a refresh token and the next link of the chain. Commit whatever is returned.

    `scope` may ask for less than was granted, for this access token alone (RFC 6749 6). `thumbprint`: of the key proved with
    this call; a chain bound to a key wants that key.
    """
    audience = audience_for(provider, client, resource, thumbprint)
    if isinstance(audience, TokenRefused):
        return audience
    if scope and not _covers(session, client, refresh_token, scope, now):
        return TokenRefused("invalid_scope", "scope asks for more than was granted")
    if client.is_fapi:
        found, following = _go_on(session, client, refresh_token, thumbprint, now), refresh_token
    else:
        found, following = _step(session, provider.keys, client, refresh_token, thumbprint, now)
    if isinstance(found, TokenRefused):
        return found
    return granted_by(
        found,
        client,
        audience,
        scopes=read_scopes(scope) if scope else found.scopes,
        refresh_token=following,
        key_thumbprint=found.key_thumbprint or thumbprint,
        now=now,
    )


def successor_of(key: bytes, refresh_token: str) -> str:
    """Derive the text of the next link from this one's: 256 bits nobody without our key can tell."""
    return encode(hmac.new(key, refresh_token.encode(), hashlib.sha256).digest())


def _step(
    session: Session, keys: Keys, client: ClientView, refresh_token: str, thumbprint: str | None, now: datetime
) -> tuple[Grant | TokenRefused, str]:
    """Take one step along the chain: of any number at once, one makes the successor and the others are given the same."""
    connection, following = session.connection(), successor_of(keys.refresh[0], refresh_token)
    given: Mapping[str, Any] = {
        "token": hash_secret(refresh_token), "client": client.id, "thumbprint": thumbprint,
        "at": now, "until": now + REMEMBER_USED, "following": hash_secret(following),
    }  # fmt: skip
    if connection.dialect.name == "postgresql":
        row = _step_at_once.first(session, given)
        return _again(session, keys, client, refresh_token, thumbprint, now) if row is None else (view_grant(row), following)
    claimed = connection.execute(_claim, given).first()
    if claimed is None:
        return _again(session, keys, client, refresh_token, thumbprint, now)
    grant = find_grant(session, claimed.grant_id, now=now)
    if grant is None:
        return _INVALID, ""
    _insert(session, following, grant, now)
    return grant, following


def _again(
    session: Session, keys: Keys, client: ClientView, refresh_token: str, thumbprint: str | None, now: datetime
) -> tuple[Grant | TokenRefused, str]:
    """Answer one that could not be claimed: used just now, used before that, or no good at all."""
    row = session.connection().execute(_look, {"token": hash_secret(refresh_token)}).first()
    if row is None or row.client_id != client.id or row.used_at is None:
        return _INVALID, ""
    if row.key_thumbprint not in (None, thumbprint):
        return _INVALID, ""
    grant = find_grant(session, row.grant_id, now=now)
    if grant is None:
        return _INVALID, ""
    if now - row.used_at > SAME_SUCCESSOR:
        revoke_grant(session, grant.id, by="refresh_reused", now=now)
        return TokenRefused("invalid_grant", "the refresh token was used before: everything granted with it is revoked"), ""
    following = _existing_successor(session, keys, refresh_token)
    return (_INVALID, "") if following is None else (grant, following)


def _existing_successor(session: Session, keys: Keys, refresh_token: str) -> str | None:
    """Give the successor that was made, also when the installation's secret was changed since; None if the old one is gone."""
    candidates = [successor_of(key, refresh_token) for key in keys.refresh]
    known = set(session.connection().execute(_known, {"tokens": [hash_secret(each) for each in candidates]}).scalars())
    return next((each for each in candidates if hash_secret(each) in known), None)


def _go_on(session: Session, client: ClientView, refresh_token: str, thumbprint: str | None, now: datetime) -> Grant | TokenRefused:
    """Let the same token go on: it is of no use without the client's key."""
    row = session.connection().execute(_look, {"token": hash_secret(refresh_token)}).first()
    if row is None or row.client_id != client.id or row.used_at is not None or row.expires_at <= now:
        return _INVALID
    if thumbprint is None or row.key_thumbprint != thumbprint:
        return _INVALID
    return find_grant(session, row.grant_id, now=now) or _INVALID


def _insert(session: Session, token: str, grant: Grant, now: datetime) -> None:
    connection = session.connection()
    connection.execute(
        _INSERT[connection.dialect.name],
        {"token_hash": hash_secret(token), "grant_id": grant.id, "issued_at": now, "expires_at": grant.expires_at, "used_at": None},
    )


def _covers(session: Session, client: ClientView, refresh_token: str, scope: str, now: datetime) -> bool:
    """Say whether fewer scopes are asked for than were granted, before a step is taken; one that is unknown is not judged here."""
    row = session.connection().execute(_look, {"token": hash_secret(refresh_token)}).first()
    grant = find_grant(session, row.grant_id, now=now) if row is not None and row.client_id == client.id else None
    asked = read_scopes(scope)
    return grant is None or (bool(asked) and set(asked) <= set(grant.scopes))
