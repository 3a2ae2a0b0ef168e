"""The rules for each parameter of an authorization request. A parameter that breaks one raises `No`, in the RFCs' own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.openid.clients import ClientView
from portal.openid.levels import level_of
from portal.openid.resources import find_audience
from portal.openid.scopes import CLAIM_SCOPES, MAX_SCOPE, OFFLINE, OPENID, read_scopes

Params = Mapping[str, str]

MAX_LENGTH = 2048
MAX_REQUEST_OBJECT = 16384
MAX_PARAMS = 40
RESPONSE_MODES = ("query", "form_post", "jwt", "query.jwt", "form_post.jwt")
"""As discovery lists them; `jwt` is `query.jwt` here, where codes alone are answered with (JARM 2.3.4)."""
PROMPTS = frozenset(("none", "login", "consent", "select_account"))
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # a SHA-256 in base64url
_MAX_AGE = re.compile(r"[0-9]{1,9}")


class No(Exception):
    """A refusal on its way out: the error's code (RFC 6749 4.1.2.1 and its followers) and words for developers."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """What the `claims` parameter asks for (OIDC Core 5.5): names of ours, and what it wants of `acr` and `sub`."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    acr: tuple[str, ...] = ()
    acr_essential: bool = False
    subject: str | None = None


def without_repeats(params: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give the parameters by name. Empty ones count as left out; none may come twice (RFC 6749 3.1) or be overlong."""
    given: dict[str, str] = {}
    for name, value in params:
        if name in given:
            raise No("invalid_request", "a parameter is repeated")
        if len(value) > (MAX_REQUEST_OBJECT if name == "request" else MAX_LENGTH) or len(given) >= MAX_PARAMS:
            raise No("invalid_request", "a parameter is too long, or there are too many")
        if "\x00" in value:
            raise No("invalid_request", "a parameter holds signs that no text has")
        given[name] = value
    return {name: value for name, value in given.items() if value}


def check_redirect_uri(client: ClientView, given: Params) -> str:
    """Give where the answer goes: an address that is registered, to the letter (RFC 9700 2.1), with the port free on loopback."""
    address = given.get("redirect_uri")
    if address is None or not client.allows(address):
        raise No("invalid_request", "redirect_uri is missing or not registered for this client")
    return address


def check_kind(client: ClientView, given: Params) -> None:
    """Let codes be asked for, and nothing else; no implicit or hybrid flow, no registration on the way."""
    if "response_type" not in given:
        raise No("invalid_request", "response_type is missing")
    if given["response_type"] != "code":
        raise No("unsupported_response_type", "response_type must be code")
    if "authorization_code" not in client.grant_types:
        raise No("unauthorized_client", "this client is not registered for the authorization code grant")
    if given.get("response_mode", "query") not in RESPONSE_MODES:
        raise No("invalid_request", f"response_mode must be one of {' '.join(RESPONSE_MODES)}")
    if "registration" in given:
        raise No("registration_not_supported", "registration is not supported")


def check_challenge(given: Params) -> str:
    """Give the PKCE challenge. Every client needs one, made by S256; `plain` is no proof (RFC 9700 2.1.1)."""
    if given.get("code_challenge_method") != "S256":
        raise No("invalid_request", "code_challenge_method must be S256 (RFC 7636)")
    challenge = given.get("code_challenge", "")
    if _CHALLENGE.fullmatch(challenge) is None:
        raise No("invalid_request", "code_challenge must be a SHA-256 in base64url: 43 characters")
    return challenge


def read_request_scopes(client: ClientView, given: Params) -> tuple[str, ...]:
    """Give the scopes asked for. One of ours that this client may not have is refused; one we do not know is passed over.

    `offline_access` counts only where there can be refresh tokens (OIDC Core 11).
    """
    scopes = scopes_of(client, given.get("scope", ""))
    if OPENID not in scopes and "nonce" in given:
        raise No("invalid_request", "nonce is of use with the scope openid alone")
    if not scopes:
        raise No("invalid_scope", "scope names nothing that is known here")
    return scopes


def scopes_of(client: ClientView, text: str) -> tuple[str, ...]:
    """Give the scopes of ours in `text`; refuse those that are not this client's."""
    if len(text) > MAX_SCOPE:
        raise No("invalid_scope", "scope is too long")
    asked = read_scopes(text)
    if set(asked) - set(client.scopes):
        raise No("invalid_scope", "this client may not have every scope it asks for")
    return tuple(scope for scope in asked if scope != OFFLINE or "refresh_token" in client.grant_types)


def read_prompt(given: Params) -> frozenset[str]:
    """Give what the person is to be asked; `none` excludes everything else (OIDC Core 3.1.2.1)."""
    prompt = frozenset(read_words(given, "prompt"))
    if not prompt <= PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise No("invalid_request", "prompt must be none, or some of login, consent and select_account")
    return prompt


def read_max_age(given: Params) -> int | None:
    """Give after how many seconds a proof is too old."""
    if "max_age" not in given:
        return None
    if _MAX_AGE.fullmatch(given["max_age"]) is None:
        raise No("invalid_request", "max_age must be a whole number of seconds")
    return int(given["max_age"])


def read_level(client: ClientView, given: Params, claims: ClaimsAsked) -> tuple[int | None, bool]:
    """Give the lowest rung that would do, and whether nothing less will.

    `claims` goes before `acr_values`, and that before the client's own default. Wishes that name no rung of ours are passed
    over; an essential one of that kind can never be met.
    """
    if claims.acr:
        levels = [level for level in map(level_of, claims.acr) if level is not None]
        if not levels and claims.acr_essential:
            raise No("unmet_authentication_requirements", "no acr that was asked for is known here")
        return (min(levels) if levels else None), claims.acr_essential
    wanted = read_words(given, "acr_values") or ((client.default_acr,) if client.default_acr else ())
    levels = [level for level in map(level_of, wanted) if level is not None]
    return (min(levels) if levels else None), False


def read_claims(given: Params) -> ClaimsAsked:
    """Give what `claims` asks for, one by one; names we do not know are passed over (OIDC Core 5.5)."""
    if "claims" not in given:
        return ClaimsAsked()
    try:
        asked = json.loads(given["claims"])
    except (ValueError, RecursionError) as error:
        raise No("invalid_request", "claims is no JSON") from error
    if not isinstance(asked, dict):
        raise No("invalid_request", "claims must be a JSON object")
    parts = {part: asked.get(part) or {} for part in ("userinfo", "id_token")}
    if not all(isinstance(part, dict) for part in parts.values()):
        raise No("invalid_request", "claims.userinfo and claims.id_token must be objects")
    names = {part: tuple(name for name in CLAIM_SCOPES if name in wanted) for part, wanted in parts.items()}
    acr = parts["id_token"].get("acr")
    subjects = {
        wish["value"] for part in parts.values() if isinstance(wish := part.get("sub"), dict) and isinstance(wish.get("value"), str)
    }
    if len(subjects) > 1:
        raise No("invalid_request", "claims wants two subjects at once")
    essential = isinstance(acr, dict) and acr.get("essential") is True
    return ClaimsAsked(names, _values(acr), essential and bool(_values(acr)), next(iter(subjects), None))


def read_thumbprint(given: Params) -> str | None:
    """Give the key a code is bound to (RFC 9449 10): a SHA-256 in base64url."""
    thumbprint = given.get("dpop_jkt")
    if thumbprint is not None and _CHALLENGE.fullmatch(thumbprint) is None:
        raise No("invalid_request", "dpop_jkt must be a SHA-256 in base64url: 43 characters")
    return thumbprint


def read_resource(given: Params, client: ClientView, issuer: str) -> str | None:
    """Give what the tokens are for (RFC 8707), where that is said."""
    resource = given.get("resource")
    if resource is not None and find_audience(client, issuer, resource) is None:
        raise No("invalid_target", "resource is not known here")
    return resource


def read_words(given: Params, name: str) -> tuple[str, ...]:
    """Give a parameter that is a list of words."""
    return tuple(given.get(name, "").split())


def _values(wish: Any) -> tuple[str, ...]:
    """Give the values a claim is wanted to have one of."""
    if not isinstance(wish, dict):
        return ()
    values = wish.get("values")
    if not isinstance(values, list):
        values = [wish.get("value")]
    return tuple(value for value in values if isinstance(value, str))
