"""Who may ask us who somebody is: clients made, changed, found and ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.base.driver import FrequentQuery
from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import new_token
from portal.base.jwks import read_client_jwks
from portal.openid.client_rules import NewClient, allows_redirect, check_client, sector_of
from portal.openid.dpop_nonces import WANTED
from portal.openid.hashes import hash_secret
from portal.openid.models import OAuthClient

WITH_SECRET = ("client_secret_basic", "client_secret_post")

_client = OAuthClient.metadata.tables["oauth_client"]
_HIDDEN = ("secret_hash", "next_secret_hash", "registration_hash", "jwks_at")
_columns = [column for column in _client.columns if column.name not in _HIDDEN]
_by_id = sa.select(*_columns).where(_client.c.id == sa.bindparam("client"))
_live = FrequentQuery(_by_id.where(_client.c.ended_at.is_(None)))
_live_with_secrets = FrequentQuery(
    sa.select(*[*_columns, _client.c.secret_hash, _client.c.next_secret_hash]).where(
        _client.c.id == sa.bindparam("client"), _client.c.ended_at.is_(None)
    )
)
_change = sa.update(_client).where(_client.c.id == sa.bindparam("client"), _client.c.ended_at.is_(None))
_end = _change.values(ended_at=sa.bindparam("now"), changed_at=sa.bindparam("now"), registration_hash=None)
_add_secret = _change.where(_client.c.secret_hash.is_not(None)).values(
    secret_hash=sa.func.coalesce(_client.c.next_secret_hash, _client.c.secret_hash),
    next_secret_hash=sa.bindparam("hash"),
    changed_at=sa.bindparam("now"),
)
_sole_secret = _change.where(_client.c.secret_hash.is_not(None)).values(
    secret_hash=sa.bindparam("hash"), next_secret_hash=None, changed_at=sa.bindparam("now")
)


@dataclass(frozen=True, slots=True)
class ClientView:
    """A client as everybody but its secrets' keeper may see it. `sector` is None unless its subjects are pairwise."""

    id: str
    name: str
    customer_id: int | None
    first_party: bool
    auth_method: str
    jwks: Mapping[str, Any] | None
    jwks_uri: str | None
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...]
    scopes: tuple[str, ...]
    subject_type: str
    sector: str | None
    id_token_alg: str
    default_max_age: int | None
    default_acr: str | None
    require_par: bool
    require_dpop: bool
    backchannel_logout_uri: str | None
    backchannel_session_required: bool
    settings: Mapping[str, Any]
    watched_until: datetime | None
    created_at: datetime
    changed_at: datetime
    ended_at: datetime | None

    @property
    def is_public(self) -> bool:
        """Say whether it has nothing to prove itself by (RFC 6749 2.1)."""
        return self.auth_method == "none"

    @property
    def is_fapi(self) -> bool:
        """Say whether it keeps to FAPI 2.0: pushed requests, tokens bound to its key, and a key to prove itself by."""
        return self.require_par and self.require_dpop and self.auth_method == "private_key_jwt"

    @property
    def wants_nonces(self) -> bool:
        """Say whether its proofs of a key must hold a nonce of ours (RFC 9449 8)."""
        return bool(self.settings.get(WANTED))

    def is_watched(self, now: datetime) -> bool:
        """Say whether its calls are noted at present, for whoever builds it."""
        return self.watched_until is not None and now < self.watched_until

    def as_new(self) -> NewClient:
        """Give what it is, for a change of some of it."""
        held = {each.name: getattr(self, each.name) for each in fields(NewClient)}
        keys = None if self.jwks_uri or self.jwks is None else dict(self.jwks)
        return NewClient(**held | {"jwks": keys, "settings": dict(self.settings)})

    def allows(self, redirect_uri: str) -> bool:
        """Say whether a browser may be sent to `redirect_uri` with an answer (RFC 9700 2.1, RFC 8252 7.3)."""
        return allows_redirect(self.redirect_uris, redirect_uri)

    def allows_after_logout(self, address: str) -> bool:
        """Say whether a browser may be sent to `address` after a sign-out (RP-Initiated Logout 1.0, 3)."""
        return allows_redirect(self.post_logout_redirect_uris, address)


def create_client(
    session: Session, new: NewClient, *, now: datetime, client_id: str | None = None, allow_localhost: bool = False
) -> tuple[ClientView, str | None]:
    """Make a client; give it and its secret, shown this once, if it proves itself by one.

    Raises Invalid, each fault by its field's name, for what no client may be (`check_client`).
    """
    check_client(new, allow_localhost=allow_localhost)
    secret = new_token() if new.auth_method in WITH_SECRET else None
    row = _values(new) | {
        "id": client_id or secrets.token_hex(12),
        "secret_hash": hash_secret(secret) if secret else None,
        "next_secret_hash": None,
        "registration_hash": None,
        "jwks_at": None,
        "created_at": now,
        "changed_at": now,
        "ended_at": None,
    }
    try:
        with session.begin_nested():
            session.connection().execute(sa.insert(_client), row)
    except IntegrityError as error:
        raise Invalid({"customer_id": N_("There is no such customer, or there is a client of this name.")}) from error
    return get_client(session, row["id"]), secret


