"""What every table holds, as hashes: two moments are compared by it."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from portal.base.db import Base, Database


def state_of(database: Database) -> dict[str, str]:
    """Give a hash of every table's rows."""
    found = {}
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows = sorted(repr(tuple(row)) for row in session.execute(sa.select(table)))
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
