"""Money that a person pays back: what was paid over a counter, and what a provider would not take back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.orders.errors import SamePerson
from portal.orders.events import OrderRefunded
from portal.orders.models import Order, OrderStep, OrderWork
from portal.orders.states import role_of
from portal.orders.steps import Step, drop_work, tell, whose

_order = (
    sa.select(Order.reference, Order.channel, Order.subscription_id, Order.refunded_minor, Order.currency)
    .where(Order.customer_id == sa.bindparam("customer"), Order.id == sa.bindparam("order"))
    .with_for_update()
)
_waits = sa.select(OrderWork.task).where(OrderWork.order_id == sa.bindparam("order"))
_decided_by = (
    sa.select(OrderStep.actor)
    .where(
        OrderStep.customer_id == sa.bindparam("customer"),
        OrderStep.order_id == sa.bindparam("order"),
        OrderStep.kind.in_(("cancelled", "part_returned", "returned")),
    )
    .order_by(OrderStep.number.desc())
    .limit(1)
)


def note_paid_out(session: Session, order_id: int, *, actor: str, now: datetime) -> None:
    """Note that somebody of the staff paid an order's money back. SamePerson for who gave the order up; NotFound where nothing waits."""
    if role_of(actor) != "desk":
        raise PermissionError("money is paid out by staff")
    step = Step("cancel", whose(session, order_id, None), order_id, actor, now)
    order = session.connection().execute(_order, step.key).one()
    if session.connection().execute(_waits, step.key).scalar() != "refund":
        raise NotFound
    if session.connection().execute(_decided_by, step.key).scalar() == actor:
        raise SamePerson
    drop_work(session, order_id)
    event = OrderRefunded(step.customer_id, order_id, order.reference, order.refunded_minor, order.currency)
    params = {"amount_minor": order.refunded_minor, "currency": order.currency}
    tell(session, step, order, event, kind="refunded", params=params)
