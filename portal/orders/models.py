"""Tables of orders: what was ordered as it was sold, every step it took, and the desk's worklist."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table
from portal.base.i18n import LocalText


class Order(Base):
    """An order (TMF622). Its totals are what its items sum to: money that will be billed, points that are held."""

    __tablename__ = "customer_order"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "key"),
        sa.UniqueConstraint("customer_id", "reference"),
        sa.Index("ix_customer_order_placed", "customer_id", sa.desc("placed_at"), sa.desc("id")),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    key: Mapped[str]  # the client's: the same request again is the same order
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    reference: Mapped[str]  # what people say to each other: "R7KM-4XAC"
    status: Mapped[str]  # accepted | reserved | fulfilled | cancelled
    channel: Mapped[str]
    party_id: Mapped[int | None] = mapped_column(Id)  # who placed it, where that is a person we know
    placed_for: Mapped[str | None]  # an employee, as the enterprise names him or her
    subscription_id: Mapped[int | None] = mapped_column(Id)  # the line it is for
    currency: Mapped[str] = mapped_column(sa.String(3))
    total_minor: Mapped[int] = mapped_column(Id)
    total_points: Mapped[int] = mapped_column(Id)
    delivery: Mapped[dict[str, Any] | None] = mapped_column(Json)  # {"name", "phone", "address"}
    placed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OrderItem(Base):
    """One thing ordered, with the name and price it was sold at."""

    __tablename__ = "order_item"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "order_id"], ["customer_order.customer_id", "customer_order.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(Id, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"))
    name: Mapped[LocalText] = mapped_column(Json)
    fulfilment: Mapped[str]  # none | goods | voucher | data_pack
    quantity: Mapped[int]
    price_minor: Mapped[int] = mapped_column(Id)  # of one
    price_points: Mapped[int] = mapped_column(Id)  # of one
    content: Mapped[str | None]  # what a fulfilled voucher says, encrypted


class OrderStep(Base):
    """What happened to an order, when and by whom: a change of status, or being taken by somebody."""

    __tablename__ = "order_step"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "order_id"], ["customer_order.customer_id", "customer_order.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # accepted | reserved | taken | fulfilled | cancelled
    at: Mapped[datetime]
    actor: Mapped[str]  # "party:9", "staff:7", "employee:E-100", "system"
    note: Mapped[str | None]  # a reason's code, a tracking number


class OrderWork(Base):
    """An open order on the desk's worklist: what the queue shows, so that it reads no customer's tables."""

    __tablename__ = "order_work"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "order_id"], ["customer_order.customer_id", "customer_order.id"]),
        sa.Index("ix_order_work_due", "due_at", "order_id"),
        table("global"),
    )
    order_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(Id)
    reference: Mapped[str]
    channel: Mapped[str]
    summary: Mapped[LocalText] = mapped_column(Json)  # the first item's name
    quantity: Mapped[int]
    placed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    taken_by: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("staff.id"))
    taken_at: Mapped[datetime | None]
