"""Tables of payments: what is to be paid, every word a provider said about it, refunds, and the daily comparison."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table

_OPEN = sa.text("status IN ('created', 'pending', 'closing')")
_ONE = sa.text("status IN ('created', 'pending', 'paid')")  # of one subject: to be paid once
_UNDER_WAY = sa.text("status IN ('wanted', 'asked')")


class Payment(Base):
    """Money asked for at one provider, under a reference of ours that is used once."""

    __tablename__ = "payment"
    __table_args__ = (
        sa.UniqueConstraint("provider", "merchant_ref"),
        sa.Index("ix_payment_subject", "subject"),
        sa.Index("uq_payment_subject_open", "subject", unique=True, sqlite_where=_ONE, postgresql_where=_ONE),
        sa.Index("ix_payment_paid_at", "provider", "paid_at"),
        sa.Index("ix_payment_customer", "customer_id"),
        sa.Index("ix_payment_open", "next_query_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
        sa.CheckConstraint("refunded_minor BETWEEN 0 AND captured_minor", name="refunded"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    provider: Mapped[str]  # sandbox | wechat | alipay
    merchant_ref: Mapped[str]
    customer_id: Mapped[int] = mapped_column(Id)
    subject: Mapped[str]  # what it is for: "order:42"
    description: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(Id)
    currency: Mapped[str] = mapped_column(sa.String(3))
    status: Mapped[str]  # created | pending | paid | closing | closed
    action: Mapped[dict[str, Any] | None] = mapped_column(Json)  # where the customer pays: {"kind": "redirect", "url": …}
    provider_ref: Mapped[str | None]
    captured_minor: Mapped[int] = mapped_column(Id, server_default="0")
    refunded_minor: Mapped[int] = mapped_column(Id, server_default="0")  # asked for and not refused
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    next_query_at: Mapped[datetime | None]  # when the poller asks next
    queries: Mapped[int] = mapped_column(server_default="0")


class PaymentEvent(Base):
    """What a provider said, once for each of its event ids; appended, never changed."""

    __tablename__ = "payment_event"
    __table_args__ = (
        sa.UniqueConstraint("provider", "provider_event_id"),
        sa.Index("ix_payment_event_payment", "payment_id"),
        sa.Index("ix_payment_event_received", "received_at"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    provider: Mapped[str]
    provider_event_id: Mapped[str]
    payment_id: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("payment.id"))
    merchant_ref: Mapped[str]
    kind: Mapped[str]  # paid | closed | refunded | refund_failed | refund_sum
    amount_minor: Mapped[int] = mapped_column(Id)
    currency: Mapped[str]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    source: Mapped[str]  # notification | query | bill
    outcome: Mapped[str]  # applied | known | late | wrong_amount | wrong_currency | unknown | refused
    digest: Mapped[str] = mapped_column(sa.String(64))  # of the raw bytes


class PaymentRefund(Base):
    """Money on its way back, under a reference of ours that is used once."""

    __tablename__ = "payment_refund"
    __table_args__ = (
        sa.UniqueConstraint("refund_ref"),
        sa.UniqueConstraint("merchant_ref"),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
        sa.Index("ix_payment_refund_due", "next_at", sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
        sa.Index("ix_payment_refund_ended", "status", "ended_at"),
        sa.Index("ix_payment_refund_payment", "payment_id"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    payment_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("payment.id"))
    refund_ref: Mapped[str]  # the caller's: "order:42:cancel"
    merchant_ref: Mapped[str]  # what the provider knows it by
    amount_minor: Mapped[int] = mapped_column(Id)
    reason: Mapped[str]
    status: Mapped[str]  # wanted | asked | done | refused
    provider_ref: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime | None]
    wanted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    error: Mapped[str | None]


class ProviderBillLine(Base):
    """A line of a provider's bill of a day, as it came."""

    __tablename__ = "provider_bill_line"
    __table_args__ = (sa.Index("ix_provider_bill_line_reference", "provider", "reference"), table("global"))
    provider: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # payment | refund
    reference: Mapped[str]  # ours: merchant_ref or refund_ref
    provider_ref: Mapped[str | None]
    amount_minor: Mapped[int] = mapped_column(Id)
    currency: Mapped[str]
    occurred_at: Mapped[datetime | None]


class Reconciliation(Base):
    """The comparison of one day: the provider's bill, our payments, the ledger."""

    __tablename__ = "reconciliation"
    __table_args__ = (table("global"),)
    provider: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    status: Mapped[str]  # running | even | differs | no_bill
    lines: Mapped[int]
    matched: Mapped[int]
    theirs_minor: Mapped[int] = mapped_column(Id)
    ours_minor: Mapped[int] = mapped_column(Id)
    ledger_minor: Mapped[int] = mapped_column(Id)
    made_at: Mapped[datetime]


class ReconciliationItem(Base):
    """Something that does not agree, for a person to look at."""

    __tablename__ = "reconciliation_item"
    __table_args__ = (
        sa.UniqueConstraint("provider", "day", "kind", "reference", "what"),
        sa.Index("ix_reconciliation_item_status", "status", "day"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    provider: Mapped[str]
    day: Mapped[date]
    kind: Mapped[str]  # payment | refund
    reference: Mapped[str]
    what: Mapped[str]  # missing_here | missing_there | amount_differs | not_booked
    theirs_minor: Mapped[int | None] = mapped_column(Id)
    ours_minor: Mapped[int | None] = mapped_column(Id)
    status: Mapped[str]  # open | settled
    note: Mapped[str | None]
    settled_by: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("staff.id"))
    settled_at: Mapped[datetime | None]
    found_at: Mapped[datetime]
