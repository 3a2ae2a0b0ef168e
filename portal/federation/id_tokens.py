"""Checking what an OpenID Provider says of somebody: its ID token (OpenID Connect Core 3.1.3.7, RFC 8725)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.base.jose import peek_jws
from portal.base.jwks import is_signed_by
from portal.federation.journeys import Journey
from portal.federation.providers import ProviderView
from portal.federation.refusals import Untrusted, UpstreamRefused
from portal.federation.said import Said, plain, read_words

LEEWAY = timedelta(seconds=60)
"""How far a provider's clock may be off."""
LONGEST = timedelta(days=1)
_HASHES = {"EdDSA": "sha512", "Ed25519": "sha512"}


def read_answer(answer: object) -> tuple[str, str | None] | UpstreamRefused:
    """Give ID token and access token of a token endpoint's answer (RFC 6749 5.1)."""
    token = answer.get("id_token") if isinstance(answer, Mapping) else None
    if not isinstance(token, str) or not isinstance(answer, Mapping):
        return UpstreamRefused("no_id_token")
    access = answer.get("access_token")
    return token, access if isinstance(access, str) else None


def check_id_token(
    provider: ProviderView, journey: Journey, id_token: str, access_token: str | None, *, now: datetime
) -> Said | UpstreamRefused:
    """Give whom an ID token names, if it is the provider's own, for us, for this journey, in time, and signed as it says it signs."""
    try:
        claims = _signed(provider, id_token)
        _check_for_us(provider, claims)
        _check_times(claims, now)
        if journey.nonce is None or claims.get("nonce") != journey.nonce:
            raise Untrusted("nonce")  # noqa: TRY301 - every refusal leaves by one door
        _check_hash(id_token, claims, access_token)
        return _said(provider, journey, claims, now)
    except Untrusted as refused:
        return UpstreamRefused(refused.code)


def _signed(provider: ProviderView, id_token: str) -> dict[str, Any]:
    """Give the claims, signed with one of the provider's keys by an algorithm it names and we take: `none` and HMAC never are."""
    peeked = peek_jws(id_token)
    if peeked is None:
        raise Untrusted("id_token")
    header, claims = peeked
    if header["alg"] not in provider.document["algorithms"] or str(header.get("typ", "JWT")).upper() not in ("JWT", "APPLICATION/JWT"):
        raise Untrusted("algorithm")
    if not is_signed_by(id_token, provider.jwks, algorithms=[header["alg"]]):
        raise Untrusted("signature")
    return claims


def _check_for_us(provider: ProviderView, claims: Mapping[str, Any]) -> None:
    if claims.get("iss") != provider.issuer:
        raise Untrusted("issuer")
    audience, party = claims.get("aud"), claims.get("azp")
    if audience not in (provider.client_id, [provider.client_id]):  # others beside us are not trusted (3.1.3.7, 3)
        raise Untrusted("audience")
    if party is not None and party != provider.client_id:
        raise Untrusted("audience")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    if issued is None or expires is None:
        raise Untrusted("times")
    begins = _moment(claims, "nbf") if "nbf" in claims else issued
    if expires + LEEWAY <= now or begins is None or begins - LEEWAY > now or issued - LEEWAY > now or issued < now - LONGEST:
        raise Untrusted("times")


def _check_hash(id_token: str, claims: Mapping[str, Any], access_token: str | None) -> None:
    """Hold `at_hash`, where it is there, to the access token it came with (OpenID Connect Core 3.1.3.6)."""
    said = claims.get("at_hash")
    if said is None or access_token is None:
        return
    peeked = peek_jws(id_token)
    alg = peeked[0]["alg"] if peeked else ""
    digest = hashlib.new(_HASHES.get(alg, "sha256"), access_token.encode("utf-8", "surrogatepass")).digest()
    if said != base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode():
        raise Untrusted("at_hash")


def _said(provider: ProviderView, journey: Journey, claims: Mapping[str, Any], now: datetime) -> Said:
    subject = plain(claims.get("sub"))
    if subject is None:
        raise Untrusted("subject")
    return Said(subject, authenticated_at=proved_when(journey, _moment(claims, "auth_time"), now), **_words(provider, claims))


def _words(provider: ProviderView, claims: Mapping[str, Any]) -> dict[str, str | None]:
    words = read_words("oidc", provider.claims, claims)
    return words if claims.get("email_verified") is True else words | {"email": None}


def add_userinfo(provider: ProviderView, said: Said, answer: object) -> Said | UpstreamRefused:
    """Add what the UserInfo endpoint says of the very same person; what the ID token said stands (OpenID Connect Core 5.3.2, 5.4)."""
    if not isinstance(answer, Mapping) or answer.get("sub") != said.subject:
        return UpstreamRefused("userinfo")
    more = _words(provider, answer)
    return replace(
        said, user_name=said.user_name or more["user_name"], name=said.name or more["name"], email=said.email or more["email"],
        external_id=said.external_id or more["external_id"],
    )  # fmt: skip


def proved_when(journey: Journey, there: datetime | None, now: datetime) -> datetime | None:
    """Give when somebody proved who they are: on this journey counts as now, earlier as then; None where it is not said."""
    if there is None or there - LEEWAY > now:
        return None
    return now if there >= journey.started_at - timedelta(seconds=5) else there


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**36:
        return None
    return datetime.fromtimestamp(value, UTC)
