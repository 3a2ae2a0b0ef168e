"""Checking an employee assertion: a JWT in which an enterprise's server says who sits before its page (guard.md 22).

In two steps. `read_assertion` finds out whether it was signed by a live key of a live client and is in time; it writes
nothing, so rubbish costs no write. `check_assertion` uses its `jti` up, and only then looks whether it was meant for this
portal, store and page: what was shown at the wrong door is of no use at the right one either. Commit what it returns.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import N_
from portal.identity.embed_clients import ALGORITHM
from portal.identity.models import AssertionUse, EmbedClient, EmbedKey

TYPE = "employee+jwt"
LONGEST_SECONDS = 60
LEEWAY_SECONDS = 5
"""How far an enterprise's clock may be off: `iat` may lie so far ahead, `exp` so far behind."""
MAX_LENGTH = 4096
MAX_CLAIM = 128
MIN_JTI = 16

ASSERTION_SENTENCES = {
    "assertion_unreadable": N_("What your company's page sent is no signed statement."),
    "assertion_type": N_("What your company's page sent is a statement of another kind."),
    "assertion_algorithm": N_("What your company's page sent is signed in a way that is not taken here."),
    "assertion_key": N_("What your company's page sent is signed with a key that is not known here, or no longer."),
    "assertion_signature": N_("What your company's page sent has a wrong signature."),
    "assertion_claims": N_("What your company's page sent is incomplete."),
    "assertion_long": N_("What your company's page sent claims to be valid for too long."),
    "assertion_expired": N_("What your company's page sent is no longer valid."),
    "assertion_early": N_("What your company's page sent is not valid yet: its clock is ahead."),
    "assertion_replayed": N_("What your company's page sent was used before."),
    "assertion_audience": N_("What your company's page sent was meant for somebody else."),
    "assertion_store": N_("What your company's page sent was meant for another store."),
    "assertion_origin": N_("What your company's page sent was meant for another page."),
}
"""Each refusal by its code, as the employee reads it; the code is for the developer."""

