"""Keys for each purpose, derived from the installation's secret and from its former secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from portal.base.settings import Settings


def derive(secret: str, purpose: str) -> bytes:
    """Give 32 bytes for `purpose` that say nothing of the secret or of other purposes (HMAC-SHA-256 as a KDF)."""
    return hmac.new(secret.encode(), b"onehall:" + purpose.encode(), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class Keys:
    """All derived keys. Where there are several, the first makes and all check: rotation without logouts."""

    audit: tuple[bytes, ...]
    codes: bytes
    lookups: bytes
    cookies: tuple[str, ...]
    refresh: tuple[bytes, ...]
    subjects: bytes
    vault: MultiFernet

    def encrypt(self, text: str) -> str:
        """Encrypt a small secret for the database."""
        return self.vault.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Read what `encrypt` gave; raise ValueError when no key of ours made it."""
        try:
            return self.vault.decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise ValueError("not encrypted with a key of this installation") from error


def make_keys(settings: Settings) -> Keys:
    """Derive every key from the settings' secrets, the present one first."""
    secrets = [settings.secret_key.get_secret_value(), *(old.get_secret_value() for old in settings.old_secret_keys)]
    return Keys(
        audit=tuple(derive(secret, "audit") for secret in secrets),
        codes=derive(secrets[0], "codes"),
        lookups=derive(secrets[0], "lookups"),
        cookies=tuple(derive(secret, "cookies").hex() for secret in secrets),
        refresh=tuple(derive(secret, "refresh") for secret in secrets),
        subjects=derive(settings.subject_secret.get_secret_value() or secrets[-1], "subjects"),
        vault=MultiFernet([Fernet(base64.urlsafe_b64encode(derive(secret, "vault"))) for secret in secrets]),
    )
