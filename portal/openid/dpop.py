"""Proofs that the caller has the key its tokens are bound to (DPoP, RFC 9449): a stolen token is of no use without it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import import_key
from sqlalchemy.orm import Session

from portal.base.errors import Invalid
from portal.base.jose import CLIENT_ALGORITHMS, has_signature_of, kind_of, peek_jws
from portal.base.jwks import read_client_jwks
from portal.openid.dpop_nonces import USE_NONCE
from portal.openid.hashes import encode
from portal.openid.used_once import take_once

DPOP_ALGORITHMS = CLIENT_ALGORITHMS
"""What a proof may be signed by, as discovery lists it."""
LONGEST = timedelta(seconds=60)
"""How old a proof may be."""
LEEWAY = timedelta(seconds=10)
"""How far ahead the client's clock may be."""
TYPE = "dpop+jwt"
MAX_LENGTH = 4096
MAX_JTI = 256
_KIND = "dpop"
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class ProofRefused:
    """A proof that proves nothing. `code` is an error of RFC 9449 5 and 7.1, `description` for the client's developer."""

    description: str
    code: str = "invalid_dpop_proof"


class _No(Exception):
    """A refusal on its way out."""


def check_proof(
    session: Session,
    proof: str,
    *,
    method: str,
    url: str,
    now: datetime,
    access_token: str | None = None,
    nonces: Collection[str] | None = None,
) -> str | ProofRefused:
    """Give the thumbprint (RFC 7638) of the key whose holder sends this very request; commit what is returned.

    `method` and `url` are the request's, query and fragment left out of account; `access_token` the one that comes with it, at
    an API. Each proof is good for one request: within a minute of being made, and once. `nonces`: it must hold one of these
    (RFC 9449 8); one that does not is not used up by being looked at.
    """
    try:
        claims, thumbprint = _signed(proof)
        _check_purpose(claims, method, url, access_token)
        jti = _check_age(claims, now)
        if nonces is not None and claims.get("nonce") not in nonces:
            return ProofRefused("the proof must hold the nonce that comes with this answer", USE_NONCE)
    except _No as no:
        return ProofRefused(str(no))
    if not take_once(session, _KIND, thumbprint, jti, expires_at=now + LONGEST + LEEWAY):
        return ProofRefused("the proof was used before")
    return thumbprint


def _signed(proof: str) -> tuple[Mapping[str, Any], str]:
    """Give what a proof says and the thumbprint of the key in its header that signed it (RFC 9449 4.2, 4.3)."""
    peeked = peek_jws(proof) if len(proof) <= MAX_LENGTH else None
    if peeked is None:
        raise _No("the proof is no signed JWT")
    header, claims = peeked
    if header.get("typ") != TYPE:
        raise _No(f"the proof's typ must be {TYPE}")
    if header["alg"] not in DPOP_ALGORITHMS:
        raise _No("the proof's alg is not taken here")
    if not isinstance(header.get("jwk"), dict):
        raise _No("the proof's header holds no jwk")
    try:
        (public,) = read_client_jwks({"keys": [header["jwk"]]})["keys"]
    except Invalid as invalid:
        raise _No("the proof's jwk is no public key that is taken here") from invalid
    if kind_of(header["alg"]) != public["kty"]:
        raise _No("the proof's alg is not its key's")
    key = import_key({name: value for name, value in public.items() if name not in ("kid", "alg")}, public["kty"])
    if not has_signature_of(proof, key, algorithms=[header["alg"]]):
        raise _No("the proof is not signed with the key in its header")
    return claims, key.thumbprint()


def _check_purpose(claims: Mapping[str, Any], method: str, url: str, access_token: str | None) -> None:
    if claims.get("htm") != method:
        raise _No("htm is another method")
    if not isinstance(claims.get("htu"), str) or _place(claims["htu"]) != _place(url):
        raise _No("htu is another address")
    if access_token is None:
        return
    wanted = encode(hashlib.sha256(access_token.encode()).digest())
    if not isinstance(claims.get("ath"), str) or not hmac.compare_digest(claims["ath"].encode(), wanted.encode()):
        raise _No("ath is not the hash of the access token")


def _check_age(claims: Mapping[str, Any], now: datetime) -> str:
    """Give the proof's `jti`, if it was made just now."""
    issued, jti = claims.get("iat"), claims.get("jti")
    if type(issued) not in (int, float) or not now - LONGEST <= _moment(issued, now) <= now + LEEWAY:
        raise _No("iat is more than a minute ago, or ahead")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise _No("jti is missing")
    return jti


def _moment(seconds: Any, now: datetime) -> datetime:
    """Give a moment near `now`; anything far away as a day before it."""
    off = seconds - now.timestamp()
    return now + timedelta(seconds=off) if abs(off) < 86400 else now - timedelta(days=1)


def _place(url: str) -> tuple[str, str, int | None, str] | None:
    """Give an address without query and fragment, as RFC 3986 6.2.2 and 6.2.3 make it comparable."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme), parts.path or "/"
    except ValueError:
        return None
