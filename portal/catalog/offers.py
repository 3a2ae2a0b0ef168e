"""What a price list offers one buyer for one unit, points or money paid once, and the terms an order is checked against.

The points store, the mini-stores and whoever else orders without a cart go by the same published documents as the shop: when and
where a thing is sold, to whom, with what, at which price as of how many.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import NotFound
from portal.catalog.document import Eligibility
from portal.catalog.eligibility import find_bars, is_hidden, papers_to_ask
from portal.catalog.held import Catalogue, Charge, Entry, get_catalogue, get_charges, held_catalogue, keep_catalogue, mark_now
from portal.catalog.models import Offering
from portal.catalog.shelf import Asked, as_of, ask_shelf, count_rest, is_sold, steps_of
from portal.catalog.stock import CENTRAL, first_free
from portal.catalog.views import Bound, BundleMember, Conflict, find_conflicts
from portal.customers import Shopper, get_shopper

_ANYBODY = Eligibility()


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who asks, and where: the customer, the person who acts for it, the channel. `None` as customer: nobody we know."""

    customer_id: int | None
    channel: str
    party_id: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One offering on one price list. `name` and `summary` are by language, `picture` is an icon of the sprite.

    `amount` is in `unit`: points, or minor units of a currency; `tiers`: (from so many pieces, amount), where there are several.
    `left` counts the free units of what is stocked, else None. `pictures` are hashes. `barred`, `papers`, `conflicts`: why this
    buyer cannot have it, as for an OfferView.
    """

    code: str
    kind: str
    name: Mapping[str, str]
    summary: Mapping[str, str] | None
    picture: str | None
    fulfilment: str
    unit: str
    amount: int
    stocked: bool
    left: int | None
    allowances: Mapping[str, int]
    pictures: Sequence[str] = ()
    tiers: Sequence[tuple[int, int]] = ()
    barred: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    @property
    def shown(self) -> str | None:
        """The picture it is shown by, its hash; None where there is none."""
        return self.pictures[0] if self.pictures else None

    @property
    def can_be_had(self) -> bool:
        """Nothing about the buyer stands against it."""
        return not (self.barred or self.conflicts)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms an offering is had now: its price as of so many, what it is called and how it is delivered, whether any is left.

    `barred`, `conflicts`: why this buyer cannot have it; `most`: so many for one customer at most.
    """

    code: str
    name: Mapping[str, str]
    fulfilment: str
    amount: int
    stocked: bool
    is_left: bool
    allowances: Mapping[str, int]
    barred: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether one buyer can have an offering at all, whatever the list and the hour: `barred`, `papers`, `conflicts` as for an
    OfferView; `most`: so many for one customer at most."""

    barred: tuple[str, ...]
    papers: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    most: int | None


@dataclass(frozen=True, slots=True)
class _Found:
    entry: Entry
    steps: Sequence[tuple[int, int]]


_is_left = sa.case((Offering.stocked, first_free(Offering.code).is_not(None)), else_=sa.true())
_stock: sa.Select[*tuple[Any, ...]] = sa.select(Offering.code, _is_left, mark_now.scalar_subquery()).where(Offering.on_sale.is_(sa.true()))
_stock_of_one = _stock.where(Offering.code == sa.bindparam("code"))
_stock_of_many = _stock.where(Offering.code.in_(sa.bindparam("codes", expanding=True)))


def list_offers(session: Session, price_list: str, buyer: Buyer, *, kinds: Collection[str], unit: str, now: datetime) -> Sequence[Offer]:
    """Give what a list offers of these kinds, priced in `unit`: sold now on the buyer's channel, cheapest first.

    What the buyer cannot have is there with the reasons. One statement once the list is in memory, and one for who the buyer is
    where any of it asks.
    """
    held = held_catalogue(session)
    likely = None if held is None else [code for code, entry in held.entries.items() if entry.document.kind in kinds]
    asked, left = ask_shelf(session, price_list, None, buyer.channel, now, None, CENTRAL, likely)
    codes = [code for code in asked.charges if (entry := asked.catalogue.entries.get(code)) and entry.document.kind in kinds]
    return sorted(_offers(session, asked, left, codes, buyer, unit), key=lambda each: (each.amount, each.code))


def get_offer(session: Session, price_list: str, offering_code: str, buyer: Buyer, *, unit: str, now: datetime, quantity: int = 1) -> Offer:
    """Give one offering as a list offers it in `unit`, priced as of `quantity`; NotFound where it does not, or not to this buyer."""
    asked, left = ask_shelf(session, price_list, None, buyer.channel, now, None, CENTRAL, [offering_code])
    found = _offers(session, asked, left, [offering_code], buyer, unit, quantity)
    if not found:
        raise NotFound
    return found[0]


def get_standing(session: Session, offering_code: str, buyer: Buyer, *, now: datetime) -> Standing:
    """Give whether a buyer can have what a sale sells by its own list and at its own hours; NotFound for what is for others alone.

    One statement, two where the offering asks who the buyer is.
    """
    catalogue = get_catalogue(session)
    entry = catalogue.entries.get(offering_code)
    if entry is None:
        raise NotFound
    found, who = {offering_code: _Found(entry, ())}, entry.document.eligibility
    shopper = _shopper(session, found.values(), buyer, now)
    if is_hidden(who, shopper):
        raise NotFound
    conflicts = _conflicts(catalogue, found, shopper, together=False).get(offering_code, ())
    return Standing(find_bars(who, shopper, today(now)), papers_to_ask(who, shopper), conflicts, entry.document.most_per_customer)


def stock_of_one() -> sa.Select[*tuple[Any, ...]]:
    """Give the query whose row `read_terms` takes for one offering, as a part of a larger one; it asks for `code`."""
    return _stock_of_one


def find_terms(
    session: Session, price_list: str, unit: str, quantities: Mapping[str, int], buyer: Buyer, *, now: datetime
) -> Mapping[str, Terms]:
    """Give the terms of each of these that the list offers in `unit` now, by code; what it does not offer this buyer is missing.

    One statement as a rule, and a cheap one: units are not counted. What `is_left` may be gone a moment later: claiming decides.
    """
    one = len(quantities) == 1
    query, params = (_stock_of_one, {"code": next(iter(quantities))}) if one else (_stock_of_many, {"codes": list(quantities)})
    return read_terms(session, session.connection().execute(query, params).all(), price_list, unit, quantities, buyer, now=now)


def read_terms(
    session: Session, rows: Iterable[Sequence[Any]], price_list: str, unit: str, quantities: Mapping[str, int], buyer: Buyer, *,
    now: datetime,
) -> Mapping[str, Terms]:  # fmt: skip
    """Give the terms of what `stock_of_one` found: code, whether any is left, the catalogue's mark. As `find_terms` does."""
    left: dict[str, bool] = {}
    catalogue: Catalogue | None = None
    for code, is_left, mark in rows:
        left[code] = bool(is_left)
        catalogue = catalogue or keep_catalogue(session, mark)
    if catalogue is None:
        return {}
    asked = Asked(catalogue, get_charges(session, catalogue, price_list), None, buyer.channel, now)
    found = _find(asked, left, unit)
    shopper = _shopper(session, found.values(), buyer, now)
    stands = _conflicts(asked.catalogue, found, shopper, together=True)
    return {
        code: Terms(
            code, each.entry.name, each.entry.document.fulfilment, as_of(each.steps, quantities[code]), each.entry.document.stocked,
            left[code], each.entry.allowances, find_bars(each.entry.document.eligibility, shopper, today(now)),
            stands.get(code, ()), each.entry.document.most_per_customer,
        )
        for code, each in found.items()
        if not is_hidden(each.entry.document.eligibility, shopper)
    }  # fmt: skip


