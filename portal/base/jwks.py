"""The public keys others sign with, and whether a text was signed by one of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from joserfc.jwk import Key

from portal.base.errors import N_, Invalid
from portal.base.jose import CLIENT_ALGORITHMS, has_signature_of, kind_of, peek_jws, read_jwk

MAX_KEYS = 10
MAX_LENGTH = 32_768
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 4096
_PUBLIC = {"EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e"), "OKP": ("kty", "crv", "x")}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_SECRET_PARTS = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")


def read_client_jwks(jwks: object) -> dict[str, Any]:
    """Give a JWK Set as it is kept: the members that matter of each key that can sign here.

    Keys for encryption and of kinds not taken here are left out (RFC 7517 5). Raises Invalid for what is no set, holds a
    private or shared key, a key that is broken or weak, more than ten, or none that can be used.
    """
    listed = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS or len(json.dumps(jwks)) > MAX_LENGTH:
        raise Invalid({"jwks": N_("Give a JWK Set of ten keys at most.")})
    kept = []
    for member in listed:
        if not isinstance(member, dict):
            raise Invalid({"jwks": N_("Give a JWK Set of ten keys at most.")})
        if member.get("kty") == "oct" or any(part in member for part in _SECRET_PARTS):
            raise Invalid({"jwks": N_("This is a private key, which nobody but its owner should have. Give the public one.")})
        if member.get("use", "sig") == "sig" and _is_of_ours(member):
            kept.append(_read(member))
    if not kept:
        raise Invalid({"jwks": N_("There is no key to sign with: EC P-256, RSA of 2048 bits or more, or Ed25519.")})
    return {"keys": kept}


def is_signed_by(text: str, jwks: Mapping[str, Any] | None, *, algorithms: Collection[str] = CLIENT_ALGORITHMS) -> bool:
    """Say whether `text` was signed with one of a client's keys, by one of `algorithms`.

    The key is the one its header names by `kid`; without a name, any of the right kind.
    """
    peeked = peek_jws(text)
    if peeked is None or jwks is None:
        return False
    header, _ = peeked
    alg, kid = header["alg"], header.get("kid")
    if alg not in algorithms:
        return False
    return any(has_signature_of(text, key, algorithms=[alg]) for key in _candidates(jwks, alg, kid))


def knows_key(jwks: Mapping[str, Any] | None, text: str) -> bool:
    """Say whether a signed text names a key that is among these, or names none: whether looking for new keys is no use."""
    peeked = peek_jws(text)
    if peeked is None:
        return True
    kid = peeked[0].get("kid")
    return jwks is not None and (kid is None or any(each.get("kid") == kid for each in jwks["keys"]))


def _candidates(jwks: Mapping[str, Any], alg: str, kid: object) -> Iterator[Key]:
    for member in jwks["keys"]:
        if member["kty"] != kind_of(alg) or member.get("alg", alg) != alg or (kid is not None and member.get("kid", kid) != kid):
            continue
        yield read_jwk({name: member[name] for name in _PUBLIC[member["kty"]]})


def _is_of_ours(member: Mapping[str, Any]) -> bool:
    """Say whether a key is of a kind, on a curve and for an algorithm that is taken here."""
    kty = member.get("kty")
    if kty not in _PUBLIC or member.get("crv") != _CURVES.get(kty):
        return False
    return member.get("alg") is None or (member["alg"] in CLIENT_ALGORITHMS and kind_of(member["alg"]) == kty)


def _read(member: Mapping[str, Any]) -> dict[str, str]:
    broken = Invalid({"jwks": N_("One of the keys cannot be read, or is too weak.")})
    kty = member["kty"]
    kid, alg = member.get("kid"), member.get("alg")
    if kid is not None and (not isinstance(kid, str) or not 0 < len(kid) <= 255):
        raise broken
    try:
        public = {name: member[name] for name in _PUBLIC[kty]}
        if not all(isinstance(value, str) for value in public.values()):
            raise broken
        if kty == "RSA" and not MIN_RSA_BITS <= _bits(public["n"]) <= MAX_RSA_BITS:
            raise broken
        read_jwk(public)
    except (ValueError, KeyError) as error:
        raise broken from error
    return public | ({"kid": kid} if kid else {}) | ({"alg": alg} if alg else {})


def _bits(number: str) -> int:
    """Give the length of a number as a JWK writes it."""
    return int.from_bytes(base64.urlsafe_b64decode(number + "=" * (-len(number) % 4))).bit_length()
