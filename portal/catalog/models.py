"""Tables of what can be had, at which price and tariff, and how much of it there is."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table
from portal.base.i18n import LocalText


class Offering(Base):
    """Something that can be bought: what it includes a month, or how it reaches whoever orders it."""

    __tablename__ = "offering"
    __table_args__ = (table("reference"),)
    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # plan | line | internet | add_on | device | gift
    name: Mapped[LocalText] = mapped_column(Json)
    monthly_price_minor: Mapped[int] = mapped_column(Id)
    allowances: Mapped[dict[str, int]] = mapped_column(Json)  # {"voice": 36000} seconds, {"data": …} kB, {"sms": …}
    summary: Mapped[LocalText | None] = mapped_column(Json)
    picture: Mapped[str | None]  # an icon of the sprite
    fulfilment: Mapped[str] = mapped_column(server_default="none")  # none | goods | voucher | data_pack
    stocked: Mapped[bool] = mapped_column(server_default=sa.false())  # sold as long as there are units of it
    on_sale: Mapped[bool] = mapped_column(server_default=sa.true())


class PriceList(Base):
    """Prices under one name: `standard` for everybody, others for one enterprise each."""

    __tablename__ = "price_list"
    __table_args__ = (table("reference"),)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[LocalText] = mapped_column(Json)


class OfferingPrice(Base):
    """What an offering costs once, on one list: in a currency's minor units, or in points. On the list is offered by it."""

    __tablename__ = "offering_price"
    __table_args__ = (
        sa.CheckConstraint("amount >= 0", name="amount"),
        table("reference"),
    )
    price_list: Mapped[str] = mapped_column(sa.ForeignKey("price_list.code"), primary_key=True)
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"), primary_key=True)
    unit: Mapped[str] = mapped_column(primary_key=True)  # CNY, or points
    amount: Mapped[int] = mapped_column(Id)


class StockUnit(Base):
    """One piece that can be had now. Whoever claims it deletes the row, so that nobody waits for anybody (field/points.md 2)."""

    __tablename__ = "stock_unit"
    __table_args__ = (sa.Index("ix_stock_unit_offering", "offering_code", "id"), table("global"))
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"))
    content: Mapped[str | None]  # a voucher's code, encrypted


class StockClaim(Base):
    """A piece somebody holds: reserved until it is used (given out) or released (a unit again)."""

    __tablename__ = "stock_claim"
    __table_args__ = (
        sa.Index("ix_stock_claim_holder", "holder"),
        sa.Index("ix_stock_claim_offering", "offering_code", "id"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)  # the unit's
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"))
    content: Mapped[str | None]
    holder: Mapped[str]  # such as "order:42"
    claimed_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Tariff(Base):
    """The price of usage outside an allowance: thousandths of a minor unit for one unit of `unit_size`."""

    __tablename__ = "tariff"
    __table_args__ = (table("reference"),)
    part: Mapped[str] = mapped_column(primary_key=True)  # day | evening | night | international | data | sms
    name: Mapped[LocalText] = mapped_column(Json)
    price_milli: Mapped[int] = mapped_column(Id)
    unit_size: Mapped[int] = mapped_column(Id)  # seconds, kB or messages that one price is for
