"""What is typed into a field of a campaign's form, and what stands for it in the document; and back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from portal.base.errors import N_
from portal.base.ids import from_ref, to_ref
from portal.base.money import minor_digits
from portal.faces.office.campaign_parts import Type
from portal.faces.parts import portal

BELOW_TARGET = ("offerings", "kinds", "categories")
_WHOLE = N_("Enter a whole number.")
_AMOUNT = N_("Enter an amount, such as 50 or 49.90.")
_PERCENT = N_("Enter a percentage, such as 20 or 12.5.")
_DAY = N_("Enter a day, such as 2026-12-24.")
_TIME = N_("Enter a time, such as 18:30.")
_MOMENT = N_("Enter a day and a time, such as 2026-12-24 10:00.")
_COMPANY = N_("Choose companies from the list.")
_SEPARATORS = re.compile(r"[,，、;；\s]+")
MOST_TYPED = 4000


class Unread(str):
    """Something typed that could not be read. It keeps its place in the document until it is corrected; `sentence` says why."""

    __slots__ = ("sentence",)
    sentence: str

    def __new__(cls, text: str, sentence: str) -> Self:
        """Keep what was typed, with the msgid of what is wrong with it."""
        made = super().__new__(cls, text)
        made.sentence = sentence
        return made


def read_value(kind: Type, texts: Sequence[str]) -> Any:
    """Give what was typed as it stands in a document; None where nothing was. What cannot be read is given as Unread."""
    text = unicodedata.normalize("NFKC", texts[0]).strip()[:MOST_TYPED] if texts else ""
    if kind == "picks":
        return [int(each) if each.isdecimal() else each for each in texts] or None
    if kind == "companies":
        return _companies(texts)
    if kind == "yes":
        return True if text else None
    if kind == "line":
        return texts[0].strip()[:400] if texts and texts[0].strip() else None
    if not text:
        return None
    return _READERS.get(kind, str)(text)


def write_value(kind: Type, value: Any) -> Any:
    """Give what stands in a document as it is shown in a field: a text, or a list of chosen values."""
    if kind in ("picks", "companies"):
        chosen = value if isinstance(value, list | tuple) else ()
        return [to_ref(each) if kind == "companies" and isinstance(each, int) else str(each) for each in chosen]
    if kind == "yes":
        return bool(value)
    if value is None:
        return ""
    if isinstance(value, str) and kind not in ("moment", "time"):
        return value
    writer = _WRITERS.get(kind)
    try:
        return writer(value) if writer else str(value)
    except (TypeError, ValueError):
        return str(value)


def _whole(text: str) -> Any:
    bare = text.replace(",", "")
    return int(bare) if bare.isascii() and bare.isdecimal() and len(bare) <= 12 else Unread(text, _WHOLE)


def _scaled(digits: int, fault: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        bare = text.strip("¥￥% ").replace(",", "")
        try:
            value = Decimal(bare).scaleb(digits)
        except InvalidOperation:
            return Unread(text, fault)
        if not value.is_finite() or value < 0 or value != value.to_integral_value() or value > 10**15:
            return Unread(text, fault)
        return int(value)

    return read


def _money(text: str) -> Any:
    return _scaled(minor_digits(portal().settings.currency), _AMOUNT)(text)


def _words(text: str) -> list[str]:
    return [each for each in _SEPARATORS.split(text) if each]


def _of_iso(make: Callable[[str], Any], fault: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return make(text).isoformat()
        except ValueError:
            return Unread(text, fault)

    return read


def _moment(text: str) -> Any:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=portal().settings.zone).isoformat()
    except ValueError:
        return Unread(text, _MOMENT)


def _companies(texts: Sequence[str]) -> Any:
    try:
        return [from_ref(each) for each in texts if each] or None
    except ValueError:
        return Unread(" ".join(texts)[:200], _COMPANY)


def _decimal(value: int, digits: int) -> str:
    written = f"{Decimal(value).scaleb(-digits):f}"
    return written.rstrip("0").rstrip(".") if "." in written and not int(value) % 10**digits else written


def _write_moment(value: str) -> str:
    return (
        value if isinstance(value, Unread) else datetime.fromisoformat(value).astimezone(portal().settings.zone).strftime("%Y-%m-%dT%H:%M")
    )


def _percent(value: int) -> str:
    written = f"{Decimal(value).scaleb(-2):f}"
    return written.rstrip("0").rstrip(".")


_READERS: Mapping[str, Callable[[str], Any]] = {
    "whole": _whole, "money": _money, "percent": _scaled(2, _PERCENT), "words": _words, "day": _of_iso(date.fromisoformat, _DAY),
    "time": _of_iso(time.fromisoformat, _TIME), "moment": _moment,
}  # fmt: skip
_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "money": lambda value: _decimal(value, minor_digits(portal().settings.currency)),
    "percent": _percent,
    "words": ", ".join,
    "time": lambda value: value if isinstance(value, Unread) else str(value)[:5],
    "moment": _write_moment,
}
