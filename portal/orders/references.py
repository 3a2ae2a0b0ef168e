"""What people call an order by: eight signs that are read aloud and typed without mistakes, such as "R7KM-4XAC".

No sign looks like another one; the last checks the seven before it: any one sign misread, and any two neighbours
exchanged, are found out (weights that differ, modulo a prime). Seven signs of 23 are 3.4 thousand million references: a
customer never has one twice, and two customers have the same one so seldom that the desk tells them apart by the rest.
"""

from __future__ import annotations

import secrets

ALPHABET = "34679ACDEFGHJKMNPRTVWXY"  # 23, a prime: none of 0O 1IL 2Z 5S 8B UV QO alike
LENGTH = 8


def new_reference() -> str:
    """Draw a reference; whether the customer has it already, the database says."""
    number, signs = secrets.randbelow(len(ALPHABET) ** (LENGTH - 1)), ""
    for _ in range(LENGTH - 1):
        number, place = divmod(number, len(ALPHABET))
        signs += ALPHABET[place]
    return _written(signs + _check(signs))


def read_reference(text: str) -> str | None:
    """Give what was typed as a reference is written, whatever its case, spaces and hyphens; None for what cannot be one."""
    signs = "".join(text.upper().replace("-", " ").split())
    if len(signs) != LENGTH or any(sign not in ALPHABET for sign in signs) or _check(signs[:-1]) != signs[-1]:
        return None
    return _written(signs)


def _written(signs: str) -> str:
    return f"{signs[:4]}-{signs[4:]}"


def _check(signs: str) -> str:
    return ALPHABET[sum(weight * ALPHABET.index(sign) for weight, sign in enumerate(signs, 2)) % len(ALPHABET)]
