"""Money taken at the counter for an order that waits for it, also where it was to be paid online: only one of the two stands."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.orders.errors import OrderClosed
from portal.orders.models import Order
from portal.orders.paying import mark_paid, subject_of
from portal.orders.states import ACCEPTED, PAID, read_status
from portal.payments import close_payment

MOST_RECEIPT = 40
_this = sa.and_(Order.customer_id == sa.bindparam("customer"), Order.id == sa.bindparam("order"))
_at_counter = (
    sa.update(Order)
    .where(_this, Order.status == ACCEPTED, Order.payment.in_(("online", "counter")), Order.total_minor > 0)
    .values(payment="counter")
    .returning(Order.total_minor)
)
_stands = sa.select(Order.status, Order.payment).where(_this)


def take_counter_payment(session: Session, customer_id: int, order_id: int, receipt: str, *, actor: str, now: datetime) -> bool:
    """Note that an order was paid at the counter, under the till's receipt number, and let it go on; False where that was noted.

    What was to be paid online is closed: money that comes that way later goes back by itself. Raises Invalid for no receipt
    number, NotFound, OrderClosed for an order that was paid online or given up.
    """
    receipt = " ".join(receipt.split())
    if not 0 < len(receipt) <= MOST_RECEIPT:
        raise Invalid({"receipt": N_("Enter the number on the till’s receipt, up to 40 signs.")})
    connection, key = session.connection(), {"customer": customer_id, "order": order_id}
    total = connection.execute(_at_counter, key).scalar()
    if total is None:
        standing = connection.execute(_stands, key).first()
        if standing is None:
            raise NotFound
        if standing.payment != "counter" or read_status(standing.status) == "cancelled":
            raise OrderClosed(read_status(standing.status))
        return False
    payment = close_payment(session, subject_of(order_id), now=now)
    if payment is not None and payment.is_paid:
        raise OrderClosed(PAID)  # online, a moment ago: the word of it is on its way
    return mark_paid(session, customer_id, order_id, total, actor=actor, note=receipt, now=now)
