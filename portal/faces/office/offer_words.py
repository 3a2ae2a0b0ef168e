"""An offer in words, for whoever makes, approves or looks at it: a sentence for each thing that was built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portal.base.i18n import pick_text
from portal.base.money import Money
from portal.catalog import OfferingDocument
from portal.customers import PAPERS
from portal.faces.babel import format_datetime, gettext, ngettext
from portal.faces.language import language
from portal.faces.office.offer_form import CHANNEL_WORDS, KIND_WORDS, TIER_WORDS
from portal.faces.words import money, number

POINTS = "points"


def say_offer(document: OfferingDocument) -> Sequence[str]:
    """Say what a document makes, in the reader's language, a sentence each."""
    return [*_what(document), *_prices(document), *_who(document), *_with(document), *_terms(document), *_ahead(document)]


def say_amount(amount: int, unit: str) -> str:
    """Write an amount of money or points."""
    return gettext("%(count)s points", count=number(amount)) if unit == POINTS else money(Money(amount, unit))


def _what(document: OfferingDocument) -> Iterator[str]:
    kind = gettext(KIND_WORDS[document.kind])
    yield gettext("%(kind)s: %(name)s.", kind=kind, name=pick_text(document.name.local(), language()))
    if not document.on_sale:
        yield gettext("It is not on sale.")
    if document.stocked:
        yield gettext("Sold as long as there are pieces of it.")


def _prices(document: OfferingDocument) -> Iterator[str]:
    for price in document.prices:
        amount = say_amount(price.amount, price.unit)
        if price.kind == "once":
            said = gettext("Costs %(amount)s once.", amount=amount)
            if price.from_quantity > 1:
                said = gettext("From %(count)s pieces on it costs %(amount)s each.", count=price.from_quantity, amount=amount)
        elif price.kind == "monthly":
            said = gettext("Costs %(amount)s a month.", amount=amount)
        elif price.kind == "deposit":
            said = gettext("A deposit of %(amount)s.", amount=amount)
        else:
            units = {"minute": gettext("a minute"), "mb": gettext("an MB"), "message": gettext("a message")}
            said = gettext("Usage costs %(amount)s %(unit)s.", amount=amount, unit=units[price.usage_unit or "minute"])
        when = _span(price.valid_from, price.valid_to)
        where = "" if price.price_list == "standard" else gettext("On the list %(name)s.", name=price.price_list)
        yield " ".join(part for part in (said, when, where) if part)
    if document.tax_basis_points:
        yield gettext("Tax of %(rate)s %% is in it.", rate=number(document.tax_basis_points / 100))


def _who(document: OfferingDocument) -> Iterator[str]:
    who, many = document.eligibility, gettext(", ")
    yield gettext("Sold here: %(places)s.", places=many.join(gettext(CHANNEL_WORDS[each]) for each in document.channels))
    yield from filter(None, [_span(document.valid_from, document.valid_to)])
    if who.tiers:
        yield gettext("For these tiers: %(tiers)s.", tiers=many.join(gettext(TIER_WORDS[each]) for each in who.tiers))
    if who.kinds:
        words = {"individual": gettext("people"), "organisation": gettext("organisations")}
        yield gettext("For %(whom)s alone.", whom=many.join(words[each] for each in who.kinds))
    if who.regions:
        yield gettext("In these provinces: %(names)s.", names=many.join(who.regions))
    if who.age_min is not None or who.age_max is not None:
        yield _between(gettext("Age"), who.age_min, who.age_max)
    if who.tenure_months_min is not None or who.tenure_months_max is not None:
        yield _between(gettext("Months as a customer"), who.tenure_months_min, who.tenure_months_max)
    if who.documents:
        yield gettext("For those who have shown: %(papers)s.", papers=many.join(gettext(PAPERS[each].name) for each in who.documents))
    if who.enterprise:
        yield gettext("For enterprises and those who work for them alone.")
    newness = {"new": gettext("For those who have nothing from us yet."), "existing": gettext("For those who have something from us.")}
    yield from filter(None, [newness.get(who.customers)])
    if document.most_per_customer:
        yield ngettext("%(num)s for one customer at most.", "%(num)s for one customer at most.", document.most_per_customer)


def _with(document: OfferingDocument) -> Iterator[str]:
    many = gettext(", ")
    if document.requires:
        yield gettext("Needs all of these: %(codes)s.", codes=many.join(document.requires))
    if document.add_on_of:
        yield gettext("Needs one of these: %(codes)s.", codes=many.join(document.add_on_of))
    if document.excludes:
        yield gettext("Never with: %(codes)s.", codes=many.join(document.excludes))
    if document.members:
        parts = many.join(f"{each.quantity} × {each.code}" for each in document.members)
        yield gettext("In the bundle: %(codes)s.", codes=parts)


def _terms(document: OfferingDocument) -> Iterator[str]:
    terms = document.terms
    if terms.months_bound:
        yield ngettext("Bound for %(num)s month.", "Bound for %(num)s months.", terms.months_bound)
    if terms.early_end_minor:
        unit = next((price.unit for price in document.prices if price.unit != POINTS), None)
        if unit is not None:
            yield gettext("Ending early costs %(amount)s at most.", amount=say_amount(terms.early_end_minor, unit))
    if terms.notice_days:
        yield ngettext("Notice: %(num)s day.", "Notice: %(num)s days.", terms.notice_days)


def _ahead(document: OfferingDocument) -> Iterator[str]:
    presale = document.presale
    if presale is None:
        return
    unit = next((price.unit for price in document.prices if price.unit != POINTS), None)
    if unit is not None:
        amount, day = say_amount(presale.deposit_minor, unit), presale.available_from.isoformat()
        yield gettext("Sold ahead for a deposit of %(amount)s; there from %(day)s.", amount=amount, day=day)
    yield from filter(None, [_span(presale.opens_at, presale.closes_at)])


def _span(begin: object, end: object) -> str:
    first, last = (format_datetime(each, "yyyy-MM-dd HH:mm") if each else "" for each in (begin, end))  # type: ignore[arg-type]
    if first and last:
        return gettext("From %(first)s until %(last)s.", first=first, last=last)
    if first:
        return gettext("From %(first)s on.", first=first)
    return gettext("Until %(last)s.", last=last) if last else ""


def _between(what: str, least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return gettext("%(what)s: %(least)s to %(most)s.", what=what, least=least, most=most)
    if least is not None:
        return gettext("%(what)s: %(least)s or more.", what=what, least=least)
    return gettext("%(what)s: %(most)s or less.", what=what, most=most)
