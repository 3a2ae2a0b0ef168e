"""What a client says of itself when it registers, and what it is answered (RFC 7591 2, OpenID Connect Registration 2)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from portal.base.errors import Invalid
from portal.base.jose import CLIENT_ALGORITHMS
from portal.openid.client_rules import AUTH_METHODS, CODE, DEVICE, NewClient, is_web_address
from portal.openid.clients import ClientView
from portal.openid.levels import level_of
from portal.openid.scopes import SCOPES, read_scopes, write_scopes
from portal.openid.signed_answers import ANSWER_ALG, PERSON_ALG
from portal.openid.signing import SIGNING_ALGORITHMS

MAX_LENGTH = 65_536
MAX_TEXT = 1000
_WEB = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri")
_TEXTS = ("software_id", "software_version")
_ALGS = ("token_endpoint_auth_signing_alg", "request_object_signing_alg")
_NAMED = re.compile(r"client_name#[A-Za-z0-9-]{2,35}")
_OF_FIELD = {
    "name": "client_name", "scopes": "scope", "auth_method": "token_endpoint_auth_method", "default_acr": "default_acr_values",
    "id_token_alg": "id_token_signed_response_alg", "sector": "redirect_uris",
}  # fmt: skip
_NEVER = (
    "id_token_encrypted_response_alg", "userinfo_encrypted_response_alg", "request_object_encryption_alg",
    "authorization_encrypted_response_alg", "introspection_signed_response_alg",
)  # fmt: skip
T = TypeVar("T")


class Unfit(Exception):
    """What was said cannot be registered: an error code of RFC 7591 3.2.2, and why."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


def read_metadata(metadata: Mapping[str, Any], *, customer_id: int | None, sector_document: object = None) -> NewClient:
    """Give the client that is described; raise Unfit for what is of a wrong type or asks for what there is not.

    `sector_document`: what was found at its `sector_identifier_uri`.

    What we do not know is passed over (RFC 7591 2). Whether the client may be is `check_client`'s to say.
    """
    said = {name: value for name, value in metadata.items() if value is not None}
    _check_extent(said)
    grants = tuple(_texts(said, "grant_types", [CODE]))
    public_name = _text(said, "client_name") or _text(said, "software_id") or "client"
    max_age = said.get("default_max_age")
    if max_age is not None and type(max_age) is not int:
        raise Unfit("invalid_client_metadata", "default_max_age is a number of seconds")
    acrs = [each for each in _texts(said, "default_acr_values", []) if level_of(each) is not None]
    return NewClient(
        name=public_name,
        redirect_uris=tuple(_texts(said, "redirect_uris", [])),
        grant_types=grants,
        scopes=_scopes(said, grants),
        auth_method=_one(said, "token_endpoint_auth_method", str, AUTH_METHODS[0]),
        customer_id=customer_id,
        jwks=_one(said, "jwks", dict, {}) or None,
        jwks_uri=_text(said, "jwks_uri"),
        post_logout_redirect_uris=tuple(_texts(said, "post_logout_redirect_uris", [])),
        subject_type=_one(said, "subject_type", str, "public"),
        sector=_sector(said, sector_document),
        id_token_alg=_one(said, "id_token_signed_response_alg", str, "RS256"),  # OpenID Connect Registration 2: the default
        default_max_age=max_age,
        default_acr=acrs[0] if acrs else None,
        backchannel_logout_uri=_text(said, "backchannel_logout_uri"),
        require_par=_one(said, "require_pushed_authorization_requests", bool, False),
        require_dpop=_one(said, "dpop_bound_access_tokens", bool, False),
        backchannel_session_required=_one(said, "backchannel_logout_session_required", bool, False),
        settings=_settings(said),
    )


def write_metadata(client: ClientView) -> dict[str, Any]:
    """Give what is registered, in the words of RFC 7591 3.2.1; no secret is among it."""
    given: dict[str, Any] = {
        "client_id": client.id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "post_logout_redirect_uris": list(client.post_logout_redirect_uris),
        "grant_types": list(client.grant_types),
        "response_types": ["code"] if CODE in client.grant_types else [],
        "scope": write_scopes(client.scopes),
        "token_endpoint_auth_method": client.auth_method,
        "subject_type": client.subject_type,
        "id_token_signed_response_alg": client.id_token_alg,
        "require_pushed_authorization_requests": client.require_par,
        "dpop_bound_access_tokens": client.require_dpop,
        "jwks": None if client.jwks_uri else client.jwks,
        "jwks_uri": client.jwks_uri,
        "default_max_age": client.default_max_age,
        "default_acr_values": [client.default_acr] if client.default_acr else None,
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "backchannel_logout_session_required": client.backchannel_session_required if client.backchannel_logout_uri else None,
        **client.settings,
    }
    return {name: value for name, value in given.items() if value is not None}


