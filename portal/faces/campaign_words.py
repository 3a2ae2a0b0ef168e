"""A campaign in words, made from its document alone: what it gives, to whom, when, and what it may cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import g
from flask_babel import force_locale

from portal.base import clock
from portal.base.errors import N_
from portal.base.i18n import LANGUAGES, LOCALES, Language
from portal.base.money import MAX_MINOR
from portal.faces.babel import gettext, ngettext
from portal.faces.campaign_terms import (
    AND,
    CATEGORY_WORDS,
    CHANNEL_WORDS,
    COMMA,
    CUSTOMER_WORDS,
    DAY_WORDS,
    KIND_WORDS,
    LIST,
    OR,
    STOP,
    TIER_WORDS,
)
from portal.faces.language import language
from portal.faces.parts import portal
from portal.faces.words import day, day_long, moment, number, text
from portal.faces.words import money as money_of

Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called, by code: offerings (by language) and companies by id. What is not known is written as its code."""

    offerings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    companies: Mapping[int, str] = field(default_factory=dict)


@contextmanager
def spoken(wanted: Language) -> Iterator[None]:
    """Write in this language inside, whatever the reader's is."""
    before, g.language = language(), wanted
    try:
        with force_locale(LOCALES[wanted]):
            yield
    finally:
        g.language = before


def summaries(document: Part, names: Names | None = None) -> dict[str, str]:
    """Give what a campaign is in one sentence, in every language."""
    written: dict[str, str] = {}
    for each in LANGUAGES:
        with spoken(each):
            written[each] = summary(document, names)
    return written


def summary(document: Part, names: Names | None = None) -> str:
    """Give what a campaign is in one sentence, in the reader's language: "20 % off handsets, for Acme’s staff, at most 500 times"."""
    teller = _Teller(names or Names())
    gives = _and([teller.effect(each) for each in _dicts(document.get("effects"))]) or gettext("Nothing yet")
    parts = [gives, *teller.conditions(document.get("when")), *_period(document), *_limits(document)]
    written = _comma([each for each in parts if each])
    return written[:1].upper() + written[1:] + STOP[language()]


def condition_words(condition: Part | None, names: Names | None = None) -> str:
    """Give a tree of conditions in words; empty where it holds for everybody."""
    return _comma(_Teller(names or Names()).conditions(condition))


