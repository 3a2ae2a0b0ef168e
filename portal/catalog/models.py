"""Tables of what can be had and at which tariff."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table
from portal.base.i18n import LocalText


class Offering(Base):
    """Something that can be bought, with its list price and what it includes a month."""

    __tablename__ = "offering"
    __table_args__ = (table("reference"),)
    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # plan | line | internet | add_on
    name: Mapped[LocalText] = mapped_column(Json)
    monthly_price_minor: Mapped[int] = mapped_column(Id)
    allowances: Mapped[dict[str, int]] = mapped_column(Json)  # {"voice": 36000} seconds, {"data": …} kB, {"sms": …}


class Tariff(Base):
    """The price of usage outside an allowance: thousandths of a minor unit for one unit of `unit_size`."""

    __tablename__ = "tariff"
    __table_args__ = (table("reference"),)
    part: Mapped[str] = mapped_column(primary_key=True)  # day | evening | night | international | data | sms
    name: Mapped[LocalText] = mapped_column(Json)
    price_milli: Mapped[int] = mapped_column(Id)
    unit_size: Mapped[int] = mapped_column(Id)  # seconds, kB or messages that one price is for
