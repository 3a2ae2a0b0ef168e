"""Tables of mini-stores."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table
from portal.base.i18n import LocalText


class Ministore(Base):
    """One enterprise's store: whose it is, what it charges by, how it looks, and from which pages it may be framed."""

    __tablename__ = "ministore"
    __table_args__ = (table("global"),)
    slug: Mapped[str] = mapped_column(primary_key=True)  # in the address: /ministore/acme/
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"))
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("embed_client.id"), unique=True)
    price_list: Mapped[str] = mapped_column(sa.ForeignKey("price_list.code"))
    name: Mapped[LocalText] = mapped_column(Json)
    welcome: Mapped[LocalText] = mapped_column(Json)
    colour: Mapped[str | None]  # "#0F6B66": replaces our own, in light
    colour_dark: Mapped[str | None]
    origins: Mapped[list[str]] = mapped_column(Json)  # "https://intranet.acme.example"
    open: Mapped[bool]
    created_at: Mapped[datetime]
