"""Tables of code batches. A code itself is nowhere: it is made from its batch's key and its number, and read back from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table
from portal.base.i18n import LocalText


class CodeBatch(Base):
    """So many codes with one set of rules: coupons of a campaign, or bottle caps with prizes."""

    __tablename__ = "code_batch"
    __table_args__ = (table("reference"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    name: Mapped[LocalText] = mapped_column(Json)
    kind: Mapped[str]  # coupon | prize
    campaign_code: Mapped[str | None]  # what a coupon opens
    partner: Mapped[str | None]
    size: Mapped[int] = mapped_column(Id)
    status: Mapped[str]  # draft | active | stopped
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    rules: Mapped[dict[str, Any]] = mapped_column(Json)  # a customer's and a day's limit, channels, who may
    voided: Mapped[list[list[int]]] = mapped_column(Json)  # ranges of numbers that are not good
    secret: Mapped[str]  # what its codes are made with, encrypted
    made_by: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("staff.id"))


class CodePrize(Base):
    """A prize of a batch: its weight in the draw, how many there are and how many are left."""

    __tablename__ = "code_prize"
    __table_args__ = (sa.CheckConstraint("remaining >= 0", name="remaining"), table("reference"))
    batch_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("code_batch.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[LocalText] = mapped_column(Json)
    kind: Mapped[str]  # nothing | points | offering
    value: Mapped[dict[str, Any]] = mapped_column(Json)  # {"points": 50} | {"offering": "gift_coffee"}
    weight: Mapped[int]  # of a million
    amount: Mapped[int | None] = mapped_column(Id)  # NULL: as many as are drawn
    remaining: Mapped[int] = mapped_column(Id)


class CodeUse(Base):
    """A code that was redeemed, or is held by a cart or an order: once."""

    __tablename__ = "code_use"
    __table_args__ = (sa.Index("ix_code_use_customer", "customer_id"), sa.Index("ix_code_use_holder", "holder"), table("global"))
    batch_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("code_batch.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(Id)
    channel: Mapped[str]
    actor: Mapped[str]
    status: Mapped[str]  # held | used
    holder: Mapped[str | None]  # of a coupon: "cart:7", "order:42"
    prize: Mapped[int | None]  # the position of what was won
    at: Mapped[datetime]
    expires_at: Mapped[datetime | None]  # of one that is held


class CodeTally(Base):
    """How many codes of a batch a customer took: in all (no day) and on a day; under customer 0, everybody on a day."""

    __tablename__ = "code_tally"
    __table_args__ = (table("global"),)
    batch_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("code_batch.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    day: Mapped[str] = mapped_column(primary_key=True)  # "2026-11-23", or "" for all days
    uses: Mapped[int]


class CodePrint(Base):
    """Codes that are taken out of the house to be printed: which, who asked, who released them, when they were taken."""

    __tablename__ = "code_print"
    __table_args__ = (table("reference"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    batch_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("code_batch.id"))
    first: Mapped[int] = mapped_column(Id)
    last: Mapped[int] = mapped_column(Id)
    asked_by: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    released_by: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("staff.id"))
    released_at: Mapped[datetime | None]
    taken: Mapped[int] = mapped_column(default=0)  # how often
    taken_at: Mapped[datetime | None]  # the last time
