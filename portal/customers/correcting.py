"""Bringing a customer in line with what another system says of it: what differs, and setting it so.

Only what is asked about is looked at. Nothing is ended but products among `sold`: a line, or a product, that the other
system does not know is left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import N_, NotFound, Refused
from portal.base.ids import new_id
from portal.customers.changes import change_number, rename_customer
from portal.customers.creation import NewCustomer, NewLine, add_line, checked_name, new_address, new_product, term_end
from portal.customers.entry import ENDED, kept_findable
from portal.customers.models import Account, Address, Agreement, Customer, Party, Product, Subscription
from portal.customers.numbers import Holder

CORRECTABLE = (
    *("name", "gender", "birth_date", "language", "tier", "since", "payment_method", "paperless", "term"),
    *("address", "number", "device", "region", "products"),
)
"""What can be brought in line, in the order it is told. `number` stands for all numbers of the customer."""

_OF_PARTY, _OF_CUSTOMER, _OF_ACCOUNT = ("gender", "birth_date", "language"), ("tier", "since"), ("payment_method", "paperless")
_OF_LINE = ("device", "region")
_ADDRESS = ("area_code", "province", "city", "area", "line")


class CustomerLeft(Refused):
    """The customer is none any more; what is told of it changes nothing."""

    code = "customer_left"
    sentence = N_("This customer has left.")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that has not ended, with its products that have not: {offering code: product id}."""

    id: int
    number: str
    device: str | None
    region: str | None
    products: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Present:
    """What is known of a customer now."""

    party_id: int
    facts: Mapping[str, Any]
    account_id: int
    agreement: tuple[int, Any]
    address_id: int | None
    lines: tuple[_Line, ...]


_who = (
    sa.select(
        Customer.party_id,
        Customer.status,
        *(Party.name, Party.gender, Party.birth_date, Party.language, Customer.tier, Customer.since),
        *(Account.id.label("account_id"), Account.payment_method, Account.paperless),
        *(Agreement.id.label("agreement_id"), Agreement.term, Agreement.starts_on),
        *(Address.id.label("address_id"), Address.area_code, Address.province, Address.city, Address.area, Address.line),
    )
    .join(Party, Party.id == Customer.party_id)
    .join(Account, Account.customer_id == Customer.customer_id)
    .join(Agreement, Agreement.customer_id == Customer.customer_id)
    .outerjoin(Address, Address.customer_id == Customer.customer_id)
    .where(Customer.customer_id == sa.bindparam("customer_id"))
    .order_by(Account.id, Agreement.id.desc(), Address.id)  # of several, the one the profile shows
    .limit(1)
)
_lines = (
    sa.select(Subscription.id, Subscription.number, Subscription.device, Subscription.region, Product.offering_code, Product.id)
    .outerjoin(
        Product,
        sa.and_(Product.customer_id == Subscription.customer_id, Product.subscription_id == Subscription.id, Product.status != ENDED),
    )
    .where(Subscription.customer_id == sa.bindparam("customer_id"), Subscription.status != ENDED)
    .order_by(Subscription.id, Product.id)
)


def find_differences(session: Session, customer_id: int, told: NewCustomer, asked: Collection[str], sold: Collection[str]) -> Sequence[str]:
    """Give which of `asked` (of CORRECTABLE) differ between a customer and what is told of it, in the order of CORRECTABLE.

    `sold`: the offering codes of which the products told are a full account. Two statements. Raises NotFound, CustomerLeft.
    """
    return _differences(_present(session, customer_id), told, asked, sold)


def correct_customer(
    session: Session, customer_id: int, told: NewCustomer, asked: Collection[str], sold: Collection[str], *, now: datetime
) -> Sequence[str]:
    """Set those of `asked` that differ as told, keeping the customer findable, and give which these were.

    A number not held yet replaces one that is told no more, or opens a line. Raises NotFound, CustomerLeft, Invalid
    for a name, NumberInUse for a number somebody holds.
    """
    present = _present(session, customer_id)
    differing = _differences(present, told, asked, sold)
    if "name" in differing:
        rename_customer(session, customer_id, told.name)
    _set(session, Party, {Party.id: present.party_id}, told, _OF_PARTY, differing)
    _set(session, Customer, {Customer.customer_id: customer_id}, told, _OF_CUSTOMER, differing)
    _set(session, Account, {Account.customer_id: customer_id, Account.id: present.account_id}, told, _OF_ACCOUNT, differing)
    if "term" in differing:
        agreement_id, starts_on = present.agreement
        of_agreement = (Agreement.customer_id == customer_id, Agreement.id == agreement_id)
        session.execute(sa.update(Agreement).where(*of_agreement).values(term=told.term, ends_on=term_end(told.term, starts_on)))
    if "address" in differing:
        _set_address(session, customer_id, present.address_id, told, now=now)
    if "number" in differing:
        _set_numbers(session, customer_id, present, told, now=now)
    _set_first_line(session, customer_id, present, told, differing, sold, now=now)
    session.flush()
    return differing


