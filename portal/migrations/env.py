"""Alembic's entry: it runs this file for each command, with the database that commands.py put into its attributes."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from portal.base.db import Database
from portal.migrations.tables import is_ours, metadata


def run(database: Database) -> None:
    """Migrate, in the writers' own way in. SQLite's foreign keys rest meanwhile: it changes tables by copying them."""
    with database.engine.execution_options(portal_write=True).connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        if database.is_sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            migrate(connection)
        finally:
            if database.is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


def migrate(connection: Connection) -> None:
    """Run the revisions over one connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        include_name=is_ours,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7204116)")  # two nodes starting at once: one waits
        context.run_migrations()


run(context.config.attributes["database"])
