"""Tables of promotions: campaigns with every version of them, what each has used of its budget and caps, and who used it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table
from portal.base.i18n import LocalText

_RESERVED = sa.text("status = 'reserved'")


class Campaign(Base):
    """A campaign: when it holds, what it does, what it may cost. The document is its whole definition."""

    __tablename__ = "campaign"
    __table_args__ = (table("reference"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[LocalText] = mapped_column(Json)
    status: Mapped[str]  # draft | submitted | approved | paused | ended
    version: Mapped[int]  # of the document that holds; 0: none was approved yet
    document: Mapped[dict[str, Any] | None] = mapped_column(Json)  # the approved one, which counts
    draft: Mapped[dict[str, Any] | None] = mapped_column(Json)  # the next one, being written
    draft_status: Mapped[str | None]  # draft | submitted | rejected
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    budget_minor: Mapped[int | None] = mapped_column(Id)
    hold_out_percent: Mapped[int] = mapped_column(server_default="0")
    goal: Mapped[str | None]
    learned: Mapped[str | None]
    made_by: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("staff.id"))
    note: Mapped[str | None]


class CampaignVersion(Base):
    """A campaign's document as it was approved."""

    __tablename__ = "campaign_version"
    __table_args__ = (table("reference"),)
    campaign_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("campaign.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    made_by: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    approved_by: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    approved_at: Mapped[datetime]


class CampaignState(Base):
    """One row that counts changes of campaigns, as catalog_state does for the catalogue."""

    __tablename__ = "campaign_state"
    __table_args__ = (table("reference"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)  # 1
    version: Mapped[int] = mapped_column(Id)


class CampaignCounter(Base):
    """How often a campaign was used, and what it cost: in all, on one day, by one code. Reserved uses count."""

    __tablename__ = "campaign_counter"
    __table_args__ = (
        sa.CheckConstraint("uses >= 0 AND spent_minor >= 0", name="size"),
        table("global"),
    )
    campaign_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("campaign.id"), primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)  # all | day:2026-11-23 | code:…
    uses: Mapped[int] = mapped_column(Id)
    spent_minor: Mapped[int] = mapped_column(Id)


class CampaignCustomer(Base):
    """How often one customer used a campaign, and what it gave them."""

    __tablename__ = "campaign_customer"
    __table_args__ = (sa.CheckConstraint("uses >= 0 AND spent_minor >= 0", name="size"), table("customer"))
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("campaign.id"), primary_key=True)
    uses: Mapped[int] = mapped_column(Id)
    spent_minor: Mapped[int] = mapped_column(Id)


class CampaignUse(Base):
    """One use of a campaign, reserved for whoever holds it; ends once, as used or released; a used one can be given back once."""

    __tablename__ = "campaign_use"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "holder", "campaign_id"),
        sa.Index("ix_campaign_use_due", "expires_at", sqlite_where=_RESERVED, postgresql_where=_RESERVED),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    campaign_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("campaign.id"))
    version: Mapped[int]
    holder: Mapped[str]  # "cart:7", "order:42"
    code: Mapped[str | None]  # the coupon code it was used by, as codes names it
    day: Mapped[str]  # the counter of which day
    uses: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(Id)
    status: Mapped[str]  # reserved | used | released
    reserved_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
