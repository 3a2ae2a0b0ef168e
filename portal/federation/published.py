"""What a provider publishes of itself, looked at before it is believed: an OpenID configuration, or SAML metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.base.errors import N_, Invalid
from portal.base.jose import CLIENT_ALGORITHMS
from portal.federation.addresses import is_address
from portal.federation.saml_metadata import read_metadata

_ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def discovery_address(issuer: str) -> str:
    """Give where an OpenID Provider publishes its configuration (OpenID Connect Discovery 4)."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def check_provider(document: object, *, issuer: str | None = None, allow_http: bool = False) -> dict[str, Any]:
    """Give what is kept of a provider's own document: its `kind`, its `issuer`, its addresses, SAML's certificates.

    `document`: the object an OpenID Provider publishes, with the `issuer` it was asked for under, or SAML metadata as text or
    bytes. `allow_http`: in a try-out; else every address is https. Raises Invalid (field `document`) with what stands against it.
    """
    if isinstance(document, str | bytes):
        return read_metadata(document, allow_http=allow_http)
    if not isinstance(document, Mapping):
        raise _no(N_("That is neither an OpenID configuration nor SAML metadata."))
    return _read_configuration(document, issuer, allow_http=allow_http)


def _read_configuration(document: Mapping[str, Any], issuer: str | None, *, allow_http: bool) -> dict[str, Any]:
    """Hold a configuration to OpenID Connect Discovery 4.3 (the issuer is the one asked for) and to RFC 9700 2.1.1 (S256)."""
    if issuer is None or document.get("issuer") != issuer:
        raise _no(N_("The provider calls itself something else: its issuer is not the address it was asked for under."))
    addresses = {name: document.get(name) for name in _ADDRESSES}
    if not all(is_address(each, allow_http=allow_http) for each in (issuer, *addresses.values())):
        raise _no(N_("Not all of the provider's addresses are there, in full and with https."))
    userinfo = document.get("userinfo_endpoint")
    if "code" not in _listed(document, "response_types_supported", "code"):
        raise _no(N_("The provider does not give codes (response_type code)."))
    if "S256" not in _listed(document, "code_challenge_methods_supported"):
        raise _no(N_("The provider does not say that it takes PKCE with S256."))
    algorithms = [each for each in CLIENT_ALGORITHMS if each in _listed(document, "id_token_signing_alg_values_supported", "RS256")]
    if not algorithms:
        raise _no(N_("The provider signs in no way that is taken here: ES256, RS256, PS256 or EdDSA."))
    ways = _listed(document, "token_endpoint_auth_methods_supported", "client_secret_basic")
    return {
        "kind": "oidc", "issuer": issuer, **addresses, "algorithms": algorithms,
        "auth": "client_secret_basic" if "client_secret_basic" in ways or "client_secret_post" not in ways else "client_secret_post",
        "userinfo_endpoint": userinfo if is_address(userinfo, allow_http=allow_http) else None,
        "says_issuer": document.get("authorization_response_iss_parameter_supported") is True,
    }  # fmt: skip


def _listed(document: Mapping[str, Any], name: str, *unsaid: str) -> tuple[str, ...]:
    found = document.get(name)
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else unsaid


def _no(sentence: str) -> Invalid:
    return Invalid({"document": sentence})