def _offers(
    session: Session, asked: Asked, left: Mapping[str, int], codes: Iterable[str], buyer: Buyer, unit: str, quantity: int = 1
) -> list[Offer]:
    found = _find(asked, codes, unit)
    left = count_rest(session, (each.entry.document for each in found.values()), left, CENTRAL)
    shopper = _shopper(session, found.values(), buyer, asked.at)
    stands = _conflicts(asked.catalogue, found, shopper, together=False)
    return [
        _offer(each, unit, quantity, left.get(code, 0), shopper, stands.get(code, ()), asked.at)
        for code, each in found.items()
        if not is_hidden(each.entry.document.eligibility, shopper)
    ]


def _offer(
    each: _Found, unit: str, quantity: int, left: int, shopper: Shopper | None, conflicts: tuple[Conflict, ...], now: datetime
) -> Offer:
    entry, document = each.entry, each.entry.document
    return Offer(
        code=document.code, kind=document.kind, name=entry.name, summary=entry.summary, picture=document.picture,
        fulfilment=document.fulfilment, unit=unit, amount=as_of(each.steps, quantity), stocked=document.stocked,
        left=left if document.stocked else None, allowances=entry.allowances, pictures=document.pictures,
        tiers=each.steps if len(each.steps) > 1 else (), barred=find_bars(document.eligibility, shopper, today(now)),
        papers=papers_to_ask(document.eligibility, shopper), conflicts=conflicts,
    )  # fmt: skip