def change_client(
    session: Session, client_id: str, new: NewClient, *, now: datetime, allow_localhost: bool = False
) -> tuple[ClientView, str | None]:
    """Make a client anew in every part but its id and its secret; give it, and a secret if it needs one and had none.

    Raises NotFound for a client that is not there or has ended, Invalid as `create_client` does, and Refused where its
    subjects would become others: everybody would be a stranger to it.
    """
    check_client(new, allow_localhost=allow_localhost)
    held = get_client(session, client_id)
    if (held.subject_type, held.sector) != (new.subject_type, sector_of(new)):
        raise Refused(N_("What this client knows people by would change. Make another client instead."))
    had_secret = held.auth_method in WITH_SECRET
    secret = new_token() if new.auth_method in WITH_SECRET and not had_secret else None
    values = _values(new) | {"changed_at": now}
    if secret or new.auth_method not in WITH_SECRET:
        values |= {"secret_hash": hash_secret(secret) if secret else None, "next_secret_hash": None}
    if new.jwks_uri != held.jwks_uri:
        values["jwks_at"] = None
    elif new.jwks_uri is not None:
        values["jwks"] = held.jwks  # what was found there stays good
    session.connection().execute(_change.values(values), {"client": client_id})
    return get_client(session, client_id), secret


def new_client_secret(session: Session, client_id: str, *, now: datetime, at_once: bool = False) -> str:
    """Give a client another secret, shown this once. The one before goes on beside it until the next change.

    `at_once`: every former secret is dead from now on, for one that somebody else may have. Raises NotFound for a client that
    is not there, has ended, or has no secret.
    """
    secret = new_token()
    statement = _sole_secret if at_once else _add_secret
    changed = session.connection().execute(statement, {"client": client_id, "hash": hash_secret(secret), "now": now})
    if changed.rowcount == 0:
        raise NotFound
    return secret


def end_client(session: Session, client_id: str, *, now: datetime) -> None:
    """Take nothing from this client any more, at once; NotFound when there is none, or it has ended."""
    if session.connection().execute(_end, {"client": client_id, "now": now}).rowcount == 0:
        raise NotFound


def find_client(session: Session, client_id: str) -> ClientView | None:
    """Give a client that has not ended, or None."""
    if not _may_be_one(client_id):
        return None
    row = _live.first(session, {"client": client_id})
    return None if row is None else view_of(row)


def find_client_and_secrets(session: Session, client_id: str) -> tuple[ClientView, tuple[str | None, str | None]] | None:
    """Give a client that has not ended and the hashes of its secrets, in one statement; for whoever compares them."""
    row = _live_with_secrets.first(session, {"client": client_id}) if _may_be_one(client_id) else None
    return None if row is None else (view_of(row), (row.secret_hash, row.next_secret_hash))


def get_client(session: Session, client_id: str) -> ClientView:
    """Give a client that has not ended; raise NotFound when there is none."""
    found = find_client(session, client_id)
    if found is None:
        raise NotFound
    return found


def list_clients(session: Session, *, customer_id: int | None = None, with_ended: bool = False) -> Sequence[ClientView]:
    """Give the clients, by name; those of one enterprise alone when it is named."""
    statement = sa.select(*_columns).order_by(_client.c.name, _client.c.id)
    if customer_id is not None:
        statement = statement.where(_client.c.customer_id == customer_id)
    if not with_ended:
        statement = statement.where(_client.c.ended_at.is_(None))
    return [view_of(row) for row in session.connection().execute(statement)]


def view_of(row: Any) -> ClientView:
    """Give a row of clients as everybody may see it."""
    held = {column.name: getattr(row, column.name) for column in _columns}
    for name in ("redirect_uris", "post_logout_redirect_uris", "grant_types", "scopes"):
        held[name] = tuple(held[name])
    return ClientView(**held)


def _may_be_one(client_id: str) -> bool:
    return 0 < len(client_id) <= 64 and client_id.isascii() and client_id.isprintable()


def _values(new: NewClient) -> dict[str, Any]:
    """Give the columns that say what a client is; the keys it brings are read, and kept without what does not matter."""
    jwks = read_client_jwks(new.jwks) if new.jwks is not None else None
    return {
        "name": new.name.strip(), "customer_id": new.customer_id, "first_party": new.first_party,
        "auth_method": new.auth_method, "jwks": jwks, "jwks_uri": new.jwks_uri,
        "redirect_uris": list(new.redirect_uris), "post_logout_redirect_uris": list(new.post_logout_redirect_uris),
        "grant_types": list(new.grant_types), "scopes": list(new.scopes),
        "subject_type": new.subject_type, "sector": sector_of(new), "id_token_alg": new.id_token_alg,
        "default_max_age": new.default_max_age, "default_acr": new.default_acr,
        "require_par": new.require_par, "require_dpop": new.require_dpop,
        "backchannel_logout_uri": new.backchannel_logout_uri,
        "backchannel_session_required": new.backchannel_session_required,
        "settings": dict(new.settings),
    }  # fmt: skip
