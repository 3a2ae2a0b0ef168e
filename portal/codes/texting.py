"""Codes that come by text message: `DHM 0123-4567-89AB-CT`, or the code alone, for whoever holds the number it comes from.

The text is never stored: who has a code has what it is worth. A message the centre brings twice is answered twice and
redeemed once.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import Invalid
from portal.base.keys import Keys
from portal.codes.entry import Redeemer
from portal.codes.errors import CodeRefused
from portal.codes.redeeming import Redeemed, redeem_code
from portal.codes.signs import LENGTH
from portal.customers import find_holder
from portal.identity import Guesser

KEYWORD = "DHM"
LONGEST_TEXT = 200
_SIGNS = re.compile(r"[0-9A-Z]+")
_NEARLY = range(LENGTH - 2, LENGTH + 3)


@dataclass(frozen=True, slots=True)
class Texted:
    """What became of a code somebody sent: who is to be answered, and what. Invalid: a typing error."""

    number: str
    party_id: int
    answer: Redeemed | CodeRefused | Invalid


def find_code(text: str) -> str | None:
    """Give what of a message is meant as a code: what follows the keyword, or all of it if it is as long as one; else None."""
    plain = " ".join(unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).upper().split())
    if plain.startswith(KEYWORD):
        return plain[len(KEYWORD) :].strip(" :+")
    signs = "".join(_SIGNS.findall(plain))
    return plain if len(signs) in _NEARLY and not set(plain) - set(signs) - set(" -–—.") else None


def redeem_text(session: Session, keys: Keys, number: str, text: str, *, now: datetime) -> Texted | None:
    """Redeem the code in a message for the holder of the number it came from; None: it holds none, or nobody holds the number.

    `number`: as `parse_number` gives it, told by the centre. Commit what is returned: wrong codes count for the number.
    """
    code = find_code(text)
    holder = find_holder(session, number) if code is not None else None
    if code is None or holder is None:
        return None
    guesser = Guesser(holder.customer_id, number=number)
    redeemer = Redeemer(holder.customer_id, "sms", f"party:{holder.party_id}", guesser, holder.party_id)
    try:
        return Texted(number, holder.party_id, redeem_code(session, keys, code, redeemer, now=now))
    except Invalid as mistyped:
        return Texted(number, holder.party_id, mistyped)
