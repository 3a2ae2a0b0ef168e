"""The timeline's one table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table


class Interaction(Base):
    """One contact through one channel (TMF683). `kind` names the sentence, `params` fills it."""

    __tablename__ = "interaction"
    __table_args__ = (
        sa.Index("ix_interaction_timeline", "customer_id", sa.desc("at"), sa.desc("id")),
        table("customer"),
    )
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"), primary_key=True)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    channel: Mapped[str]  # web | mobile | sms | voice | kiosk | counter | ministore | partner
    kind: Mapped[str]
    subscription_id: Mapped[int | None] = mapped_column(Id)
    params: Mapped[dict[str, Any]] = mapped_column(Json)
