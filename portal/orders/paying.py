"""The money of an order: asked for, come in, and given up when it does not come."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.driver import FrequentStatement
from portal.base.errors import NotFound
from portal.orders.cancelling import give_up
from portal.orders.errors import OrderClosed
from portal.orders.events import OrderPaid
from portal.orders.following import go_on
from portal.orders.giving_back import use_up
from portal.orders.holds import hold_of
from portal.orders.models import Order, OrderWork
from portal.orders.states import ACCEPTED, read_status
from portal.orders.steps import Step, move_on, tell
from portal.payments import NewPayment, PaymentView, create_payment, find_payment_of

EXPIRED = "not_paid_in_time"
_asked = (
    FrequentStatement(
        sa.select(Order.status, Order.payment, Order.total_minor, Order.currency, Order.pay_by, Order.reference)
        .where(Order.customer_id == sa.bindparam("customer"), Order.id == sa.bindparam("order"))
        .with_for_update(key_share=True)
    )  # who gives it up at this moment closes the payment that is made here, or it is not made
)
_overdue = (
    sa.select(OrderWork.customer_id, OrderWork.order_id)
    .where(OrderWork.due_at <= sa.bindparam("now"), OrderWork.task == "pay")
    .order_by(OrderWork.due_at, OrderWork.order_id)
    .limit(sa.bindparam("most"))
)


def subject_of(order_id: int) -> str:
    """Name an order as payments do."""
    return hold_of(order_id)


def request_payment(session: Session, customer_id: int, order_id: int, *, provider: str | None = None, now: datetime) -> PaymentView:
    """Give the payment to pay an order by, made once while it is open; the worker asks the provider between transactions.

    Raises NotFound, OrderClosed for one that does not wait for money (paid, cancelled, past its time).
    """
    order = _asked.first(session, {"customer": customer_id, "order": order_id})
    if order is None:
        raise NotFound
    if order.status != ACCEPTED or order.payment != "online" or not order.total_minor or order.pay_by is None or order.pay_by <= now:
        raise OrderClosed(read_status(order.status))
    new = NewPayment(customer_id, subject_of(order_id), order.total_minor, order.currency, order.reference, order.pay_by, provider)
    return create_payment(session, new, now=now)


def mark_paid(
    session: Session,
    customer_id: int,
    order_id: int,
    amount_minor: int,
    *,
    actor: str,
    currency: str | None = None,
    note: str | None = None,
    now: datetime,
) -> bool:
    """Note that an order's money came in, and let it go on; False where it was paid before. `note`: a receipt's number.

    `currency` None: in the order's own. Raises NotFound, OrderClosed for one that was cancelled (the money goes back: see the
    handlers), and Invalid, with nothing changed, for another amount or other money.
    """
    step = Step("pay", customer_id, order_id, actor, now, note)
    try:
        order = move_on(session, step, amount=amount_minor, in_currency=currency)
    except OrderClosed as closed:
        if closed.stands == "cancelled":
            raise
        return False
    if order is None:
        return False
    event = OrderPaid(customer_id, order_id, order.reference, amount_minor, order.currency)
    tell(session, step, order, event, params={"amount_minor": amount_minor, "currency": order.currency})
    use_up(session, customer_id, order_id, order.promotion, now=now)
    go_on(session, step, order)
    return True


def list_unpaid(session: Session, *, now: datetime, limit: int = 100) -> Sequence[tuple[int, int]]:
    """Give (customer, order) of orders that were not paid in time, the longest overdue first; money may be on its way to some."""
    return [(row.customer_id, row.order_id) for row in session.connection().execute(_overdue, {"now": now, "most": limit})]


def expire_order(session: Session, customer_id: int, order_id: int, *, now: datetime) -> bool:
    """Cancel an order that was not paid in time, with all it held; False where it was paid or given up by then."""
    payment = find_payment_of(session, subject_of(order_id))
    if payment is not None and payment.is_paid:
        return False  # the word of it is on its way
    with contextlib.suppress(OrderClosed):  # it was paid in this very moment
        return give_up(session, Step("expire", customer_id, order_id, "system:expiry", now, EXPIRED))
    return False


def expire_unpaid(session: Session, *, now: datetime, limit: int = 100) -> int:
    """Cancel orders that were not paid in time; give how many.

    Several orders in one transaction take their locks in no order: where others write too, it is one transaction for each.
    """
    found = list_unpaid(session, now=now, limit=limit)
    return sum(expire_order(session, customer_id, order_id, now=now) for customer_id, order_id in found)
