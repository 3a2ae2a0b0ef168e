"""An enterprise's site that may say who its employees are, and the public keys it signs with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.identity.models import EmbedClient, EmbedKey

ALGORITHM = "ES256"
"""The one algorithm assertions are signed by: ECDSA on P-256. One is enough, and one cannot be confused with another."""
CURVE = "P-256"
MAX_KEYS = 5
_CLIENT = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_KID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PRIVATE_PART = ("d", "k", "p", "q")

_client = EmbedClient.metadata.tables["embed_client"]
_key = EmbedKey.metadata.tables["embed_key"]
_live_client = sa.select(_client.c.id).where(_client.c.id == sa.bindparam("client"), _client.c.ended_at.is_(None))
_live_of_customer = (
    sa.select(_client.c.id, _client.c.store, _client.c.created_at)
    .where(_client.c.customer_id == sa.bindparam("customer"), _client.c.ended_at.is_(None))
    .order_by(_client.c.id)
)
_live_keys = (
    sa.select(_key.c.kid, _key.c.added_at)
    .where(_key.c.client_id == sa.bindparam("client"), _key.c.retired_at.is_(None))
    .order_by(_key.c.added_at, _key.c.kid)
)


@dataclass(frozen=True, slots=True)
class EmbedKeyView:
    """A key that assertions may be signed with."""

    kid: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class EmbedClientView:
    """An enterprise's site that signs who its employees are, for one store."""

    id: str
    store: str
    created_at: datetime


def list_embed_clients(session: Session, customer_id: int) -> Sequence[EmbedClientView]:
    """Give an enterprise's sites that may sign assertions, by name."""
    rows = session.connection().execute(_live_of_customer, {"customer": customer_id})
    return [EmbedClientView(*row) for row in rows]


def create_embed_client(session: Session, client_id: str, customer_id: int, *, store: str, now: datetime) -> None:
    """Let an enterprise's site sign assertions for one store; it can do so once it has a key.

    `client_id` is what its assertions name as `iss`: small letters, digits and hyphens. Raises Invalid for another, or one
    that is taken.
    """
    if not _CLIENT.fullmatch(client_id):
        raise Invalid({"client_id": N_("A client's name is 2 to 63 small letters, digits and hyphens.")})
    try:
        with session.begin_nested():
            session.connection().execute(
                sa.insert(_client),
                {"id": client_id, "customer_id": customer_id, "store": store, "created_at": now, "ended_at": None},
            )
    except IntegrityError as error:
        raise Invalid({"client_id": N_("There is a client of this name already.")}) from error


def end_embed_client(session: Session, client_id: str, *, now: datetime) -> None:
    """Take no assertion and no token of this client any more, at once; NotFound when there is none, or it has ended."""
    ended = session.connection().execute(
        sa.update(_client).where(_client.c.id == client_id, _client.c.ended_at.is_(None)).values(ended_at=now)
    )
    if ended.rowcount == 0:
        raise NotFound


def add_embed_key(session: Session, client_id: str, key: str | Mapping[str, Any], *, kid: str | None = None, now: datetime) -> str:
    """Take assertions signed with this key from now on; give its `kid`: the one told, the key's own, or its RFC 7638 thumbprint.

    `key`: a public key on the curve P-256, as PEM or as a JWK. Raises Invalid for anything else (a private key above all),
    for a `kid` that is taken, and for a sixth live key; NotFound for a client that is not there.
    """
    connection = session.connection()
    if connection.execute(_live_client, {"client": client_id}).first() is None:
        raise NotFound
    public, own_kid = read_public_key(key)
    kid = kid or own_kid
    if not _KID.fullmatch(kid):
        raise Invalid({"kid": N_("A key's name is 1 to 64 letters, digits, dots, hyphens and underscores.")})
    if len(list_embed_keys(session, client_id)) >= MAX_KEYS:
        raise Invalid({"key": N_("There are five live keys already. Retire one first.")})
    try:
        with session.begin_nested():
            connection.execute(sa.insert(_key), {"client_id": client_id, "kid": kid, "jwk": public, "added_at": now, "retired_at": None})
    except IntegrityError as error:
        raise Invalid({"kid": N_("There is, or was, a key of this name. Give each key a new one.")}) from error
    return kid


def retire_embed_key(session: Session, client_id: str, kid: str, *, now: datetime) -> None:
    """Take no assertion signed with this key any more; NotFound when there is no such live key."""
    retired = session.connection().execute(
        sa.update(_key).where(_key.c.client_id == client_id, _key.c.kid == kid, _key.c.retired_at.is_(None)).values(retired_at=now)
    )
    if retired.rowcount == 0:
        raise NotFound


def list_embed_keys(session: Session, client_id: str) -> Sequence[EmbedKeyView]:
    """Give a client's live keys, the oldest first."""
    return [EmbedKeyView(*row) for row in session.connection().execute(_live_keys, {"client": client_id})]


def read_public_key(key: str | Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Give a public key as the members of a JWK that matter, and its name; raise Invalid for what is no P-256 public key."""
    private = "PRIVATE KEY" in key if isinstance(key, str) else any(part in key for part in _PRIVATE_PART)
    if private:
        raise Invalid({"key": N_("This is a private key, which nobody but its owner should have. Give the public one.")})
    named = key.get("kid") if isinstance(key, Mapping) else None
    try:
        read = ECKey.import_key(dict(key) if isinstance(key, Mapping) else key)
        if read.curve_name != CURVE:
            raise ValueError("another curve")  # noqa: TRY301 - one sentence for all that is no such key
        found = read.as_dict(private=False)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Invalid({"key": N_("Give a public key on the curve P-256, as PEM or as a JWK.")}) from error
    public = {part: str(found[part]) for part in ("kty", "crv", "x", "y")}
    return public, named if isinstance(named, str) else str(read.thumbprint())
