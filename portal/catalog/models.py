"""Tables of what can be had, at which price and tariff, and how much of it there is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
    category: Mapped[str | None]  # the shelf it stands on in the shop
    version: Mapped[int] = mapped_column(server_default="1")  # the published one, which `document` is
    document: Mapped[dict[str, Any] | None] = mapped_column(Json)  # all else about it: portal.catalog.document


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


class OfferingCharge(Base):
    """What an offering costs besides its standing price: every month, for usage, as a deposit, from so many on, or for a time."""

    __tablename__ = "offering_charge"
    __table_args__ = (
        sa.CheckConstraint("amount >= 0", name="amount"),
        sa.CheckConstraint("from_quantity >= 1", name="from_quantity"),
        sa.Index("ix_offering_charge_offering", "price_list", "offering_code"),
        table("reference"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    price_list: Mapped[str] = mapped_column(sa.ForeignKey("price_list.code"))
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"))
    kind: Mapped[str]  # once | monthly | usage | deposit
    unit: Mapped[str]  # CNY, or points
    usage_unit: Mapped[str | None]  # of usage: minute | mb | message
    from_quantity: Mapped[int] = mapped_column(server_default="1")
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    amount: Mapped[int] = mapped_column(Id)


class OfferingVersion(Base):
    """An offering as it was published: what was sold by it stays as it was sold."""

    __tablename__ = "offering_version"
    __table_args__ = (table("reference"),)
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    published_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("staff.id"))
    approved_by: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("staff.id"))


class CatalogChange(Base):
    """A change somebody prepares: drafted, submitted, approved by another, and published at its time."""

    __tablename__ = "catalog_change"
    __table_args__ = (sa.Index("ix_catalog_change_due", "status", "publish_at"), table("reference"))
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    offering_code: Mapped[str]  # of one that may not be there yet
    base_version: Mapped[int]  # what it was drawn from; 0: nothing
    document: Mapped[dict[str, Any]] = mapped_column(Json)  # the whole offering with its prices, as it is to be
    status: Mapped[str]  # draft | submitted | approved | published | rejected | withdrawn
    note: Mapped[str | None]  # what it is for; why it was rejected
    publish_at: Mapped[datetime | None]  # NULL: as soon as it is approved
    made_by: Mapped[int] = mapped_column(Id, sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]


class CatalogState(Base):
    """One row that counts changes: whoever holds the catalogue in memory sees by it, in the same transaction, whether it is still so."""

    __tablename__ = "catalog_state"
    __table_args__ = (table("reference"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)  # 1
    version: Mapped[int] = mapped_column(Id)


class OfferingPicture(Base):
    """A picture of an offering, kept under the hash of its content; never what was uploaded, but what we made of it."""

    __tablename__ = "offering_picture"
    __table_args__ = (table("reference"),)
    hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(Id, sa.ForeignKey("staff.id"))


class StockUnit(Base):
    """One piece that can be had now. Whoever claims it deletes the row, so that nobody waits for anybody (field/points.md 2)."""

    __tablename__ = "stock_unit"
    __table_args__ = (
        sa.Index("ix_stock_unit_place", "offering_code", "place", "id"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"))
    content: Mapped[str | None]  # a voucher's code, encrypted
    place: Mapped[str] = mapped_column(server_default="central")  # central, an outlet's code, "flash:7", "presale:7"


class StockClaim(Base):
    """A piece somebody holds: reserved until it is used (given out) or released (a unit again)."""

    __tablename__ = "stock_claim"
    __table_args__ = (
        sa.Index("ix_stock_claim_holder", "holder"),
        sa.Index("ix_stock_claim_place", "offering_code", "place", "id"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)  # the unit's
    offering_code: Mapped[str] = mapped_column(sa.ForeignKey("offering.code"))
    content: Mapped[str | None]
    holder: Mapped[str]  # such as "order:42"
    claimed_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    place: Mapped[str] = mapped_column(server_default="central")  # where it goes back to


class Tariff(Base):
    """The price of usage outside an allowance: thousandths of a minor unit for one unit of `unit_size`."""

    __tablename__ = "tariff"
    __table_args__ = (table("reference"),)
    part: Mapped[str] = mapped_column(primary_key=True)  # day | evening | night | international | data | sms
    name: Mapped[LocalText] = mapped_column(Json)
    price_milli: Mapped[int] = mapped_column(Id)
    unit_size: Mapped[int] = mapped_column(Id)  # seconds, kB or messages that one price is for
