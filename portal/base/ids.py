"""Identifiers: 63-bit integers that sort by the time they were made, and the way they are written in an address.

Layout of an id: 42 bits of milliseconds since 2020-01-01 UTC, then 21 random bits. Uniqueness is the primary key's
business: customer tables put `customer_id` before the id, so a collision needs one customer, one millisecond, one draw.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

EPOCH_MS = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
RANDOM_BITS = 21
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)} | {"i": 1, "l": 1, "o": 0}
REF_LENGTH = 13


def new_id(now: datetime) -> int:
    """Make an id for something that comes into being at `now`."""
    return id_at(now, secrets.randbits(RANDOM_BITS))


def id_at(moment: datetime, low: int) -> int:
    """Make the id of `moment` with the given low bits (0 to 2**21 - 1); for loaders, which need ids they can repeat."""
    return (int(moment.timestamp() * 1000) - EPOCH_MS) << RANDOM_BITS | low


def to_ref(value: int) -> str:
    """Write an id as 13 letters and digits for an address; raise ValueError for what is no id."""
    if not 0 <= value < 1 << 63:
        raise ValueError("an id has 63 bits")
    letters = []
    for _ in range(REF_LENGTH):
        letters.append(ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(letters))


def from_ref(ref: str) -> int:
    """Read what `to_ref` wrote, forgiving case and look-alike letters; raise ValueError for anything else."""
    if len(ref) != REF_LENGTH:
        raise ValueError("a reference has 13 letters")
    value = 0
    for letter in ref.lower():
        digit = _VALUES.get(letter)
        if digit is None:
            raise ValueError("not a letter of a reference")
        value = value << 5 | digit
    if value >= 1 << 63:
        raise ValueError("an id has 63 bits")
    return value


def new_token(bytes_of_entropy: int = 32) -> str:
    """Make an unguessable token for a cookie or a link (256 bits unless told)."""
    return secrets.token_urlsafe(bytes_of_entropy)


def new_mark() -> int:
    """Make a random number of 62 bits that tells one state of something from every other: a count would come round after a restore."""
    return secrets.randbits(62)
