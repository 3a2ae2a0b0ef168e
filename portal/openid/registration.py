"""Clients that register by themselves (RFC 7591) and look after their own entry (RFC 7592)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import new_token
from portal.openid.clients import ClientView, change_client, create_client, end_client, find_client
from portal.openid.hashes import hash_secret
from portal.openid.models import OAuthClient, RegistrationToken
from portal.openid.registration_metadata import Unfit, read_metadata, unfit_of, write_metadata

MAX_CLIENTS = 10_000
MAX_VALID = timedelta(days=366)
_OURS = ("registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at")

_client = OAuthClient.metadata.tables["oauth_client"]
_token = RegistrationToken.metadata.tables["registration_token"]
_good = sa.and_(
    _token.c.token_hash == sa.bindparam("hash"), _token.c.ended_at.is_(None), _token.c.expires_at > sa.bindparam("now"), _token.c.left > 0
)
_find_token = sa.select(_token.c.customer_id).where(_good)
_take_one = sa.update(_token).where(_good).values(left=_token.c.left - 1)
_end_token = (
    sa.update(_token).where(_token.c.label == sa.bindparam("which"), _token.c.ended_at.is_(None)).values(ended_at=sa.bindparam("now"))
)
_list_tokens = sa.select(_token.c.label, _token.c.customer_id, _token.c.left, _token.c.created_at, _token.c.expires_at).order_by(
    _token.c.created_at
)
_give = sa.update(_client).where(_client.c.id == sa.bindparam("client")).values(registration_hash=sa.bindparam("hash"))
_held = sa.select(_client.c.registration_hash, _client.c.secret_hash, _client.c.next_secret_hash).where(
    _client.c.id == sa.bindparam("client"), _client.c.ended_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class RegistrationRefused:
    """A registration that was not taken: an error of RFC 7591 3.2.2 or RFC 6750 3.1, its status, and why, for a developer."""

    code: str
    description: str
    status: int = 400


@dataclass(frozen=True, slots=True)
class Registered:
    """A client that looks after itself, and what it is answered; the face adds `registration_client_uri`."""

    client: ClientView
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RegistrationTokenView:
    """An initial access token, without its text."""

    label: str
    customer_id: int | None
    left: int
    created_at: datetime
    expires_at: datetime


def create_registration_token(
    session: Session, label: str, *, clients: int, valid: timedelta, now: datetime, customer_id: int | None = None
) -> str:
    """Give a token by which `clients` clients may register within `valid`, shown this once; they belong to the enterprise named.

    Raises Invalid for no or too many clients, and for no time or more than a year.
    """
    faults = {}
    if not 0 < len(label.strip()) <= 100 or not label.isprintable():
        faults["label"] = N_("A token has a name of 1 to 100 letters.")
    if not 0 < clients <= MAX_CLIENTS:
        faults["clients"] = N_("Between 1 and 10000 clients may register by one token.")
    if not timedelta() < valid <= MAX_VALID:
        faults["valid"] = N_("A token is good for a day at least and a year at most.")
    if faults:
        raise Invalid(faults)
    text = new_token()
    row = {
        "token_hash": hash_secret(text), "label": label.strip(), "customer_id": customer_id, "left": clients,
        "created_at": now, "expires_at": now + valid, "ended_at": None,
    }  # fmt: skip
    try:
        with session.begin_nested():
            session.connection().execute(sa.insert(_token), row)
    except IntegrityError as error:
        raise Invalid({"customer_id": N_("There is no such customer.")}) from error
    return text


def end_registration_token(session: Session, label: str, *, now: datetime) -> int:
    """Let nobody register by the tokens of this name any more; give how many there were, NotFound for none."""
    ended = session.connection().execute(_end_token, {"which": label, "now": now}).rowcount
    if ended == 0:
        raise NotFound
    return ended


def list_registration_tokens(session: Session, *, now: datetime) -> Sequence[RegistrationTokenView]:
    """Give the tokens by which somebody may still register, the oldest first."""
    good = _list_tokens.where(_token.c.ended_at.is_(None), _token.c.left > 0, _token.c.expires_at > now)
    return [RegistrationTokenView(*row) for row in session.connection().execute(good)]


def may_register(session: Session, token: str, *, now: datetime) -> bool:
    """Say whether a client may register by this token at present."""
    return session.connection().execute(_find_token, {"hash": hash_secret(token), "now": now}).first() is not None


def register_client(
    session: Session,
    token: str,
    metadata: Mapping[str, Any],
    *,
    now: datetime,
    allow_localhost: bool = False,
    sector_document: object = None,
) -> Registered | RegistrationRefused:
    """Register a client by an initial access token (RFC 7591 3). What is refused uses the token up by nothing.

    Of two at once for the last place one is taken: the count is changed by one conditional statement. A client that registers
    is never the operator's own: people are asked. `sector_document`: what was found at its `sector_identifier_uri`, fetched
    between transactions, and only for whoever `may_register`.
    """
    connection = session.connection()
    bound = {"hash": hash_secret(token), "now": now}
    row = connection.execute(_find_token, bound).first()
    if row is None:
        return _no_token()
    try:
        with session.begin_nested():  # a refused client takes no place, and without a place there is no client
            new = read_metadata(metadata, customer_id=row.customer_id, sector_document=sector_document)
            client, secret = create_client(session, new, now=now, allow_localhost=allow_localhost)
            if connection.execute(_take_one, bound).rowcount == 0:
                raise _NoPlace  # noqa: TRY301 - it takes the client back with it
    except (Unfit, Invalid) as error:
        return _refused(error)
    except _NoPlace:
        return _no_token()
    access = new_token()
    connection.execute(_give, {"client": client.id, "hash": hash_secret(access)})
    return _registered(client, access, secret)


def read_registration(session: Session, client_id: str, token: str) -> Registered | RegistrationRefused:
    """Give what a client is registered as, to whoever has its registration access token (RFC 7592 2.1)."""
    client = _find_by_token(session, client_id, token)
    return _no_token() if client is None else _registered(client, token, None)


def update_registration(
    session: Session,
    client_id: str,
    token: str,
    metadata: Mapping[str, Any],
    *,
    now: datetime,
    allow_localhost: bool = False,
    sector_document: object = None,
) -> Registered | RegistrationRefused:
    """Register a client anew in every part (RFC 7592 2.2): what is left out is the default again. Its id and secret stay.

    It names itself by `client_id`; a `client_secret` must be the one it has. What only we say must not be sent.
    """
    client = _find_by_token(session, client_id, token)
    if client is None:
        return _no_token()
    if metadata.get("client_id") != client_id or any(name in metadata for name in _OURS):
        return RegistrationRefused("invalid_client_metadata", f"name client_id, and leave out {' '.join(_OURS)}")
    if "client_secret" in metadata and not _has_secret(session, client_id, metadata["client_secret"]):
        return RegistrationRefused("invalid_client_metadata", "client_secret is not the one that was given")
    try:
        new = read_metadata(metadata, customer_id=client.customer_id, sector_document=sector_document)
        changed, secret = change_client(session, client_id, new, now=now, allow_localhost=allow_localhost)
    except (Unfit, Invalid) as error:
        return _refused(error)
    except Refused as error:
        return RegistrationRefused("invalid_client_metadata", error.sentence)
    return _registered(changed, token, secret)


def delete_registration(session: Session, client_id: str, token: str, *, now: datetime) -> RegistrationRefused | None:
    """End a client by its own wish (RFC 7592 2.3): it proves nothing any more, and its token opens nothing."""
    if _find_by_token(session, client_id, token) is None:
        return _no_token()
    end_client(session, client_id, now=now)
    return None


class _NoPlace(Exception):
    """The last place of a token went to another at the same moment."""


def _find_by_token(session: Session, client_id: str, token: str) -> ClientView | None:
    """Give the client whose registration access token this is; a foreign one and an unknown client are told apart by nobody."""
    client = find_client(session, client_id)
    held = session.connection().execute(_held, {"client": client_id}).first() if client is not None else None
    known = held.registration_hash if held is not None else None
    return client if hmac.compare_digest(hash_secret(token), known or "0" * 64) else None


def _has_secret(session: Session, client_id: str, secret: object) -> bool:
    held = session.connection().execute(_held, {"client": client_id}).one()
    given = hash_secret(str(secret))
    return any(known is not None and hmac.compare_digest(given, known) for known in (held.secret_hash, held.next_secret_hash))


def _registered(client: ClientView, access: str, secret: str | None) -> Registered:
    told: dict[str, Any] = {"registration_access_token": access}
    if secret is not None:
        told |= {"client_secret": secret, "client_secret_expires_at": 0}  # 0: it does not (RFC 7591 3.2.1)
    return Registered(client, write_metadata(client) | told)


def _refused(error: Unfit | Invalid) -> RegistrationRefused:
    unfit = unfit_of(error) if isinstance(error, Invalid) else error
    return RegistrationRefused(unfit.code, unfit.description)


def _no_token() -> RegistrationRefused:
    return RegistrationRefused("invalid_token", "the token is unknown, used up, or its time is over", 401)
