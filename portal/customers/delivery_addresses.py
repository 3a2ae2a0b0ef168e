"""The address book: where a customer's people have things sent. An address that was used is ended, never changed in old orders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.ids import new_id
from portal.customers.models import DeliveryAddress
from portal.customers.numbers import parse_number

MOST_ADDRESSES = 30
_AREA = re.compile(r"[1-9]\d{5}")
_LONGEST = {"name": 60, "province": 40, "city": 40, "area": 40, "line": 200}


@dataclass(frozen=True, slots=True)
class NewDeliveryAddress:
    """Where to send to, and whom to call. Divisions: the GB/T 2260 code of the area, and the names as of now."""

    name: str
    phone: str
    area_code: str
    province: str
    city: str
    area: str
    line: str


@dataclass(frozen=True, slots=True)
class DeliveryAddressView:
    """An address of the book. `party_id` None: of all who act for the customer."""

    id: int
    party_id: int | None
    name: str
    phone: str
    area_code: str
    province: str
    city: str
    area: str
    line: str
    is_default: bool


_book = DeliveryAddress.metadata.tables["delivery_address"]
_whose = sa.and_(
    _book.c.customer_id == sa.bindparam("of_customer"),
    sa.or_(_book.c.party_id.is_(None), _book.c.party_id == sa.bindparam("of_party", type_=sa.BigInteger())),
    _book.c.ended_at.is_(None),
)
_which = sa.and_(_whose, _book.c.id == sa.bindparam("which"))
_views: sa.Select[Any] = sa.select(
    _book.c.id, _book.c.party_id, _book.c.name, _book.c.phone, _book.c.area_code, _book.c.province, _book.c.city, _book.c.area,
    _book.c.line, _book.c.is_default,
)  # fmt: skip
_listed = _views.where(_whose).order_by(_book.c.is_default.desc(), _book.c.used_at.desc(), _book.c.id.desc())
_one = _views.where(_which)
_count = sa.select(sa.func.count()).select_from(_book).where(_whose)
_add = sa.insert(_book)
_end = sa.update(_book).where(_which).values(ended_at=sa.bindparam("at", type_=_book.c.ended_at.type), is_default=sa.false())
_use = sa.update(_book).where(_which).values(used_at=sa.bindparam("at", type_=_book.c.used_at.type))
_default = sa.update(_book).where(_whose).values(is_default=_book.c.id == sa.bindparam("which"))


def list_delivery_addresses(session: Session, customer_id: int, *, party_id: int | None) -> Sequence[DeliveryAddressView]:
    """Give the addresses a party may have things of this customer sent to: the default first, then the last used. One statement."""
    rows = session.connection().execute(_listed, {"of_customer": customer_id, "of_party": party_id})
    return [DeliveryAddressView(*row) for row in rows]


def get_delivery_address(session: Session, customer_id: int, address_id: int, *, party_id: int | None) -> DeliveryAddressView:
    """Give one address of the book; NotFound for one that is not this party's, or was taken out."""
    row = session.connection().execute(_one, {"of_customer": customer_id, "of_party": party_id, "which": address_id}).first()
    if row is None:
        raise NotFound
    return DeliveryAddressView(*row)


def add_delivery_address(
    session: Session, customer_id: int, new: NewDeliveryAddress, *, party_id: int | None, is_default: bool = False, now: datetime
) -> int:
    """Put an address in the book and give its id; the first one is the default.

    Raises Invalid with the fields that do not do, Refused where the book is full (30 addresses).
    """
    values = _checked(new)
    mine = {"of_customer": customer_id, "of_party": party_id}
    connection = session.connection()
    count = connection.execute(_count, mine).scalar_one()
    if count >= MOST_ADDRESSES:
        raise Refused(N_("The address book is full. Take one out first."), code="address_book_full")
    address_id = new_id(now)
    row = {"customer_id": customer_id, "id": address_id, "party_id": party_id, **values, "is_default": False, "used_at": now}
    connection.execute(_add, row)
    if is_default or not count:
        connection.execute(_default, mine | {"which": address_id})
    return address_id


def change_delivery_address(
    session: Session,
    customer_id: int,
    address_id: int,
    new: NewDeliveryAddress,
    *,
    party_id: int | None,
    is_default: bool = False,
    now: datetime,
) -> int:
    """Put another address in the place of one and give its id; orders keep what they were sent to.

    Raises Invalid with the fields that do not do, NotFound for one that is not this party's.
    """
    _checked(new)
    former = get_delivery_address(session, customer_id, address_id, party_id=party_id)
    end_delivery_address(session, customer_id, address_id, party_id=party_id, now=now)
    return add_delivery_address(session, customer_id, new, party_id=party_id, is_default=is_default or former.is_default, now=now)


def end_delivery_address(session: Session, customer_id: int, address_id: int, *, party_id: int | None, now: datetime) -> None:
    """Take an address out of the book. Raises NotFound for one that is not this party's, or is out already."""
    params = {"of_customer": customer_id, "of_party": party_id, "which": address_id, "at": now}
    if session.connection().execute(_end, params).rowcount != 1:
        raise NotFound


def use_delivery_address(session: Session, customer_id: int, address_id: int, *, party_id: int | None, now: datetime) -> None:
    """Note that something is sent there now, so that it is offered first. Raises NotFound for one that is not this party's."""
    params = {"of_customer": customer_id, "of_party": party_id, "which": address_id, "at": now}
    if session.connection().execute(_use, params).rowcount != 1:
        raise NotFound


def _checked(new: NewDeliveryAddress) -> dict[str, str]:
    values = {name: _plain(getattr(new, name)) for name in _LONGEST}
    faults = {name: N_("Fill this in.") for name, value in values.items() if not value}
    faults |= {name: N_("This is too long.") for name, value in values.items() if len(value) > _LONGEST[name]}
    if not _AREA.fullmatch(new.area_code):
        faults["area_code"] = N_("Choose an area.")
    try:
        values["phone"] = parse_number(new.phone)
    except Invalid as invalid:
        faults["phone"] = invalid.fields["number"]
    if faults:
        raise Invalid(faults)
    return values | {"area_code": new.area_code}


def _plain(text: str) -> str:
    """Give a text on one line, without unseen signs."""
    normal = unicodedata.normalize("NFC", text)
    return " ".join("".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in normal).split())
