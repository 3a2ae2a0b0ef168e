"""Who is buying: all that offers, campaigns and rules may ask about a customer, read at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.driver import FrequentStatement
from portal.base.errors import NotFound
from portal.customers.entry import ENDED
from portal.customers.models import Address, Customer, CustomerPaper, CustomerRole, Party, Product, Subscription
from portal.customers.profile import months_between


@dataclass(frozen=True, slots=True)
class ShopperLine:
    """A line something can be bought for: mobile or broadband, its number whole."""

    subscription_id: int
    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class Shopper:
    """A customer as a buyer.

    `region` is the province of the home address, else of the oldest line with one, else "". `products` are the codes of the
    offerings that are active now. `enterprise` is the customer id of the organisation the acting party works for, or of the
    customer itself where that is one. `documents` names the papers (PAPERS) that were shown and still count.
    """

    customer_id: int
    kind: str
    tier: str
    region: str
    since: date
    birth_date: date | None
    products: frozenset[str]
    enterprise: int | None
    documents: frozenset[str]
    lines: tuple[ShopperLine, ...]


_home = (
    sa.select(Address.province)
    .where(Address.customer_id == Customer.customer_id)
    .order_by(sa.case((Address.kind == "home", 0), else_=1), Address.id)
    .limit(1)
    .correlate(Customer)
    .scalar_subquery()
)
_acting = sa.func.coalesce(sa.bindparam("party_id", type_=sa.BigInteger()), Customer.party_id)
_company = Customer.__table__.alias("company")
_works_for = (
    sa.select(sa.func.min(CustomerRole.customer_id))
    .join(_company, sa.and_(_company.c.customer_id == CustomerRole.customer_id, _company.c.kind == "organisation"))
    .where(
        CustomerRole.party_id == _acting,
        CustomerRole.role == "employee",
        CustomerRole.valid_from <= sa.bindparam("now"),
        sa.or_(CustomerRole.valid_to.is_(None), CustomerRole.valid_to > sa.bindparam("now")),
        _company.c.status == "active",
    )
    .correlate(Customer)
    .scalar_subquery()
)


def _asking(names: sa.Function[str]) -> sa.Select[Any]:
    papers = (
        sa.select(names)
        .where(
            CustomerPaper.customer_id == Customer.customer_id,
            sa.or_(CustomerPaper.valid_until.is_(None), CustomerPaper.valid_until >= sa.bindparam("today", type_=sa.Date())),
        )
        .correlate(Customer)
        .scalar_subquery()
    )
    held = sa.and_(Product.customer_id == Subscription.customer_id, Product.subscription_id == Subscription.id, Product.status == "active")
    return (
        sa.select(
            Customer.kind, Customer.tier, Customer.since, Party.birth_date, _home.label("province"), _works_for.label("works_for"),
            papers.label("papers"), Subscription.id.label("line_id"), Subscription.kind.label("line_kind"), Subscription.number,
            Subscription.region, Product.offering_code,
        )
        .join_from(Customer, Party, Party.id == Customer.party_id)
        .outerjoin(Subscription, sa.and_(Subscription.customer_id == Customer.customer_id, Subscription.status != ENDED))
        .outerjoin(Product, held)
        .where(Customer.customer_id == sa.bindparam("customer_id"))
        .order_by(Subscription.activated_on, Subscription.id)
    )  # fmt: skip


_shopper = FrequentStatement(
    {
        "sqlite": _asking(sa.func.group_concat(CustomerPaper.name, " ")),
        "postgresql": _asking(sa.func.string_agg(CustomerPaper.name, " ")),
    }
)


def get_shopper(session: Session, customer_id: int, *, now: datetime, party_id: int | None = None) -> Shopper:
    """Give a customer as a buyer at `now`, with the party that acts (else its own); NotFound for none. One statement."""
    rows = _shopper.rows(session, {"customer_id": customer_id, "now": now, "today": today(now), "party_id": party_id})
    if not rows:
        raise NotFound
    first = rows[0]
    lines = {row.line_id: ShopperLine(row.line_id, row.line_kind, row.number) for row in rows if row.line_id is not None}
    provinces = (row.region.split()[0] for row in rows if row.region)
    return Shopper(
        customer_id=customer_id,
        kind=first.kind,
        tier=first.tier,
        region=first.province or next(provinces, ""),
        since=first.since,
        birth_date=first.birth_date,
        products=frozenset(row.offering_code for row in rows if row.offering_code is not None),
        enterprise=customer_id if first.kind == "organisation" else first.works_for,
        documents=frozenset((first.papers or "").split()),
        lines=tuple(lines.values()),
    )


def tenure_months(shopper: Shopper, day: date) -> int:
    """Give for how many whole months a buyer has been a customer on `day`."""
    return months_between(shopper.since, day)


def age_on(shopper: Shopper, day: date) -> int | None:
    """Give a buyer's age in years on `day`; None where the birthday is not known."""
    return None if shopper.birth_date is None else months_between(shopper.birth_date, day) // 12


def lives_in(shopper: Shopper, provinces: Iterable[str]) -> bool:
    """Say whether a buyer lives in one of these provinces, written short or in full (浙江, 浙江省)."""
    return bool(shopper.region) and any(each and (shopper.region.startswith(each) or each.startswith(shopper.region)) for each in provinces)
