"""Slow salted hashes for passwords: Argon2id with the settings' cost. Never inside a transaction: one takes 25 ms."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.base.ids import new_token
from portal.base.settings import Settings


@dataclass(frozen=True, slots=True)
class Hasher:
    """Makes hashes, and holds one that no password fits: to be verified where there is none, at the same cost."""

    argon2: PasswordHasher
    dummy: str

    def hash(self, password: str) -> str:
        """Give the hash to store. Spellings of the same characters are one password (NFKC, NIST SP 800-63B-4 3.1.1.2)."""
        return self.argon2.hash(unicodedata.normalize("NFKC", password))


def make_hasher(settings: Settings) -> Hasher:
    """Make the hasher of an installation. Costs one hash."""
    argon2 = PasswordHasher(
        time_cost=settings.argon2_rounds, memory_cost=settings.argon2_memory_kib, parallelism=1, hash_len=32, salt_len=16
    )
    return Hasher(argon2, argon2.hash(new_token()))


def verify(hashed: str | None, password: str, hasher: Hasher) -> bool:
    """Say whether the password fits. None, for somebody who has no password or is not there, costs the same time."""
    try:
        hasher.argon2.verify(hashed or hasher.dummy, unicodedata.normalize("NFKC", password))
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None
