"""Orders as they are read: the card, the list, one order in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.base.errors import N_, Invalid, NotFound
from portal.base.keys import Keys
from portal.base.keyset import read_place, write_place
from portal.customers import Viewer
from portal.orders.entry import Delivery
from portal.orders.holds import CONTENT_MARK
from portal.orders.models import Order, OrderItem, OrderStep, OrderWork
from portal.orders.real_name import papers_missing, papers_on_record
from portal.orders.states import ACCEPTED, STATES, TRANSITIONS, State, Status, read_status

CARD_SHOWS, MOST_SHOWN = 3, 50


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """One order in a list. `name` (by language) is its first item's, `more` counts the items besides, `quantity` all pieces.

    `status` is one of STATES, which has its name; `due_at`: until when the desk has to be done; `task`: what it waits for, one
    of TASKS; `monthly_minor`: what all of it costs every month; `can_cancel`: by the customer; `pay_by`: until when an order
    that is paid before is kept.
    """

    id: int
    reference: str
    status: Status
    channel: str
    placed_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    is_taken: bool
    name: Mapping[str, str]
    quantity: int
    more: int
    currency: str
    total_minor: int
    total_points: int
    subscription_id: int | None
    placed_for: str | None
    payment: str
    pay_by: datetime | None
    task: str | None
    offering_code: str
    monthly_minor: int

    @property
    def state(self) -> State:
        """What its status is called, and who has to move it on."""
        return STATES[self.status]

    @property
    def can_cancel(self) -> bool:
        """Whether the customer may still give it up."""
        return self.status in TRANSITIONS["withdraw"].sources and not self.is_taken and not self.is_being_stopped

    @property
    def is_being_stopped(self) -> bool:
        """Whether it is to be given up, and its parcel called back from the carrier first."""
        return self.task == "recall"

    @property
    def waits_for_payment(self) -> bool:
        """Whether it is kept until its money comes."""
        return self.status == ACCEPTED and self.pay_by is not None


@dataclass(frozen=True, slots=True)
class OrdersCard:
    """The newest orders in sight; `has_more`: there are older ones."""

    recent: tuple[OrderSummary, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """A page of orders, newest first. `older` continues it as `before`; None where they began."""

    orders: tuple[OrderSummary, ...]
    older: str | None


@dataclass(frozen=True, slots=True)
class OrderItemView:
    """One thing ordered, as it was sold. `contents`: what fulfilled vouchers say, for the customer's own eyes alone."""

    position: int
    offering_code: str
    name: Mapping[str, str]
    fulfilment: str
    quantity: int
    price_minor: int
    price_points: int
    contents: tuple[str, ...]
    monthly_minor: int = 0
    discount_minor: int = 0
    is_gift: bool = False
    returned: int = 0
    subscription_id: int | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)

    @property
    def monthly_total(self) -> int:
        """What all of them cost every month."""
        return self.quantity * self.monthly_minor


