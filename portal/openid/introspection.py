"""Whether a token is good now: for our own API and userinfo, and for clients that ask (RFC 7662, RFC 7009).

An access token has no row of its own. Its signature says what it is; one statement says whether its grant still stands, its
client goes on and nobody took back this very token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.driver import FrequentQuery
from portal.base.ids import from_ref
from portal.openid.clients import ClientView
from portal.openid.grants import Grant, revoke_grant, view_grant
from portal.openid.hashes import hash_secret
from portal.openid.models import OAuthClient, OAuthGrant, RefreshToken, RevokedToken
from portal.openid.scopes import read_scopes, write_scopes
from portal.openid.tokens import ACCESS_TYPE, Provider

_client = OAuthClient.metadata.tables["oauth_client"]
_grant = OAuthGrant.metadata.tables["oauth_grant"]
_refresh = RefreshToken.metadata.tables["refresh_token"]
_revoked = RevokedToken.metadata.tables["revoked_token"]
_standing = (_grant.c.revoked_at.is_(None), _grant.c.expires_at > sa.bindparam("at"))
_live_client = sa.exists().where(_client.c.id == sa.bindparam("client"), _client.c.ended_at.is_(None))
_taken_back = sa.exists().where(_revoked.c.jti == sa.bindparam("jti"))
_of_a_person = FrequentQuery(sa.select(_grant).where(_grant.c.id == sa.bindparam("grant"), *_standing, _live_client, ~_taken_back))
_of_a_machine = FrequentQuery(sa.select(sa.literal_column("1").label("good")).where(_live_client, ~_taken_back))
_of_refresh = (
    sa.select(_grant, _refresh.c.issued_at, _refresh.c.expires_at.label("token_expires_at"))
    .join_from(_refresh, _grant, _grant.c.id == _refresh.c.grant_id)
    .join(_client, _client.c.id == _grant.c.client_id)
    .where(
        _refresh.c.token_hash == sa.bindparam("token"),
        _refresh.c.used_at.is_(None),
        _refresh.c.expires_at > sa.bindparam("at"),
        _client.c.ended_at.is_(None),
        *_standing,
    )
)
_grant_of_refresh = (
    sa.select(_grant.c.id)
    .join_from(_refresh, _grant, _grant.c.id == _refresh.c.grant_id)
    .where(_refresh.c.token_hash == sa.bindparam("token"), _grant.c.client_id == sa.bindparam("client"))
)
_TAKE_BACK = {
    engine: insert(_revoked).on_conflict_do_nothing(index_elements=["jti"])
    for engine, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token that is good now. A machine's own has no `grant`. `key_thumbprint`: its holder must prove that key."""

    client_id: str
    subject: str
    scopes: tuple[str, ...]
    grant: Grant | None
    key_thumbprint: str | None
    expires_at: datetime
    jti: str
    claims: Mapping[str, Any]


def read_access_token(
    session: Session, provider: Provider, token: str, *, now: datetime, audience: str | None = None
) -> AccessToken | None:
    """Give what an access token stands for, if it is good for `audience` (our API unless told); else None. One statement."""
    claims = provider.ring.verify(token, typ=ACCESS_TYPE, audience=audience or provider.api, now=now)
    return None if claims is None else _standing_token(session, provider, claims, now)


def find_token_for(session: Session, provider: Provider, client: ClientView, token: str, *, now: datetime) -> AccessToken | None:
    """Give an access token that is good now and that this client may hold: whatever its audience, see `introspect_token`."""
    claims = provider.ring.verify(token, typ=ACCESS_TYPE, now=now)
    found = None if claims is None else _standing_token(session, provider, claims, now)
    return found if found is not None and _may_hold(client, found) else None


def introspect_token(session: Session, provider: Provider, client: ClientView, token: str, *, now: datetime) -> dict[str, Any]:
    """Tell a client that showed who it is what a token is (RFC 7662 2.2); `{"active": False}` for whatever is not good.

    Access tokens are told to whoever is their audience: the client they were issued to, one of the operator's own, and one
    whose registered audience they are for. Refresh tokens are told to their own client alone.
    """
    found = find_token_for(session, provider, client, token, now=now)
    if found is not None:
        return {"active": True, **_told(found)}
    row = session.connection().execute(_of_refresh, {"token": hash_secret(token), "at": now}).first()
    if row is None or row.client_id != client.id:
        return {"active": False}
    return {
        "active": True,
        "client_id": row.client_id,
        "sub": row.subject,
        "scope": write_scopes(row.scopes),
        "iss": provider.issuer,
        "iat": int(row.issued_at.timestamp()),
        "exp": int(row.token_expires_at.timestamp()),
    }


def revoke_token(session: Session, provider: Provider, client: ClientView, token: str, *, now: datetime) -> bool:
    """Take back a token of the client's own (RFC 7009 2.1); False for what is not, which it need not be told.

    An access token goes alone; with a refresh token goes all that was granted with it, as the RFC advises.
    """
    connection = session.connection()
    claims = provider.ring.verify(token, typ=ACCESS_TYPE, now=now)
    if claims is not None:
        if claims.get("client_id") != client.id:
            return False
        row = {"jti": claims["jti"], "expires_at": datetime.fromtimestamp(claims["exp"], UTC)}
        connection.execute(_TAKE_BACK[connection.dialect.name], row)
        return True
    grant_id = connection.execute(_grant_of_refresh, {"token": hash_secret(token), "client": client.id}).scalar()
    return grant_id is not None and revoke_grant(session, grant_id, by="client", now=now)


def _standing_token(session: Session, provider: Provider, claims: Mapping[str, Any], now: datetime) -> AccessToken | None:
    """Look whether what a token of ours came of is still there."""
    if claims.get("iss") != provider.issuer:
        return None
    given = {"client": claims["client_id"], "jti": claims["jti"]}
    grant = None
    if "gid" in claims:
        row = _of_a_person.first(session, given | {"grant": from_ref(claims["gid"]), "at": now})
        grant = None if row is None else view_grant(row)
    else:
        row = _of_a_machine.first(session, given)
    if row is None:
        return None
    return AccessToken(
        client_id=claims["client_id"],
        subject=claims["sub"],
        scopes=read_scopes(claims["scope"]),
        grant=grant,
        key_thumbprint=claims.get("cnf", {}).get("jkt"),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        jti=claims["jti"],
        claims=claims,
    )


def _may_hold(client: ClientView, token: AccessToken) -> bool:
    return client.id == token.client_id or client.first_party or token.claims["aud"] in (client.settings.get("audiences") or ())


def _told(token: AccessToken) -> dict[str, Any]:
    """Give what is told of an access token; its grant's number is ours alone."""
    told = {name: value for name, value in token.claims.items() if name != "gid"}
    return told | {"token_type": "DPoP" if token.key_thumbprint else "Bearer"}
