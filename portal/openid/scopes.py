"""What a client may ask for: scopes, in the words a person reads when asked to agree, and claims named one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from portal.base.errors import N_

OPENID: Final = "openid"
OFFLINE: Final = "offline_access"
MAX_SCOPE = 1000


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope: its name, what it lets the client know or do, and whether a machine may have it in its own name."""

    name: str
    sentence: str
    for_machines: bool = False


SCOPES: Mapping[str, Scope] = {
    scope.name: scope
    for scope in (
        Scope(OPENID, N_("Know that it is you, by a name made for this site")),
        Scope("profile", N_("See your name and the language you prefer")),
        Scope("phone", N_("See your phone number")),
        Scope("customer", N_("See the customers you act for, and in which role"), for_machines=True),
        Scope("subscription", N_("See your lines and what is booked on them"), for_machines=True),
        Scope("points.read", N_("See your points"), for_machines=True),
        Scope(OFFLINE, N_("Do this also while you are away, until you take it back")),
    )
}
"""Every scope there is, in the order in which people read them."""

CLAIM_SCOPES: Mapping[str, str] = {
    "name": "profile",
    "preferred_language": "profile",
    "locale": "profile",
    "phone_number": "phone",
    "phone_number_verified": "phone",
    "customers": "customer",
}
"""Claims that may be asked for one by one, and the scope that gives each."""


def read_scopes(text: str) -> tuple[str, ...]:
    """Give the scopes of ours in a `scope` parameter, in our order; what we do not know is passed over (OIDC Core 3.1.2.1)."""
    asked = set(text.split(" "))
    return tuple(name for name in SCOPES if name in asked)


def write_scopes(scopes: Iterable[str]) -> str:
    """Write scopes as a `scope` parameter."""
    return " ".join(scopes)
