"""What a price list offers, and the terms an order is checked against."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.catalog.models import Offering, OfferingPrice, StockUnit
from portal.catalog.stock import first_free


@dataclass(frozen=True, slots=True)
class Offer:
    """One offering on one price list. `name` and `summary` are by language, `picture` is an icon of the sprite.

    `amount` is in `unit`: points, or minor units of a currency. `left` counts the free units of what is stocked, else None.
    `pictures` are hashes.
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
    pictures: Sequence[str] | None = None

    @property
    def shown(self) -> str | None:
        """The picture it is shown by, its hash; None where there is none."""
        return self.pictures[0] if self.pictures else None


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms an offering is had now: its price, what it is called and how it is delivered, whether any is left."""

    code: str
    name: Mapping[str, str]
    fulfilment: str
    amount: int
    stocked: bool
    is_left: bool
    allowances: Mapping[str, int]


_units = sa.select(sa.func.count()).select_from(StockUnit).where(StockUnit.offering_code == Offering.code).scalar_subquery()
_is_left = first_free(Offering.code).is_not(None)
_on_list = sa.and_(
    OfferingPrice.offering_code == Offering.code,
    OfferingPrice.price_list == sa.bindparam("price_list"),
    OfferingPrice.unit == sa.bindparam("unit"),
    Offering.on_sale.is_(sa.true()),
)
_offers = sa.select(
    Offering.code, Offering.kind, Offering.name, Offering.summary, Offering.picture, Offering.fulfilment, OfferingPrice.unit,
    OfferingPrice.amount, Offering.stocked, sa.case((Offering.stocked, _units)), Offering.allowances,
    Offering.document["pictures"],
).where(_on_list)  # fmt: skip
_of_kinds = _offers.where(Offering.kind.in_(sa.bindparam("kinds", expanding=True))).order_by(OfferingPrice.amount, Offering.code)
_one = _offers.where(Offering.code == sa.bindparam("code"))
_terms: sa.Select[*tuple[Any, ...]] = sa.select(
    Offering.code, Offering.name, Offering.fulfilment, OfferingPrice.amount, Offering.stocked,
    sa.case((Offering.stocked, _is_left), else_=sa.true()), Offering.allowances,
).where(_on_list)  # fmt: skip
_terms_of_one = _terms.where(Offering.code == sa.bindparam("code"))
_terms_of_many = _terms.where(Offering.code.in_(sa.bindparam("codes", expanding=True)))


def list_offers(session: Session, price_list: str, *, kinds: Collection[str], unit: str) -> Sequence[Offer]:
    """Give what a list offers of these kinds, priced in `unit`: on sale, cheapest first. One statement."""
    params = {"price_list": price_list, "unit": unit, "kinds": sorted(kinds)}
    return [Offer(*row) for row in session.connection().execute(_of_kinds, params)]


def get_offer(session: Session, price_list: str, offering_code: str, unit: str) -> Offer:
    """Give one offering as a list offers it in `unit`; NotFound where it does not, or where it is not on sale."""
    row = session.connection().execute(_one, {"price_list": price_list, "unit": unit, "code": offering_code}).first()
    if row is None:
        raise NotFound
    return Offer(*row)


def terms_of_one() -> sa.Select[*tuple[Any, ...]]:
    """Give the query for one offering's Terms, as a part of a larger one; it asks for price_list, unit and code."""
    return _terms_of_one


def find_terms(session: Session, price_list: str, unit: str, offering_codes: Sequence[str]) -> Mapping[str, Terms]:
    """Give the terms of each of these that the list offers in `unit` now, by code; what it does not offer is missing.

    One statement, and a cheap one: units are not counted. What `is_left` may be gone a moment later: claiming decides.
    """
    params: dict[str, object] = {"price_list": price_list, "unit": unit}
    if len(offering_codes) == 1:
        rows = session.connection().execute(_terms_of_one, params | {"code": offering_codes[0]})
    else:
        rows = session.connection().execute(_terms_of_many, params | {"codes": list(offering_codes)})
    return {row[0]: Terms(*row) for row in rows}
