"""Codes are made, not stored: a code is its batch's mark and its number in the batch, enciphered with the batch's key.

13 signs of 5 bits: two of them the mark (the batch's id, as far as it fits), eleven the enciphered number, 55 bits. A
number is good when it is below the size of the batch, so of 2^55 guesses exactly `size` are right: for ten million codes
one in 2^31.7, for the largest batch one in 2^30.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from portal.base.keys import Keys
from portal.codes.cipher import Ff1
from portal.codes.signs import read_signs, write_signs

MARKS = 32**2
NUMBER_SIGNS = 11
MOST = 2**25
_DRAWS = 2**64


@dataclass(frozen=True, slots=True)
class Maker:
    """What makes and reads the codes of one batch, and draws their prizes."""

    mark: int
    cipher: Ff1
    draw_key: bytes

    def write(self, number: int) -> str:
        """Give the code of a number of the batch, in groups of four."""
        return write_signs(_digits(self.mark, 2) + _digits(self.cipher.encrypt(number), NUMBER_SIGNS))

    def read(self, values: Sequence[int]) -> int:
        """Give the number behind the signs of a code (`read_signs`); one of another batch gives a number past this one's size."""
        return self.cipher.decrypt(_number(values[2:]))

    def draw(self, number: int, of: int) -> int:
        """Give the lot of a number, 0 to `of` - 1: drawn when the batch was made, the same however often it is asked."""
        return int.from_bytes(hmac.digest(self.draw_key, number.to_bytes(8), "sha256")[:8]) * of // _DRAWS


def new_secret(keys: Keys) -> str:
    """Give the secret of a new batch, encrypted for the database."""
    return keys.encrypt(secrets.token_hex(32))


def open_maker(keys: Keys, batch_id: int, secret: str) -> Maker:
    """Give what makes the codes of a batch, from its encrypted secret; kept for the next time."""
    return _open(keys, batch_id, secret)


def mark_of(values: Sequence[int]) -> int:
    """Give the mark of a code: the id of its batch, without what is above 1,023."""
    return _number(values[:2])


def read_mark(text: str) -> tuple[int, list[int]]:
    """Give mark and values of a code as typed; raises Invalid (`code`) for a typing error."""
    values = read_signs(text)
    return mark_of(values), values


@lru_cache(maxsize=256)
def _open(keys: Keys, batch_id: int, secret: str) -> Maker:
    root = bytes.fromhex(keys.decrypt(secret))
    cipher_key, draw_key = (hmac.digest(root, purpose, "sha256") for purpose in (b"codes", b"draw"))
    return Maker(batch_id % MARKS, Ff1(cipher_key, 32, NUMBER_SIGNS, batch_id.to_bytes(8)), draw_key)


def _digits(number: int, length: int) -> list[int]:
    return [number >> 5 * place & 31 for place in reversed(range(length))]


def _number(values: Sequence[int]) -> int:
    number = 0
    for value in values:
        number = number << 5 | value
    return number
