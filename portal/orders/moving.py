"""Moving an order on: taken by the desk or given back to it, and handed over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import NotFound
from portal.base.events import emit
from portal.billing import add_allowance
from portal.catalog import get_offering, use_stock
from portal.orders.errors import AlreadyTaken, OrderClosed
from portal.orders.events import OrderFulfilled, OrderReleased, OrderTaken
from portal.orders.holds import CONTENT_MARK, hold_of, holder_of
from portal.orders.models import OrderItem, OrderProvision, OrderWork, Shipment
from portal.orders.states import DATA_PACK, DESK, SERVICE, VOUCHER
from portal.orders.steps import Step, drop_work, items_of, move_on, note_step, tell, whose
from portal.points import GRANT, earn_points, expiry_day, spend_hold

MONTHS_KEPT = 12
"""For so long extra points of an order can be spent."""
_fill = (
    sa.update(OrderItem)
    .where(
        OrderItem.customer_id == sa.bindparam("customer"),
        OrderItem.order_id == sa.bindparam("order"),
        OrderItem.position == sa.bindparam("at_position"),
    )
    .values(content=sa.bindparam("contents"))
)
_being_stopped = (
    sa.select(sa.func.count())
    .select_from(Shipment)
    .where(Shipment.customer_id == sa.bindparam("customer"), Shipment.order_id == sa.bindparam("order"), Shipment.status == "recalling")
)
_not_set_up = (
    sa.select(sa.func.count())
    .select_from(OrderProvision)
    .where(
        OrderProvision.customer_id == sa.bindparam("customer"),
        OrderProvision.order_id == sa.bindparam("order"),
        OrderProvision.status != "done",
    )
)
_taken_by = sa.select(OrderWork.taken_by).where(OrderWork.order_id == sa.bindparam("order"), OrderWork.role == DESK)
_take = (
    sa.update(OrderWork)
    .where(OrderWork.order_id == sa.bindparam("order"), OrderWork.taken_by.is_(None), OrderWork.role == DESK)
    .values(taken_by=sa.bindparam("staff"), taken_at=sa.bindparam("at"))
    .returning(OrderWork.order_id)
)
_release = (
    sa.update(OrderWork)
    .where(OrderWork.order_id == sa.bindparam("order"), OrderWork.taken_by.is_not(None))
    .values(taken_by=None, taken_at=None)
    .returning(OrderWork.order_id)
)


def take_order(session: Session, staff_id: int, order_id: int, *, now: datetime) -> bool:
    """Take an order off the desk's queue to do its task; False where this very person has it already.

    Raises NotFound for what is not on the worklist, AlreadyTaken where somebody else was faster.
    """
    step = Step("take", whose(session, order_id, None), order_id, f"staff:{staff_id}", now)
    connection = session.connection()
    order = move_on(session, step)
    if connection.execute(_take, {"order": order_id, "staff": staff_id, "at": now}).first() is None:
        standing = connection.execute(_taken_by, {"order": order_id}).first()
        if standing is None:
            raise NotFound
        if standing.taken_by != staff_id:
            raise AlreadyTaken
        return False
    tell(session, step, order, OrderTaken(step.customer_id, order_id, order.reference))
    return True


def release_order(session: Session, order_id: int, *, actor: str, now: datetime) -> bool:
    """Give an order that somebody at the desk took back to the queue; False where nobody had it. NotFound off the worklist.

    Whose it was, and who may take it from another, the desk says.
    """
    step = Step("release", whose(session, order_id, None), order_id, actor, now)
    order = move_on(session, step)
    if session.connection().execute(_release, {"order": order_id}).first() is None:
        return False
    note_step(session, step, "released")
    emit(session, OrderReleased(step.customer_id, order_id, order.reference), now=now)
    return True


def fulfil_order(
    session: Session, order_id: int, *, actor: str, note: str | None = None, customer_id: int | None = None, now: datetime
) -> bool:
    """Hand over what was ordered: points spent, stock given out, vouchers' codes put into the order, packs added to the line.

    False where that happened before. `customer_id` None: an order on the desk's worklist. `note`: how it was handed over.
    Raises NotFound, OrderClosed for one that was cancelled, is on its way or asked back from there, or is not set up yet.
    """
    return _complete(session, Step("fulfil", whose(session, order_id, customer_id), order_id, actor, now, note))


def receive_order(session: Session, order_id: int, *, actor: str, customer_id: int | None = None, now: datetime) -> bool:
    """Note that what was sent has arrived, and complete the order; False where that was known. Raises as `fulfil_order` does."""
    return _complete(session, Step("receive", whose(session, order_id, customer_id), order_id, actor, now))


def _complete(session: Session, step: Step) -> bool:
    order = move_on(session, step)
    if order is None:
        return False
    items = items_of(session, step)
    if any(item.fulfilment == SERVICE for item in items) and session.connection().execute(_not_set_up, step.key).scalar():
        raise OrderClosed("reserved")
    if step.verb == "fulfil" and session.connection().execute(_being_stopped, step.key).scalar():
        raise OrderClosed("reserved")  # its parcel is asked back: what became of it comes first
    if order.total_points:
        spend_hold(session, step.customer_id, hold_of(step.order_id), now=step.now)
    _give_extra_points(session, step, order)
    for item in items:
        _hand_over(session, step, item, item.subscription_id or order.subscription_id)
    drop_work(session, step.order_id)
    event = OrderFulfilled(step.customer_id, step.order_id, order.reference)
    tell(session, step, order, event, items[0].name, told="order_fulfilled")
    return True


def _give_extra_points(session: Session, step: Step, order: Any) -> None:
    """Give the points a campaign promised for the order, once."""
    points = (order.promotion or {}).get("points", 0)
    if points:
        until = expiry_day(today(step.now), MONTHS_KEPT)
        reference = hold_of(step.order_id)
        earn_points(session, step.customer_id, points, purse="channel", reason=GRANT, reference=reference, expires_on=until, now=step.now)


def _hand_over(session: Session, step: Step, item: Any, subscription_id: int | None) -> None:
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
