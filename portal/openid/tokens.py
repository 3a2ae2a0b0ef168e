"""Tokens as they are given out: JWT access tokens (RFC 9068), ID tokens (OpenID Connect Core 2), and the answer they come in.

What is granted is decided within a transaction (`Granted`); it is signed afterwards (`mint_tokens`), so that nobody waits in
line for a signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from portal.base.ids import new_token, to_ref
from portal.base.keys import Keys
from portal.openid.clients import ClientView
from portal.openid.grants import Grant
from portal.openid.hashes import encode
from portal.openid.levels import acr_of
from portal.openid.resources import api_of, find_audience
from portal.openid.scopes import OPENID, write_scopes
from portal.openid.signing import KeyRing

ACCESS_SECONDS = 600
ID_SECONDS = 600
ACCESS_TYPE = "at+jwt"
ID_TYPE = "JWT"
_JTI_BYTES = 16


@dataclass(frozen=True, slots=True)
class Provider:
    """Us, towards clients: our address without a slash at its end, the installation's keys, and the keys that sign."""

    issuer: str
    keys: Keys = field(repr=False)
    ring: KeyRing = field(repr=False)

    @property
    def api(self) -> str:
        """The audience of tokens for our own API."""
        return api_of(self.issuer)


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """No tokens. `code` as in RFC 6749 5.2 and its followers; a face answers 401 to `invalid_client`, else 400.

    It may carry a change that must last (a grant revoked for a reused code): commit before you answer.
    """

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Granted:
    """Tokens to be signed. A machine's own has no `grant`; `id_token` says whether one is due."""

    client_id: str
    subject: str
    scopes: tuple[str, ...]
    audience: str
    lasts_until: datetime
    grant: Grant | None = None
    refresh_token: str | None = field(default=None, repr=False)
    key_thumbprint: str | None = None
    nonce: str | None = None
    id_token_alg: str | None = None
    actor: Mapping[str, Any] | None = None
    issued_token_type: str | None = None


@dataclass(frozen=True, slots=True)
class GrantedTokens:
    """Tokens as the token endpoint gives them (RFC 6749 5.1)."""

    access_token: str = field(repr=False)
    token_type: str
    expires_in_seconds: int
    scopes: tuple[str, ...]
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    issued_token_type: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Give the body of the answer."""
        body = {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in_seconds,
            "scope": write_scopes(self.scopes),
            "refresh_token": self.refresh_token,
            "id_token": self.id_token,
            "issued_token_type": self.issued_token_type,
        }
        return {name: value for name, value in body.items() if value is not None}


def audience_for(provider: Provider, client: ClientView, resource: str | None, thumbprint: str | None) -> str | TokenRefused:
    """Give whom the tokens asked for are for, or why there can be none: an unknown `resource`, or a key that was not proved."""
    if client.require_dpop and thumbprint is None:
        return TokenRefused("invalid_dpop_proof", "this client's tokens are bound to its key: a DPoP proof is missing")
    audience = find_audience(client, provider.issuer, resource)
    return TokenRefused("invalid_target", "resource is not known here") if audience is None else audience


def granted_by(
    grant: Grant,
    client: ClientView,
    audience: str,
    *,
    now: datetime,
    scopes: tuple[str, ...] | None = None,
    refresh_token: str | None = None,
    key_thumbprint: str | None = None,
    nonce: str | None = None,
) -> Granted:
    """Give what comes of a grant for its own client now: its scopes or fewer, for ten minutes and never longer than the grant."""
    return Granted(
        client_id=client.id,
        subject=grant.subject,
        scopes=scopes or grant.scopes,
        audience=audience,
        lasts_until=min(now + timedelta(seconds=ACCESS_SECONDS), grant.expires_at),
        grant=grant,
        refresh_token=refresh_token,
        key_thumbprint=key_thumbprint,
        nonce=nonce,
        id_token_alg=client.id_token_alg if OPENID in (scopes or grant.scopes) else None,
    )


def mint_tokens(provider: Provider, granted: Granted, *, now: datetime, id_claims: Mapping[str, Any] | None = None) -> GrantedTokens:
    """Sign what was granted; outside transactions. `id_claims`: what else the ID token says, by `claims` (OIDC Core 5.5)."""
    access = provider.ring.sign(_access_claims(provider, granted, now), typ=ACCESS_TYPE)
    return GrantedTokens(
        access_token=access,
        token_type="DPoP" if granted.key_thumbprint else "Bearer",
        expires_in_seconds=_seconds(granted.lasts_until) - _seconds(now),
        scopes=granted.scopes,
        refresh_token=granted.refresh_token,
        id_token=_sign_id_token(provider, granted, access, id_claims or {}, now),
        issued_token_type=granted.issued_token_type,
    )


def _access_claims(provider: Provider, granted: Granted, now: datetime) -> dict[str, Any]:
    """Give what an access token says (RFC 9068 2.2). `gid` is the grant it stands and falls with."""
    claims: dict[str, Any] = {
        "iss": provider.issuer,
        "sub": granted.subject,
        "aud": granted.audience,
        "client_id": granted.client_id,
        "scope": write_scopes(granted.scopes),
        "iat": _seconds(now),
        "exp": _seconds(granted.lasts_until),
        "jti": new_token(_JTI_BYTES),
    }
    if granted.grant is not None:
        claims |= {"gid": to_ref(granted.grant.id), **_how_proved(granted.grant)}
    if granted.key_thumbprint is not None:
        claims["cnf"] = {"jkt": granted.key_thumbprint}
    if granted.actor is not None:
        claims["act"] = granted.actor
    return claims


def _sign_id_token(provider: Provider, granted: Granted, access: str, more: Mapping[str, Any], now: datetime) -> str | None:
    grant = granted.grant
    if grant is None or granted.id_token_alg is None:
        return None
    claims = {
        **more,
        "iss": provider.issuer,
        "sub": granted.subject,
        "aud": granted.client_id,
        "iat": _seconds(now),
        "exp": _seconds(now) + ID_SECONDS,
        "at_hash": _half_hash(access, granted.id_token_alg),
        **_how_proved(grant),
    }
    claims |= {name: value for name, value in (("sid", grant.sid), ("nonce", granted.nonce)) if value is not None}
    return provider.ring.sign(claims, typ=ID_TYPE, alg=granted.id_token_alg)


def _how_proved(grant: Grant) -> dict[str, Any]:
    return {"auth_time": _seconds(grant.authenticated_at), "acr": acr_of(grant.level), "amr": list(grant.methods)}


def _half_hash(token: str, alg: str) -> str:
    """Give `at_hash` (OIDC Core 3.1.3.6): the left half of the hash the signature uses; Ed25519's is SHA-512."""
    digest = hashlib.sha512(token.encode()).digest() if alg == "EdDSA" else hashlib.sha256(token.encode()).digest()
    return encode(digest[: len(digest) // 2])


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