class _Teller:
    """Writes conditions and effects, one after the other."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def effect(self, part: Part) -> str:
        writer = _EFFECTS.get(str(part.get("kind")))
        return writer(self, part) if writer else gettext("something unknown")

    def conditions(self, part: Any) -> list[str]:
        """Give what must hold, one thing after the other."""
        if not isinstance(part, Mapping):
            return []
        if part.get("kind") == "all":
            return [words for each in _dicts(part.get("of")) for words in self.conditions(each)]
        words = self.condition(part)
        return [words] if words else []

    def condition(self, part: Part) -> str:
        kind = part.get("kind")
        if kind == "all":
            return _and(self.conditions(part))
        if kind == "any":
            return gettext("either %(these)s", these=_or([words for each in _dicts(part.get("of")) if (words := self.condition(each))]))
        if kind == "not":
            return gettext("not %(this)s", this=self.condition(part["of"])) if isinstance(part.get("of"), Mapping) else ""
        writer = _CONDITIONS.get(str(kind))
        return writer(self, part) if writer else ""

    def target(self, aim: Any) -> str:
        """Give which items are meant."""
        if not isinstance(aim, Mapping) or not any(aim.values()):
            return gettext("everything")
        kinds = [gettext(KIND_WORDS[each]) if each in KIND_WORDS else each for each in _strings(aim.get("kinds"))]
        groups = [gettext(CATEGORY_WORDS[each]) if each in CATEGORY_WORDS else each for each in _strings(aim.get("categories"))]
        return _and([*kinds, *groups, *self.offerings(aim.get("offerings"))])

    def offerings(self, codes: Any) -> list[str]:
        return [text(dict(self.names.offerings[each])) if each in self.names.offerings else each for each in _strings(codes)]

    def companies(self, ids: Any) -> list[str]:
        return [self.names.companies.get(each, gettext("a company")) for each in ids or () if isinstance(each, int)]


def _percentage(teller: _Teller, part: Part) -> str:
    share = part.get("basis_points")
    shown = number(share / 100) if isinstance(share, int) else "…"
    words = gettext("%(percent)s %% off %(what)s", percent=shown, what=teller.target(part.get("target")))
    return words + _up_to(part) + _pieces(part)


def _amount(teller: _Teller, part: Part) -> str:
    what = {"amount": _money(part.get("amount_minor")), "what": teller.target(part.get("target"))}
    words = gettext("%(amount)s off each of %(what)s", **what) if part.get("each") else gettext("%(amount)s off %(what)s", **what)
    return words + _pieces(part)


def _fixed(teller: _Teller, part: Part) -> str:
    price = _money(part.get("price_minor"))
    return gettext("%(what)s at %(price)s each", what=teller.target(part.get("target")), price=price) + _pieces(part)


def _n_for_m(teller: _Teller, part: Part) -> str:
    what = {"take": _figure(part.get("take")), "pay": _figure(part.get("pay")), "what": teller.target(part.get("target"))}
    return gettext("%(take)s for the price of %(pay)s of %(what)s", **what)


def _bundle(teller: _Teller, part: Part) -> str:
    inside = _dicts(part.get("parts"))
    parts = [
        gettext("%(count)s × %(what)s", count=_figure(each.get("quantity", 1)), what=teller.target(each.get("target"))) for each in inside
    ]
    return gettext("%(parts)s together for %(price)s", parts=_plus(parts), price=_money(part.get("price_minor")))


def _gift(teller: _Teller, part: Part) -> str:
    names = teller.offerings(part.get("one_of")) or ["…"]
    count = part.get("quantity", 1)
    gift = names[0] if count == 1 else gettext("%(count)s × %(what)s", count=_figure(count), what=names[0])
    if len(names) == 1:
        return gettext("%(gift)s as a gift", gift=gift)
    return gettext("a gift to choose: %(gifts)s", gifts=_or(names))


def _shipping(_: _Teller, part: Part) -> str:
    return gettext("free shipping") + _up_to(part)


def _points(teller: _Teller, part: Part) -> str:
    points = _figure(part.get("points"))
    if part.get("per_minor"):
        what = {"points": points, "amount": _money(part["per_minor"]), "what": teller.target(part.get("target"))}
        return gettext("%(points)s extra points for each %(amount)s of %(what)s", **what)
    return gettext("%(points)s extra points", points=points)


def _months(teller: _Teller, part: Part) -> str:
    count = part.get("months")
    what = teller.target(part.get("target"))
    if not isinstance(count, int):
        return gettext("months of %(what)s without the monthly charge", what=what)
    return ngettext("%(num)s month of %(what)s free", "%(num)s months of %(what)s free", count, what=what) + _pieces(part)


def _between(part: Part, write: Callable[[Any], str], both: str, least: str, most: str) -> str:
    low, high = part.get("min"), part.get("max")
    if low is not None and high is not None:
        return gettext(both, low=write(low), high=write(high))
    if low is not None:
        return gettext(least, low=write(low))
    return gettext(most, high=write(high)) if high is not None else ""


def _orders(_: _Teller, part: Part) -> str:
    if part.get("max") == 0:
        return gettext("with the first order")
    return _between(
        part, _figure, N_("after %(low)s to %(high)s orders"), N_("after %(low)s orders or more"), N_("after at most %(high)s orders")
    )


def _of_what(teller: _Teller, part: Part, written: str) -> str:
    aim = part.get("target")
    if not written or not isinstance(aim, Mapping) or not any(aim.values()):
        return written
    return gettext("%(condition)s of %(what)s", condition=written, what=teller.target(aim))


def _subtotal(teller: _Teller, part: Part) -> str:
    both, least, most = N_("from %(low)s to %(high)s in the basket"), N_("from %(low)s in the basket"), N_("up to %(high)s in the basket")
    return _of_what(teller, part, _between(part, _money, both, least, most))


def _quantity(teller: _Teller, part: Part) -> str:
    both, least, most = N_("with %(low)s to %(high)s pieces"), N_("with %(low)s pieces or more"), N_("with at most %(high)s pieces")
    return _of_what(teller, part, _between(part, _figure, both, least, most))


def _dates(_: _Teller, part: Part) -> str:
    return _between(part, _day, N_("from %(low)s to %(high)s"), N_("from %(low)s on"), N_("until %(high)s"))


def _weekdays(_: _Teller, part: Part) -> str:
    days = sorted(each for each in part.get("one_of") or () if isinstance(each, int) and 1 <= each <= len(DAY_WORDS))
    return _and([gettext(DAY_WORDS[each - 1]) for each in days])


def _hours(_: _Teller, part: Part) -> str:
    return gettext("between %(begin)s and %(end)s", begin=str(part.get("begin", "…"))[:5], end=str(part.get("end", "…"))[:5])


def _enterprise(teller: _Teller, part: Part) -> str:
    names = teller.companies(part.get("one_of"))
    return gettext("for members of %(companies)s", companies=_or(names)) if names else gettext("for members of any company")


def _named(words: Mapping[str, str], pattern: str) -> Callable[[_Teller, Part], str]:
    def write(_: _Teller, part: Part) -> str:
        these = _or([gettext(words[each]) if each in words else each for each in _strings(part.get("one_of"))])
        return gettext(pattern, these=these) if these else ""

    return write


def _of_offerings(pattern: str) -> Callable[[_Teller, Part], str]:
    return lambda teller, part: gettext(pattern, these=_or(teller.offerings(part.get("one_of"))) or "…")


def _ranged(both: str, least: str, most: str, write: Callable[[Any], str] | None = None) -> Callable[[_Teller, Part], str]:
    return lambda _, part: _between(part, write or _figure, both, least, most)


def _share(_: _Teller, part: Part) -> str:
    low, high = part.get("min", 0), part.get("max")
    width = high - low if isinstance(low, int) and isinstance(high, int) else "…"
    return gettext("for %(share)s %% of all customers", share=width)


def _period(document: Part) -> list[str]:
    begins, ends = _moment(document.get("starts_at")), _moment(document.get("ends_at"))
    if begins and ends:
        return [gettext("from %(low)s to %(high)s", low=begins, high=ends)]
    if begins:
        return [gettext("from %(low)s on", low=begins)]
    return [gettext("until %(high)s", high=ends)] if ends else []


def _limits(document: Part) -> list[str]:
    caps = document.get("caps")
    held, parts = caps if isinstance(caps, Mapping) else {}, []
    for name, sentence in _CAPS.items():
        if held.get(name) == 1 and name in _ONCE:
            parts.append(gettext(_ONCE[name]))
        elif held.get(name) is not None:
            write = _money if name.endswith("_minor") else _figure
            parts.append(gettext(sentence, much=write(held[name])))
    if document.get("budget_minor") is not None:
        parts.append(gettext("budget %(much)s", much=_money(document["budget_minor"])))
    if document.get("hold_out_percent"):
        parts.append(gettext("kept from %(share)s %% of customers to measure it", share=_figure(document["hold_out_percent"])))
    return parts


def _up_to(part: Part) -> str:
    return _comma(["", gettext("at most %(amount)s", amount=_money(part["most_minor"]))]) if part.get("most_minor") is not None else ""


def _pieces(part: Part) -> str:
    return (
        _comma(["", gettext("at most %(count)s pieces", count=_figure(part["most_pieces"]))]) if part.get("most_pieces") is not None else ""
    )


def _money(value: Any) -> str:
    return money_of(value) if type(value) is int and abs(value) <= MAX_MINOR else "…"


def _figure(value: Any) -> str:
    return number(value) if type(value) is int else "…"


def _day(value: Any) -> str:
    try:
        return day_long(date.fromisoformat(str(value)))
    except ValueError:
        return "…"


def _moment(value: Any) -> str:
    if not value:
        return ""
    try:
        at = datetime.fromisoformat(str(value)).astimezone(portal().settings.zone)
    except ValueError:
        return "…"
    return day(at.date()) if not (at.hour or at.minute) and at.year == clock.now().year else moment(at)


def _dicts(value: Any) -> list[Part]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []


def _strings(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _comma(parts: Sequence[str]) -> str:
    return COMMA[language()].join(parts)


def _plus(parts: Sequence[str]) -> str:
    return " + ".join(parts)


def _and(parts: Sequence[str]) -> str:
    return _last(parts, AND[language()])


def _or(parts: Sequence[str]) -> str:
    return _last(parts, OR[language()])


def _last(parts: Sequence[str], word: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return LIST[language()].join(parts[:-1]) + word + parts[-1]


_CAPS = {
    "uses": N_("at most %(much)s times"),
    "per_day": N_("at most %(much)s times a day"),
    "per_customer": N_("at most %(much)s times a customer"),
    "per_code": N_("at most %(much)s times a code"),
    "per_customer_minor": N_("at most %(much)s for one customer"),
    "per_day_minor": N_("at most %(much)s a day"),
}
_ONCE = {"uses": N_("once"), "per_day": N_("once a day"), "per_customer": N_("once a customer"), "per_code": N_("once a code")}
_EFFECTS: Mapping[str, Callable[[_Teller, Part], str]] = {
    "percentage": _percentage, "amount": _amount, "fixed_price": _fixed, "n_for_m": _n_for_m, "bundle_price": _bundle, "gift": _gift,
    "free_shipping": _shipping, "points": _points, "free_months": _months,
}  # fmt: skip
_CONDITIONS: Mapping[str, Callable[[_Teller, Part], str]] = {
    "tier": _named(TIER_WORDS, N_("for %(these)s")),
    "customer_kind": _named(CUSTOMER_WORDS, N_("for %(these)s")),
    "tenure": _ranged(
        N_("for customers of %(low)s to %(high)s months"), N_("for customers of %(low)s months or more"),
        N_("for customers of at most %(high)s months"),
    ),
    "region": _named({}, N_("for customers in %(these)s")),
    "age": _ranged(N_("from %(low)s to %(high)s years of age"), N_("from %(low)s years of age"), N_("up to %(high)s years of age")),
    "new": lambda _, part: gettext("for those who joined within %(days)s days", days=_figure(part.get("days", 30))),
    "enterprise": _enterprise,
    "holds": _of_offerings(N_("for those who have %(these)s")),
    "share": _share,
    "subtotal": _subtotal,
    "quantity": _quantity,
    "dates": _dates,
    "weekdays": _weekdays,
    "hours": _hours,
    "channel": _named(CHANNEL_WORDS, "%(these)s"),
    "place": _named({}, N_("from the stock of %(these)s")),
    "code": lambda _, __: gettext("with a code"),
    "orders": _orders,
    "spent": _ranged(
        N_("for those who spent %(low)s to %(high)s before"), N_("for those who spent %(low)s or more before"),
        N_("for those who spent at most %(high)s before"), _money,
    ),
    "bought": _of_offerings(N_("for those who bought %(these)s before")),
    "used": _ranged(
        N_("for those who used it %(low)s to %(high)s times"), N_("for those who used it %(low)s times or more"),
        N_("for those who used it at most %(high)s times"),
    ),
    "campaign": lambda _, part: gettext("together with %(code)s", code=part.get("code", "…")),
}  # fmt: skip