def _present(session: Session, customer_id: int) -> _Present:
    connection = session.connection()
    who = connection.execute(_who, {"customer_id": customer_id}).mappings().first()
    if who is None:
        raise NotFound
    if who["status"] == "left":
        raise CustomerLeft
    lines: dict[int, _Line] = {}
    for line_id, number, device, region, code, product_id in connection.execute(_lines, {"customer_id": customer_id}):
        known = lines.setdefault(line_id, _Line(line_id, number, device, region, {}))
        if product_id is not None:
            lines[line_id] = replace(known, products={**known.products, code: product_id})
    facts = {name: who[name] for name in ("name", *_OF_PARTY, *_OF_CUSTOMER, *_OF_ACCOUNT, "term", *_ADDRESS)}
    agreement = (who["agreement_id"], who["starts_on"])
    return _Present(who["party_id"], facts, who["account_id"], agreement, who["address_id"], tuple(lines.values()))


def _differences(present: _Present, told: NewCustomer, asked: Collection[str], sold: Collection[str]) -> Sequence[str]:
    first = present.lines[0] if present.lines else None
    line = told.lines[0] if told.lines else None
    held = {each.number for each in present.lines}
    differs: dict[str, bool] = {"name": checked_name(told.name) != present.facts["name"]}
    differs |= {name: getattr(told, name) != present.facts[name] for name in (*_OF_PARTY, *_OF_ACCOUNT, "tier", "term")}
    differs["since"] = told.since is not None and told.since != present.facts["since"]
    differs["number"] = any(each.number not in held for each in told.lines)
    if told.address is not None:
        differs["address"] = any(getattr(told.address, name) != present.facts[name] for name in _ADDRESS)
    if first is not None and line is not None:
        differs |= {name: getattr(line, name) != getattr(first, name) for name in _OF_LINE}
        differs["products"] = {each.offering_code for each in line.products} != set(first.products) & set(sold)
    return [name for name in CORRECTABLE if name in asked and differs.get(name, False)]


def _set(
    session: Session, model: Any, where: Mapping[Any, int], told: NewCustomer | NewLine, names: Sequence[str], differing: Sequence[str]
) -> None:
    if values := {name: getattr(told, name) for name in names if name in differing}:
        session.execute(sa.update(model).where(*(column == value for column, value in where.items())).values(**values))


def _set_address(session: Session, customer_id: int, address_id: int | None, told: NewCustomer, *, now: datetime) -> None:
    assert told.address is not None
    if address_id is None:
        session.add(new_address(customer_id, told.address, now=now))
        return
    values = {name: getattr(told.address, name) for name in _ADDRESS}
    session.execute(sa.update(Address).where(Address.customer_id == customer_id, Address.id == address_id).values(**values))


def _set_numbers(session: Session, customer_id: int, present: _Present, told: NewCustomer, *, now: datetime) -> None:
    """Give lines whose number is told no more the ones that are new, in order; open a line for each that is left."""
    told_numbers, held = {line.number for line in told.lines}, {line.number for line in present.lines}
    spare = [line.id for line in present.lines if line.number not in told_numbers]
    for line in told.lines:
        if line.number in held:
            continue
        if spare:
            change_number(session, customer_id, spare.pop(0), line.number, now=now)
            continue
        with kept_findable(session, customer_id):
            holder = Holder(line.number, customer_id, new_id(now), present.party_id)
            opened = replace(line, activated_on=line.activated_on or today(now))
            add_line(session, holder, present.account_id, opened, today(now), now=now)


def _set_first_line(
    session: Session, customer_id: int, present: _Present, told: NewCustomer, names: Sequence[str], sold: Collection[str], *, now: datetime
) -> None:
    if not present.lines or not told.lines:
        return
    first, line = present.lines[0], told.lines[0]
    _set(session, Subscription, {Subscription.customer_id: customer_id, Subscription.id: first.id}, line, _OF_LINE, names)
    if "products" not in names:
        return
    wanted = {each.offering_code: each for each in line.products}
    gone = [product_id for code, product_id in first.products.items() if code in sold and code not in wanted]
    if gone:
        ended = {"status": ENDED, "ended_on": today(now)}
        session.execute(sa.update(Product).where(Product.customer_id == customer_id, Product.id.in_(gone)).values(**ended))
    holder = Holder(first.number, customer_id, first.id, present.party_id)
    for code in sorted(wanted.keys() - first.products.keys()):
        session.add(new_product(holder, new_id(now), replace(wanted[code], started_on=today(now))))
