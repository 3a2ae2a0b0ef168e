"""Tables of pre-sales: what will come, and the numbered queue of those who paid a deposit for it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table
from portal.base.i18n import LocalText


class Presale(Base):
    """An offering that is ordered before it is there: a deposit now, a number, and the rest when it has come."""

    __tablename__ = "presale"
    __table_args__ = (table("reference"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"))
    name: Mapped[LocalText] = mapped_column(Json)
    deposit_minor: Mapped[int] = mapped_column(Id)
    amount_minor: Mapped[int] = mapped_column(Id)  # the whole price, the deposit counts towards it
    currency: Mapped[str] = mapped_column(sa.String(3))
    most: Mapped[int | None]  # places in the queue; NULL: as many as come
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    releases_at: Mapped[datetime]
    pay_hours: Mapped[int]
    keeps_deposit: Mapped[bool] = mapped_column(server_default=sa.false())  # of whom is invited and does not pay the rest
    status: Mapped[str]  # draft | announced | released | over | cancelled
    taken: Mapped[int] = mapped_column(Id, server_default="0")  # places that are paid or may still be
    next_number: Mapped[int] = mapped_column(Id, server_default="1")
    made_by: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]


class PresalePlace(Base):
    """A customer's place: numbered once the deposit is paid, with its order and that of the rest once it was invited."""

    __tablename__ = "presale_place"
    __table_args__ = (
        sa.UniqueConstraint("presale_id", "number"),
        sa.Index("ix_presale_place_customer", "customer_id"),
        table("global"),
    )
    presale_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("presale.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[int | None] = mapped_column(Id)  # given with the paid deposit, so that no number is missing
    party_id: Mapped[int | None] = mapped_column(Id)  # who took it, and is told
    attempt: Mapped[int] = mapped_column(server_default="1")  # who gave up may come again
    status: Mapped[str]  # unpaid | waiting | invited | ordered | bought | given_up | lapsed | gone
    deposit_order_id: Mapped[int | None] = mapped_column(Id)
    order_id: Mapped[int | None] = mapped_column(Id)
    entered_at: Mapped[datetime]
    invited_at: Mapped[datetime | None]
    invited_until: Mapped[datetime | None]
