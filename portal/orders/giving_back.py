"""What an order gives back: money to whoever paid, uses of campaigns and coupons to who may use them again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.codes import release_coupon, use_coupon
from portal.orders.holds import hold_of
from portal.orders.models import Order
from portal.orders.steps import Step
from portal.payments import close_payment, find_payment_of, refund
from portal.promotions import confirm_uses, release_uses

_count_refund = (
    sa.update(Order)
    .where(
        Order.customer_id == sa.bindparam("customer"),
        Order.id == sa.bindparam("order"),
        Order.refunded_minor + sa.bindparam("amount", type_=Order.refunded_minor.type) <= Order.paid_minor,
    )
    .values(refunded_minor=Order.refunded_minor + sa.bindparam("amount", type_=Order.refunded_minor.type))
)


def pay_back(session: Session, step: Step, order: Any, amount_minor: int, *, what: str) -> bool:
    """Ask for money of an order to go back, counted against what was paid; False where a person has to pay it out.

    `what` names the occasion, once for each order. ValueError for more than is left: callers compute what is.
    """
    counted = session.connection().execute(_count_refund, {**step.key, "amount": amount_minor})
    if counted.rowcount != 1:
        raise ValueError(f"order {step.order_id} was not paid so much")
    if order.payment != "online":
        return False
    subject = hold_of(step.order_id)
    refund(session, subject, f"{subject}:{what}", amount_minor, reason=what.partition(":")[0], now=step.now)
    return True


def close_open_payment(session: Session, order_id: int, *, now: datetime) -> None:
    """Have nothing more paid for an order; who pays in this very moment gets it back."""
    payment = find_payment_of(session, hold_of(order_id))
    if payment is not None and payment.is_open:
        close_payment(session, hold_of(order_id), now=now)


def give_back_uses(session: Session, step: Step, order: Any) -> None:
    """Give back what an order used of campaigns and coupons, reserved or used, once."""
    promotion = order.promotion or {}
    if promotion.get("coupons"):
        release_coupon(session, step.customer_id, hold_of(step.order_id), now=step.now)
    if promotion.get("uses"):
        release_uses(session, step.customer_id, hold_of(step.order_id), now=step.now)


def use_up(session: Session, customer_id: int, order_id: int, promotion: Mapping[str, Any] | None, *, now: datetime) -> None:
    """Note the uses of campaigns and the coupons of an order as used: nothing of them lapses any more."""
    if promotion and promotion.get("uses"):
        confirm_uses(session, customer_id, hold_of(order_id), now=now)
    if promotion and promotion.get("coupons"):
        use_coupon(session, customer_id, hold_of(order_id), now=now)
