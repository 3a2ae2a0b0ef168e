"""One step of one order: its row changed where it still stands as the step wants it, and told everywhere it is told.

Whoever moves an order first changes its row (never: reads, then writes); what follows, its points and stock included,
waits for that, and happens once. The order of locks: the order, points, coupons, campaigns, stock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.driver import FrequentStatement
from portal.base.errors import N_, Invalid, NotFound
from portal.base.events import emit
from portal.interactions import record_interaction
from portal.orders.errors import OrderClosed
from portal.orders.events import OrderEvent
from portal.orders.models import Order, OrderItem, OrderStep, OrderWork
from portal.orders.states import STATES, TASKS, TRANSITIONS, TaskName, Verb, check_role, read_status, stored_as

_customer: sa.BindParameter[int] = sa.bindparam("customer")
_order: sa.BindParameter[int] = sa.bindparam("order")
_this = sa.and_(Order.customer_id == _customer, Order.id == _order)
_known = (
    Order.reference, Order.channel, Order.subscription_id, Order.total_points, Order.total_minor, Order.currency, Order.payment,
    Order.paid_minor, Order.refunded_minor, Order.promotion, Order.delivery, Order.outlet, Order.documents, Order.placed_at,
)  # fmt: skip


def _values(verb: Verb) -> dict[str, Any]:
    target = TRANSITIONS[verb].target
    if target is None:
        return {"status": Order.status}
    paid = {"paid_minor": sa.bindparam("amount", type_=Order.paid_minor.type)} if verb == "pay" else {}
    return {"status": target} | paid | ({} if STATES[target].is_open else {"ended_at": sa.bindparam("at")})


def _sources(verb: Verb) -> Sequence[str]:
    return [name for source in TRANSITIONS[verb].sources for name in stored_as(source)]


_right_money = sa.and_(
    Order.total_minor == sa.bindparam("amount", type_=Order.total_minor.type),
    Order.currency == sa.func.coalesce(sa.bindparam("in_currency", type_=sa.String()), Order.currency),
)
_conditions = {"pay": (_right_money,)}  # an order is not paid by another amount, nor by so much of other money
_move = {
    verb: FrequentStatement(
        sa.update(Order).where(_this, Order.status.in_(_sources(verb)), *_conditions.get(verb, ())).values(_values(verb)).returning(*_known)
    )
    for verb in TRANSITIONS
}
_status = FrequentStatement(sa.select(Order.status).where(_this))
_items = (
    FrequentStatement(sa.select(
        OrderItem.position, OrderItem.offering_code, OrderItem.name, OrderItem.fulfilment, OrderItem.quantity, OrderItem.subscription_id,
        OrderItem.monthly_minor, OrderItem.terms,
    )
    .where(OrderItem.customer_id == _customer, OrderItem.order_id == _order)
    .order_by(OrderItem.position))
)  # fmt: skip
_next_number = sa.select(sa.func.coalesce(sa.func.max(OrderStep.number), 0) + 1).where(
    OrderStep.customer_id == _customer, OrderStep.order_id == _order
)
_note = FrequentStatement(
    sa.insert(OrderStep).values(
        customer_id=_customer,
        order_id=_order,
        number=_next_number.scalar_subquery(),
        kind=sa.bindparam("step"),
        at=sa.bindparam("moment"),
        actor=sa.bindparam("by"),
        note=sa.bindparam("remark"),
    )
)
_holder = FrequentStatement(sa.select(OrderWork.customer_id).where(OrderWork.order_id == _order))
_drop_work = FrequentStatement(sa.delete(OrderWork).where(OrderWork.order_id == _order).returning(OrderWork.taken_by, OrderWork.task))
_retask = FrequentStatement(
    sa.update(OrderWork)
    .where(OrderWork.order_id == _order)
    .values(task=sa.bindparam("to_task"), role=sa.bindparam("to_role"), due_at=sa.bindparam("due"), taken_by=None, taken_at=None)
    .returning(OrderWork.order_id)
)
_add_work = FrequentStatement(sa.insert(OrderWork))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one order: which, whose, by whom, when, and a remark for its history."""

    verb: Verb
    customer_id: int
    order_id: int
    actor: str
    now: datetime
    note: str | None = None

    @property
    def key(self) -> dict[str, int]:
        """The order, as statements take it."""
        return {"customer": self.customer_id, "order": self.order_id}


