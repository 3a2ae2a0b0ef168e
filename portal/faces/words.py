"""How values become words in the reader's language: the filters templates use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_timedelta
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from flask import Flask
from markupsafe import Markup

from portal.base import clock
from portal.base.errors import PortalError
from portal.base.i18n import LOCALES, pick_text
from portal.base.money import Money
from portal.base.privacy import show_number
from portal.faces.babel import format_date, format_datetime, get_locale, gettext, ngettext
from portal.faces.language import language
from portal.faces.parts import portal

GB_KB = 1024 * 1024
WIDE = 1000


def init_app(app: Flask) -> None:
    """Register the filters and the brand."""
    settings = app.extensions["portal"].settings
    filters = {
        "money": money, "number": number, "day": day, "day_long": day_long, "month": month, "moment": moment,
        "clock_time": clock_time, "ago": ago, "text": text, "seconds": seconds, "amount": amount, "sentence": sentence,
        "iso": lambda value: value.isoformat(), "grouped": show_number, "month_short": month_short, "month_name": month_name,
        "figure": figure, "used_of": used_of, "region": region, "points": points_of,
    }  # fmt: skip
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(brand=settings.brand, support_number=settings.support_number, env_name=settings.env)


@lru_cache(maxsize=4096)
def _money(minor: int, currency: str, locale: str, country: str) -> str:
    written = format_currency(Money(minor, currency).amount, currency, locale=locale)
    return written.replace(get_currency_symbol(currency, locale=locale), _at_home(currency, country))


@lru_cache(maxsize=8)
def _at_home(currency: str, country: str) -> str:
    """Give the sign people at home write: ¥ in China, where English says CN¥ to tell it from the yen."""
    try:
        return get_currency_symbol(currency, locale=Locale.parse(f"und_{country}"))
    except UnknownLocaleError:
        return get_currency_symbol(currency, locale="en")


def money(value: Money | int) -> str:
    """Write an amount: ¥128.60. A bare integer is minor units of the operator's currency."""
    settings = portal().settings
    minor, currency = (value.minor, value.currency) if isinstance(value, Money) else (value, settings.currency)
    return _money(minor, currency, LOCALES[language()], settings.country)


def figure(minor: int) -> str:
    """Write an amount of the operator's currency as a short figure for a chart, without its sign: 103.58, 1,204."""
    currency, locale = portal().settings.currency, LOCALES[language()]
    major = Money(minor, currency).amount
    if abs(major) >= WIDE:
        return format_decimal(major, "#,##0", locale=locale)
    return format_currency(major, currency, "#,##0.00", locale=locale)


def points_of(value: int) -> str:
    """Write points: 600 points, 1 point."""
    return ngettext("%(count)s point", "%(count)s points", value, count=number(value))


def number(value: float) -> str:
    """Write a number with the language's separators."""
    return format_decimal(value, locale=LOCALES[language()])


_DAY = {"zh": "M月d日", "en": "d MMMM"}
_DAY_LONG = {"zh": "y年M月d日", "en": "d MMMM y"}
_MONTH = {"zh": "y年M月", "en": "MMMM y"}
_MONTH_NAME = {"zh": "M月", "en": "MMMM"}
_MONTH_SHORT = {"zh": "M月", "en": "MMM"}
_MOMENT = {"zh": "y年M月d日 HH:mm", "en": "d MMM y HH:mm"}


def day(value: date) -> str:
    """Write a day within a year: 28 November, 11月28日."""
    return format_date(value, _DAY[language()])


def day_long(value: date) -> str:
    """Write a day with its year: 28 November 2026, 2026年11月28日."""
    return format_date(value, _DAY_LONG[language()])


def month(value: date) -> str:
    """Write a month with its year: October 2026, 2026年10月."""
    return format_date(value, _MONTH[language()])


def month_name(value: date) -> str:
    """Write a month within a sentence of this year: October, 10月."""
    return format_date(value, _MONTH_NAME[language()])


def month_short(value: date) -> str:
    """Write a month for a narrow place: Oct, 10月."""
    return format_date(value, _MONTH_SHORT[language()])


def moment(value: datetime) -> str:
    """Write a moment in the operator's time zone: 22 Nov 2026 14:02."""
    return format_datetime(value, _MOMENT[language()])


def clock_time(value: datetime) -> str:
    """Write the time of day in the operator's time zone: 14:02."""
    return format_datetime(value, "HH:mm")


_FIGURE_THEN_HAN = re.compile(r"(?<=\d)(?=[\u4e00-\u9fff])")  # docs/language.md: a space between figures and Chinese


def ago(value: datetime) -> str:
    """Write how long ago something was: 3 hours ago, 3 小时前."""
    passed = value.astimezone(UTC) - clock.now()
    written = format_timedelta(passed, add_direction=True, threshold=1.2, locale=get_locale())
    return _FIGURE_THEN_HAN.sub(" ", written)


def text(value: dict[str, str] | str) -> str:
    """Pick the reader's language from a text the operator wrote in several."""
    return value if isinstance(value, str) else pick_text(value, language())


def seconds(value: int) -> str:
    """Write a length of calls: 4 h 25 min, 12 min."""
    hours, minutes = divmod(round(value / 60), 60)
    if hours:
        return gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=minutes)
    return gettext("%(minutes)d min", minutes=minutes)


def amount(value: int, unit: str) -> str:
    """Write a quantity of usage, counted in `seconds`, `kilobytes` or `messages`, as people say it."""
    locale = LOCALES[language()]
    if unit == "kilobytes":
        if value >= GB_KB:
            return gettext("%(size)s GB", size=format_decimal(Decimal(value * 10 // GB_KB) / 10, locale=locale))
        return gettext("%(size)s MB", size=format_decimal(value // 1024, locale=locale))
    if unit == "messages":
        return ngettext("%(count)s message", "%(count)s messages", value, count=format_decimal(value, locale=locale))
    return gettext("%(count)s min", count=format_decimal(-(-value // 60), locale=locale))


def used_of(used: int, allowance: int, unit: str) -> str:
    """Write how much of an allowance is used, naming the unit once where it is the same: 207 of 600 min used."""
    locale = LOCALES[language()]
    whole = amount(allowance, unit)
    if unit == "messages":
        short, whole = format_decimal(used, locale=locale), format_decimal(allowance, locale=locale)
    elif unit == "seconds":
        short = format_decimal(-(-used // 60), locale=locale)
    elif min(used, allowance) >= GB_KB:
        short = format_decimal(Decimal(used * 10 // GB_KB) / 10, locale=locale)
    else:
        short = amount(used, unit)
    return gettext("%(used)s of %(allowance)s used", used=short, allowance=whole)


def sentence(value: PortalError | str, **params: object) -> str:
    """Translate a sentence marked with N_, filling in its values."""
    if isinstance(value, PortalError):
        return gettext(value.sentence, **value.params)
    return gettext(value, **params) if params else gettext(value)


def joined(sentences: Iterable[str]) -> str:
    """Write whole sentences one after the other; Chinese sets no space after 。."""
    return ("" if language() == "zh" else " ").join(sentences)


def region(value: str) -> str:
    """Write where a number is registered, "province city", naming a province that is its own city once: 重庆, 浙江 杭州."""
    return " ".join(dict.fromkeys(value.split()))


def link(url: str, label: str) -> Markup:
    """Give a link for use inside a translated sentence."""
    return Markup('<a href="{}">{}</a>').format(url, label)
