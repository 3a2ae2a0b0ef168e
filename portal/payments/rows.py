"""The tables, and how their rows become what others see."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from portal.payments.data import PaymentView, RefundView
from portal.payments.models import Payment

tables = Payment.metadata.tables
payment, event, refund = (tables[name] for name in ("payment", "payment_event", "payment_refund"))

PAYMENT = [payment.c[field.name] for field in fields(PaymentView)]
REFUND = [refund.c[field.name] for field in fields(RefundView)]

# Statuses stand in statements as literals: SQLite uses a partial index for nothing else.
is_open = payment.c.status.in_([sa.literal_column("'created'"), sa.literal_column("'pending'")])
is_ending = payment.c.status.in_([sa.literal_column("'closing'"), sa.literal_column("'closed'")])
is_carried = payment.c.status.in_([sa.literal_column(f"'{name}'") for name in ("created", "pending", "closing")])
counts = payment.c.status.in_([sa.literal_column(f"'{name}'") for name in ("created", "pending", "paid")])
refund_under_way = refund.c.status.in_([sa.literal_column("'wanted'"), sa.literal_column("'asked'")])


def payment_of(row: Any) -> PaymentView:
    """Make a view of a row of PAYMENT."""
    return PaymentView(*row)


def refund_of(row: Any) -> RefundView:
    """Make a view of a row of REFUND."""
    return RefundView(*row)
