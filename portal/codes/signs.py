"""How a code is written: 13 signs of Crockford's base 32 and a check digit, in groups of four: `04F7-K9QX-M2C8-D7`.

The check digit is a weighted sum over GF(32) with weights that all differ, so every single wrong sign and every two signs
in each other's place are told at once, without a look at the database and at no cost to who mistyped.
"""

from __future__ import annotations

import unicodedata
from functools import reduce
from operator import xor

from portal.base.errors import N_, Invalid

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # pragma: allowlist secret
LENGTH = 14
GROUP = 4
_VALUES = {sign: value for value, sign in enumerate(SIGNS)} | {"I": 1, "L": 1, "O": 0}
_BETWEEN = frozenset(" -–—_.·\t\r\n\u200b")
_REDUCTION = 0b100101  # x^5 + x^2 + 1, primitive: the powers of x are 31 different weights


def _powers() -> tuple[int, ...]:
    powers = [1]
    for _ in range(30):
        double = powers[-1] << 1
        powers.append(double ^ _REDUCTION if double & 32 else double)
    return tuple(powers)


_POWERS = _powers()
_LOGS = {power: exponent for exponent, power in enumerate(_POWERS)}
_WEIGHED = [[0 if value == 0 else _POWERS[(_LOGS[value] + place) % 31] for value in range(32)] for place in range(LENGTH)]


def check_digit(values: list[int]) -> int:
    """Give the check digit of the other signs' values: with it, the weighted sum is nothing."""
    return reduce(xor, (_WEIGHED[place][value] for place, value in enumerate(values, 1)), 0)  # its own weight is 1


def write_signs(values: list[int]) -> str:
    """Write values of 0 to 31 with their check digit, in groups."""
    text = "".join(SIGNS[value] for value in (*values, check_digit(values)))
    return "-".join(text[place : place + GROUP] for place in range(0, len(text), GROUP))


def read_signs(text: str) -> list[int]:
    """Read what a person typed, forgiving case, spaces, hyphens, full-width and look-alike signs; without the check digit.

    Raises Invalid (`code`) for another number of signs, a sign that is none, and a check digit that is not right.
    """
    signs = [sign for sign in unicodedata.normalize("NFKC", text[:200]).upper() if sign not in _BETWEEN]
    if len(signs) != LENGTH:
        raise Invalid({"code": N_("A code has 14 letters and digits, in groups of four.")})
    values = [_VALUES.get(sign, -1) for sign in signs]
    if -1 in values or check_digit(values[:-1]) != values[-1]:
        raise Invalid({"code": N_("One of the letters or digits is not right. Compare them with the code.")})
    return values[:-1]


def is_code(text: str) -> bool:
    """Say whether a text has the form of a code, check digit and all."""
    try:
        read_signs(text)
    except Invalid:
        return False
    return True
