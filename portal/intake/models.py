"""Tables of what was imported: which row of whose file became which customer."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.base.db import Base, Id, Json, table


class ImportRun(Base):
    """One file that was read in, whole."""

    __tablename__ = "import_run"
    __table_args__ = (table("global"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    source: Mapped[str]
    file_name: Mapped[str]
    file_sha256: Mapped[str] = mapped_column(sa.String(64))
    mapping_sha256: Mapped[str] = mapped_column(sa.String(64))
    counts: Mapped[dict[str, int]] = mapped_column(Json)  # added, changed, unchanged, rejected
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]


class ImportedCustomer(Base):
    """A customer that came from a file: under which id there, and what the row said of it (as a hash)."""

    __tablename__ = "imported_customer"
    __table_args__ = (sa.Index("ix_imported_customer_customer", "customer_id"), table("global", sqlite_with_rowid=False))
    source: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("customer.customer_id"))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    run_id: Mapped[int] = mapped_column(Id)
