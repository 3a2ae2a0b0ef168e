"""What orders do after the fact: fulfil what needs no desk, and follow the money that came in or went back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import Invalid, NotFound
from portal.base.events import Handlers
from portal.codes.events import PrizeWon
from portal.orders.errors import OrderClosed
from portal.orders.events import OrderPlaced, OrderRefunded, OrderReserved
from portal.orders.models import Order, OrderReturn
from portal.orders.moving import fulfil_order
from portal.orders.paying import mark_paid
from portal.orders.prizes import deliver_prize
from portal.orders.steps import Step, give_task, items_of, tell
from portal.payments import refund
from portal.payments.events import PaymentPaid, RefundDone, RefundRefused

_known = sa.select(
    Order.reference, Order.channel, Order.subscription_id, Order.placed_at, Order.outlet, Order.currency, Order.status
).where(Order.customer_id == sa.bindparam("customer"), Order.id == sa.bindparam("order"))
_settle_return = (
    sa.update(OrderReturn)
    .where(
        OrderReturn.customer_id == sa.bindparam("customer"),
        OrderReturn.id == sa.bindparam("of_return"),
        OrderReturn.status == "received",
    )
    .values(status="refunded")
)


def register(handlers: Handlers) -> None:
    """Name what this capability listens to."""
    handlers.on(OrderPlaced, fulfil_at_once)
    handlers.on(PrizeWon, deliver_prize)
    handlers.on(OrderReserved, fulfil_reserved)
    handlers.on(PaymentPaid, note_payment)
    handlers.on(RefundDone, note_refund)
    handlers.on(RefundRefused, note_refusal)


def fulfil_at_once(session: Session, event: OrderPlaced, now: datetime) -> None:
    """Fulfil an order of vouchers and packs; one that was cancelled meanwhile, or fulfilled before, stays as it is."""
    if event.automatic:
        _fulfil(session, event.customer_id, event.order_id, now)


def fulfil_reserved(session: Session, event: OrderReserved, now: datetime) -> None:
    """Fulfil such an order once its money or its papers are there."""
    if event.automatic:
        _fulfil(session, event.customer_id, event.order_id, now)


def note_payment(session: Session, event: PaymentPaid, now: datetime) -> None:
    """Let an order go on that was paid; money for one that was given up meanwhile goes back, once. Late money goes back by itself."""
    order_id = order_of(event.subject)
    if order_id is None or event.late:
        return
    try:
        mark_paid(session, event.customer_id, order_id, event.amount_minor, currency=event.currency, actor="system:payments", now=now)
    except (OrderClosed, Invalid, NotFound):
        refund(session, event.subject, f"{event.subject}:unwanted", event.amount_minor, reason="unwanted", now=now)


def note_refund(session: Session, event: RefundDone, now: datetime) -> None:
    """Tell the customer that money went back."""
    step, order = _of_refund(session, event, now)
    if order is None:
        return
    _, _, what = event.refund_ref.partition(f"{event.subject}:")
    if what.startswith("return:"):
        session.connection().execute(_settle_return, {"customer": event.customer_id, "of_return": int(what.removeprefix("return:"))})
    told = OrderRefunded(event.customer_id, step.order_id, order.reference, event.amount_minor, event.currency)
    params = {"amount_minor": event.amount_minor, "currency": event.currency}
    tell(session, step, order, told, kind="refunded", params=params)


def note_refusal(session: Session, event: RefundRefused, now: datetime) -> None:
    """Have a person pay back what the provider will not."""
    step, order = _of_refund(session, event, now)
    if order is not None:
        give_task(session, step, "refund", order, items_of(session, step))


def order_of(subject: str) -> int | None:
    """Give the order a payment is for; None for anything else that is paid."""
    kind, _, number = subject.partition(":")
    return int(number) if kind == "order" and number.isdecimal() else None


def _of_refund(session: Session, event: RefundDone | RefundRefused, now: datetime) -> tuple[Step, sa.Row[*tuple[object, ...]] | None]:
    order_id = order_of(event.subject) or 0
    step = Step("return", event.customer_id, order_id, "system:payments", now)
    return step, session.connection().execute(_known, step.key).first()


def _fulfil(session: Session, customer_id: int, order_id: int, now: datetime) -> None:
    try:
        fulfil_order(session, order_id, actor="system", customer_id=customer_id, now=now)
    except OrderClosed:
        return
