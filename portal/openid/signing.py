"""Our keys at work: what we sign, and whether something was signed by us."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from joserfc.jwk import Key
from sqlalchemy.orm import Session

from portal.base.errors import Unavailable
from portal.base.jose import has_signature_of, peek_jws, read_jwk, sign_jws
from portal.base.keys import Keys
from portal.openid.models import SigningKey

SIGNING_ALGORITHMS = ("ES256", "RS256", "EdDSA")
"""What we sign by, the one taken by default first; RS256 is what OpenID Connect lets every client expect."""

_key = SigningKey.metadata.tables["signing_key"]
_published = (
    sa.select(_key.c.kid, _key.c.alg, _key.c.public, _key.c.private, _key.c.signs_from, _key.c.signs_until)
    .where(sa.or_(_key.c.published_until.is_(None), _key.c.published_until > sa.bindparam("now")))
    .order_by(_key.c.signs_from, _key.c.kid)
)


@dataclass(frozen=True, slots=True)
class _Held:
    alg: str
    public: Mapping[str, Any]
    verifying: Key
    signing: Key | None


class KeyRing:
    """The keys that are published at one moment, and for each algorithm the one that signs. May be kept for a minute."""

    def __init__(self, held: Mapping[str, _Held], signing: Mapping[str, str]) -> None:
        self._held = held
        self._signing = signing

    def sign(self, claims: Mapping[str, Any], *, typ: str, alg: str = "ES256") -> str:
        """Sign `claims` as a JWT whose header says `typ` (RFC 8725 3.11).

        Raises Unavailable while no key of ours signs by `alg`: `flask setup` makes what is missing.
        """
        kid = self._signing.get(alg)
        key = self._held[kid].signing if kid is not None else None
        if kid is None or key is None:
            raise Unavailable
        return sign_jws({"alg": alg, "kid": kid, "typ": typ}, claims, key)

    def jwks(self) -> dict[str, Any]:
        """Give the public keys as a JWK Set (RFC 7517 5), those that do not sign yet and those that no longer do as well."""
        return {"keys": [dict(each.public) for each in self._held.values()]}

    def verify(
        self, token: str, *, typ: str, now: datetime, audience: str | None = None, expired_too: bool = False
    ) -> Mapping[str, Any] | None:
        """Give the claims of a token that we signed as a `typ` and that is in time; None for anything else, whatever is wrong.

        The algorithm is the key's own, never the header's choice (RFC 8725 3.1). `audience`: must be among its `aud`.
        `expired_too` takes one whose time is over as well: an `id_token_hint` (RP-Initiated Logout 1.0, 4).
        """
        peeked = peek_jws(token)
        if peeked is None:
            return None
        header, claims = peeked
        kid = header.get("kid")
        held = self._held.get(kid) if isinstance(kid, str) else None
        if held is None or header["alg"] != held.alg or header.get("typ") != typ:
            return None
        if not has_signature_of(token, held.verifying, algorithms=[held.alg]):
            return None
        if not _in_time(claims, now, expired_too=expired_too):
            return None
        aud = claims.get("aud")
        return claims if audience is None or audience == aud or (isinstance(aud, list) and audience in aud) else None


def load_key_ring(session: Session, keys: Keys, *, now: datetime) -> KeyRing:
    """Load every key that is published at `now`. One statement; the face keeps what it gives for up to a minute.

    A private key that no secret of this installation opens does not sign; what it signed can still be checked.
    """
    held: dict[str, _Held] = {}
    signing: dict[str, str] = {}
    for row in session.connection().execute(_published, {"now": now}):
        private = open_private_key(keys, row.private)
        held[row.kid] = _Held(row.alg, row.public, read_jwk(row.public), private)
        in_turn = row.signs_from <= now and (row.signs_until is None or now < row.signs_until)
        if private is not None and (in_turn or row.alg not in signing):  # a clock that was put back finds the first key, not none
            signing[row.alg] = row.kid
    return KeyRing(held, signing)


def open_private_key(keys: Keys, sealed: str) -> Key | None:
    """Give a private key out of the database; None when it was sealed with a secret this installation no longer has."""
    try:
        return read_jwk(json.loads(keys.decrypt(sealed)))
    except ValueError:
        return None


def _in_time(claims: Mapping[str, Any], now: datetime, *, expired_too: bool) -> bool:
    moment = now.timestamp()
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if type(expires) is not int or type(begins) is not int:
        return False
    return begins <= moment and (expired_too or moment < expires)
