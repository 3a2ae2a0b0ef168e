"""Asking a provider by ourselves, between two transactions: what a code stands for, and who somebody is."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

from portal.federation.journeys import Journey
from portal.federation.ports import ProviderSilent, Upstream
from portal.federation.providers import ProviderView
from portal.federation.refusals import UpstreamRefused

FORM = "application/x-www-form-urlencoded"


def redeem_upstream(upstream: Upstream, provider: ProviderView, secret: str | None, journey: Journey, *, code: str, answers_to: str) -> Any:
    """Redeem a code (OpenID Connect Core 3.1.3.1, RFC 7636 4.5); give the answer as it came. Call it outside of transactions."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": answers_to, "code_verifier": journey.verifier or ""}
    headers = {"Content-Type": FORM, "Accept": "application/json"}
    client = provider.client_id or ""
    if secret is not None and provider.document["auth"] == "client_secret_basic":
        pair = f"{quote_plus(client)}:{quote_plus(secret)}"  # form-encoded first (RFC 6749 2.3.1)
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        form |= {"client_id": client} | ({"client_secret": secret} if secret is not None else {})
    return _posted(upstream, provider, "token_endpoint", urlencode(form).encode(), headers)


def ask_userinfo(upstream: Upstream, provider: ProviderView, access_token: str) -> Any:
    """Ask for what the ID token leaves out (OpenID Connect Core 5.3.1, by POST); give the answer as it came, or a refusal."""
    headers = {"Authorization": f"Bearer {access_token}", "Content-Type": FORM, "Accept": "application/json"}
    return _posted(upstream, provider, "userinfo_endpoint", b"", headers)


def _posted(upstream: Upstream, provider: ProviderView, endpoint: str, body: bytes, headers: Mapping[str, str]) -> Any:
    try:
        return upstream.post(str(provider.document[endpoint]), body, headers)
    except ProviderSilent as silent:
        return UpstreamRefused(f"{endpoint}_refused" if silent.answered else "unreachable")
