"""The desk's worklist: open orders in the order they are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.privacy import mask_line, mask_name, mask_number
from portal.customers import Viewer
from portal.orders.entry import Delivery
from portal.orders.models import OrderWork
from portal.orders.queries import OrderView, get_order

MOST_WORK = 200


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One open order in the queue. `summary` (by language) names its first item; `is_late` once it is past due."""

    order_id: int
    reference: str
    channel: str
    summary: Mapping[str, str]
    quantity: int
    placed_at: datetime
    due_at: datetime
    taken_by: int | None
    taken_at: datetime | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """An open order as the desk sees it. Where it goes is masked for all but who has taken it."""

    work: WorkItem
    customer_id: int
    order: OrderView


_columns = (
    OrderWork.order_id, OrderWork.reference, OrderWork.channel, OrderWork.summary, OrderWork.quantity, OrderWork.placed_at,
    OrderWork.due_at, OrderWork.taken_by, OrderWork.taken_at, (OrderWork.due_at < sa.bindparam("now")).label("is_late"),
)  # fmt: skip
_queue: sa.Select[*tuple[Any, ...]] = sa.select(*_columns).order_by(OrderWork.due_at, OrderWork.order_id).limit(MOST_WORK)
_mine = _queue.where(OrderWork.taken_by == sa.bindparam("staff"))
_one: sa.Select[*tuple[Any, ...]] = sa.select(*_columns, OrderWork.customer_id).where(OrderWork.order_id == sa.bindparam("order"))
_by_reference = sa.select(OrderWork.order_id).where(OrderWork.reference == sa.bindparam("reference")).order_by(OrderWork.due_at).limit(1)


def list_work(session: Session, *, now: datetime, mine: int | None = None) -> Sequence[WorkItem]:
    """Give the queue, what is due first first, at most 200; `mine`: what this member of staff has taken alone. One statement."""
    statement, params = (_queue, {"now": now}) if mine is None else (_mine, {"now": now, "staff": mine})
    return [WorkItem(*row) for row in session.connection().execute(statement, params)]


def get_work_order(session: Session, order_id: int, staff_id: int, *, now: datetime) -> WorkOrder:
    """Give an order on the worklist as this member of staff may see it; NotFound for one that is on it no more."""
    row = session.connection().execute(_one, {"order": order_id, "now": now}).first()
    if row is None:
        raise NotFound
    work, customer_id = WorkItem(*row[:-1]), row.customer_id
    order = get_order(session, Viewer("staff", f"staff:{staff_id}", customer_id), order_id)
    if order.delivery is not None and work.taken_by != staff_id:
        order = replace(order, delivery=_masked(order.delivery))
    return WorkOrder(work, customer_id, order)


def find_work(session: Session, reference: str) -> int | None:
    """Give the id of the order on the worklist that is called so (of several, of what is due first); None where there is none."""
    return session.connection().execute(_by_reference, {"reference": reference}).scalar()


def _masked(delivery: Delivery) -> Delivery:
    return Delivery(mask_name(delivery.name), mask_number(delivery.phone), mask_line(delivery.address))
