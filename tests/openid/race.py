"""What six processes do at one moment to codes, refresh tokens and other things that are good once; and how it is done wrongly."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.openid import (
    ClientView,
    Granted,
    Provider,
    TokenRefused,
    find_client,
    load_key_ring,
    mint_tokens,
    poll_device,
    redeem_code,
    refresh_tokens,
    revoke_token,
)
from portal.openid.hashes import hash_secret
from tests.openid.desk import CALLBACK, ISSUER, VERIFIER
from tests.security.racers import keys_of_the_tests, ready


def redeem(_: int, url: str, client_id: str, code: str, now: datetime) -> tuple[str, str]:
    """Show a code; give "granted" and the access token, or the error."""
    database, provider, client = _open(url, client_id, now)
    ready()
    with database.writing() as session:
        answer = redeem_code(session, provider, client, code=code, redirect_uri=CALLBACK, verifier=VERIFIER, now=now)
    database.close()
    return _said(provider, answer, now)


def redeem_unguarded(_: int, url: str, client_id: str, code: str, now: datetime) -> tuple[str, str]:
    """Show a code as if it were enough to look before one writes."""
    database, _provider, _client = _open(url, client_id, now)
    table = Base.metadata.tables["authorization_code"]
    with database.reading() as session:
        used = session.execute(sa.select(table.c.used_at).where(table.c.code_hash == hash_secret(code))).scalar_one()
    ready()
    with database.writing() as session:
        session.execute(sa.update(table).where(table.c.code_hash == hash_secret(code)).values(used_at=now))
    database.close()
    return ("granted" if used is None else "invalid_grant", "")


def refresh(_: int, url: str, client_id: str, token: str, now: datetime) -> tuple[str, str]:
    """Show a refresh token; give "granted" and its successor, or the error."""
    database, provider, client = _open(url, client_id, now)
    ready()
    with database.writing() as session:
        answer = refresh_tokens(session, provider, client, refresh_token=token, now=now)
    database.close()
    return ("granted", str(answer.refresh_token)) if isinstance(answer, Granted) else (answer.code, "")


def refresh_or_revoke(index: int, url: str, client_id: str, token: str, now: datetime) -> tuple[str, str]:
    """Refresh, while the first of all takes the token back."""
    if index:
        return refresh(index, url, client_id, token, now)
    database, provider, client = _open(url, client_id, now)
    ready()
    with database.writing() as session:
        revoke_token(session, provider, client, token, now=now)
    database.close()
    return "revoked", ""


def poll(_: int, url: str, client_id: str, device_code: str, now: datetime) -> str:
    """Ask as a device that was let in; give "granted" or the error."""
    database, provider, client = _open(url, client_id, now)
    ready()
    with database.writing() as session:
        answer = poll_device(session, provider, client, device_code=device_code, now=now)
    database.close()
    return _said(provider, answer, now)[0]


def _open(url: str, client_id: str, now: datetime) -> tuple[Database, Provider, ClientView]:
    database, keys = Database(url), keys_of_the_tests()
    with database.reading() as session:
        client = find_client(session, client_id)
        assert client is not None
        return database, Provider(ISSUER, keys, load_key_ring(session, keys, now=now)), client


def _said(provider: Provider, answer: Granted | TokenRefused, now: datetime) -> tuple[str, str]:
    if isinstance(answer, TokenRefused):
        return answer.code, ""
    return "granted", mint_tokens(provider, answer, now=now).access_token
