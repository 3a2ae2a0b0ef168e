"""The desk's worklist: open orders in the order they are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.privacy import mask_line, mask_name, mask_number
from portal.customers import Viewer
from portal.orders.entry import Delivery
from portal.orders.models import OrderWork
from portal.orders.queries import OrderView, get_order
from portal.orders.states import DESK, TaskName

MOST_WORK = 200
"""So many are counted; of more, the face says that there are more."""
Taken = Literal["free", "mine", "others"]


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One open order in the queue. `summary` (by language) names its first item; `is_late` once it is past due.

    `task`: what it waits for, one of TASKS; `role`: whose that is; `outlet`: where it is picked up.
    """

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
    task: str
    role: str
    outlet: str | None


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """Which part of the worklists is asked for. `staff`: who asks; `taken`: by whom, as seen by who asks; None: all of them.

    `outlet`: where it is picked up; "" for what is not picked up. `tail`: the last signs of a reference, or the whole of it;
    `customers`: whose orders fit besides.
    """

    staff: int
    role: str = DESK
    task: TaskName | None = None
    channel: str | None = None
    outlet: str | None = None
    taken: Taken | None = None
    late: bool = False
    tail: str = ""
    customers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkCounts:
    """How many there are of a filter, whoever has them: exact up to 200, else 201."""

    everything: int
    free: int
    mine: int
    late: int


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """An open order as the desk sees it. Where it goes is masked for all but who has taken it."""

    work: WorkItem
    customer_id: int
    order: OrderView


_columns = (
    OrderWork.order_id, OrderWork.reference, OrderWork.channel, OrderWork.summary, OrderWork.quantity, OrderWork.placed_at,
    OrderWork.due_at, OrderWork.taken_by, OrderWork.taken_at, (OrderWork.due_at < sa.bindparam("now")).label("is_late"),
    OrderWork.task, OrderWork.role, OrderWork.outlet,
)  # fmt: skip
_all: sa.Select[*tuple[Any, ...]] = sa.select(*_columns).order_by(OrderWork.due_at, OrderWork.order_id).limit(MOST_WORK)
_queue = _all.where(OrderWork.role == sa.bindparam("of_role"))
_of_task = _queue.where(OrderWork.task == sa.bindparam("of_task"))
_mine = _queue.where(OrderWork.taken_by == sa.bindparam("staff"))
_one: sa.Select[*tuple[Any, ...]] = sa.select(*_columns, OrderWork.customer_id).where(OrderWork.order_id == sa.bindparam("order"))
_next = _queue.where(
    sa.or_(OrderWork.taken_by.is_(None), OrderWork.taken_by == sa.bindparam("staff")), OrderWork.order_id != sa.bindparam("but")
).limit(1)
_some: sa.Select[*tuple[Any, ...]] = sa.select(*_columns).order_by(OrderWork.due_at, OrderWork.order_id)
_chosen = _some.where(OrderWork.order_id.in_(sa.bindparam("orders", expanding=True)))
_called = _some.where(OrderWork.reference.in_(sa.bindparam("references", expanding=True)))
_pick_ups = (
    sa.select(*_columns, OrderWork.customer_id)
    .where(OrderWork.task == sa.literal("collect"), OrderWork.outlet == sa.bindparam("of_outlet"))
    .order_by(OrderWork.due_at, OrderWork.order_id)
    .limit(MOST_WORK)
)
_of_tail = sa.func.replace(OrderWork.reference, "-", "").like(sa.bindparam("of_tail"))
_CONDITIONS: Mapping[str, sa.ColumnElement[bool]] = {
    "task": OrderWork.task == sa.bindparam("of_task"),
    "channel": OrderWork.channel == sa.bindparam("of_channel"),
    "outlet": OrderWork.outlet == sa.bindparam("of_outlet"),
    "sent": OrderWork.outlet.is_(None),
    "free": OrderWork.taken_by.is_(None),
    "mine": OrderWork.taken_by == sa.bindparam("staff"),
    "others": OrderWork.taken_by != sa.bindparam("staff"),
    "late": OrderWork.due_at < sa.bindparam("now"),
    "tail": _of_tail,
    "found": sa.or_(_of_tail, OrderWork.customer_id.in_(sa.bindparam("of_customers", expanding=True))),
    "after": sa.and_(
        OrderWork.due_at >= sa.bindparam("at"), sa.or_(OrderWork.due_at > sa.bindparam("at"), OrderWork.order_id > sa.bindparam("id"))
    ),
}
_by_reference = sa.select(OrderWork.order_id).where(OrderWork.reference == sa.bindparam("reference")).order_by(OrderWork.due_at).limit(1)