def unfit_of(refusal: Invalid) -> Unfit:
    """Give a refusal of the rules for clients in the words of RFC 7591 3.2.2."""
    field, sentence = next(iter(refusal.fields.items()))
    code = "invalid_redirect_uri" if field in ("redirect_uris", "sector") else "invalid_client_metadata"
    return Unfit(code, f"{_OF_FIELD.get(field, field)}: {sentence}")


def _check_extent(said: Mapping[str, Any]) -> None:
    """Refuse what is too much, and what would be promised and not kept."""
    try:
        text = json.dumps(said)
    except (ValueError, RecursionError) as error:
        raise Unfit("invalid_client_metadata", "nested too deep") from error
    if len(text) > MAX_LENGTH or "\\u0000" in text:
        raise Unfit("invalid_client_metadata", "too long, or it holds signs no text has")
    if "software_statement" in said:
        raise Unfit("unapproved_software_statement", "software statements are not taken")
    for name in _NEVER:
        if said.get(name) not in (None, "none"):
            raise Unfit("invalid_client_metadata", f"{name} is not offered")
    if said.get("tls_client_certificate_bound_access_tokens"):
        raise Unfit("invalid_client_metadata", "tls_client_certificate_bound_access_tokens is not offered; dpop_bound_access_tokens is")
    kinds = _texts(said, "response_types", ["code"])
    grants = _texts(said, "grant_types", [CODE])
    if set(kinds) - {"code"} or ("response_types" in said and (CODE in grants) != bool(kinds)):
        raise Unfit("invalid_client_metadata", "response_types: code alone, and with the grant authorization_code alone")


def _settings(said: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is kept as it was said."""
    kept: dict[str, Any] = {"application_type": _one(said, "application_type", str, "web")}
    if kept["application_type"] not in ("web", "native"):
        raise Unfit("invalid_client_metadata", "application_type: web or native")
    for name in _WEB:
        address = _text(said, name)
        if address is not None and not is_web_address(address):
            raise Unfit("invalid_client_metadata", f"{name}: an address is https://")
        kept[name] = address
    for name in _ALGS:
        kept[name] = _text(said, name)
        if kept[name] is not None and kept[name] not in CLIENT_ALGORITHMS:
            raise Unfit("invalid_client_metadata", f"{name}: one of {' '.join(CLIENT_ALGORITHMS)}")
    for name in (ANSWER_ALG, PERSON_ALG):
        kept[name] = _text(said, name)
        if kept[name] not in (None, *SIGNING_ALGORITHMS):
            raise Unfit("invalid_client_metadata", f"{name}: one of {' '.join(SIGNING_ALGORITHMS)}")
    kept["sector_identifier_uri"] = _text(said, "sector_identifier_uri")
    names = [name for name in said if _NAMED.fullmatch(name)][:10]
    kept |= {name: _text(said, name) for name in (*_TEXTS, *names)}
    kept["contacts"] = _texts(said, "contacts", []) or None
    kept["require_signed_request_object"] = _one(said, "require_signed_request_object", bool, False) or None
    return {name: value for name, value in kept.items() if value is not None}


def _scopes(said: Mapping[str, Any], grants: tuple[str, ...]) -> tuple[str, ...]:
    """Give the scopes of ours among those named; unnamed, what anybody who signs people in may ask for."""
    named = said.get("scope")
    if named is None:
        return ("openid", "profile") if {CODE, DEVICE} & set(grants) else ()
    if not isinstance(named, str):
        raise Unfit("invalid_client_metadata", "scope is a text")
    known = read_scopes(named)
    if set(named.split()) - set(SCOPES):
        raise Unfit("invalid_client_metadata", f"scope: among {write_scopes(SCOPES)}")
    return known


def _sector(said: Mapping[str, Any], document: object) -> str | None:
    """Give the host of `sector_identifier_uri`, whose document lists every redirect address (OpenID Connect Registration 5)."""
    address = _text(said, "sector_identifier_uri")
    if address is None:
        return None
    if not is_web_address(address) or not isinstance(document, list):
        raise Unfit("invalid_client_metadata", "sector_identifier_uri: an https:// address that answers with a JSON array")
    if not all(each in document for each in _texts(said, "redirect_uris", [])):
        raise Unfit("invalid_redirect_uri", "redirect_uris are not all listed at sector_identifier_uri")
    return urlsplit(address).hostname


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        raise Unfit("invalid_client_metadata", f"{name} is a text of 1 to {MAX_TEXT} letters")
    return value


def _texts(said: Mapping[str, Any], name: str, default: list[str]) -> list[str]:
    value = said.get(name, default)
    if not isinstance(value, list) or not all(isinstance(each, str) and len(each) <= MAX_TEXT for each in value) or len(value) > 50:
        code = "invalid_redirect_uri" if name == "redirect_uris" else "invalid_client_metadata"
        raise Unfit(code, f"{name} is a list of texts")
    return value


def _one(said: Mapping[str, Any], name: str, kind: type[T], default: T) -> T:
    value = said.get(name, default)
    if not isinstance(value, kind):
        raise Unfit("invalid_client_metadata", f"{name} is of another type")
    return value
