"""What a customer has ordered so far, in figures: what promotions ask about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.driver import FrequentStatement
from portal.orders.models import Order, OrderItem
from portal.orders.states import DEPOSIT


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """How many orders stand, what they came to (in minor units), how many pieces of what, and when the first was.

    Given up and returned orders do not count; one that waits for its payment does, so that "the first order" is given once.
    """

    orders: int
    spent_minor: int
    bought: Mapping[str, int]
    first_at: datetime | None


_is_the_thing = OrderItem.fulfilment != DEPOSIT  # a pre-sale's deposit is for a piece that is ordered by itself later
_standing = sa.and_(Order.customer_id == sa.bindparam("customer"), Order.status.not_in(("cancelled", "returned")))
# The customer's orders are gone through once, and the items of all of them in one stretch of their key: a customer of many years is
# as quick as a new one but for the pages themselves.
_orders = sa.select(Order.id, Order.total_minor, Order.placed_at, Order.price_list).where(_standing).cte("standing")
_spent, _first = sa.func.coalesce(sa.func.sum(_orders.c.total_minor), 0), sa.func.min(_orders.c.placed_at)
_sums = sa.select(sa.literal(None).label("code"), sa.func.count(), _spent, _first).where(_orders.c.price_list.is_not(None))
_pieces = (
    sa.select(OrderItem.offering_code, sa.func.sum(OrderItem.quantity - OrderItem.returned), sa.literal(0), sa.null())
    .join(_orders, _orders.c.id == OrderItem.order_id)
    .where(OrderItem.customer_id == sa.bindparam("customer"), _is_the_thing)
    .group_by(OrderItem.offering_code)
)
_bought = (
    sa.select(sa.func.coalesce(sa.func.sum(OrderItem.quantity - OrderItem.returned), 0))
    .join(Order, sa.and_(Order.customer_id == OrderItem.customer_id, Order.id == OrderItem.order_id))
    .where(_standing, OrderItem.customer_id == sa.bindparam("customer"), OrderItem.offering_code == sa.bindparam("code"), _is_the_thing)
)
_bought_for = _bought.where(Order.placed_for == sa.bindparam("placed_for"))
_facts = FrequentStatement(sa.union_all(_sums, _pieces))


def list_history(session: Session, customer_id: int, *, now: datetime) -> OrderHistory:  # noqa: ARG001 - as every read of facts
    """Give the facts about a customer's past orders that promotions ask about. One statement."""
    orders, spent, first, bought = 0, 0, None, {}
    for code, count, amount, first_at in _facts.rows(session, {"customer": customer_id}):
        if code is None:
            orders, spent, first = count, int(amount), first_at
        else:
            bought[code] = int(count)
    return OrderHistory(orders, spent, bought, first)


def count_bought(session: Session, customer_id: int, offering_code: str, *, placed_for: str | None = None) -> int:
    """Give how many of an offering the customer has ordered and kept; `placed_for`: an employee alone, as the company names them."""
    params = {"customer": customer_id, "code": offering_code}
    if placed_for is None:
        return int(session.connection().execute(_bought, params).scalar_one())
    return int(session.connection().execute(_bought_for, params | {"placed_for": placed_for}).scalar_one())