def whose(session: Session, order_id: int, customer_id: int | None) -> int:
    """Give the customer named, else whose order stands on a worklist under this id; NotFound where none does."""
    if customer_id is None:
        customer_id = _holder.scalar(session, {"order": order_id})
    if customer_id is None:
        raise NotFound
    return customer_id


def move_on(session: Session, step: Step, **given: Any) -> Any:
    """Change the order's state where the step may start from it, and give its row; None where it stands at the step's end already.

    `given`: what the step's statement asks for besides (`pay`: `amount` and `in_currency`). Raises NotFound, OrderClosed where it
    stands elsewhere, Invalid where it stands as it should and costs something else, PermissionError where the actor's role has no
    such step.
    """
    check_role(step.verb, step.actor)
    moved = _move[step.verb].first(session, {**step.key, "at": step.now, **given})
    if moved is not None:
        return moved
    stored = _status.scalar(session, step.key)
    if stored is None:
        raise NotFound
    if step.verb in _conditions and stored in _sources(step.verb):
        raise Invalid({"amount": N_("This is not what the order costs.")})
    if read_status(stored) != TRANSITIONS[step.verb].target:
        raise OrderClosed(read_status(stored))
    return None


def items_of(session: Session, step: Step) -> Sequence[Any]:
    """Give an order's items, as they were sold."""
    return _items.rows(session, step.key)


def drop_work(session: Session, order_id: int) -> Any:
    """Take an order off every worklist; give who had taken it for which task, None where it stood on none."""
    return _drop_work.first(session, {"order": order_id})


def give_task(session: Session, step: Step, task: TaskName, order: Any, items: Sequence[Any], *, due_at: datetime | None = None) -> None:
    """Have an order wait for something: on the worklist of whoever does it, free to be taken."""
    due = due_at or step.now + TASKS[task].limit
    wanted = {"order": step.order_id, "to_task": task, "to_role": TASKS[task].role, "due": due}
    if _retask.first(session, wanted) is not None:
        return
    row = work_row(step.order_id, step.customer_id, order, items, task, due)
    _add_work.change(session, row)


def work_row(order_id: int, customer_id: int, order: Any, items: Sequence[Any], task: TaskName, due_at: datetime) -> dict[str, Any]:
    """Give an order's row for the worklists."""
    return {
        "order_id": order_id,
        "customer_id": customer_id,
        "reference": order.reference,
        "channel": order.channel,
        "summary": dict(items[0].name),
        "quantity": sum(item.quantity for item in items),
        "placed_at": order.placed_at,
        "due_at": due_at,
        "task": task,
        "role": TASKS[task].role,
        "outlet": order.outlet,
    }


def note_step(session: Session, step: Step, kind: str) -> None:
    """Write a line of the order's history."""
    row = {**step.key, "step": kind, "moment": step.now, "by": step.actor, "remark": step.note}
    _note.change(session, row)


def tell(
    session: Session, step: Step, order: Any, event: OrderEvent | None, item: Mapping[str, str] | None = None, *, kind: str | None = None,
    told: str | None = None, params: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Note a step (`kind`: its name in the history) in the order's history, the customer's timeline (as `told`) and the outbox."""
    kind = kind or TRANSITIONS[step.verb].step
    note_step(session, step, kind)
    said: dict[str, Any] = {"reference": order.reference} | ({} if item is None else {"item": dict(item)}) | dict(params or {})
    record_interaction(
        session, step.customer_id, channel=order.channel, kind=told or f"order_{kind}", params=said,
        subscription_id=order.subscription_id, now=step.now,
    )  # fmt: skip
    if event is not None:
        emit(session, event, now=step.now)
