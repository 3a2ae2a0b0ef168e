"""Reading the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.catalog.models import Offering, Tariff

KIND_ORDER = ("bundle", "plan", "line", "internet", "add_on", "service", "device", "sim", "accessory", "gift")


@dataclass(frozen=True, slots=True)
class OfferingView:
    """What can be bought. Allowances a month (of a pack: once): voice in seconds, data in kB, sms in messages.

    `summary` is by language, `picture` an icon of the sprite; `fulfilment` is none, goods, voucher or data_pack.
    """

    code: str
    kind: str
    name: Mapping[str, str]
    monthly_price_minor: int
    allowances: Mapping[str, int]
    summary: Mapping[str, str] | None = None
    picture: str | None = None
    fulfilment: str = "none"
    stocked: bool = False
    on_sale: bool = True


@dataclass(frozen=True, slots=True)
class TariffView:
    """The price of usage beyond an allowance: `price_milli` thousandths of a minor unit for `unit_size` of a part."""

    part: str
    name: Mapping[str, str]
    price_milli: int
    unit_size: int

    def price_of(self, quantity: int) -> Fraction:
        """Give the exact price, in minor units, of a quantity in seconds, kB or messages; rounding is the bill's."""
        return Fraction(self.price_milli * quantity, 1000 * self.unit_size)


_offerings: sa.Select[*tuple[Any, ...]] = sa.select(
    Offering.code, Offering.kind, Offering.name, Offering.monthly_price_minor, Offering.allowances, Offering.summary, Offering.picture,
    Offering.fulfilment, Offering.stocked, Offering.on_sale,
)  # fmt: skip
_offering = _offerings.where(Offering.code == sa.bindparam("code"))
_tariffs = sa.select(Tariff.part, Tariff.name, Tariff.price_milli, Tariff.unit_size)
_tariff = _tariffs.where(Tariff.part == sa.bindparam("part"))


def list_offerings(session: Session) -> Sequence[OfferingView]:
    """Give every offering: plans, lines, internet, add-ons, each by price and code; devices and gifts last."""
    found = [OfferingView(*row) for row in session.execute(_offerings)]
    return sorted(found, key=lambda each: (kind_place(each.kind), each.monthly_price_minor, each.code))


def get_offering(session: Session, code: str) -> OfferingView:
    """Give one offering; NotFound where there is none."""
    row = session.execute(_offering, {"code": code}).first()
    if row is None:
        raise NotFound
    return OfferingView(*row)


def list_tariffs(session: Session) -> Sequence[TariffView]:
    """Give every tariff, by part."""
    return [TariffView(*row) for row in session.execute(_tariffs.order_by(Tariff.part))]


def get_tariff(session: Session, part: str) -> TariffView:
    """Give one part's tariff; NotFound where there is none."""
    row = session.execute(_tariff, {"part": part}).first()
    if row is None:
        raise NotFound
    return TariffView(*row)


def kind_place(kind: str) -> int:
    """Give where a kind of offering stands among the others in a list."""
    return KIND_ORDER.index(kind) if kind in KIND_ORDER else len(KIND_ORDER)
