"""Tables of points: how they are earned, the lots they lie in, what is held. The balances stand in the ledger (base)."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, table

_OPEN = sa.text("closed_on IS NULL")


class EarningRule(Base):
    """How one kind of event earns: `points` for each `per` of it, at most `daily_cap` a day, kept `months_kept` months."""

    __tablename__ = "earning_rule"
    __table_args__ = (table("reference"),)
    code: Mapped[str] = mapped_column(primary_key=True)  # visit | payment | counter_payment
    purse: Mapped[str]  # channel | service
    points: Mapped[int] = mapped_column(Id)
    per: Mapped[int] = mapped_column(Id)  # one visit; minor units of money
    daily_cap: Mapped[int | None] = mapped_column(Id)  # points a customer and day; NULL: none
    months_kept: Mapped[int]
    enabled: Mapped[bool]


class PointsLot(Base):
    """Points of one kind that expire together. `remaining` is neither spent, held nor expired.

    What is earned in a month for one reason goes into one lot: a gift takes from a dozen lots, not from one for each visit.
    No index knows `remaining`: PostgreSQL then changes a lot without a new entry in each of them.
    """

    __tablename__ = "points_lot"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "purse", "expires_on", "reason"),
        sa.CheckConstraint("remaining BETWEEN 0 AND amount", name="remaining"),
        sa.Index("ix_points_lot_open", "expires_on", sqlite_where=_OPEN, postgresql_where=_OPEN),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    purse: Mapped[str]  # channel | service
    reason: Mapped[str]  # an earning rule's code, grant, or returned
    amount: Mapped[int] = mapped_column(Id)  # all that ever came in
    remaining: Mapped[int] = mapped_column(Id)
    earned_on: Mapped[date]  # the first of it
    expires_on: Mapped[date]  # the first day they can no longer be spent
    closed_on: Mapped[date | None]  # when what was left by then was booked as expired


class PointsHold(Base):
    """Points put aside under a reference: ends once, as spent or released."""

    __tablename__ = "points_hold"
    __table_args__ = (sa.UniqueConstraint("customer_id", "reference"), table("customer"))
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    purse: Mapped[str]
    reference: Mapped[str]
    amount: Mapped[int] = mapped_column(Id)
    status: Mapped[str]  # held | spent | released
    held_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PointsLotUse(Base):
    """What a hold took from a lot, so that a release gives it back to the same."""

    __tablename__ = "points_lot_use"
    __table_args__ = (
        sa.ForeignKeyConstraint(["customer_id", "hold_id"], ["points_hold.customer_id", "points_hold.id"]),
        sa.ForeignKeyConstraint(["customer_id", "lot_id"], ["points_lot.customer_id", "points_lot.id"]),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    hold_id: Mapped[int] = mapped_column(Id, primary_key=True)
    lot_id: Mapped[int] = mapped_column(Id, primary_key=True)
    amount: Mapped[int] = mapped_column(Id)


class DailyEarning(Base):
    """How many points a customer was given under a rule on a day: what the daily cap counts."""

    __tablename__ = "points_earned"
    __table_args__ = (table("customer"),)
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(Id)
