"""Moving an order on: taken by the desk, fulfilled, or cancelled.

Whoever moves an order first changes its row where it still stands as the step wants it (never: reads, then writes); what
follows, the order's points and stock included, waits for that, and happens once. The order of locks is placing's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.events import emit
from portal.billing import add_allowance
from portal.catalog import get_offering, release_stock, use_stock
from portal.interactions import record_interaction
from portal.orders.errors import AlreadyTaken, OrderClosed
from portal.orders.events import OrderCancelled, OrderEvent, OrderFulfilled, OrderTaken
from portal.orders.holds import CONTENT_MARK, hold_of, holder_of
from portal.orders.models import Order, OrderItem, OrderStep, OrderWork
from portal.orders.states import DATA_PACK, STATES, TRANSITIONS, VOUCHER, Verb, check_role, role_of
from portal.points import release_hold, spend_hold

_customer: sa.BindParameter[int] = sa.bindparam("customer")
_order: sa.BindParameter[int] = sa.bindparam("order")
_this = sa.and_(Order.customer_id == _customer, Order.id == _order)
_move = {
    verb: sa.update(Order)
    .where(_this, Order.status.in_(step.sources))
    .values({"status": step.target} | ({} if STATES[step.target].is_open else {"ended_at": sa.bindparam("at")}))
    .returning(Order.reference, Order.channel, Order.subscription_id, Order.total_points)
    for verb, step in TRANSITIONS.items()
}
_status = sa.select(Order.status).where(_this)
_items = (
    sa.select(OrderItem.position, OrderItem.offering_code, OrderItem.name, OrderItem.fulfilment, OrderItem.quantity)
    .where(OrderItem.customer_id == _customer, OrderItem.order_id == _order)
    .order_by(OrderItem.position)
)
_fill = (
    sa.update(OrderItem)
    .where(OrderItem.customer_id == _customer, OrderItem.order_id == _order, OrderItem.position == sa.bindparam("at_position"))
    .values(content=sa.bindparam("contents"))
)
_next_number = sa.select(sa.func.coalesce(sa.func.max(OrderStep.number), 0) + 1).where(
    OrderStep.customer_id == _customer, OrderStep.order_id == _order
)
_note = sa.insert(OrderStep).values(
    customer_id=_customer,
    order_id=_order,
    number=_next_number.scalar_subquery(),
    kind=sa.bindparam("step"),
    at=sa.bindparam("moment"),
    actor=sa.bindparam("by"),
    note=sa.bindparam("remark"),
)
_holder = sa.select(OrderWork.customer_id).where(OrderWork.order_id == _order)
_taken_by = sa.select(OrderWork.taken_by).where(OrderWork.order_id == _order)
_take = (
    sa.update(OrderWork)
    .where(OrderWork.order_id == _order, OrderWork.taken_by.is_(None))
    .values(taken_by=sa.bindparam("staff"), taken_at=sa.bindparam("at"))
    .returning(OrderWork.order_id)
)
_drop_work = sa.delete(OrderWork).where(OrderWork.order_id == _order).returning(OrderWork.taken_by)


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of one order: which, whose, by whom, when, and a remark for its history."""

    verb: Verb
    customer_id: int
    order_id: int
    actor: str
    now: datetime
    note: str | None = None

    @property
    def key(self) -> dict[str, int]:
        return {"customer": self.customer_id, "order": self.order_id}


def take_order(session: Session, staff_id: int, order_id: int, *, now: datetime) -> bool:
    """Take an order off the desk's queue to prepare it; False where this very person has it already.

    Raises NotFound for what is not on the worklist, AlreadyTaken where somebody else was faster.
    """
    step = _Step("take", _find_customer(session, order_id), order_id, f"staff:{staff_id}", now)
    order = _move_on(session, step)
    connection = session.connection()
    if order is None or connection.execute(_take, {"order": order_id, "staff": staff_id, "at": now}).first() is None:
        if connection.execute(_taken_by, {"order": order_id}).scalar() != staff_id:
            raise AlreadyTaken
        return False
    _tell(session, step, order, OrderTaken(step.customer_id, order_id, order.reference), None)
    return True


