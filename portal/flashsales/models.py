"""Tables of flash sales: the sale with its published rule, and who stands where in its queue."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table
from portal.base.i18n import LocalText

_ADMITTED = sa.text("status = 'admitted'")


class FlashSale(Base):
    """Few pieces at a set hour. Its pieces are stock at the place "flash:ID", its price stands on the list "flash-ID"."""

    __tablename__ = "flash_sale"
    __table_args__ = (table("reference"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"))
    name: Mapped[LocalText] = mapped_column(Json)
    unit: Mapped[str]  # CNY, or points
    amount: Mapped[int] = mapped_column(Id)
    pieces: Mapped[int] = mapped_column(Id)
    rule: Mapped[str]  # first_come | draw
    opens_at: Mapped[datetime]  # from when on one can enter
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    pay_minutes: Mapped[int]
    seed_hash: Mapped[str | None]  # of a draw: published when it is announced
    seed: Mapped[str | None]  # encrypted until it is drawn
    drawn_at: Mapped[datetime | None]
    drawn: Mapped[int | None] = mapped_column(Id)  # so many of the places, the first ones, were drawn
    status: Mapped[str]  # draft | announced | running | over | cancelled
    next_place: Mapped[int] = mapped_column(Id, server_default="1")
    made_by: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]


class FlashEntry(Base):
    """One customer in a sale, once: entered, placed, let in for so long, bought or gone."""

    __tablename__ = "flash_entry"
    __table_args__ = (
        sa.UniqueConstraint("sale_id", "place"),
        sa.Index("ix_flash_entry_customer", "customer_id"),
        sa.Index("ix_flash_entry_admitted", "admitted_until", sqlite_where=_ADMITTED, postgresql_where=_ADMITTED),
        table("global"),
    )
    sale_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("flash_sale.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    entered_at: Mapped[datetime]
    ticket: Mapped[str]  # what stands for the customer in the published list of a draw
    place: Mapped[int | None] = mapped_column(Id)
    status: Mapped[str]  # entered | waiting | admitted | ordered | paid | lapsed | gone
    admitted_until: Mapped[datetime | None]
    order_id: Mapped[int | None] = mapped_column(Id)
    party_id: Mapped[int | None] = mapped_column(Id)  # who entered, and is told
    device: Mapped[str | None]  # a hash: how many came from the same one
