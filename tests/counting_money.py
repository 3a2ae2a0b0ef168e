"""Paying an order in a test as a provider's word does it: asked for, told as paid, and carried on by the worker."""

from __future__ import annotations

from datetime import datetime

from portal.base.db import Database
from portal.base.events import Handlers
from portal.faces.worker.deliver import Delivery as Worker
from portal.orders import request_payment
from portal.orders.handlers import register as register_orders
from portal.payments import Notice, receive_notice


def pay_order(database: Database, customer_id: int, order_id: int, *, now: datetime) -> None:
    """Have the provider say that an order's money came in."""
    with database.writing() as session:
        payment = request_payment(session, customer_id, order_id, now=now)
    paid = Notice(f"paid:{order_id}", "paid", payment.merchant_ref, payment.amount_minor, payment.currency, now)
    with database.writing() as session:
        receive_notice(session, payment.provider, paid, now=now)


def work_off(database: Database, handlers: Handlers, now: datetime) -> None:
    """Deliver what waits in the outbox to orders and whoever else listens."""
    register_orders(handlers)
    Worker(database, handlers, lambda: now).run()
