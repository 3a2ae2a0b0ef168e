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
    status: Mapped[str]  # accepted | paid | reserved | provisioned | shipped | completed | cancelled | returned
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
    price_list: Mapped[str | None]
    payment: Mapped[str] = mapped_column(server_default="none")  # none | online | bill | counter | company
    pay_by: Mapped[datetime | None]  # an unpaid order is given up then
    paid_minor: Mapped[int] = mapped_column(Id, server_default="0")
    refunded_minor: Mapped[int] = mapped_column(Id, server_default="0")
    discount_minor: Mapped[int] = mapped_column(Id, server_default="0")  # taken off; total_minor is after it
    shipping_minor: Mapped[int] = mapped_column(Id, server_default="0")  # within total_minor
    tax_minor: Mapped[int] = mapped_column(Id, server_default="0")  # within total_minor
    deposit_minor: Mapped[int] = mapped_column(Id, server_default="0")  # within total_minor, given back at the end
    outlet: Mapped[str | None]  # where it is picked up
    promotion: Mapped[dict[str, Any] | None] = mapped_column(Json)  # which campaigns, what each gave, and why
    documents: Mapped[dict[str, Any] | None] = mapped_column(Json)  # {"real_name": …}: what was shown and by whom it was checked


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
    offering_version: Mapped[int | None]
    monthly_minor: Mapped[int] = mapped_column(Id, server_default="0")  # of one, every month from then on
    discount_minor: Mapped[int] = mapped_column(Id, server_default="0")  # of all of them
    tax_minor: Mapped[int] = mapped_column(Id, server_default="0")  # of all of them, within the price
    terms: Mapped[dict[str, Any] | None] = mapped_column(Json)  # months bound, free months, what was promised
    parent: Mapped[int | None]  # the bundle's position
    is_gift: Mapped[bool] = mapped_column(server_default=sa.false())
    subscription_id: Mapped[int | None] = mapped_column(Id)  # the line this one is for
    returned: Mapped[int] = mapped_column(server_default="0")  # how many came back


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
    kind: Mapped[str]  # accepted | paid | reserved | taken | released | provisioned | shipped | completed | cancelled | returned …
    at: Mapped[datetime]
    actor: Mapped[str]  # "party:9", "staff:7", "employee:E-100", "system"
    note: Mapped[str | None]  # a reason's code, a tracking number


class OrderWork(Base):
    """An open order on the desk's worklist: what the queue shows, so that it reads no customer's tables."""

    __tablename__ = "order_work"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "order_id"], ["customer_order.customer_id", "customer_order.id"]),
        sa.Index("ix_order_work_due", "due_at", "order_id"),
        sa.Index("ix_order_work_role", "role", "due_at"),
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
    task: Mapped[str] = mapped_column(server_default="prepare")  # prepare | provision | ship | collect | check | return | refund
    role: Mapped[str] = mapped_column(server_default="order_desk")
    outlet: Mapped[str | None]  # of those picked up


class OrderProvision(Base):
    """One item on its way into the billing system: asked for once, under the order's own number, answered some time."""

    __tablename__ = "order_provision"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "order_id"], ["customer_order.customer_id", "customer_order.id"]),
        sa.Index("ix_order_provision_due", "status", "next_at"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(Id, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]  # wanted | asked | done | failed | undone
    external_ref: Mapped[str | None]  # the billing system's
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime | None]
    error: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class Shipment(Base):
    """A parcel of an order: who carries it, under which number, and where it is."""

    __tablename__ = "shipment"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "order_id"], ["customer_order.customer_id", "customer_order.id"]),
        sa.Index("ix_shipment_tracking", "carrier", "tracking"),
        sa.Index("ix_shipment_due", "status", "next_at"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    carrier: Mapped[str]
    tracking: Mapped[str | None]
    status: Mapped[str]  # wanted | asked | recalling | stopped | sent | on_the_way | delivered | failed | back
    events: Mapped[list[dict[str, Any]]] = mapped_column(Json)  # [{"at", "what", "place"}]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime | None]  # when the carrier is asked, or asked after it, again


class OrderReturn(Base):
    """Things a customer gives back: asked for, approved, received, paid back; or refused."""

    __tablename__ = "order_return"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "order_id"], ["customer_order.customer_id", "customer_order.id"]),
        sa.UniqueConstraint("customer_id", "key"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    order_id: Mapped[int] = mapped_column(Id)
    key: Mapped[str]
    status: Mapped[str]  # asked | approved | received | refunded | refused | closed
    reason: Mapped[str]
    items: Mapped[dict[str, int]] = mapped_column(Json)  # how many, by position
    refund_minor: Mapped[int] = mapped_column(Id)
    refund_points: Mapped[int] = mapped_column(Id)
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    note: Mapped[str | None]


class OrderDocument(Base):
    """A paper of an order as it was made: its order confirmation, contract or invoice."""

    __tablename__ = "order_document"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "order_id"], ["customer_order.customer_id", "customer_order.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # confirmation | contract | invoice | credit_note
    language: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]
    content: Mapped[bytes | None]  # the PDF; NULL: it is still being made
    made_at: Mapped[datetime]


class PaperWanted(Base):
    """A paper somebody asked for, until the worker has made it."""

    __tablename__ = "paper_wanted"
    __table_args__ = (table("global"),)
    order_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id)
    wanted_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(server_default="0")