@dataclass(frozen=True, slots=True)
class StepView:
    """What happened to an order: a status it reached, or taken, released, checked … `note`: a reason's code, a tracking number."""

    kind: str
    at: datetime
    actor: str
    note: str | None


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """What an order's total is made of, and what of it came in and went back; all in minor units, all within the total."""

    discount_minor: int = 0
    shipping_minor: int = 0
    tax_minor: int = 0
    deposit_minor: int = 0
    paid_minor: int = 0
    refunded_minor: int = 0


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order in full. `promotion`: what campaigns gave, as the cart kept it; `papers_missing`: what is still to be shown.

    `papers_on_record`: what it would have asked for, had the customer not shown it before, and when that was.
    """

    summary: OrderSummary
    items: tuple[OrderItemView, ...]
    steps: tuple[StepView, ...]
    delivery: Delivery | None
    money: OrderMoney = OrderMoney()
    outlet: str | None = None
    promotion: Mapping[str, Any] = field(default_factory=dict)
    papers_missing: tuple[str, ...] = ()
    papers_on_record: Mapping[str, date] = field(default_factory=dict)


_customer: sa.BindParameter[int] = sa.bindparam("customer")
_of_it = sa.and_(OrderItem.customer_id == Order.customer_id, OrderItem.order_id == Order.id)
_first = sa.and_(_of_it, OrderItem.position == sa.literal_column("1"))
_work = sa.and_(OrderWork.order_id == Order.id, OrderWork.customer_id == Order.customer_id)
_other = aliased(OrderItem)
_all_of_it = sa.select(sa.func.count(), sa.func.sum(_other.quantity)).where(
    _other.customer_id == Order.customer_id, _other.order_id == Order.id
)
_monthly = _all_of_it.with_only_columns(sa.func.sum(_other.quantity * _other.monthly_minor))
_summaries = (
    sa.select(
        Order.id, Order.reference, Order.status, Order.channel, Order.placed_at, Order.ended_at, OrderWork.due_at,
        OrderWork.taken_by.is_not(None).label("is_taken"), OrderItem.name,
        _all_of_it.with_only_columns(sa.func.sum(_other.quantity)).scalar_subquery().label("quantity"),
        (_all_of_it.with_only_columns(sa.func.count()).scalar_subquery() - 1).label("more"),
        Order.currency, Order.total_minor, Order.total_points, Order.subscription_id, Order.placed_for, Order.payment, Order.pay_by,
        OrderWork.task, OrderItem.offering_code,
        sa.cast(_monthly.scalar_subquery(), sa.BigInteger()).label("monthly"),
    )
    .select_from(Order)
    .join(OrderItem, _first)
    .outerjoin(OrderWork, _work)
    .where(Order.customer_id == _customer)
)  # fmt: skip
_newest_first = (Order.placed_at.desc(), Order.id.desc())
# Whoever sees some lines alone sees the orders for these, and those he or she placed.
_in_sight = sa.or_(
    Order.subscription_id.in_(sa.bindparam("lines", expanding=True)),
    Order.party_id == sa.bindparam("party"),
    Order.placed_for == sa.bindparam("employee"),
)
_before = sa.and_(Order.placed_at <= sa.bindparam("at"), sa.or_(Order.placed_at < sa.bindparam("at"), Order.id < sa.bindparam("id")))
_most: sa.BindParameter[int] = sa.bindparam("most")
_page = {
    (sees_all, starts): _summaries.where(*(() if sees_all else (_in_sight,)), *(() if starts else (_before,)))
    .order_by(*_newest_first)
    .limit(_most)
    for sees_all in (True, False)
    for starts in (True, False)
}
_money = (
    Order.discount_minor, Order.shipping_minor, Order.tax_minor, Order.deposit_minor, Order.paid_minor, Order.refunded_minor,
)  # fmt: skip
_more = (Order.delivery, Order.outlet, Order.promotion, Order.documents, *_money)
_one = {
    sees_all: _summaries.add_columns(*_more).where(Order.id == sa.bindparam("order"), *(() if sees_all else (_in_sight,)))
    for sees_all in (True, False)
}
_items = (
    sa.select(
        OrderItem.position, OrderItem.offering_code, OrderItem.name, OrderItem.fulfilment, OrderItem.quantity, OrderItem.price_minor,
        OrderItem.price_points, OrderItem.content, OrderItem.monthly_minor, OrderItem.discount_minor, OrderItem.is_gift,
        OrderItem.returned, OrderItem.subscription_id, OrderItem.terms,
    )
    .where(OrderItem.customer_id == _customer, OrderItem.order_id == sa.bindparam("order"))
    .order_by(OrderItem.position)
)  # fmt: skip
_steps = (
    sa.select(OrderStep.kind, OrderStep.at, OrderStep.actor, OrderStep.note)
    .where(OrderStep.customer_id == _customer, OrderStep.order_id == sa.bindparam("order"))
    .order_by(OrderStep.number)
)


def sees_orders(viewer: Viewer) -> bool:
    """Say whether there can be orders in this viewer's sight: all of them, those paid with points, or those of own lines."""
    return viewer.may("orders") or viewer.may("points") or bool(viewer.lines)


