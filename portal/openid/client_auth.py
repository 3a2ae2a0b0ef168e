"""Whether a request comes from the client it names (RFC 6749 2.3, RFC 7523, OpenID Connect Core 9)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard
from urllib.parse import unquote_plus, urlsplit

from sqlalchemy.orm import Session

from portal.base.jose import CLIENT_ALGORITHMS, peek_jws
from portal.base.jwks import is_signed_by, knows_key
from portal.openid.clients import ClientView, find_client, find_client_and_secrets
from portal.openid.hashes import hash_secret
from portal.openid.used_once import CLIENT_ASSERTION, take_once

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST = timedelta(minutes=5)
LEEWAY = timedelta(seconds=10)
"""How far a client's clock may be off."""
MAX_JTI = 256
FAPI_ALGORITHMS = tuple(each for each in CLIENT_ALGORITHMS if not each.startswith("RS"))
"""What a client of the FAPI 2.0 profile may sign by (5.4.1)."""
_NOBODYS = "0" * 64


@dataclass(frozen=True, slots=True)
class ClientRefused:
    """A client that did not prove itself. `code` is an error of RFC 6749 5.2, `description` for its developer.

    `by_header`: it tried by the Authorization header, so the answer names that scheme. `keys_wanted`: its signature is by a key
    we do not hold; the address of its keys, to be asked before it tries again.
    """

    code: str
    description: str
    by_header: bool = False
    keys_wanted: str | None = None


def authenticate_client(
    session: Session, form: Mapping[str, str], basic: tuple[str, str] | None, *, token_endpoint: str, now: datetime
) -> ClientView | ClientRefused:
    """Give the client that sent `form`, if it proves itself by its own registered method and by no other.

    `basic`: name and password of the Authorization header, as they stand there (still form-encoded, RFC 6749 2.3.1).
    `token_endpoint`: its address; assertions name that or our issuer, which is its origin, as `aud`. Commit what is returned:
    an assertion is used up by being looked at.
    """
    by_assertion = "client_assertion" in form or "client_assertion_type" in form
    if (basic is not None) + ("client_secret" in form) + by_assertion > 1:
        return ClientRefused("invalid_request", "a client proves itself by one method alone", by_header=basic is not None)
    if basic is not None:
        return _by_header(session, form, basic)
    if by_assertion:
        return _by_assertion(session, form, token_endpoint, now)
    client_id = form.get("client_id", "")
    if "client_secret" in form:
        return _by_secret(session, client_id, form["client_secret"], "client_secret_post")
    client = find_client(session, client_id)
    return client if client is not None and client.is_public else _refused()


def _by_header(session: Session, form: Mapping[str, str], basic: tuple[str, str]) -> ClientView | ClientRefused:
    client_id, secret = unquote_plus(basic[0]), unquote_plus(basic[1])
    if form.get("client_id", client_id) != client_id:
        return ClientRefused("invalid_request", "client_id differs from the Authorization header", by_header=True)
    return _by_secret(session, client_id, secret, "client_secret_basic")


def _by_secret(session: Session, client_id: str, secret: str, method: str) -> ClientView | ClientRefused:
    """Compare in the same time whatever is wrong: with both secrets of a client, or with nobody's."""
    client, held = find_client_and_secrets(session, client_id) or (None, (None, None))
    given = hash_secret(secret)
    right = [hmac.compare_digest(given, each or _NOBODYS) for each in held]
    if client is None or not any(right) or client.auth_method != method:
        return _refused(by_header=method == "client_secret_basic")
    return client


def _by_assertion(session: Session, form: Mapping[str, str], token_endpoint: str, now: datetime) -> ClientView | ClientRefused:
    """Check a signed statement by the client about itself (RFC 7523 3): signature first, then what it says, then once."""
    text = form.get("client_assertion", "")
    peeked = peek_jws(text)
    if form.get("client_assertion_type") != ASSERTION_TYPE or peeked is None:
        return _refused("the assertion cannot be read, or is of another type")
    claims = peeked[1]
    name = claims.get("sub")
    if not isinstance(name, str) or claims.get("iss") != name or form.get("client_id", name) != name:
        return _refused("iss, sub and client_id must name the client")
    client = find_client(session, name)
    if client is None or client.auth_method != "private_key_jwt":
        return _refused()
    algorithm = client.settings.get("token_endpoint_auth_signing_alg")
    taken = FAPI_ALGORITHMS if client.is_fapi else CLIENT_ALGORITHMS
    if not is_signed_by(text, client.jwks, algorithms=[each for each in taken if algorithm in (None, each)]):
        wanted = None if knows_key(client.jwks, text) else client.jwks_uri
        return ClientRefused("invalid_client", "the assertion is not signed with a key of the client", keys_wanted=wanted)
    fault = _use_up(session, client, claims, token_endpoint, now)
    return _refused(fault) if fault else client


def _use_up(session: Session, client: ClientView, claims: Mapping[str, Any], token_endpoint: str, now: datetime) -> str | None:
    """Use an assertion up; say what is wrong with it, or None."""
    if not _is_meant_for_us(client, claims.get("aud"), token_endpoint):
        return "aud must be the issuer or the token endpoint"
    expires_at = _end_of(claims, now)
    if expires_at is None:
        return "exp is missing, over, or more than 5 minutes away; or iat or nbf lies ahead"
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        return "jti is missing"
    taken = take_once(session, CLIENT_ASSERTION, client.id, jti, expires_at=expires_at + LEEWAY)
    return None if taken else "the assertion was used before"


def _is_meant_for_us(client: ClientView, audience: object, token_endpoint: str) -> bool:
    """Say whether `aud` is us and nobody else (RFC 7523 3): of a FAPI 2.0 client our issuer, as a text (5.3.2.1)."""
    parts = urlsplit(token_endpoint)
    issuer = f"{parts.scheme}://{parts.netloc}"
    if client.is_fapi:
        return audience == issuer
    ours = (token_endpoint, issuer, f"{issuer}/")
    named = audience if isinstance(audience, list) else [audience]
    return len(named) == 1 and named[0] in ours


def _end_of(claims: Mapping[str, Any], now: datetime) -> datetime | None:
    """Give when an assertion's time is over; None when it is over, has not begun, or lasts too long."""
    expires, issued, begins = claims.get("exp"), claims.get("iat", 0), claims.get("nbf", 0)
    if not (_is_time(expires) and _is_time(issued) and _is_time(begins)):
        return None
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    if not moment - leeway < expires <= moment + LONGEST.total_seconds() + leeway or max(issued, begins) > moment + leeway:
        return None
    return datetime.fromtimestamp(expires, UTC)


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1 << 40


def _refused(description: str = "the client is unknown or did not prove itself", *, by_header: bool = False) -> ClientRefused:
    return ClientRefused("invalid_client", description, by_header=by_header)
