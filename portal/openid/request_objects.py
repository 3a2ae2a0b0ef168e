"""Signed request objects (RFC 9101): an authorization request the browser cannot alter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.base.jose import CLIENT_ALGORITHMS, peek_jws
from portal.base.jwks import is_signed_by
from portal.openid.clients import ClientView
from portal.openid.request_rules import MAX_LENGTH, MAX_PARAMS, No, Params

LONGEST_SECONDS = 3600
LEEWAY_SECONDS = 10
TYPES = (None, "JWT", "oauth-authz-req+jwt")
_NOT_PARAMETERS = frozenset(("iss", "aud", "exp", "nbf", "iat", "jti", "sub"))


def read_request_object(text: str, client: ClientView, *, issuer: str, now: datetime) -> Params:
    """Give the parameters in a request object: what stands beside it in the address counts for nothing (RFC 9101 6.3).

    It must be signed with a key the client registered (`alg` none is not), name the client as its issuer and us as its
    audience, and be in time: `exp` at most an hour away.
    """
    if client.jwks is None and client.jwks_uri is None:
        raise No("request_not_supported", "this client has registered no key to sign its requests with")
    peeked = peek_jws(text)
    if peeked is None:
        raise No("invalid_request_object", "the request object is no signed JWT")
    header, claims = peeked
    if header.get("typ") not in TYPES:
        raise No("invalid_request_object", "the request object is a JWT of another kind")
    algorithm = client.settings.get("request_object_signing_alg")
    if not is_signed_by(text, client.jwks, algorithms=[algorithm] if algorithm else CLIENT_ALGORITHMS):
        raise No("invalid_request_object", "the request object is not signed with a key of the client")
    if claims.get("iss") != client.id or claims.get("client_id", client.id) != client.id:
        raise No("invalid_request_object", "iss and client_id must name the client")
    if claims.get("aud") not in (issuer, [issuer]):
        raise No("invalid_request_object", "aud must be our issuer")
    _check_time(claims, now)
    if "request" in claims or "request_uri" in claims:
        raise No("invalid_request_object", "a request object holds no other one")
    return {name: _text(value) for name, value in claims.items() if name not in _NOT_PARAMETERS} | {"client_id": client.id}


def _check_time(claims: Mapping[str, Any], now: datetime) -> None:
    moment, expires, begins = now.timestamp(), claims.get("exp"), claims.get("nbf", 0)
    if type(expires) is not int or type(begins) is not int or len(claims) > MAX_PARAMS:
        raise No("invalid_request_object", "exp is missing, or is no number of seconds")
    if not moment - LEEWAY_SECONDS < expires <= moment + LONGEST_SECONDS or begins > moment + LEEWAY_SECONDS:
        raise No("invalid_request_object", "the request object is out of date, not valid yet, or valid for more than an hour")


def _text(value: Any) -> str:
    """Give a claim as the parameter it stands for: numbers and objects as JSON."""
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > MAX_LENGTH or "\x00" in text:
        raise No("invalid_request_object", "a parameter is too long, or holds signs that no text has")
    return text
