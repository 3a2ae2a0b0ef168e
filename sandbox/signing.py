"""How the sandbox and its merchant sign what they tell each other: HMAC-SHA-256 over time, id, what it is for, and the raw bytes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

SIGNATURE = "Sandbox-Signature"
FRESH_SECONDS = 300


def sign(secret: str, purpose: str, raw: bytes, *, at: int, ident: str | None = None) -> str:
    """Give the header's value: `t=…,id=…,v1=…`. `purpose`: the path called, `answer`, or `notification`."""
    ident = ident or secrets.token_hex(8)
    return f"t={at},id={ident},v1={_seal(secret, purpose, raw, str(at), ident)}"


def is_signed(header: str, secrets_: Sequence[str], purpose: str, raw: bytes, *, now: int) -> bool:
    """Say whether one of the secrets signed this, not longer than five minutes ago."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    at, ident, seal = parts.get("t", ""), parts.get("id", ""), parts.get("v1", "")
    if not at.isascii() or not at.isdigit() or abs(now - int(at[:12])) > FRESH_SECONDS:
        return False
    return any(hmac.compare_digest(_seal(each, purpose, raw, at, ident).encode(), seal.encode()) for each in secrets_)


def _seal(secret: str, purpose: str, raw: bytes, at: str, ident: str) -> str:
    return hmac.new(secret.encode(), f"{at}.{ident}.{purpose}.".encode() + raw, hashlib.sha256).hexdigest()
