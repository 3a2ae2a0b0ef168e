"""What a site is, in words, for its administrators and its developers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.faces.babel import gettext
from portal.faces.client_forms import AUTH_WORDS, GRANT_WORDS, SUBJECT_WORDS
from portal.openid import MACHINE, SCOPES, ClientView, ExchangeView


def site_facts(site: ClientView) -> Mapping[str, Any]:
    """Give how it proves itself, what it may do and ask for, and what it insists on, each in words."""
    return {
        "kind": _kind(site),
        "proof": gettext(AUTH_WORDS[site.auth_method][0]),
        "grants": [gettext(GRANT_WORDS[name][0]) for name in site.grant_types if name in GRANT_WORDS],
        "scopes": [(name, gettext(SCOPES[name].sentence)) for name in site.scopes if name in SCOPES],
        "demands": _demands(site),
        "people": gettext(SUBJECT_WORDS[site.subject_type][0]),
        "keys": [str(key.get("kid", "–")) for key in (site.jwks or {}).get("keys", [])],
        "has_secret": site.auth_method.startswith("client_secret"),
    }


def exchange_words(exchange: ExchangeView) -> Mapping[str, str]:
    """Give a call that was noted in words: how it ended, and what it said."""
    said: Mapping[str, str] = exchange.detail.get("said", {})
    shown = " · ".join(f"{name}={value}" for name, value in said.items())
    others = " ".join(name for name in exchange.detail.get("names", ()) if name not in said)
    state = {"ok": "ok", "person": "info"}.get(exchange.outcome, "bad")
    word = {"ok": gettext("Answered"), "person": gettext("Asked the person")}.get(exchange.outcome, exchange.outcome)
    return {"state": state, "word": word, "said": shown, "others": others}


def _kind(site: ClientView) -> str:
    if set(site.grant_types) == {MACHINE}:
        return gettext("Machine")
    if site.auth_method != "none":
        return gettext("Site with a server")
    return gettext("App") if site.settings.get("application_type") == "native" else gettext("Page in the browser")


def _demands(site: ClientView) -> list[str]:
    demands = []
    if site.is_fapi:
        demands.append(gettext("FAPI 2.0"))
    if site.require_par:
        demands.append(gettext("hands its requests in by itself (PAR)"))
    if site.require_dpop:
        demands.append(gettext("tokens bound to its key (DPoP)"))
    return demands
