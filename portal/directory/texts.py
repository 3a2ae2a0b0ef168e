"""Names as directories write them: when two are the same, and what a name may be."""

from __future__ import annotations

from unicodedata import normalize


def key_of(text: str) -> str:
    """Give what stands for a text that is compared without case (RFC 7643 2.2; normalised to NFC, RFC 7644 5)."""
    return normalize("NFC", normalize("NFC", text).lower())


def is_storable(text: str) -> bool:
    """Say whether a database can hold a text: PostgreSQL keeps no NUL, and nobody half a character."""
    return "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def checked(text: object, longest: int) -> str | None:
    """Give a text without space around it; None when nothing is left, it is too long, or holds signs that are none."""
    found = text.strip() if isinstance(text, str) else ""
    return found if 0 < len(found) <= longest and found.isprintable() else None
