"""Addresses that providers name: ours to send a browser to, and to call."""

from __future__ import annotations

from urllib.parse import urlsplit

MAX_ADDRESS = 512


def is_address(value: object, *, allow_http: bool) -> bool:
    """Say whether something is a whole https address (or, where allowed, http): of plain signs, with a host, without a fragment."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ADDRESS or not value.isascii() or not value.isprintable():
        return False
    if any(sign in value for sign in ' \\"<>^`{|}#'):
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (allow_http and parts.scheme == "http")
