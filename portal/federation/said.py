"""What a provider says of somebody, whichever language it speaks, and which of its words we read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

MAX_TEXT = 255
_OASIS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MICROSOFT = "http://schemas.microsoft.com/identity/claims/"
USUAL: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "oidc": {"user_name": ("preferred_username", "upn"), "email": ("email",), "name": ("name",), "external_id": ()},
    "saml": {
        "user_name": ("uid", "username", f"{_OASIS}upn", f"{_OASIS}name", "urn:oid:0.9.2342.19200300.100.1.1"),
        "email": ("email", "mail", f"{_OASIS}emailaddress", "urn:oid:0.9.2342.19200300.100.1.3"),
        "name": ("displayName", "name", "cn", f"{_MICROSOFT}displayname", "urn:oid:2.16.840.1.113730.3.1.241"),
        "external_id": (),
    },
}
"""The words read where a provider's `claims` name no other; the first that is there counts."""


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody, as their provider says. `email`: only one it vouches for; `authenticated_at`: when they proved it there, if it says."""

    subject: str
    user_name: str | None
    name: str | None
    email: str | None
    external_id: str | None
    authenticated_at: datetime | None

    def as_dict(self) -> dict[str, Any]:
        """Give it as JSON can keep it."""
        return asdict(self) | {"authenticated_at": self.authenticated_at.isoformat() if self.authenticated_at else None}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Said:
        """Read what `as_dict` gave."""
        at = kept["authenticated_at"]
        return cls(**{**kept, "authenticated_at": datetime.fromisoformat(at) if at else None})


def read_words(kind: str, claims: Mapping[str, str], there: Mapping[str, object]) -> dict[str, str | None]:
    """Give what we want to know of a person out of all a provider says: texts of 255 plain signs at most; None for anything else."""
    return {
        name: next((text for word in ((claims[name],) if name in claims else usual) if (text := plain(there.get(word)))), None)
        for name, usual in USUAL[kind].items()
    }


def plain(value: object) -> str | None:
    """Give a text without space around it, if it is one that can be kept."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if 0 < len(text) <= MAX_TEXT and text.isprintable() else None
