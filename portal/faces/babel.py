"""Words in the reader's language: Flask-Babel chooses the locale and writes dates, the sentences come from here.

Flask-Babel looks its catalogue up anew for each sentence, which was a sixth of a page's time; ours is found once a process.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from gettext import NullTranslations

import flask_babel
from babel import Locale
from babel.support import Translations
from flask import Flask, has_request_context

from portal.base.i18n import LOCALES, Language
from portal.base.settings import ROOT
from portal.faces.language import language

FOLDER = ROOT / "portal" / "translations"


def init_app(app: Flask) -> None:
    """Have templates translate through here too; `_` there fills placeholders itself (newstyle)."""
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension adds it
        lambda message: _spoken().gettext(message),
        lambda one, many, number: _spoken().ngettext(one, many, number),
        newstyle=True,
    )


@cache
def _catalogue(spoken: Language) -> NullTranslations:
    return Translations.load(FOLDER, [LOCALES[spoken]])


def _spoken() -> NullTranslations:
    return _catalogue(language() if has_request_context() else "en")


def gettext(message: str, **values: object) -> str:
    """Give the sentence in the reader's language, its placeholders filled."""
    text = _spoken().gettext(message)
    return text % values if values else text


def gettext_in(spoken: Language, message: str, **values: object) -> str:
    """Give the sentence in a language that is nobody's request's: for messages."""
    text = _catalogue(spoken).gettext(message)
    return text % values if values else text


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Give the sentence for `number` things; `%(num)s` is the count."""
    return _spoken().ngettext(one, many, number) % {"num": number, **values}


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
