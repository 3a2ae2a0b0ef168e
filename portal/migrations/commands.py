"""Bringing a database to a revision, and saying where it stands. Takes the place of alembic.ini."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.schema import CreateIndex

from portal.base.db import Database
from portal.migrations.shape import is_at_head, present_revision

__all__ = [
    "FOLDER",
    "config",
    "difference",
    "downgrade",
    "is_at_head",
    "is_known",
    "is_special",
    "list_heads",
    "present_revision",
    "upgrade",
]

FOLDER = Path(__file__).resolve().parent


def config(database: Database | None = None) -> Config:
    """Give Alembic's configuration, for `database`."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "os")
    made.attributes["database"] = database
    return made


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring a database to `revision`, in one transaction on PostgreSQL. Safe to call at every start."""
    command.upgrade(config(database), revision)


def downgrade(database: Database, revision: str) -> None:
    """Take a database back to `revision` (`base`: empty, `-1`: one step). Data of what goes is lost."""
    command.downgrade(config(database), revision)


@cache
def list_heads() -> Sequence[str]:
    """Give the newest revisions this code knows: exactly one, or the revisions have forked."""
    return tuple(ScriptDirectory.from_config(config()).get_heads())


def is_known(revision: str) -> bool:
    """Say whether this code knows a revision: a database from a newer release has one that it does not."""
    return revision in {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


def difference(database: Database) -> list[Any]:
    """Give what Alembic would have to change to make a database equal to the models; nothing, if all is well."""
    from portal.migrations.tables import is_ours, metadata  # importing every model is for migrations alone

    with database.engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "autogenerate skipping metadata-specified expression-based index")
        options = {"compare_type": True, "include_name": is_ours}
        found = list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))
        if not database.is_sqlite:
            return found
        # SQLite does not give indexes on expressions (at DESC) back: those are compared by the text that made them.
        special = {str(one.name): one for table in metadata.tables.values() for one in table.indexes if is_special(one)}
        indexes = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
        there = {row.name: row.sql for row in indexes}
        found = [one for one in found if not (one[0] in ("add_index", "remove_index") and str(one[1].name) in special)]
        wanted = {name: str(CreateIndex(one).compile(dialect=connection.dialect)) for name, one in special.items()}
        return found + [("change_index", name) for name, text in wanted.items() if there.get(name) != text.strip()]


def is_special(index: sa.Index) -> bool:
    """Say whether an index is on expressions, which SQLite does not give back."""
    return any(not isinstance(expression, sa.Column) for expression in index.expressions)