def list_work(
    session: Session, *, now: datetime, mine: int | None = None, task: TaskName | None = None, role: str = DESK
) -> Sequence[WorkItem]:
    """Give a role's queue, what is due first first, at most 200; `mine`: what this member of staff has taken; `task`: of one kind alone.

    One statement.
    """
    params: dict[str, Any] = {"now": now, "of_role": role}
    statement = _queue if mine is None else _mine
    if mine is not None:
        params["staff"] = mine
    elif task is not None:
        statement, params["of_task"] = _of_task, task
    return [WorkItem(*row) for row in session.connection().execute(statement, params)]


def list_work_page(
    session: Session, which: WorkFilter, *, now: datetime, after: tuple[datetime, int] | None = None, limit: int = 25
) -> Sequence[WorkItem]:
    """Give the next `limit` orders of a worklist, what is due first first. `after`: due_at and id of the last one shown. One statement."""
    shape = _shape(which) | ({which.taken} if which.taken else set()) | ({"after"} if after else set())
    params = _params(which, now) | {"most": limit}
    if after is not None:
        params["at"], params["id"] = after
    return [WorkItem(*row) for row in session.connection().execute(_page(frozenset(shape)), params)]


def count_work(session: Session, which: WorkFilter, *, now: datetime) -> WorkCounts:
    """Count what fits a filter (its `taken` aside), each kind to 201 at most. One statement."""
    return WorkCounts(*session.connection().execute(_count(frozenset(_shape(which))), _params(which, now)).one())


def find_next_work(session: Session, staff_id: int, *, besides: int = 0, now: datetime) -> WorkItem | None:
    """Give what this member of staff does next: of one's own and the free ones what is due first, another than `besides`."""
    row = session.connection().execute(_next, {"now": now, "of_role": DESK, "staff": staff_id, "but": besides}).first()
    return None if row is None else WorkItem(*row)


def list_chosen_work(session: Session, order_ids: Sequence[int], *, now: datetime) -> Sequence[WorkItem]:
    """Give these orders as far as they are on a worklist, what is due first first. One statement."""
    return [WorkItem(*row) for row in session.connection().execute(_chosen, {"orders": list(order_ids), "now": now})]


def list_called_work(session: Session, references: Sequence[str], *, now: datetime) -> Sequence[WorkItem]:
    """Give the orders on the worklists that are called so; two customers' may be called the same. One statement."""
    return [WorkItem(*row) for row in session.connection().execute(_called, {"references": list(references), "now": now})]


def list_pick_ups(session: Session, outlet: str, *, now: datetime) -> Sequence[tuple[WorkItem, int]]:
    """Give what waits at an outlet to be picked up, at most 200, each with whose it is. One statement."""
    rows: Any = session.connection().execute(_pick_ups, {"of_outlet": outlet, "now": now})
    return [(WorkItem(*row[:-1]), row.customer_id) for row in rows]


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


def _shape(which: WorkFilter) -> set[str]:
    """Name the conditions of a filter but who has taken what."""
    found = {name for name in ("task", "channel", "late", "tail") if getattr(which, name)}
    if which.outlet is not None:
        found.add("outlet" if which.outlet else "sent")
    if which.customers:
        found = (found - {"tail"}) | {"found"}
    return found


def _params(which: WorkFilter, now: datetime) -> dict[str, Any]:
    return {
        "now": now, "of_role": which.role, "staff": which.staff, "of_task": which.task, "of_channel": which.channel,
        "of_outlet": which.outlet, "of_tail": f"%{which.tail}", "of_customers": list(which.customers),
    }  # fmt: skip


@lru_cache(maxsize=512)
def _page(shape: frozenset[str]) -> sa.Select[*tuple[Any, ...]]:
    return _queue.where(*(_CONDITIONS[name] for name in sorted(shape))).limit(sa.bindparam("most"))


@lru_cache(maxsize=512)
def _count(shape: frozenset[str]) -> sa.Select[*tuple[Any, ...]]:
    of_role = sa.select(OrderWork.order_id).where(OrderWork.role == sa.bindparam("of_role"), *(_CONDITIONS[name] for name in sorted(shape)))

    def counted(*more: str) -> sa.ScalarSelect[int]:
        inside = of_role.where(*(_CONDITIONS[name] for name in more)).limit(MOST_WORK + 1).subquery()
        return sa.select(sa.func.count()).select_from(inside).scalar_subquery()

    return sa.select(counted(), counted("free"), counted("mine"), counted("late"))
