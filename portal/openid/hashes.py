"""How secrets of 256 random bits are stored and compared: as SHA-256, which needs no salt and no slowness for them."""

from __future__ import annotations

import base64
import hashlib


def hash_secret(secret: str) -> str:
    """Give a code, a token or a `jti` as it is stored: 64 hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def encode(data: bytes) -> str:
    """Write bytes in base64url without padding, as every RFC here does."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """Give the PKCE challenge of a verifier by S256 (RFC 7636 4.2)."""
    return encode(hashlib.sha256(verifier.encode()).digest())
