"""The profile card: who the customer is and which lines there are, as far as a viewer may see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from portal.base.clock import today
from portal.base.errors import NotFound
from portal.base.privacy import mask_line, mask_name, mask_number, show_number
from portal.customers.entry import ENDED
from portal.customers.models import Account, Address, Agreement, Customer, Party, Product, Subscription
from portal.customers.viewer import Viewer

ADDRESS_KEPT = 3


@dataclass(frozen=True, slots=True)
class AddressView:
    """Where a customer is. `line` shows its first three characters only where the card is masked."""

    kind: str
    province: str
    city: str
    area: str
    line: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """How a customer pays."""

    account_id: int
    currency: str
    payment_method: str
    paperless: bool


@dataclass(frozen=True, slots=True)
class AgreementView:
    """For how long a customer is bound; `ends_on` None for month to month."""

    term: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product that is had now, with its name by language as sold."""

    id: int
    offering_code: str
    kind: str
    name: Mapping[str, str]
    monthly_price_minor: int
    started_on: date


@dataclass(frozen=True, slots=True)
class LineView:
    """A line. `number` is ready to be shown: grouped, or masked where the card is; so is `user_name`."""

    subscription_id: int
    number: str
    kind: str
    status: str
    device: str | None
    region: str | None
    user_name: str
    activated_on: date
    terminated_on: date | None
    products: tuple[ProductView, ...]

    @property
    def monthly_price_minor(self) -> int:
        """What the line's products cost a month."""
        return sum(product.monthly_price_minor for product in self.products)


@dataclass(frozen=True, slots=True)
class ProfileCard:
    """Who the customer is. Account, agreement and address are None where money is not in the viewer's sight."""

    customer_id: int
    name: str
    masked: bool
    kind: str
    status: str
    tier: str
    since: date
    left_on: date | None
    tenure_months: int
    language: str | None
    address: AddressView | None
    account: AccountView | None
    agreement: AgreementView | None
    lines: tuple[LineView, ...]


_Pick = Callable[[InstrumentedAttribute[int]], sa.ColumnElement[int]]


def _one(model: type[Account | Agreement | Address], pick: _Pick) -> sa.ScalarSelect[int]:
    """Give the id of a customer's first or newest account, agreement or address: the card shows one of each."""
    each = aliased(model)
    return sa.select(pick(each.id)).where(each.customer_id == Customer.customer_id).correlate(Customer).scalar_subquery()


_user = aliased(Party)
_profile = (
    sa.select(
        Party.name,
        Party.language,
        Customer.kind,
        Customer.status,
        Customer.tier,
        Customer.since,
        Customer.left_on,
        Account.id.label("account_id"),
        Account.currency,
        Account.payment_method,
        Account.paperless,
        Agreement.term,
        Agreement.starts_on,
        Agreement.ends_on,
        Address.kind.label("address_kind"),
        Address.province,
        Address.city,
        Address.area,
        Address.line,
        Subscription.id.label("line_id"),
        Subscription.number,
        Subscription.kind.label("line_kind"),
        Subscription.status.label("line_status"),
        Subscription.device,
        Subscription.region,
        _user.name.label("user_name"),
        Subscription.activated_on,
        Subscription.terminated_on,
        Product.id.label("product_id"),
        Product.offering_code,
        Product.kind.label("product_kind"),
        Product.name.label("product_name"),
        Product.monthly_price_minor,
        Product.started_on,
    )
    .select_from(Customer)
    .join(Party, Party.id == Customer.party_id)
    .outerjoin(Account, sa.and_(Account.customer_id == Customer.customer_id, Account.id == _one(Account, sa.func.min)))
    .outerjoin(Agreement, sa.and_(Agreement.customer_id == Customer.customer_id, Agreement.id == _one(Agreement, sa.func.max)))
    .outerjoin(Address, sa.and_(Address.customer_id == Customer.customer_id, Address.id == _one(Address, sa.func.min)))
    .outerjoin(Subscription, Subscription.customer_id == Customer.customer_id)
    .outerjoin(_user, _user.id == Subscription.party_id)
    .outerjoin(
        Product,
        sa.and_(Product.customer_id == Subscription.customer_id, Product.subscription_id == Subscription.id, Product.status == "active"),
    )
    .where(Customer.customer_id == sa.bindparam("customer_id"))
    .order_by(Subscription.status == ENDED, Subscription.activated_on, Subscription.id, Product.started_on, Product.id)
)
"""A row for each product of each line, the customer's own columns on every one: a few hundred bytes more, a round trip less."""


def profile_card(session: Session, viewer: Viewer, *, now: datetime) -> ProfileCard:
    """Give the card for `viewer`: lines in sight alone, the ended ones last; masked unless seen in full.

    One statement. Raises NotFound for a customer there is not.
    """
    rows = session.connection().execute(_profile, {"customer_id": viewer.customer_id}).all()
    if not rows:
        raise NotFound
    who = rows[0]
    account = agreement = address = None
    if viewer.money:
        if who.account_id is not None:
            account = AccountView(who.account_id, who.currency, who.payment_method, who.paperless)
        if who.term is not None:
            agreement = AgreementView(who.term, who.starts_on, who.ends_on)
        if who.address_kind is not None:
            line = who.line if viewer.full else mask_line(who.line, ADDRESS_KEPT)
            address = AddressView(who.address_kind, who.province, who.city, who.area, line)
    return ProfileCard(
        customer_id=viewer.customer_id,
        name=who.name if viewer.full else mask_name(who.name),
        masked=not viewer.full,
        kind=who.kind,
        status=who.status,
        tier=who.tier,
        since=who.since,
        left_on=who.left_on,
        tenure_months=months_between(who.since, who.left_on or today(now)),
        language=who.language,
        address=address,
        account=account,
        agreement=agreement,
        lines=_lines_in_sight(rows, viewer),
    )


_birth_date = sa.select(Party.birth_date).where(Party.id == sa.bindparam("party_id"))


def find_birth_date(session: Session, party_id: int) -> date | None:
    """Give a person's birthday where it is known: a service password must not be made of it."""
    return session.connection().execute(_birth_date, {"party_id": party_id}).scalar_one_or_none()


def months_between(start: date, end: date) -> int:
    """Give how many whole months lie between two days; none when `end` comes first."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return max(0, months if end.day >= start.day else months - 1)


def after_months(day: date, months: int) -> date:
    """Give the same day so many months on, or the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _lines_in_sight(rows: Sequence[sa.Row[*tuple[Any, ...]]], viewer: Viewer) -> tuple[LineView, ...]:
    lines: dict[int, sa.Row[*tuple[Any, ...]]] = {}
    products: dict[int, list[ProductView]] = {}
    for row in rows:
        if row.line_id is None or not viewer.sees_line(row.line_id):
            continue
        lines.setdefault(row.line_id, row)
        had = products.setdefault(row.line_id, [])
        if row.product_id is not None:
            had.append(
                ProductView(row.product_id, row.offering_code, row.product_kind, row.product_name, row.monthly_price_minor, row.started_on)
            )
    return tuple(
        LineView(
            subscription_id=each.line_id,
            number=show_number(each.number) if viewer.full else mask_number(each.number),
            kind=each.line_kind,
            status=each.line_status,
            device=each.device,
            region=each.region,
            user_name=each.user_name if viewer.full else mask_name(each.user_name),
            activated_on=each.activated_on,
            terminated_on=each.terminated_on,
            products=tuple(products[each.line_id]),
        )
        for each in lines.values()
    )