def orders_card(session: Session, viewer: Viewer, *, now: datetime) -> OrdersCard:  # noqa: ARG001 - what every card is asked with
    """Give the newest orders in the viewer's sight. One statement."""
    found = _list(session, viewer, None, CARD_SHOWS + 1)
    return OrdersCard(tuple(found[:CARD_SHOWS]), len(found) > CARD_SHOWS)


def list_orders(session: Session, viewer: Viewer, *, before: str | None = None, limit: int = 10) -> OrdersPage:
    """Give a page of the orders in sight, newest first, 1 to 50. `before` is an earlier page's `older`; else Invalid. One statement."""
    limit = max(1, min(limit, MOST_SHOWN))
    found = _list(session, viewer, before, limit + 1)
    shown = tuple(found[:limit])
    return OrdersPage(shown, write_place(shown[-1].placed_at, shown[-1].id) if len(found) > limit else None)


def get_order(session: Session, viewer: Viewer, order_id: int, *, keys: Keys | None = None) -> OrderView:
    """Give one order in full; NotFound for one that is not in the viewer's sight. Three statements.

    With `keys`, a subscriber is shown what fulfilled vouchers say; staff never are.
    """
    connection = session.connection()
    which = {"customer": viewer.customer_id, "order": order_id}
    row = connection.execute(_one[_sees_all(viewer)], which | _sight(viewer)).first()
    if row is None:
        raise NotFound
    opening = keys if viewer.audience == "subscriber" and viewer.full else None
    return OrderView(
        summary=_summary(row[: -len(_more)]),
        items=tuple(_item(each, opening) for each in connection.execute(_items, which)),
        steps=tuple(StepView(read_status(each.kind), *each[1:]) for each in connection.execute(_steps, which)),
        delivery=None if row.delivery is None else Delivery(**row.delivery),
        money=OrderMoney(*row[-len(_money) :]),
        outlet=row.outlet,
        promotion=row.promotion or {},
        papers_missing=tuple(papers_missing(row.documents)),
        papers_on_record=papers_on_record(row.documents),
    )


def _list(session: Session, viewer: Viewer, before: str | None, most: int) -> Sequence[OrderSummary]:
    params: dict[str, Any] = {"customer": viewer.customer_id, "most": most} | _sight(viewer)
    if before is not None:
        try:
            params["at"], params["id"] = read_place(before)
        except ValueError as error:
            raise Invalid({"before": N_("This page of the orders is not there. Start from the newest.")}) from error
    rows = session.connection().execute(_page[_sees_all(viewer), before is None], params)
    return [_summary(row) for row in rows]


def _summary(row: Any) -> OrderSummary:
    """Give a row as an order, its status by the name it has today."""
    return OrderSummary(row[0], row[1], read_status(row[2]), *row[3:])


def _sees_all(viewer: Viewer) -> bool:
    """Say whether every order is in sight: for those who may, unless they look at one line alone."""
    return viewer.may("orders")


def _sight(viewer: Viewer) -> dict[str, Any]:
    """Give what narrows a look to what its viewer placed and to the lines he or she sees; nothing for who sees everything."""
    if _sees_all(viewer):
        return {}
    kind, _, who = viewer.actor.partition(":")
    return {
        "lines": sorted(viewer.lines or ()),
        "party": int(who) if kind == "party" else None,
        "employee": who if kind == "employee" else None,
    }


def _item(row: sa.Row[*tuple[Any, ...]], keys: Keys | None) -> OrderItemView:
    sealed = row.content.split(CONTENT_MARK) if row.content and keys is not None else []
    contents = tuple(keys.decrypt(each) for each in sealed) if keys is not None else ()
    position, code, name, fulfilment, quantity, price_minor, price_points, _, monthly, discount, is_gift, returned, line, terms = row
    sold = (position, code, name, fulfilment, quantity, price_minor, price_points, contents)
    return OrderItemView(*sold, monthly, discount, is_gift, returned, line, terms or {})
