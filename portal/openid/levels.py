"""The ladder of how well somebody proved who they are, as clients name its steps (`acr`, OpenID Connect Core 2)."""

from __future__ import annotations

_STEPS = {
    1: "urn:onehall:acr:pin",
    2: "urn:onehall:acr:code",
    3: "urn:onehall:acr:mfa",
    4: "urn:onehall:acr:passkey",
}
_LEVELS = {name: level for level, name in _STEPS.items()}

ACR_VALUES = tuple(_STEPS.values())
"""All steps, the lowest first, as discovery lists them."""


def acr_of(level: int) -> str:
    """Name a session's level for clients; raise KeyError for what is no level."""
    return _STEPS[level]


def level_of(acr: str) -> int | None:
    """Give the level a client names; None for a name that is not ours."""
    return _LEVELS.get(acr)
