"""Signed texts (RFC 7515, compact), written and read with the algorithms we name and no others.

Keys, certificates and addresses of such that a header itself brings (`jwk`, `jku`, `x5c`, `x5u`) are never looked at here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

CLIENT_ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA", "Ed25519")
"""What a client may sign with: asymmetric all, so that no secret of ours lies with it, and `none` is none of them."""
MAX_LENGTH = 16_384
_KINDS = {"ES256": "EC", "RS256": "RSA", "PS256": "RSA", "EdDSA": "OKP", "Ed25519": "OKP"}
_READERS: Mapping[str, Callable[[dict[str, Any]], Key]] = {
    "EC": ECKey.import_key,
    "RSA": RSAKey.import_key,
    "OKP": OKPKey.import_key,
}


class _Registry(JWSRegistry):
    """Our algorithms; `EdDSA` among them without a warning each time: OpenID Connect knows Ed25519 by that name."""

    max_header_length = 4096  # a DPoP proof carries an RSA key in its header

    def get_alg(self, name: str) -> Any:
        if not self.allowed or name not in self.allowed:
            raise JoseError(description=f"{name} is not taken")
        return self.algorithms[name]


def sign_jws(header: Mapping[str, Any], claims: Mapping[str, Any], key: Key) -> str:
    """Sign `claims` with `key` by `header["alg"]`."""
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False)
    return jws.serialize_compact(dict(header), payload, key, registry=_Registry(algorithms=[header["alg"]]))


def peek_jws(text: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Give header and claims as they stand in `text`, unproved; None for what is no signed JSON object."""
    try:
        if len(text) > MAX_LENGTH:
            return None
        held = jws.extract_compact(text.encode(), registry=_Registry())
        header, claims = held.headers(), json.loads(held.payload or b"")
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    return (header, claims) if isinstance(claims, dict) and isinstance(header.get("alg"), str) else None


def has_signature_of(text: str, key: Key, *, algorithms: Collection[str]) -> bool:
    """Say whether `key` signed `text`, by one of `algorithms` (RFC 8725 3.1); extensions a header calls critical are unknown here."""
    try:
        jws.deserialize_compact(text, key, registry=_Registry(algorithms=algorithms))
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return True


def read_jwk(jwk: Mapping[str, Any]) -> Key:
    """Read a key of one of our kinds; raise ValueError for anything else."""
    read = _READERS.get(str(jwk.get("kty")))
    if read is None:
        raise ValueError("a key of another kind")
    try:
        return read(dict(jwk))
    except (JoseError, TypeError, KeyError) as error:
        raise ValueError("a broken key") from error


def kind_of(algorithm: str) -> str:
    """Give the `kty` of keys that sign by one of `CLIENT_ALGORITHMS`."""
    return _KINDS[algorithm]