def fulfil_order(
    session: Session, order_id: int, *, actor: str, note: str | None = None, customer_id: int | None = None, now: datetime
) -> bool:
    """Hand over what was ordered: points spent, stock given out, vouchers' codes put into the order, packs added to the line.

    False where that happened before. `customer_id` None: an order on the desk's worklist. `note`: a tracking number.
    Raises NotFound, OrderClosed for one that was cancelled.
    """
    step = _Step("fulfil", _whose(session, order_id, customer_id), order_id, actor, now, note)
    order = _move_on(session, step)
    if order is None:
        return False
    if order.total_points:
        spend_hold(session, step.customer_id, hold_of(order_id), now=now)
    items = session.connection().execute(_items, step.key).all()
    for item in items:
        _hand_over(session, step, item, order.subscription_id)
    session.connection().execute(_drop_work, {"order": order_id})
    _tell(session, step, order, OrderFulfilled(step.customer_id, order_id, order.reference), items[0].name)
    return True


def cancel_order(session: Session, customer_id: int | None, order_id: int, *, actor: str, reason: str, now: datetime) -> bool:
    """Give an order up: its points and its stock go back, once. False where it was cancelled before.

    `customer_id` None: an order on the desk's worklist. `reason` is a code for its history. Raises NotFound, OrderClosed
    for one that is fulfilled, AlreadyTaken for a customer whose order the desk is preparing.
    """
    step = _Step("cancel", _whose(session, order_id, customer_id), order_id, actor, now, reason)
    order = _move_on(session, step)
    if order is None:
        return False
    work = session.connection().execute(_drop_work, {"order": order_id}).first()
    if work is not None and work.taken_by is not None and role_of(actor) == "customer":
        raise AlreadyTaken
    if order.total_points:
        release_hold(session, step.customer_id, hold_of(order_id), now=now)
    items = session.connection().execute(_items, step.key).all()
    for item in items:
        release_stock(session, holder_of(order_id, item.position))
    _tell(session, step, order, OrderCancelled(step.customer_id, order_id, order.reference, reason), items[0].name)
    return True


def _whose(session: Session, order_id: int, customer_id: int | None) -> int:
    return _find_customer(session, order_id) if customer_id is None else customer_id


def _find_customer(session: Session, order_id: int) -> int:
    """Give whose order stands on the worklist under this id; NotFound where none does."""
    customer_id: int | None = session.connection().execute(_holder, {"order": order_id}).scalar()
    if customer_id is None:
        raise NotFound
    return customer_id


def _move_on(session: Session, step: _Step) -> Any:
    """Change the order's state where the step may start from it; None where it stands at the step's end already."""
    check_role(step.verb, step.actor)
    connection = session.connection()
    moved = connection.execute(_move[step.verb], {**step.key, "at": step.now}).first()
    if moved is not None:
        return moved
    status = connection.execute(_status, step.key).scalar()
    if status is None:
        raise NotFound
    if status != TRANSITIONS[step.verb].target:
        raise OrderClosed(status)
    return None


def _hand_over(session: Session, step: _Step, item: Any, subscription_id: int | None) -> None:
    contents = use_stock(session, holder_of(step.order_id, item.position), now=step.now)
    if item.fulfilment == VOUCHER and contents:
        filled = {**step.key, "at_position": item.position, "contents": CONTENT_MARK.join(contents)}
        session.connection().execute(_fill, filled)
    elif item.fulfilment == DATA_PACK:
        assert subscription_id is not None, "placing asks for the line"
        reference = holder_of(step.order_id, item.position)
        for kind, amount in get_offering(session, item.offering_code).allowances.items():
            add_allowance(
                session, step.customer_id, subscription_id, kind, amount * item.quantity, reference=f"{reference}:{kind}", now=step.now
            )


def _tell(session: Session, step: _Step, order: Any, event: OrderEvent, item: Mapping[str, str] | None) -> None:
    """Note a step in the order's history, the customer's timeline and the outbox."""
    kind = TRANSITIONS[step.verb].step
    row = {**step.key, "step": kind, "moment": step.now, "by": step.actor, "remark": step.note}
    session.connection().execute(_note, row)
    params: dict[str, Any] = {"reference": order.reference} | ({} if item is None else {"item": dict(item)})
    record_interaction(
        session,
        step.customer_id,
        channel=order.channel,
        kind=f"order_{kind}",
        params=params,
        subscription_id=order.subscription_id,
        now=step.now,
    )
    emit(session, event, now=step.now)
