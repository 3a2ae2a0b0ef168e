"""Asking a person what a site may know or do, once; what they say is remembered until they take it back (ASVS 10.7)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Response, make_response, render_template

from portal.faces.babel import gettext
from portal.faces.sso.answers import let_forms_reach
from portal.openid import SCOPES, AuthorizationRequest


def ask_consent(request: AuthorizationRequest, scopes: Iterable[str]) -> Response:
    """Show the page that asks. Its form holds the kept request's name and nothing that could be changed on the way."""
    let_forms_reach(request.redirect_uri)
    asked = set(scopes)
    page = render_template(
        "sso/consent.html",
        client_name=request.client.name,
        client_host=urlsplit(request.redirect_uri).hostname or urlsplit(request.redirect_uri).scheme,
        lets=[gettext(scope.sentence) for name, scope in SCOPES.items() if name in asked],
        client_id=request.client.id,
        request_uri=request.request_uri,
        policy_url=_https(request.client.settings.get("policy_uri")),
        terms_url=_https(request.client.settings.get("tos_uri")),
    )
    return make_response(page)


def _https(address: object) -> str | None:
    return address if isinstance(address, str) and address.startswith("https://") else None
