"""Tokens a client is given in its own name (RFC 6749 4.4): signed, and nothing written."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.openid.client_rules import MACHINE
from portal.openid.clients import ClientView
from portal.openid.request_rules import No, scopes_of
from portal.openid.scopes import SCOPES
from portal.openid.tokens import ACCESS_SECONDS, Granted, Provider, TokenRefused, audience_for


def client_credentials(
    provider: Provider,
    client: ClientView,
    *,
    scope: str | None = None,
    thumbprint: str | None = None,
    resource: str | None = None,
    now: datetime,
) -> Granted | TokenRefused:
    """Grant a confidential client that showed who it is a token in its own name; `scope` or all it may have as a machine.

    Nothing is read or written: sign it with `mint_tokens`. There is no refresh token (RFC 6749 4.4.3) and no person.
    """
    if MACHINE not in client.grant_types or client.is_public:
        return TokenRefused("unauthorized_client", "this client may not act in its own name")
    audience = audience_for(provider, client, resource, thumbprint)
    if isinstance(audience, TokenRefused):
        return audience
    try:
        asked = scopes_of(client, scope) if scope else client.scopes
    except No as no:
        return TokenRefused(no.code, no.description)
    scopes = tuple(name for name in asked if SCOPES[name].for_machines)
    if scope and not scopes:
        return TokenRefused("invalid_scope", "none of these scopes is for a client in its own name")
    return Granted(
        client_id=client.id,
        subject=client.id,
        scopes=scopes,
        audience=audience,
        lasts_until=now + timedelta(seconds=ACCESS_SECONDS),
        key_thumbprint=thumbprint,
    )
