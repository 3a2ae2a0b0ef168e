"""The form that says what a site is: for the operator's administrators, and with less to choose for whoever builds one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import request

from portal.base.errors import N_
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.parts import portal
from portal.openid import AUTH_METHODS, GRANT_TYPES, SCOPES, SIGNING_ALGORITHMS, NewClient

MAX_TEXT = 12_000
SINGLE = ("name", "auth_method", "id_token_alg", "subject_type", "sector", "backchannel_logout_uri", "jwks_uri", "jwks")
MANY = ("redirect_uris", "post_logout_redirect_uris")
CHOSEN = ("scopes", "grant_types")
MARKS = ("native", "require_par", "require_dpop", "first_party")

AUTH_WORDS: Mapping[str, tuple[str, str]] = {
    "client_secret_basic": (N_("A secret, in the header"), N_("A site with a server of its own. What most libraries do.")),
    "client_secret_post": (N_("A secret, in the form"), N_("For libraries that cannot send it in the header.")),
    "private_key_jwt": (N_("A key of its own"), N_("Strongest: it signs each call, and no secret is shared.")),
    "none": (N_("Nothing"), N_("A page in the browser or an app on a phone, which can keep no secret.")),
}
GRANT_WORDS: Mapping[str, tuple[str, str]] = {
    "authorization_code": (N_("Sign people in"), "authorization_code"),
    "refresh_token": (N_("Stay signed in without asking again"), "refresh_token"),
    "client_credentials": (N_("Call us in its own name, as a machine"), "client_credentials"),
    "urn:ietf:params:oauth:grant-type:device_code": (N_("Sign people in on a device without a keyboard"), "device_code"),
    "urn:ietf:params:oauth:grant-type:token-exchange": (N_("Exchange a token for a narrower one"), "token-exchange"),
}
ALG_WORDS: Mapping[str, str] = {
    "ES256": N_("ES256: short and quick, what to take"),
    "RS256": N_("RS256: for libraries that know nothing else"),
    "EdDSA": N_("EdDSA: quickest, if the library knows it"),
}
SUBJECT_WORDS: Mapping[str, tuple[str, str]] = {
    "pairwise": (N_("By a name made for this site"), N_("No two sites can put together what they know of somebody.")),
    "public": (N_("By the name all our own sites know them by"), N_("For sites of the operator that belong together.")),
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers, in words: lists of (value, label, hint)."""

    auth: list[tuple[str, str, str]]
    grants: list[tuple[str, str, str]]
    scopes: list[tuple[str, str, str]]
    algs: list[tuple[str, str]]
    subjects: list[tuple[str, str, str]]


def choices(*, scopes: Iterable[str] = tuple(SCOPES), grants: Iterable[str] = GRANT_TYPES) -> Choices:
    """Give what may be chosen, in the reader's language."""
    return Choices(
        [(name, gettext(AUTH_WORDS[name][0]), gettext(AUTH_WORDS[name][1])) for name in AUTH_METHODS],
        [(name, gettext(GRANT_WORDS[name][0]), GRANT_WORDS[name][1]) for name in grants],
        [(name, gettext(SCOPES[name].sentence), name) for name in scopes],
        [(name, gettext(ALG_WORDS[name])) for name in SIGNING_ALGORITHMS],
        [(name, gettext(words[0]), gettext(words[1])) for name, words in SUBJECT_WORDS.items()],
    )


def form_of(new: NewClient) -> FormState:
    """Give a form that shows what a client is."""
    values = {name: getattr(new, name) or "" for name in SINGLE if name != "jwks"}
    values["jwks"] = json.dumps(new.jwks, indent=1) if new.jwks else ""
    values |= {name: "\n".join(getattr(new, name)) for name in MANY}
    values |= {name: " ".join(getattr(new, name)) for name in CHOSEN}
    values |= {name: "yes" if getattr(new, name) else "" for name in MARKS if name != "native"}
    values["native"] = "yes" if new.is_native else ""
    return FormState(values)


def typed_client() -> FormState:
    """Give the form as it was sent."""
    sent = request.form
    values = {name: sent.get(name, "").strip()[:MAX_TEXT] for name in (*SINGLE, *MANY)}
    values |= {name: " ".join(sent.getlist(name))[:MAX_TEXT] for name in CHOSEN}
    values |= {name: "yes" if sent.get(name) else "" for name in MARKS}
    return FormState(values)


def read_client(state: FormState, base: NewClient, *, may: Iterable[str]) -> NewClient:
    """Give the client the form describes: `base` with what the form may change, by the names of `may`.

    What it says of keys that are none stands in the form's errors. Whether the client may be is `create_client`'s to say.
    """
    said = state.values
    found: dict[str, Any] = {name: said[name] or None for name in ("sector", "backchannel_logout_uri", "jwks_uri")}
    found |= {name: said[name] for name in ("name", "auth_method", "id_token_alg", "subject_type")}
    found |= {name: tuple(said[name].split()) for name in (*MANY, *CHOSEN)}  # an address has no space in it
    found |= {name: said[name] == "yes" for name in ("require_par", "require_dpop", "first_party")}
    found["jwks"] = _keys(state)
    wanted = set(may)
    new = replace(base, **{name: value for name, value in found.items() if name in wanted})
    native = said["native"] == "yes" and new.auth_method == "none"
    settings = dict(new.settings) | {"application_type": "native" if native else "web"}
    return replace(new, settings=settings, backchannel_session_required=new.backchannel_logout_uri is not None)


def allow_localhost() -> bool:
    """Say whether addresses on localhost may be registered: everywhere but in production."""
    return portal().settings.env != "production"


def changed_fields(before: NewClient, after: NewClient) -> list[str]:
    """Give the names of what differs, for the log."""
    return sorted(name for name in before.__slots__ if getattr(before, name) != getattr(after, name))


def _keys(state: FormState) -> dict[str, Any] | None:
    text = state.values["jwks"]
    if not text:
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        state.errors["jwks"] = gettext("This is no JWK Set. Paste the public keys as JSON.")
        return None
    return read if "keys" in read else {"keys": [read]}
