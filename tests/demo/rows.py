"""Reading back everything a load wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.demo.tables import COLUMNS

ZONE = ZoneInfo("Asia/Shanghai")
Rows = Mapping[str, Sequence[Any]]


def read_rows(database: Database) -> Rows:
    """Give all rows of every table a load writes in bulk, by name, in the order of their keys."""
    with database.reading() as session:
        return {
            name: session.execute(sa.select(table).order_by(*table.primary_key.columns)).all()
            for name in COLUMNS
            if (table := Base.metadata.tables[name]) is not None
        }


def digest(database: Database) -> dict[str, str]:
    """Give a hash of each table's rows: two loads that wrote the same have the same."""
    return {name: hashlib.sha256(repr([_plain(row) for row in rows]).encode()).hexdigest() for name, rows in read_rows(database).items()}


def _plain(row: Any) -> list[object]:
    """Write documents in one order: PostgreSQL keeps none."""
    return [json.dumps(value, sort_keys=True) if isinstance(value, dict) else value for value in row]
