"""The shelf: what a price list offers a buyer on a channel at a moment, priced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.driver import FrequentStatement
from portal.catalog.document import OfferingDocument
from portal.catalog.eligibility import find_bars, is_hidden, papers_to_ask
from portal.catalog.held import (
    Catalogue,
    Charge,
    Entry,
    ListCharges,
    Preview,
    get_catalogue,
    get_charges,
    held_catalogue,
    keep_catalogue,
    mark_now,
    overlay,
    overlay_charges,
)
from portal.catalog.models import Offering, StockUnit
from portal.catalog.queries import kind_place
from portal.catalog.stock import CENTRAL
from portal.catalog.views import BundleMember, Charges, OfferPresale, OfferTerms, OfferView
from portal.customers import Shopper

MOST_COUNTED = 1000
"""So many free pieces are counted; of more it is said that there are so many."""
_POINTS = "points"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of which catalogue: for whom, on which channel, as of when."""

    catalogue: Catalogue
    charges: ListCharges
    shopper: Shopper | None
    channel: str
    at: datetime


_pieces = (
    sa.select(sa.literal(1).label("one"))
    .where(StockUnit.offering_code == Offering.code, StockUnit.place == sa.bindparam("place"))
    .correlate(Offering)
    .limit(MOST_COUNTED)
    .subquery()
)
_counted = sa.select(
    mark_now.scalar_subquery().label("mark"),
    Offering.code,
    sa.select(sa.func.count()).select_from(_pieces).correlate(Offering).scalar_subquery().label("pieces"),
)
_left = _counted.where(Offering.code.in_(sa.bindparam("codes", expanding=True)))
_left_at_once = FrequentStatement(_counted.where(Offering.code == sa.any_(sa.bindparam("codes", type_=ARRAY(sa.String())))))


def list_shelf(
    session: Session,
    price_list: str,
    *,
    shopper: Shopper | None,
    channel: str,
    now: datetime,
    kinds: Collection[str] | None = None,
    category: str | None = None,
    preview: Preview | None = None,
    place: str = CENTRAL,
) -> Sequence[OfferView]:
    """Give what a list offers in money on a channel now, by kind, price and code. One statement once the list is in memory.

    What is not on the list, not valid now, not for the channel or for other enterprises is missing; what this buyer cannot have
    is there with the reasons. A `preview` gives its own catalogue and its own moment.
    """
    asked, left = ask_shelf(session, price_list, shopper, channel, now, preview, place, None)
    wanted = [
        code
        for code in asked.charges
        if (entry := asked.catalogue.entries.get(code)) is not None
        and (kinds is None or entry.document.kind in kinds)
        and (category is None or entry.document.category == category)
    ]
    offered = _offered(session, asked, left, dict.fromkeys(wanted, 1), place)
    return sorted(offered, key=lambda each: (kind_place(each.kind), each.charges.monthly_minor, each.charges.once_minor, each.code))


def price_offerings(
    session: Session,
    price_list: str,
    quantities: Mapping[str, int],
    *,
    shopper: Shopper | None,
    channel: str,
    now: datetime,
    place: str = CENTRAL,
    preview: Preview | None = None,
) -> Mapping[str, OfferView]:
    """Give these offerings, by code, with the charges as of so many pieces; what is not offered is missing.

    One statement once the list is in memory: whether the memory is still right, in this very transaction, and what is left.
    """
    asked, left = ask_shelf(session, price_list, shopper, channel, now, preview, place, quantities)
    return {each.code: each for each in _offered(session, asked, left, quantities, place)}


def ask_shelf(
    session: Session,
    price_list: str,
    shopper: Shopper | None,
    channel: str,
    now: datetime,
    preview: Preview | None,
    place: str,
    codes: Collection[str] | None,
) -> tuple[Asked, Mapping[str, int]]:
    """Give what is asked of which catalogue, and what is left at `place` of its stocked offerings (of `codes`, None: of all).

    By one statement as a rule: what is stocked is guessed from memory, and counted by the statement that reads the mark.
    """
    guess = held_catalogue(session)
    known = () if guess is None else guess.entries if codes is None else [code for code in codes if code in guess.entries]
    mark, left = _count_left(session, [code for code in known if guess is not None and guess.entries[code].document.stocked], place)
    catalogue = get_catalogue(session) if mark is None else keep_catalogue(session, mark)
    charges = get_charges(session, catalogue, price_list)
    if preview is None:
        return Asked(catalogue, charges, shopper, channel, now), left
    return Asked(overlay(catalogue, preview), overlay_charges(charges, preview, price_list), shopper, channel, preview.at), left


def _offered(session: Session, asked: Asked, left: Mapping[str, int], quantities: Mapping[str, int], place: str) -> list[OfferView]:
    found: list[tuple[Entry, Charges]] = []
    for code, quantity in quantities.items():
        entry = asked.catalogue.entries.get(code)
        if entry is None or not _is_offered(entry.document, asked):
            continue
        charges = charges_of(asked.charges.get(code, ()), quantity, asked.at)
        if charges is not None:
            found.append((entry, charges))
    left = count_rest(session, (entry.document for entry, _ in found), left, place)
    return [_view(entry, charges, asked, left.get(entry.document.code, 0)) for entry, charges in found]