def _find(asked: Asked, codes: Iterable[str], unit: str) -> dict[str, _Found]:
    """Give what is sold in `unit` on the channel now, whoever asks; enterprises' own things are sorted out by who that is."""
    found: dict[str, _Found] = {}
    for code in codes:
        entry = asked.catalogue.entries.get(code)
        if entry is None or not is_sold(entry.document, asked.channel, asked.at):
            continue
        steps = _steps_in(asked.charges.get(code, ()), unit, asked.at)
        if steps:
            found[code] = _Found(entry, steps)
    return found


def _steps_in(charges: Iterable[Charge], unit: str, at: datetime) -> Sequence[tuple[int, int]]:
    """Give what one piece costs once, by steps; nothing where one alone has no price."""
    steps = steps_of(each for each in charges if each.unit == unit and each.kind == "once" and each.holds(at))
    return steps if steps and steps[0][0] == 1 else ()


def _shopper(session: Session, found: Iterable[_Found], buyer: Buyer, now: datetime) -> Shopper | None:
    """Give who the buyer is, where any of this depends on it. One statement then, else none."""
    if buyer.customer_id is None or not any(_asks_who(each) for each in found):
        return None
    return get_shopper(session, buyer.customer_id, now=now, party_id=buyer.party_id)


def _asks_who(each: _Found) -> bool:
    document = each.entry.document
    return bool(document.requires or document.excludes or document.add_on_of) or document.eligibility != _ANYBODY


def _conflicts(
    catalogue: Catalogue, found: Mapping[str, _Found], shopper: Shopper | None, *, together: bool
) -> Mapping[str, tuple[Conflict, ...]]:
    """Give what stands against having each beside what the buyer has: all of them at once, or each by itself."""
    if shopper is None:
        return {}
    parts = {code: _parts(catalogue, each) for code, each in found.items()}
    groups = [list(parts.values())] if together else [[each] for each in parts.values()]
    stands: dict[str, tuple[Conflict, ...]] = {}
    for group in groups:
        for conflict in find_conflicts(group, shopper.products):
            stands[conflict.code] = (*stands.get(conflict.code, ()), conflict)
    return stands


def _parts(catalogue: Catalogue, each: _Found) -> Bound:
    document = each.entry.document
    add_on_of = tuple(code for code in catalogue.expand(document.add_on_of) if code != document.code)
    members = tuple(BundleMember(member.code, member.quantity) for member in document.members)
    return Bound(document.code, document.requires, document.excludes, add_on_of, members)
