"""Tables of usage, allowances and bills."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table

_line = sa.ForeignKeyConstraint


class UsageRecord(Base):
    """One call, session or message, rated (TMF635). Kept in full for a share of customers at large scale.

    An id starts with its moment (base.ids), so the primary key is a line's records in the order of time and serves the
    itemised list as it stands; no second index. SQLite keeps the rows in that very order.
    """

    __tablename__ = "usage_record"
    __table_args__ = (
        _line(["customer_id", "subscription_id"], ["subscription.customer_id", "subscription.id"]),
        table("customer", sqlite_with_rowid=False),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    subscription_id: Mapped[int] = mapped_column(Id, primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    part: Mapped[str]  # day | evening | night | international | data | sms
    other_party: Mapped[str | None]
    quantity: Mapped[int] = mapped_column(Id)  # seconds, kB or messages
    tariff_minor: Mapped[int] = mapped_column(Id)  # its value at the tariff
    charge_minor: Mapped[int] = mapped_column(Id)  # what is billed: 0 inside the allowance


class UsageTotal(Base):
    """A line's usage of one part in one month: what the records of that month sum to."""

    __tablename__ = "usage_total"
    __table_args__ = (
        _line(["customer_id", "subscription_id"], ["subscription.customer_id", "subscription.id"]),
        table("customer", sqlite_with_rowid=False),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    subscription_id: Mapped[int] = mapped_column(Id, primary_key=True)
    cycle_start: Mapped[date] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(Id)
    quantity: Mapped[int] = mapped_column(Id)
    tariff_minor: Mapped[int] = mapped_column(Id)
    charge_minor: Mapped[int] = mapped_column(Id)


class Bucket(Base):
    """An allowance of the running month and how much of it is used (TMF677)."""

    __tablename__ = "bucket"
    __table_args__ = (
        _line(["customer_id", "subscription_id"], ["subscription.customer_id", "subscription.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    subscription_id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # voice (seconds) | data (kB) | sms (messages)
    cycle_start: Mapped[date] = mapped_column(primary_key=True)
    cycle_end: Mapped[date]  # the first day that is no longer in it
    allowance: Mapped[int] = mapped_column(Id)
    used: Mapped[int] = mapped_column(Id)


class Bill(Base):
    """What one month cost on one account (TMF678)."""

    __tablename__ = "bill"
    __table_args__ = (
        _line(["customer_id", "account_id"], ["account.customer_id", "account.id"]),
        sa.UniqueConstraint("customer_id", "account_id", "cycle_start"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(Id)
    cycle_start: Mapped[date]
    cycle_end: Mapped[date]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[str] = mapped_column(sa.String(3))
    total_minor: Mapped[int] = mapped_column(Id)
    paid_minor: Mapped[int] = mapped_column(Id)


class BillItem(Base):
    """One line of a bill. The items of a bill sum to its total."""

    __tablename__ = "bill_item"
    __table_args__ = (
        _line(["customer_id", "bill_id"], ["bill.customer_id", "bill.id"], ondelete="CASCADE"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    bill_id: Mapped[int] = mapped_column(Id, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # fee | usage
    subscription_id: Mapped[int | None] = mapped_column(Id)
    name: Mapped[dict[str, Any]] = mapped_column(Json)  # LocalText
    count: Mapped[int | None] = mapped_column(Id)
    quantity: Mapped[int | None] = mapped_column(Id)
    part: Mapped[str | None]
    amount_minor: Mapped[int] = mapped_column(Id)


class AllowanceGrant(Base):
    """Something added to a running month's allowance beyond what the plan includes, under a reference that is used once."""

    __tablename__ = "allowance_grant"
    __table_args__ = (
        _line(["customer_id", "subscription_id"], ["subscription.customer_id", "subscription.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(Id)
    kind: Mapped[str]  # as of the bucket
    amount: Mapped[int] = mapped_column(Id)
    cycle_start: Mapped[date]
    at: Mapped[datetime]