_client = EmbedClient.metadata.tables["embed_client"]
_key = EmbedKey.metadata.tables["embed_key"]
_use = AssertionUse.metadata.tables["assertion_use"]
_find_key = (
    sa.select(_key.c.jwk, _client.c.store, _client.c.customer_id)
    .join_from(_key, _client, _client.c.id == _key.c.client_id)
    .where(
        _key.c.client_id == sa.bindparam("client"),
        _key.c.kid == sa.bindparam("key"),
        _key.c.retired_at.is_(None),
        _client.c.ended_at.is_(None),
    )
)
_TAKE = {
    engine: insert(_use).on_conflict_do_nothing(index_elements=["client_id", "jti_hash"]).returning(_use.c.client_id)
    for engine, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


@dataclass(frozen=True, slots=True)
class AssertionRefused:
    """An assertion that is not taken. `code` is stable and in docs/embedding.md."""

    code: str

    @property
    def sentence(self) -> str:
        """What the employee is told."""
        return ASSERTION_SENTENCES[self.code]


@dataclass(frozen=True, slots=True)
class SignedAssertion:
    """What a live key has signed and is in time. Whether it may be used here is not known yet."""

    client_id: str
    client_store: str
    customer_id: int
    audience: object
    sub: str
    name: str
    store: str
    origin: str
    jti: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Employee:
    """Who sits before an enterprise's page, as the enterprise says: its own number for them, and their name."""

    client_id: str
    customer_id: int
    store: str
    number: str
    name: str
    origin: str


def read_assertion(session: Session, text: str, *, now: datetime) -> SignedAssertion | AssertionRefused:
    """Read an assertion and check its signature and its times. Reads alone; nothing has to be committed.

    Its header's `alg` must be ES256 and its `kid` name a live key; keys, certificates and addresses of such that the
    header itself brings (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
    """
    try:
        header, claims = _unpack(text)
        client, kid = _signer(header, claims)
        row = session.connection().execute(_find_key, {"client": client, "key": kid}).first()
        if row is None:
            raise _No("assertion_key")  # noqa: TRY301 - every refusal leaves by one door
        _check_signature(text, row.jwk)
        return _in_time(claims, client, row.store, row.customer_id, now)
    except _No as refusal:
        return AssertionRefused(refusal.code)


def check_assertion(
    session: Session, signed: SignedAssertion, *, store: str, audience: str, origin: str, now: datetime
) -> Employee | AssertionRefused:
    """Use an assertion up, and give whom it names if it is for this store, this portal (`audience`) and this page's origin.

    Commit what is returned, whatever it is. Of two at once with the same `jti` the second waits and is refused: the unique
    key decides.
    """
    connection = session.connection()
    row = {
        "client_id": signed.client_id,
        "jti_hash": hashlib.sha256(signed.jti.encode()).hexdigest(),
        "expires_at": max(signed.expires_at, now) + timedelta(seconds=LEEWAY_SECONDS),
    }
    if connection.execute(_TAKE[connection.dialect.name], row).first() is None:
        return AssertionRefused("assertion_replayed")
    if signed.audience not in (audience, [audience]):
        return AssertionRefused("assertion_audience")
    if not signed.store == signed.client_store == store:
        return AssertionRefused("assertion_store")
    if signed.origin != origin:
        return AssertionRefused("assertion_origin")
    return Employee(signed.client_id, signed.customer_id, store, signed.sub, signed.name, origin)


class _No(Exception):
    """A refusal on its way out of `read_assertion`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _unpack(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give header and claims as they stand there, unproved."""
    try:
        if len(text) > MAX_LENGTH:
            raise ValueError("too long")  # noqa: TRY301 - one code for all that is no JWT
        held = jws.extract_compact(text.encode())
        header, claims = held.headers(), json.loads(held.payload or b"")
    except (JoseError, ValueError, RecursionError) as error:
        raise _No("assertion_unreadable") from error
    if not isinstance(claims, dict):
        raise _No("assertion_unreadable")
    return header, claims


def _signer(header: dict[str, Any], claims: dict[str, Any]) -> tuple[str, str]:
    """Give client and key as the assertion names them."""
    if header.get("typ") != TYPE:
        raise _No("assertion_type")
    if header.get("alg") != ALGORITHM or "crit" in header or "b64" in header:
        raise _No("assertion_algorithm")
    client, kid = claims.get("iss"), header.get("kid")
    if not (isinstance(client, str) and isinstance(kid, str) and (client + kid).isascii() and (client + kid).isprintable()):
        raise _No("assertion_key")
    return client, kid


def _check_signature(text: str, jwk: dict[str, Any]) -> None:
    try:
        jws.deserialize_compact(text, ECKey.import_key(jwk), algorithms=[ALGORITHM])
    except (JoseError, ValueError) as error:
        raise _No("assertion_signature") from error


def _in_time(claims: dict[str, Any], client: str, client_store: str, customer_id: int, now: datetime) -> SignedAssertion:
    """Give what is said, if it says all it must and is valid now, for no longer than it may be."""
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    begins = _time(claims, "nbf") if "nbf" in claims else issued
    said = SignedAssertion(
        client_id=client,
        client_store=client_store,
        customer_id=customer_id,
        audience=claims.get("aud"),
        sub=_text(claims, "sub"),
        name=_text(claims, "name"),
        store=_text(claims, "store"),
        origin=_text(claims, "origin"),
        jti=_text(claims, "jti"),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )
    if len(said.jti) < MIN_JTI:
        raise _No("assertion_claims")
    if not 0 < expires - issued <= LONGEST_SECONDS:
        raise _No("assertion_long")
    moment = now.timestamp()
    if max(issued, begins) > moment + LEEWAY_SECONDS:
        raise _No("assertion_early")
    if expires <= moment - LEEWAY_SECONDS:
        raise _No("assertion_expired")
    return said


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CLAIM or value != value.strip() or not value.isprintable():
        raise _No("assertion_claims")
    return value


def _time(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 < value < 2**36:
        raise _No("assertion_claims")
    return value
