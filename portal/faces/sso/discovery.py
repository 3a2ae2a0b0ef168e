"""What we can do and which keys we sign with, for programs to read (OpenID Connect Discovery 1.0, RFC 8414)."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from portal.base import clock
from portal.faces.access import machine, requires
from portal.faces.provider import endpoint, issuer, key_ring
from portal.faces.sso.blueprint import machines
from portal.faces.sso.cors import open_to_all
from portal.faces.transactions import reading
from portal.openid import ACR_VALUES, AUTH_METHODS, CLAIM_NAMES, CLIENT_ALGORITHMS, GRANT_TYPES, RESPONSE_MODES, SCOPES, SIGNING_ALGORITHMS

KEEP_SECONDS = 300


@machines.get("/.well-known/openid-configuration")
@requires(machine)
def show_configuration() -> Response:
    """Describe the provider."""
    return _public(metadata())


@machines.get("/.well-known/oauth-authorization-server")
@requires(machine)
def show_server() -> Response:
    """Describe the provider to clients that know OAuth alone: the same document (RFC 8414 5)."""
    return _public(metadata())


@machines.get("/oauth/jwks.json")
@requires(machine)
def show_keys() -> Response:
    """Give our public keys, those that sign next among them."""
    with reading() as session:
        return _public(key_ring(session, now=clock.now()).jwks())


def metadata() -> dict[str, Any]:
    """Give the document; tests/faces/test_sso_discovery.py has Authlib's own checks look at it."""
    methods, algorithms = list(AUTH_METHODS), list(CLIENT_ALGORITHMS)
    proving = [each for each in methods if each != "none"]
    return {
        "issuer": issuer(),
        "authorization_endpoint": endpoint("sso.ask"),
        "token_endpoint": endpoint("oauth.give_tokens"),
        "userinfo_endpoint": endpoint("oauth.show_person"),
        "jwks_uri": endpoint("oauth.show_keys"),
        "introspection_endpoint": endpoint("oauth.tell_token"),
        "revocation_endpoint": endpoint("oauth.take_token_back"),
        "pushed_authorization_request_endpoint": endpoint("oauth.take_request"),
        "device_authorization_endpoint": endpoint("oauth.begin_device"),
        "registration_endpoint": endpoint("oauth.register"),
        "end_session_endpoint": endpoint("sso.leave"),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": list(RESPONSE_MODES),
        "authorization_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "grant_types_supported": list(GRANT_TYPES),
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public", "pairwise"],
        "acr_values_supported": list(ACR_VALUES),
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", *CLAIM_NAMES],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": False,
        "require_pushed_authorization_requests": False,
        "request_object_signing_alg_values_supported": algorithms,
        "id_token_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "userinfo_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "dpop_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": proving,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "display_values_supported": ["page"],
        "ui_locales_supported": ["zh-Hans-CN", "en"],
    }


def _public(document: dict[str, Any]) -> Response:
    response = jsonify(document)
    response.headers["Cache-Control"] = f"public, max-age={KEEP_SECONDS}"
    return open_to_all(response)
