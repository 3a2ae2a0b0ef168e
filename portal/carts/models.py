"""Tables of carts and quotes: what somebody is about to order, and what was offered for it until a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table

_OPEN = sa.text("status = 'open'")


class Cart(Base):
    """What one person puts together for one customer. Prices are not here: it is priced whenever it is looked at."""

    __tablename__ = "cart"
    __table_args__ = (
        sa.Index("uq_cart_open", "customer_id", "owner", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    owner: Mapped[str]  # "party:9", "staff:7", "employee:acme:E-100"
    channel: Mapped[str]
    status: Mapped[str]  # open | ordered | dropped
    price_list: Mapped[str]
    codes: Mapped[list[str]] = mapped_column(Json)  # as typed, in their order
    choices: Mapped[dict[str, Any]] = mapped_column(Json)  # gifts chosen, by campaign
    details: Mapped[dict[str, Any]] = mapped_column(Json)  # delivery or pick-up, as far as it was said
    seen_total_minor: Mapped[int | None] = mapped_column(Id)  # what it came to when it was last shown
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class CartItem(Base):
    """One thing in a cart, and its price when it was last shown."""

    __tablename__ = "cart_item"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "cart_id"], ["cart.customer_id", "cart.id"], ondelete="CASCADE"),
        sa.CheckConstraint("quantity BETWEEN 1 AND 99", name="quantity"),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    cart_id: Mapped[int] = mapped_column(Id, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"))
    quantity: Mapped[int]
    subscription_id: Mapped[int | None] = mapped_column(Id)  # the line it is for
    options: Mapped[dict[str, Any]] = mapped_column(Json)
    seen_minor: Mapped[int | None] = mapped_column(Id)


class Quote(Base):
    """A priced cart that holds until a day. Never changed: whoever edits it gets another number."""

    __tablename__ = "quote"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "number"),
        sa.Index("ix_quote_expires", "expires_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    total_minor: Mapped[int] = mapped_column(Id)
    currency: Mapped[str] = mapped_column(sa.String(3))
    status: Mapped[str]  # open | ordered | withdrawn | expired
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    order_id: Mapped[int | None] = mapped_column(Id)
