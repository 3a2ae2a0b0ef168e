"""What access tokens are for: our own API, and where a client says so another audience of its registration (RFC 8707)."""

from __future__ import annotations

from portal.openid.clients import ClientView


def api_of(issuer: str) -> str:
    """Name our API as an audience."""
    return f"{issuer}/api"


def find_audience(client: ClientView, issuer: str, resource: str | None) -> str | None:
    """Give the audience of a token: the API unless `resource` asks for another one; None when that is not known."""
    if resource is None or resource == api_of(issuer):
        return api_of(issuer)
    audiences = client.settings.get("audiences") or ()
    return resource if resource in audiences else None
