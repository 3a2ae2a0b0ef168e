"""Devices without a keyboard: a box or a kiosk shows a short code, somebody types it where they are signed in (RFC 8628)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import Unavailable
from portal.base.ids import new_token
from portal.base.keys import Keys
from portal.base.privacy import keyed_hash
from portal.openid.client_rules import DEVICE
from portal.openid.clients import ClientView, find_client
from portal.openid.grants import SignIn, bind_key, find_new_grant, insert_grant
from portal.openid.hashes import hash_secret
from portal.openid.models import DeviceAuthorization
from portal.openid.refresh import start_refreshing
from portal.openid.request_rules import No, scopes_of
from portal.openid.tokens import Granted, Provider, TokenRefused, audience_for, granted_by

DEVICE_SECONDS = 600
INTERVAL_SECONDS = 5
LONGEST_INTERVAL = 60
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""20 letters nobody takes for another and that make no words (RFC 8628 6.1): eight of them are 34 bits, for ten minutes."""
CODE_LENGTH = 8
_TRIES = 3

_device = DeviceAuthorization.metadata.tables["device_authorization"]
_pending = sa.and_(_device.c.status == "pending", _device.c.expires_at > sa.bindparam("at"))
_its = _device.c.device_hash == sa.bindparam("device")
_find = sa.select(_device.c.client_id, _device.c.scopes, _device.c.expires_at).where(_device.c.user_hash == sa.bindparam("typed"), _pending)
_decide = (
    sa.update(_device)
    .where(_device.c.user_hash == sa.bindparam("typed"), _pending)
    .values(status=sa.bindparam("decision"))
    .returning(_device.c.device_hash, _device.c.client_id, _device.c.scopes)
)
_join = sa.update(_device).where(_its).values(grant_id=sa.bindparam("grant"))
_claim = (
    sa.update(_device)
    .where(_its, _device.c.client_id == sa.bindparam("client"), _device.c.status == "allowed", _device.c.expires_at > sa.bindparam("at"))
    .values(status="used")
    .returning(_device.c.grant_id)
)
_look = sa.select(_device.c.status, _device.c.expires_at, _device.c.polled_at, _device.c.interval_seconds).where(
    _its, _device.c.client_id == sa.bindparam("client")
)
_polled = sa.update(_device).where(_its).values(polled_at=sa.bindparam("at"), interval_seconds=sa.bindparam("pause"))
_INSERT = {
    engine: insert(_device).on_conflict_do_nothing(index_elements=["user_hash"]).returning(_device.c.client_id)
    for engine, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_INVALID = TokenRefused("invalid_grant", "the device code is wrong or used, or another client's")


@dataclass(frozen=True, slots=True)
class DeviceStarted:
    """What a device is given: a code of its own to ask with, and a short one to show, as people read it: BCDF-GHJK."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    expires_in_seconds: int = DEVICE_SECONDS
    interval_seconds: int = INTERVAL_SECONDS


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device that waits for somebody to decide: whose it is, and what it asks for."""

    client: ClientView
    scopes: tuple[str, ...]
    expires_at: datetime


def start_device(session: Session, keys: Keys, client: ClientView, *, scope: str, now: datetime) -> DeviceStarted | TokenRefused:
    """Let a device wait for ten minutes."""
    if DEVICE not in client.grant_types:
        return TokenRefused("unauthorized_client", "this client is not registered for the device grant")
    try:
        scopes = scopes_of(client, scope)
    except No as no:
        return TokenRefused(no.code, no.description)
    if not scopes:
        return TokenRefused("invalid_scope", "scope names nothing that is known here")
    connection, device_code = session.connection(), new_token()
    row: dict[str, Any] = {
        "device_hash": hash_secret(device_code), "client_id": client.id, "scopes": list(scopes), "status": "pending", "grant_id": None,
        "interval_seconds": INTERVAL_SECONDS, "polled_at": None, "created_at": now,
        "expires_at": now + timedelta(seconds=DEVICE_SECONDS),
    }  # fmt: skip
    for _ in range(_TRIES):  # two devices with one code are not to be expected, and are not let happen
        letters = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if connection.execute(_INSERT[connection.dialect.name], row | {"user_hash": _seal(keys, letters)}).first() is not None:
            return DeviceStarted(device_code, f"{letters[:4]}-{letters[4:]}")
    raise Unavailable


def find_device_by_user_code(session: Session, keys: Keys, user_code: str, *, now: datetime) -> DeviceView | None:
    """Give the device that shows this code, however it is typed: in small letters, with or without the dash.

    The face counts wrong ones: nobody may try many (RFC 8628 5.1).
    """
    row = session.connection().execute(_find, {"typed": _seal(keys, user_code), "at": now}).first()
    client = None if row is None else find_client(session, row.client_id)
    return None if row is None or client is None else DeviceView(client, tuple(row.scopes), row.expires_at)


def decide_device(session: Session, keys: Keys, user_code: str, sign_in: SignIn | None, *, now: datetime) -> bool:
    """Let the device in as whoever is signed in, or refuse it (None); False when it waits no longer. The first word counts."""
    connection = session.connection()
    decision = "refused" if sign_in is None else "allowed"
    row = connection.execute(_decide, {"typed": _seal(keys, user_code), "at": now, "decision": decision}).first()
    if row is None:
        return False
    client = find_client(session, row.client_id)
    if sign_in is not None and client is not None:
        grant_id = insert_grant(session, client, sign_in, tuple(row.scopes), kind="device", now=now)
        connection.execute(_join, {"device": row.device_hash, "grant": grant_id})
    return True


def poll_device(
    session: Session,
    provider: Provider,
    client: ClientView,
    *,
    device_code: str,
    thumbprint: str | None = None,
    resource: str | None = None,
    now: datetime,
) -> Granted | TokenRefused:
    """Give a device its tokens, once, as soon as somebody let it in. Commit whatever is returned.

    Until then `authorization_pending`; `slow_down` to one that asks too often, which adds 5 s to its pause each time (3.5).
    """
    audience = audience_for(provider, client, resource, thumbprint)
    if isinstance(audience, TokenRefused):
        return audience
    given = {"device": hash_secret(device_code), "client": client.id}
    claimed = session.connection().execute(_claim, given | {"at": now}).first()
    if claimed is None:
        return _wait(session, given, now)
    grant = find_new_grant(session, claimed.grant_id, now=now) if claimed.grant_id is not None else None
    if grant is None:
        return _INVALID
    if thumbprint is not None:
        bind_key(session, grant.id, thumbprint)
    refresh_token = start_refreshing(session, client, grant, now=now)
    return granted_by(grant, client, audience, refresh_token=refresh_token, key_thumbprint=thumbprint, now=now)


def _wait(session: Session, given: dict[str, str], now: datetime) -> TokenRefused:
    row = session.connection().execute(_look, given).first()
    if row is None or row.status == "used":
        return _INVALID
    if row.expires_at <= now:
        return TokenRefused("expired_token", "nobody let the device in within its time")
    if row.status == "refused":
        return TokenRefused("access_denied", "somebody refused to let the device in")
    pause = row.interval_seconds
    early = row.polled_at is not None and now < row.polled_at + timedelta(seconds=pause)
    pause = min(pause + INTERVAL_SECONDS, LONGEST_INTERVAL) if early else pause
    session.connection().execute(_polled, {"device": given["device"], "at": now, "pause": pause})
    if early:
        return TokenRefused("slow_down", f"ask again after {pause} seconds")
    return TokenRefused("authorization_pending", "nobody has let the device in yet")


def _seal(keys: Keys, user_code: str) -> str:
    """Give a short code as it is stored: with a key, since 34 bits could be tried out."""
    letters = "".join(letter for letter in user_code.upper() if letter in LETTERS)
    return keyed_hash(keys.lookups, "device", letters)
