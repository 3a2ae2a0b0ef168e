"""What a provider may be: its own name and address, what its word is worth, and which of its words we read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.base.errors import N_, Invalid

KINDS = ("oidc", "saml")
ADMITS = ("list", "anyone")
LEVELS = (1, 2, 3)
CLAIM_NAMES = ("user_name", "email", "name", "external_id")
"""What we want to know of a person. `external_id` is read only where the enterprise says which of its words it is."""
MAX_NAME = 100
MAX_WORD = 256
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")


@dataclass(frozen=True, slots=True)
class NewProvider:
    """What a provider is to be. `document`: what `check_provider` gave of it, and `issuer` the one named there.

    `admits`: `list` lets in people on the enterprise's list alone, `anyone` puts who comes on it. `level`: what a sign-in there is
    worth here (1 to 3). `claims`: which of its words we read, by our own (`CLAIM_NAMES`); left out, the usual ones.
    """

    slug: str
    customer_id: int
    kind: str
    name: str
    issuer: str
    document: Mapping[str, Any]
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    scopes: Sequence[str] = ("openid", "profile", "email")
    admits: str = "list"
    level: int = 2
    claims: Mapping[str, str] = field(default_factory=dict)


def check_new(new: NewProvider) -> None:
    """Raise Invalid, each fault by its field, for what no provider may be."""
    faults: dict[str, str] = {}
    if not _SLUG.fullmatch(new.slug):
        faults["slug"] = N_("Its name in addresses has 1 to 40 small letters, digits and hyphens.")
    if not 0 < len(new.name.strip()) <= MAX_NAME or not new.name.isprintable():
        faults["name"] = N_("A provider has a name of 1 to 100 letters.")
    if new.kind not in KINDS:
        faults["kind"] = N_("A provider speaks OpenID Connect or SAML 2.0.")
    if new.admits not in ADMITS:
        faults["admits"] = N_("Choose whether the list decides or anyone the company lets in may come.")
    if new.level not in LEVELS:
        faults["level"] = N_("What a sign-in there is worth goes from 1 to 3.")
    if not new.document or new.document.get("kind") != new.kind or new.document.get("issuer") != new.issuer:
        faults["document"] = N_("Look first what the provider publishes of itself.")
    if not _are_words(new.claims):
        faults["claims"] = N_("Name the provider's words for user_name, email, name and external_id, and no others.")
    if new.kind == "oidc":
        faults |= _client_faults(new)
    if faults:
        raise Invalid(faults)


def _client_faults(new: NewProvider) -> dict[str, str]:
    faults = {}
    if not new.client_id or len(new.client_id) > MAX_WORD or not new.client_id.isprintable():
        faults["client_id"] = N_("Enter the client id the provider gave for this portal.")
    if new.client_secret is not None and not 0 < len(new.client_secret) <= MAX_WORD * 2:
        faults["client_secret"] = N_("That is no secret a provider gives.")
    if "openid" not in new.scopes or not all(_SCOPE.fullmatch(each) for each in new.scopes):
        faults["scopes"] = N_("Name scopes the provider knows; openid is one of them.")
    return faults


def _are_words(claims: Mapping[str, str]) -> bool:
    return all(name in CLAIM_NAMES and 0 < len(word) <= MAX_WORD and word.isprintable() for name, word in claims.items())
