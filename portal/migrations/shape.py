"""Which shape a database has, and which this release was written for: without Alembic, which no web worker has to hold for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from portal.base.db import Database

VERSIONS = Path(__file__).parent / "versions"
_table = sa.table("alembic_version", sa.column("version_num", sa.String()))


@cache
def newest_revision() -> str:
    """Give the newest revision this release knows. Its file's name begins with it, and they are numbered in a row."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))


def present_revision(database: Database) -> str | None:
    """Give the revision a database is at; None for one that was never migrated."""
    with database.engine.connect() as connection:
        if not sa.inspect(connection).has_table(_table.name):
            return None
        found: Sequence[str] = connection.execute(sa.select(_table.c.version_num)).scalars().all()
    return found[0] if found else None


def is_at_head(database: Database) -> bool:
    """Say whether a database has the shape this code was written for."""
    return present_revision(database) == newest_revision()
