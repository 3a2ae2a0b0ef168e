"""What in one offering cannot be true together: each rule is a generator of places and sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from portal.base.errors import N_
from portal.catalog.document import OfferingDocument, Price

_Faults = Iterator[tuple[str, str]]
RESERVED = frozenset({"new", "preview", "changes", "price-lists"})
"""Words that stand in addresses where an offer's code may."""
_ENDS_FIRST = N_("The end comes before the beginning.")


def contradictions(document: OfferingDocument) -> dict[str, str]:
    """Say what in a document cannot be true together, by place."""
    faults: dict[str, str] = {}
    for check in (_names, _times, _who, _parts, _delivery, _prices):
        for place, sentence in check(document):
            faults.setdefault(place, sentence)
    return faults


def _names(document: OfferingDocument) -> _Faults:
    if document.code in RESERVED:
        yield "code", N_("This word has another use here. Choose another code.")
    for name in ("requires", "excludes", "add_on_of"):
        codes = getattr(document, name)
        for number, code in enumerate(codes):
            if code == document.code:
                yield f"{name}.{number}", N_("An offer cannot name itself here.")
            elif code in codes[:number]:
                yield f"{name}.{number}", N_("This is there twice.")
    for number, code in enumerate(document.excludes):
        if code in document.requires:
            yield f"excludes.{number}", N_("It cannot exclude what it requires.")
        if document.add_on_of == (code,):
            yield f"excludes.{number}", N_("It cannot exclude what it requires.")
    if not document.channels:
        yield "channels", N_("Choose one or more.")


def _times(document: OfferingDocument) -> _Faults:
    if _ends_first(document.valid_from, document.valid_to):
        yield "valid_to", _ENDS_FIRST
    presale = document.presale
    if presale is None:
        return
    if _ends_first(presale.opens_at, presale.closes_at):
        yield "presale.closes_at", _ENDS_FIRST
    if presale.closes_at is not None and presale.closes_at.date() > presale.available_from:
        yield "presale.closes_at", N_("A pre-sale ends before the pieces come.")
    if not document.stocked:
        yield "presale", N_("Only what is stocked can be sold before it is there.")


def _ends_first(begin: datetime | None, end: datetime | None) -> bool:
    return begin is not None and end is not None and end <= begin


def _who(document: OfferingDocument) -> _Faults:
    who = document.eligibility
    for name in ("tenure_months", "age"):
        low, high = getattr(who, f"{name}_min"), getattr(who, f"{name}_max")
        if low is not None and high is not None and low > high:
            yield f"eligibility.{name}_max", N_("The most is less than the least.")
    if who.customers == "new" and who.tenure_months_min:
        yield "eligibility.customers", N_("Nobody new has been a customer for so long.")
    if who.enterprises and not who.enterprise:
        yield "eligibility.enterprise", N_("Say that it is for enterprises, as some are named.")
    if who.kinds == ("organisation",) and (who.age_min is not None or who.age_max is not None):
        yield "eligibility.kinds", N_("An organisation has no age.")


def _parts(document: OfferingDocument) -> _Faults:
    codes = [member.code for member in document.members]
    for number, code in enumerate(codes):
        if code == document.code:
            yield f"members.{number}.code", N_("A bundle cannot be in itself.")
        elif code in codes[:number]:
            yield f"members.{number}.code", N_("This is there twice.")
        elif code in document.excludes:
            yield f"members.{number}.code", N_("It excludes this.")
    if (document.kind == "bundle") != bool(document.members):
        yield "members", N_("A bundle holds two or more things, and nothing else holds any.")


def _delivery(document: OfferingDocument) -> _Faults:
    if document.stocked and document.fulfilment not in ("goods", "voucher"):
        yield "fulfilment", N_("What is stocked is goods or vouchers.")
    if document.fulfilment == "data_pack" and not document.allowances:
        yield "allowances", N_("Say how much is in the pack.")
    if document.terms.early_end_minor and not document.terms.months_bound:
        yield "terms.early_end_minor", N_("Nobody is bound, so nobody ends early.")


def _prices(document: OfferingDocument) -> _Faults:
    if document.on_sale and not any(price.stands and price.kind in ("once", "monthly") for price in document.prices):
        yield "prices", N_("There is no price for one piece that always holds.")
    for number, price in enumerate(document.prices):
        place = f"prices.{number}"
        if (price.kind == "usage") != (price.usage_unit is not None):
            yield f"{place}.usage_unit", N_("A price for usage needs its unit, and no other price has one.")
        if price.unit == "points" and price.kind != "once":
            yield f"{place}.unit", N_("Points pay once.")
        if price.kind != "once" and price.from_quantity != 1:
            yield f"{place}.from_quantity", N_("Only prices that are paid once go by quantity.")
        if _ends_first(price.valid_from, price.valid_to):
            yield f"{place}.valid_to", _ENDS_FIRST
        yield from _beside(document.prices[:number], price, place)
    yield from _tiers(document)


def _beside(former: tuple[Price, ...], price: Price, place: str) -> _Faults:
    """Compare a price with those before it: two of the same sort never hold at one time, and money is of one currency."""
    for other in former:
        if other.price_list != price.price_list:
            continue
        if "points" not in (other.unit, price.unit) and other.unit != price.unit:
            yield f"{place}.unit", N_("One list has prices in one currency.")
        same = (other.kind, other.unit, other.usage_unit, other.from_quantity) == (
            price.kind, price.unit, price.usage_unit, price.from_quantity
        )  # fmt: skip
        dated = _is_dated(other) == _is_dated(price)  # one for a time stands before the one that always holds
        if same and dated and _overlap(other, price):
            yield f"{place}.valid_from", N_("At this time another price of the same kind holds.")


def _is_dated(price: Price) -> bool:
    return price.valid_from is not None or price.valid_to is not None


def _overlap(one: Price, other: Price) -> bool:
    return not (
        (one.valid_to is not None and other.valid_from is not None and one.valid_to <= other.valid_from)
        or (other.valid_to is not None and one.valid_from is not None and other.valid_to <= one.valid_from)
    )


def _tiers(document: OfferingDocument) -> _Faults:
    """Check that the price a piece falls as the quantity rises."""
    last: dict[tuple[object, ...], int] = {}
    once = [(number, price) for number, price in enumerate(document.prices) if price.kind == "once" and price.unit != "points"]
    for number, price in sorted(once, key=lambda each: each[1].from_quantity):
        key = (price.price_list, price.unit, price.valid_from, price.valid_to)
        if price.from_quantity > 1 and key not in last:
            yield f"prices.{number}.from_quantity", N_("There is no price for fewer pieces at this time.")
        if key in last and price.amount >= last[key] and price.from_quantity > 1:
            yield f"prices.{number}.amount", N_("More pieces cost less each, or there is no need to say so.")
        last[key] = price.amount
