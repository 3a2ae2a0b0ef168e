"""Token exchange (RFC 8693): a service that was called with somebody's token gets one of its own to call the next with.

It stands for the same person, may do no more, lasts no longer, says who acts (`act`), and falls with the same grant.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.openid.client_rules import EXCHANGE
from portal.openid.clients import ClientView
from portal.openid.grants import Grant
from portal.openid.introspection import AccessToken, find_token_for
from portal.openid.request_rules import No, scopes_of
from portal.openid.scopes import OFFLINE, OPENID
from portal.openid.subjects import subject_of
from portal.openid.tokens import ACCESS_SECONDS, Granted, Provider, TokenRefused, audience_for

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - its kind
_TYPES = (ACCESS_TOKEN, "urn:ietf:params:oauth:token-type:jwt")
MAX_ACTORS = 4


def exchange_token(
    session: Session, provider: Provider, client: ClientView, form: Mapping[str, str], *, thumbprint: str | None = None, now: datetime
) -> Granted | TokenRefused:
    """Grant a confidential client that showed who it is a token for the person of `subject_token`.

    The subject's token must be one it may hold: its own, one for an audience of its registration, or any for the operator's own
    clients. `actor_token` says who acts where it is not the client itself. There is no refresh token.
    """
    audience = audience_for(provider, client, form.get("resource") or form.get("audience"), thumbprint)
    if isinstance(audience, TokenRefused):
        return audience
    try:
        _check_kind(client, form)
        subject, grant = _subject(session, provider, client, form, thumbprint, now)
        actor = _token(session, provider, client, form, "actor", now).subject if "actor_token" in form else client.id
        return Granted(
            client_id=client.id,
            subject=subject_of(provider.keys, client, grant.party_id),
            scopes=_scopes(client, subject, form.get("scope")),
            audience=audience,
            lasts_until=min(now + timedelta(seconds=ACCESS_SECONDS), subject.expires_at),
            grant=grant,
            key_thumbprint=thumbprint,
            actor=_act(actor, subject.claims.get("act")),
            issued_token_type=ACCESS_TOKEN,
        )
    except No as no:
        return TokenRefused(no.code, no.description)


def _check_kind(client: ClientView, form: Mapping[str, str]) -> None:
    if EXCHANGE not in client.grant_types or client.is_public:
        raise No("unauthorized_client", "this client may not exchange tokens")
    if form.get("requested_token_type", ACCESS_TOKEN) not in _TYPES:
        raise No("invalid_request", "requested_token_type must be that of an access token")


def _subject(
    session: Session, provider: Provider, client: ClientView, form: Mapping[str, str], thumbprint: str | None, now: datetime
) -> tuple[AccessToken, Grant]:
    """Give the token that says for whom, which must be a person."""
    subject = _token(session, provider, client, form, "subject", now)
    if subject.grant is None:
        raise No("invalid_request", "subject_token stands for nobody but a client")
    if subject.key_thumbprint not in (None, thumbprint) and not client.first_party:
        raise No("invalid_request", "subject_token is bound to another key")
    return subject, subject.grant


def _token(session: Session, provider: Provider, client: ClientView, form: Mapping[str, str], whose: str, now: datetime) -> AccessToken:
    if form.get(f"{whose}_token_type") not in _TYPES:
        raise No("invalid_request", f"{whose}_token_type must be that of an access token")
    found = find_token_for(session, provider, client, form.get(f"{whose}_token", ""), now=now)
    if found is None:
        raise No("invalid_request", f"{whose}_token is not good here, or not for this client")
    return found


def _scopes(client: ClientView, subject: AccessToken, scope: str | None) -> tuple[str, ...]:
    """Give what both the subject's token and the client may have: fewer if asked, never more."""
    may = tuple(name for name in subject.scopes if name in client.scopes and name not in (OPENID, OFFLINE))
    asked = scopes_of(client, scope) if scope else may
    if not asked or not set(asked) <= set(may):
        raise No("invalid_scope", "scope asks for more than the subject's token may have, or for nothing")
    return asked


def _act(actor: str, before: dict[str, Any] | None) -> dict[str, Any]:
    """Say who acts, and for whom those acted that came before (RFC 8693 4.1)."""
    count, link = 1, before
    while link is not None:
        count, link = count + 1, link.get("act")
    if count > MAX_ACTORS:
        raise No("invalid_request", "too many act one for another")
    return {"sub": actor} | ({"act": before} if before is not None else {})
