"""Tables of messages on their way, and of the tray that stands in for a phone."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, table

_WAITING = sa.text("status IN ('queued','sending')")
_UNCLEAR = sa.text("status = 'uncertain'")


class Message(Base):
    """A text message to one number. The body of a secret one is blanked once it is of no more use."""

    __tablename__ = "message"
    __table_args__ = (
        sa.Index("ix_message_due", "available_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        sa.Index("ix_message_waiting", "number", "kind", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        sa.Index("ix_message_unclear", "id", sqlite_where=_UNCLEAR, postgresql_where=_UNCLEAR),
        sa.Index("ix_message_provider_ref", "provider_ref"),
        table("global"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[str]
    kind: Mapped[str]  # code | notice
    body: Mapped[str]
    secret: Mapped[bool]
    status: Mapped[str]  # queued | sending | sent | failed | uncertain | discarded
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]  # queued: not to be tried before; sending: when the worker's lease ends
    expires_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    provider_ref: Mapped[str | None]
    receipt: Mapped[str | None]  # the centre's last word: DELIVRD, UNDELIV, EXPIRED, REJECTD …
    last_error: Mapped[str | None]


class TrayMessage(Base):
    """What a phone would show: kept by the message tray, in demo and test alone."""

    __tablename__ = "tray_message"
    __table_args__ = (sa.Index("ix_tray_message_number", "number", "received_at"), table("global"))
    message_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[str]
    body: Mapped[str]
    received_at: Mapped[datetime]
