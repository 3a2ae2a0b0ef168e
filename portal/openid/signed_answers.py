"""Answers as one text we signed: of the authorization endpoint (JARM), and who somebody is (OpenID Connect Core 5.3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.openid.clients import ClientView
from portal.openid.signing import KeyRing

ANSWER_SECONDS = 120
"""So long an answer may be on its way; JARM 2.1 recommends ten minutes at most, and its code is good for one."""
ANSWER_TYPE = "oauth-authz-resp+jwt"
ANSWER_ALG = "authorization_signed_response_alg"
PERSON_ALG = "userinfo_signed_response_alg"
PERSON_TYPE = "userinfo+jwt"
"""A kind of its own: never to be taken for an ID token (RFC 8725 3.11)."""


def sign_answer(ring: KeyRing, client: ClientView, params: Mapping[str, str], *, issuer: str, now: datetime) -> str:
    """Give the answer's parameters as a JWT for this client alone: by the algorithm it registered, else that of its ID tokens."""
    alg = client.settings.get(ANSWER_ALG) or client.id_token_alg
    claims = {**params, "iss": issuer, "aud": client.id, "iat": int(now.timestamp()), "exp": int(now.timestamp()) + ANSWER_SECONDS}
    return ring.sign(claims, typ=ANSWER_TYPE, alg=alg)


def sign_person(ring: KeyRing, client: ClientView, claims: Mapping[str, Any], *, issuer: str, now: datetime) -> str | None:
    """Give what a client is told about a person as a JWT for it alone; None for one that registered no algorithm for it.

    It says when it was made and lasts no longer than an answer, so that nobody shows it for anything later.
    """
    alg = client.settings.get(PERSON_ALG)
    if alg is None:
        return None
    made = {**claims, "iss": issuer, "aud": client.id, "iat": int(now.timestamp()), "exp": int(now.timestamp()) + ANSWER_SECONDS}
    return ring.sign(made, typ=PERSON_TYPE, alg=alg)
