"""Price lists: what is on one is offered by it, at its price. `standard` is everybody's, others are one enterprise's each."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.base.i18n import LocalText
from portal.base.money import MAX_MINOR
from portal.catalog.errors import ListExists
from portal.catalog.held import mark_change
from portal.catalog.models import Offering, OfferingPrice, PriceList

STANDARD = "standard"
"""The list everybody's prices stand on."""
POINTS = "points"
"""The unit of prices in points; any other unit is a currency's ISO 4217 code."""

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_UNIT = re.compile(rf"{POINTS}|[A-Z]{{3}}")
_there = sa.select(
    sa.exists().where(Offering.code == sa.bindparam("offering")).label("offering"),
    sa.exists().where(PriceList.code == sa.bindparam("price_list")).label("price_list"),
)


def create_price_list(session: Session, code: str, name: LocalText) -> None:
    """Open a price list, empty. Raises Invalid for a code that is no plain word of up to 60 signs, ListExists for one in use."""
    if not _CODE.fullmatch(code):
        raise Invalid({"code": N_("Use small letters, digits, - and _, up to 60 of them.")})
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    made = insert(PriceList).values(code=code, name=name).on_conflict_do_nothing().returning(PriceList.code)
    if session.connection().execute(made).first() is None:
        raise ListExists


def set_price(session: Session, price_list: str, offering_code: str, unit: str, amount: int) -> None:
    """Set what an offering costs once on a list: `amount` minor units of a currency, or points. It replaces the former price.

    Raises Invalid for what is no whole number of zero or more or no unit, NotFound for a list or an offering there is not.
    """
    if type(amount) is not int or not 0 <= amount <= MAX_MINOR:
        raise Invalid({"amount": N_("A price is a whole number of zero or more.")})
    if not _UNIT.fullmatch(unit):
        raise Invalid({"unit": N_("A price is in points or in a currency.")})
    connection = session.connection()
    there = connection.execute(_there, {"offering": offering_code, "price_list": price_list}).one()
    if not (there.offering and there.price_list):
        raise NotFound
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    price = insert(OfferingPrice).values(price_list=price_list, offering_code=offering_code, unit=unit, amount=amount)
    keys = [OfferingPrice.price_list, OfferingPrice.offering_code, OfferingPrice.unit]
    connection.execute(price.on_conflict_do_update(index_elements=keys, set_={"amount": price.excluded.amount}))
    mark_change(session)