def _is_offered(document: OfferingDocument, asked: Asked) -> bool:
    return is_sold(document, asked.channel, asked.at) and not is_hidden(document.eligibility, asked.shopper)


def is_sold(document: OfferingDocument, channel: str, at: datetime) -> bool:
    """Say whether it is sold on a channel at a moment, whoever asks."""
    return (
        document.on_sale
        and channel in document.channels
        and (document.valid_from is None or document.valid_from <= at)
        and (document.valid_to is None or at < document.valid_to)
    )


def charges_of(charges: Iterable[Charge], quantity: int, at: datetime) -> Charges | None:
    """Give what so many pieces cost at a moment; None where nothing of it is paid in money.

    A price for a time stands, with its own steps, before the one that always holds.
    """
    money = [each for each in charges if each.unit != _POINTS and each.holds(at)]
    if not money:
        return None
    once = steps_of(each for each in money if each.kind == "once")
    return Charges(
        once_minor=as_of(once, quantity),
        monthly_minor=as_of(steps_of(each for each in money if each.kind == "monthly"), 1),
        deposit_minor=as_of(steps_of(each for each in money if each.kind == "deposit"), 1),
        usage=_usage(money),
        currency=money[0].unit,
        tiers=tuple(once) if len(once) > 1 else (),
    )


def steps_of(charges: Iterable[Charge]) -> list[tuple[int, int]]:
    """Give prices as (from so many pieces, amount), the fewest first: those of a time alone where there are any."""
    listed = list(charges)
    dated = [each for each in listed if each.valid_from is not None or each.valid_to is not None]
    return sorted((each.from_quantity, each.amount) for each in (dated or listed))


def as_of(steps: Sequence[tuple[int, int]], quantity: int) -> int:
    """Give the amount for one of so many pieces; 0 where no step reaches down to them."""
    return next((amount for least, amount in reversed(steps) if least <= quantity), 0)


def _usage(charges: Sequence[Charge]) -> Mapping[str, int]:
    of_usage = [each for each in charges if each.kind == "usage" and each.usage_unit is not None]
    of_usage.sort(key=lambda each: each.valid_from is not None or each.valid_to is not None)  # the dated ones last: they stand
    return {str(each.usage_unit): each.amount for each in of_usage}


def count_rest(session: Session, documents: Iterable[OfferingDocument], left: Mapping[str, int], place: str) -> Mapping[str, int]:
    """Count what `ask_shelf` left out because the memory it guessed by was wrong; no statement where it was right."""
    uncounted = [each.code for each in documents if each.stocked and each.code not in left]
    return {**left, **_count_left(session, uncounted, place)[1]} if uncounted else left


def _count_left(session: Session, codes: Sequence[str], place: str) -> tuple[int | None, Mapping[str, int]]:
    """Give the catalogue's mark, None where nothing was found, and how many pieces are left of each."""
    if not codes:
        return None, {}
    connection, asked = session.connection(), {"codes": sorted(codes), "place": place}
    straight = connection.dialect.name == "postgresql"
    rows = _left_at_once.rows(session, asked) if straight else connection.execute(_left, asked).all()
    return (rows[0][0] if rows else None), {row[1]: row[2] for row in rows}


def _view(entry: Entry, charges: Charges, asked: Asked, left: int) -> OfferView:
    document = entry.document
    terms, presale = document.terms, document.presale
    return OfferView(
        code=document.code,
        version=entry.version,
        kind=document.kind,
        category=document.category,
        name=entry.name,
        summary=entry.summary,
        description=entry.description,
        picture=document.picture,
        pictures=document.pictures,
        fulfilment=document.fulfilment,
        stocked=document.stocked,
        left=left if document.stocked else None,
        charges=charges,
        terms=OfferTerms(terms.months_bound, terms.early_end_minor, terms.notice_days, terms.return_days, entry.words),
        requires=document.requires,
        excludes=document.excludes,
        add_on_of=tuple(code for code in asked.catalogue.expand(document.add_on_of) if code != document.code),
        members=tuple(BundleMember(each.code, each.quantity) for each in document.members),
        presale=OfferPresale(presale.deposit_minor, presale.available_from, presale.opens_at, presale.closes_at) if presale else None,
        tax_basis_points=document.tax_basis_points,
        channels=document.channels,
        most_per_customer=document.most_per_customer,
        barred=find_bars(document.eligibility, asked.shopper, today(asked.at)),
        allowances=entry.allowances,
        specifications=tuple((each.name.local(), each.value.local()) for each in document.specifications),
        valid_to=document.valid_to,
        papers=papers_to_ask(document.eligibility, asked.shopper),
    )
