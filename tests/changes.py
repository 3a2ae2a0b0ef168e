"""What every table holds, as hashes: two moments are compared by it."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from portal.base.db import Base, Database

MOVES_BY_ITSELF = {"login_session": {"seen_at"}}
"""Columns that go on with the time, whatever is asked: when a session was last seen is noted once a minute."""


def state_of(database: Database) -> dict[str, str]:
    """Give a hash of every table's rows, without what moves by itself."""
    found = {}
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.c if column.name not in MOVES_BY_ITSELF.get(table.name, ())]
            rows = sorted(repr(tuple(row)) for row in session.execute(sa.select(*columns)))
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
