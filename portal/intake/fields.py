"""What a file can say of a customer, and how the text of a cell becomes a value. A cell that cannot is a `Fault`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Self

from portal.base.errors import Invalid
from portal.customers import parse_number

LONGEST_WORD = 60
_LONGEST = {"external_id": 64, "name": 100, "address.line": 200}
MOST_MONTHS = 1200
FIRST_DAY = date(1900, 1, 1)

Convert = Callable[[str], object]
"""Turns the text of a cell, cleaned and not blank, into a value that JSON can hold; raises Fault."""


class Fault(Exception):
    """What is wrong with a row: a sentence, the column it is about ("" for the whole row), and what stood there."""

    def __init__(self, sentence: str, *, column: str = "", value: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.column, self.value = sentence, column, value

    def at(self, column: str, value: str) -> Fault:
        """Give the same, saying where."""
        return Fault(self.sentence, column=self.column or column, value=self.value or value)


class Unusable(str):
    """A cell that holds no value of its own, with what it shows; `why` is the sentence to reject its row with."""

    __slots__ = ("why",)
    why: str

    def __new__(cls, shown: str, why: str) -> Self:
        """Make one."""
        made = super().__new__(cls, shown)
        made.why = why
        return made


@dataclass(frozen=True, slots=True)
class Setting:
    """What values depend on besides their text: the day it is, and the country whose numbers are read."""

    today: date
    country: str


WORDS: Mapping[str, Mapping[str, object]] = {
    "gender": {"male": "male", "female": "female", "m": "male", "f": "female", "男": "male", "女": "female"},
    "language": {"zh": "zh", "en": "en", "中文": "zh", "english": "en"},
    "tier": {"standard": "standard", "silver": "silver", "gold": "gold"},
    "payment_method": {name: name for name in ("bank_transfer", "credit_card", "electronic_check", "mailed_check")},
    "paperless": {"yes": True, "no": False, "true": True, "false": False, "y": True, "n": False, "1": True, "0": False}
    | {"是": True, "否": False},
    "term": {name: name for name in ("monthly", "one_year", "two_years")},
    "line_kind": {"mobile": "mobile", "broadband": "broadband"},
}
"""Fields of few values, and the words for each that need no table in a mapping. Case does not matter."""

ADDRESS = ("area_code", "province", "city", "area", "line")
FIELDS = (
    *("external_id", "name", "number", "gender", "birth_date", "language", "tier", "since", "tenure_months"),
    *("payment_method", "paperless", "term", "line_kind", "device", "region"),
    *(f"address.{name}" for name in ADDRESS),
)
"""Everything a mapping can fill but products; `number` may be filled from several columns, a line for each."""


def converter(field: str, setting: Setting, day_format: str | None) -> Convert:
    """Give what reads the cells of a field. `day_format` is strptime's; None: 2024-03-05, 2024/3/5 and 20240305."""
    if field in WORDS:
        return partial(_word, WORDS[field])
    if field in ("birth_date", "since"):
        return partial(_day, day_format, setting.today)
    if field == "number":
        return partial(_number, setting.country)
    if field == "tenure_months":
        return _months
    return partial(_text, _LONGEST.get(field, LONGEST_WORD))


def cleaned(cell: str) -> str:
    """Give the text of a cell without space around it and without the unseen marks that come with copying.

    An apostrophe that keeps a spreadsheet from calculating (`'+86 138…`) is none of the text. Raises Fault for control
    characters, and for a cell of a spreadsheet that has no value of its own.
    """
    if type(cell) is Unusable:
        raise Fault(cell.why)
    text = cell.lstrip()
    if text.startswith(_KEPT):
        text = text[1:]
    text = text.strip()
    return text if text.isprintable() else _without_marks(text)


_KEPT = tuple(f"'{sign}" for sign in "=+-@\t\r")


def _without_marks(text: str) -> str:
    kept = []
    for char in text:
        category = unicodedata.category(char)
        if category == "Zs":
            kept.append(" ")
        elif category == "Cf":
            continue
        elif not char.isprintable():
            raise Fault("There is a control character in it.")
        else:
            kept.append(char)
    return "".join(kept).strip()


def _text(longest: int, text: str) -> str:
    if len(text) > longest:
        raise Fault(f"It is longer than {longest} characters.")
    return text


def _word(words: Mapping[str, object], text: str) -> object:
    found = words.get(text.casefold())
    if found is None:
        raise Fault("The value is not known.", value=text)
    return found


def _number(country: str, text: str) -> str:
    try:
        return parse_number(text, country)
    except Invalid as error:
        raise Fault(error.fields["number"], value=text) from error


_ISO = re.compile(r"(\d{4})([-/.年]?)(\d{1,2})([-/.月]?)(\d{1,2})日?(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)


def _day(day_format: str | None, today: date, text: str) -> str:
    day = _read_day(day_format, text)
    if day is None:
        raise Fault("There is no such day.", value=text)
    if not FIRST_DAY <= day <= today:
        raise Fault("The day lies before 1900 or in the future.", value=text)
    return day.isoformat()


def _read_day(day_format: str | None, text: str) -> date | None:
    try:
        if day_format is not None:
            return datetime.strptime(text, day_format).date()  # noqa: DTZ007 - a day has no zone
        found = _ISO.fullmatch(text)
        if found is None or (not found[2] and len(text) != 8):
            return None
        return date(int(found[1]), int(found[3]), int(found[5]))
    except ValueError:
        return None


_WHOLE = re.compile(r"\d{1,4}(?:\.0+)?", re.ASCII)


def _months(text: str) -> int:
    if not _WHOLE.fullmatch(text) or (count := int(text.partition(".")[0])) > MOST_MONTHS:
        raise Fault("It is no count of months.", value=text)
    return count
