"""Flask-Babel, typed: it ships without annotations, and every face translates through here."""

from __future__ import annotations

from datetime import date, datetime

import flask_babel
from babel import Locale


def gettext(message: str, **values: object) -> str:
    """Give the sentence in the reader's language, its placeholders filled."""
    return str(flask_babel.gettext(message, **values))


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Give the sentence for `number` things; `%(num)s` is the count."""
    return str(flask_babel.ngettext(one, many, number, **values))


def format_date(value: date, pattern: str) -> str:
    """Write a day by a CLDR pattern; it is not moved between time zones."""
    return str(flask_babel.format_date(value, pattern, rebase=False))


def format_datetime(value: datetime, pattern: str) -> str:
    """Write a moment by a CLDR pattern, in the operator's time zone."""
    return str(flask_babel.format_datetime(value, pattern))


def get_locale() -> Locale:
    """Give the reader's locale."""
    locale = flask_babel.get_locale()
    return locale if isinstance(locale, Locale) else Locale("en")
