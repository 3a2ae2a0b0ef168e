"""Which passwords are too easy to guess: the six digits of a line, and the passwords of staff (guard.md 4, 5)."""

from __future__ import annotations

import unicodedata
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

from portal.base.errors import N_

PIN_DIGITS = 6
MIN_PASSWORD, MAX_PASSWORD = 8, 1024
MIN_WORD = 4
_WORDS = Path(__file__).parent / "words"

_NOT_SIX = N_("A service password has six digits.")
_IN_ROW = N_("Choose digits that do not follow each other, as 123456 does.")
_REPEATED = N_("Use more than two different digits, and do not repeat a group.")
_NUMBER = N_("Choose digits that are not part of the phone number.")
_BIRTHDAY = N_("Choose digits that are not a birthday.")
_FREQUENT = N_("Very many people use these six digits. Choose others.")
_TOO_SHORT = N_("Use eight characters or more.")
_TOO_LONG = N_("Use 1024 characters at most.")
_COMMON = N_("This password is on the list of those tried first. Choose another one.")
_NAMED = N_("Leave your login and your name out of the password.")


def clean_pin(text: str) -> str:
    """Give a service password as it was meant: full-width digits become plain ones, stray spaces and hyphens go."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign not in " -\t\r\n")


def policy_faults(pin: str, *, number: str, birth_date: date | None) -> list[str]:
    """Give a sentence for each reason why the line `number` cannot have `pin`; none: it can (ASVS 5.0 6.2.5)."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        return [_NOT_SIX]
    faults = []
    if _follows(pin):
        faults.append(_IN_ROW)
    if len(set(pin)) <= 2 or pin[:3] == pin[3:] or pin[:2] == pin[2:4] == pin[4:]:
        faults.append(_REPEATED)
    if pin in number or pin[::-1] in number:
        faults.append(_NUMBER)
    if birth_date is not None and pin in _birthdays(birth_date):
        faults.append(_BIRTHDAY)
    if not faults and pin in _listed("pins.txt"):
        faults.append(_FREQUENT)
    return faults


def password_faults(password: str, *, login: str, name: str) -> list[str]:
    """Give a sentence for each reason why a member of staff cannot have `password`; none: it can.

    Eight characters or more, whichever they are; nothing is asked of their mixture (ASVS 5.0 6.2.1, 6.2.4, 6.2.5, 6.2.9).
    """
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < MIN_PASSWORD:
        return [_TOO_SHORT]
    if len(plain) > MAX_PASSWORD:
        return [_TOO_LONG]
    lowered = plain.casefold()
    faults = []
    if lowered in _listed("passwords.txt") or len(set(lowered)) <= 2 or _follows(lowered):
        faults.append(_COMMON)
    own = (unicodedata.normalize("NFKC", word).casefold() for word in (login, *name.split()))
    if any(len(word) >= MIN_WORD and word in lowered and len(lowered) - len(word) < MIN_PASSWORD for word in own):
        faults.append(_NAMED)
    return faults


def _follows(text: str) -> bool:
    """Say whether every sign is the one before it plus, or minus, one: 123456, 654321, abcdefgh; 890123 too."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1}) or (text.isdigit() and {step % 10 for step in steps} in ({1}, {9}))


def _birthdays(day: date) -> set[str]:
    year, month, date_ = f"{day.year:04d}", f"{day.month:02d}", f"{day.day:02d}"
    plain = {year + month + date_, date_ + month + year, month + date_ + year, f"{year}{day.month}{day.day}"}
    short = {year[2:] + month + date_, date_ + month + year[2:], month + date_ + year[2:], year + date_, date_ + year}
    return {long[start : start + PIN_DIGITS] for long in plain for start in range(len(long) - PIN_DIGITS + 1)} | short


@cache
def _listed(name: str) -> frozenset[str]:
    return frozenset((_WORDS / name).read_text("utf-8").split("\n")) - {""}
