"""Past orders in the large, for whoever weighs campaigns: what was bought, by how many, and what one campaign did.

Everything here reads customers one after the other, a chunk at a time (`after` is the last one read): nobody holds a
transaction open for long, and no index is kept for it. Given up and returned orders do not count.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Id
from portal.orders.entry import NO_CURRENCY
from portal.orders.models import Order, OrderItem

GONE = ("cancelled", "returned")


@dataclass(frozen=True, slots=True)
class PastItem:
    """One thing that was ordered. `is_extra`: a gift, or a part of a bundle; it was not asked for by itself."""

    position: int
    offering_code: str
    quantity: int
    unit_minor: int
    monthly_minor: int
    deposit_minor: int
    is_extra: bool


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order as it was placed. `shipping_minor`: what sending cost before anything was taken off."""

    customer_id: int
    order_id: int
    reference: str
    placed_at: datetime
    channel: str
    currency: str
    total_minor: int
    shipping_minor: int
    discount_minor: int
    items: tuple[PastItem, ...]


@dataclass(frozen=True, slots=True)
class Sold:
    """What a period brought: orders, customers who placed them, and the customers' ids from the first to the last."""

    orders: int
    customers: int
    first_id: int
    last_id: int


@dataclass(frozen=True, slots=True)
class CampaignOrder:
    """An order a campaign was applied to. `cost_minor`: what the campaign gave; `revenue_minor`: paid, without deposits."""

    customer_id: int
    order_id: int
    placed_at: datetime
    channel: str
    revenue_minor: int
    cost_minor: int


_since, _until = sa.bindparam("since", type_=Order.placed_at.type), sa.bindparam("until", type_=Order.placed_at.type)
_standing = sa.and_(Order.placed_at >= _since, Order.placed_at < _until, Order.status.not_in(GONE))
_money = sa.and_(_standing, Order.currency != NO_CURRENCY)
_sold = sa.select(
    sa.func.count(), sa.func.count(sa.distinct(Order.customer_id)), sa.func.coalesce(sa.func.min(Order.customer_id), 0),
    sa.func.coalesce(sa.func.max(Order.customer_id), 0),
).where(_money)  # fmt: skip
_after, _most = sa.bindparam("after", type_=Id), sa.bindparam("most", type_=sa.Integer())
_buyers = sa.select(Order.customer_id).distinct().where(Order.customer_id > _after, _money).order_by(Order.customer_id).limit(_most)
_of_buyers = (
    sa.select(
        Order.customer_id, Order.id, Order.reference, Order.placed_at, Order.channel, Order.currency, Order.total_minor,
        Order.shipping_minor, Order.discount_minor, OrderItem.position, OrderItem.offering_code, OrderItem.quantity,
        OrderItem.price_minor, OrderItem.monthly_minor, OrderItem.discount_minor.label("item_discount"), OrderItem.terms,
        sa.or_(OrderItem.is_gift, OrderItem.parent.is_not(None)).label("is_extra"),
    )
    .join(OrderItem, sa.and_(OrderItem.customer_id == Order.customer_id, OrderItem.order_id == Order.id))
    .where(
        Order.customer_id.in_(sa.bindparam("customers", expanding=True)), Order.placed_at < _until, Order.status.not_in(GONE),
        Order.currency != NO_CURRENCY,
    )
    .order_by(Order.customer_id, Order.placed_at, Order.id, OrderItem.position)
)  # fmt: skip
_of_campaign = (
    sa.select(
        Order.customer_id, Order.id, Order.placed_at, Order.channel,
        (Order.total_minor - Order.deposit_minor - Order.refunded_minor).label("revenue"), Order.promotion,
    )
    .where(
        sa.tuple_(Order.customer_id, Order.id) > sa.tuple_(_after, sa.bindparam("after_order", type_=Id)),
        _standing,
        sa.cast(Order.promotion, sa.Text).like(sa.bindparam("named", type_=sa.Text())),
    )
    .order_by(Order.customer_id, Order.id)
    .limit(_most)
)  # fmt: skip


def count_sold(session: Session, *, since: datetime, until: datetime) -> Sold:
    """Count the orders for money of a period and who placed them. One statement, which looks at every order."""
    return Sold(*session.connection().execute(_sold, {"since": since, "until": until}).one())


def list_buyers(session: Session, *, since: datetime, until: datetime, after: int, limit: int) -> Sequence[int]:
    """Give the ids of those who ordered in a period, beginning behind `after`. One statement."""
    params = {"since": since, "until": until, "after": after, "most": limit}
    return list(session.connection().execute(_buyers, params).scalars())


def list_past_orders(session: Session, customer_ids: Collection[int], *, until: datetime) -> Mapping[int, Sequence[PastOrder]]:
    """Give all that these customers ordered for money until a moment, the oldest first, by customer. One statement."""
    if not customer_ids:
        return {}
    rows = session.connection().execute(_of_buyers, {"customers": sorted(customer_ids), "until": until}).all()
    orders = [_past_order(list(lines)) for _, lines in groupby(rows, key=lambda row: (row.customer_id, row.id))]
    return {customer_id: list(of_one) for customer_id, of_one in groupby(orders, key=lambda order: order.customer_id)}


def list_campaign_orders(
    session: Session, campaign_id: int, *, since: datetime, until: datetime, after: tuple[int, int] = (0, 0), limit: int
) -> tuple[Sequence[CampaignOrder], tuple[int, int] | None]:
    """Give orders a campaign was applied to, beginning behind `after` (customer, order), and where to go on. One statement."""
    params = {
        "since": since, "until": until, "after": after[0], "after_order": after[1], "most": limit, "named": f"%{campaign_id}%",
    }  # fmt: skip
    rows = session.connection().execute(_of_campaign, params).all()
    found = []
    for row in rows:
        cost = _cost(row.promotion, campaign_id)
        if cost is not None:
            found.append(CampaignOrder(row.customer_id, row.id, row.placed_at, row.channel, row.revenue, cost))
    return found, (rows[-1].customer_id, rows[-1].id) if len(rows) == limit else None


def _cost(promotion: Any, campaign_id: int) -> int | None:
    """Give what a campaign gave to an order, by what was kept with it (see carts' `told`); None where it gave nothing."""
    campaigns = promotion.get("campaigns", ()) if isinstance(promotion, dict) else ()
    found = [each.get("amount_minor", 0) for each in campaigns if each.get("id") == campaign_id]
    return sum(found) if found else None


def _past_order(lines: Sequence[Any]) -> PastOrder:
    first = lines[0]
    items = tuple(
        PastItem(
            line.position, line.offering_code, line.quantity, line.price_minor, line.monthly_minor,
            int((line.terms or {}).get("deposit_minor", 0)), bool(line.is_extra),
        )
        for line in lines
    )  # fmt: skip
    off_shipping = first.discount_minor - sum(line.item_discount for line in lines)
    return PastOrder(
        first.customer_id, first.id, first.reference, first.placed_at, first.channel, first.currency, first.total_minor,
        first.shipping_minor + max(0, off_shipping), first.discount_minor, items,
    )  # fmt: skip
