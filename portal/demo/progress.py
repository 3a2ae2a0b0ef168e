"""How far a load is, kept in the database it fills: a killed load goes on where it was, with the plan it had.

The table is made when a load starts and dropped when it is complete; no release expects it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.db import Base, Database, Id, UtcDateTime
from portal.catalog import STANDARD
from portal.demo.batches import batch_range
from portal.demo.people import Plan, customer_id
from portal.demo.tables import COLUMNS

_metadata = sa.MetaData()
_load = sa.Table(
    "demo_load",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("subscribers", sa.Integer, nullable=False),
    sa.Column("detail", sa.Integer, nullable=False),
    sa.Column("seed", Id, nullable=False),
    sa.Column("batches_done", sa.Integer, nullable=False),
)
KEPT = ("audit_entry", "audit_head")  # the log of what was looked at and changed outlives a demo's data


@dataclass(frozen=True, slots=True)
class Progress:
    """A load that was begun: its options, and how many of its batches are complete."""

    started_at: datetime
    subscribers: int
    detail: int
    seed: int
    batches_done: int


def find_progress(database: Database) -> Progress | None:
    """Give the load that is not complete, or None."""
    if not sa.inspect(database.engine).has_table(_load.name):
        return None
    with database.reading() as session:
        row = session.execute(sa.select(_load)).first()
    return Progress(row.started_at, row.subscribers, row.detail, row.seed, row.batches_done) if row else None


def start_progress(database: Database, progress: Progress) -> None:
    """Note that a load has begun."""
    with database.writing() as session:
        _metadata.create_all(session.connection())
        session.execute(sa.delete(_load))
        session.execute(
            sa.insert(_load).values(
                id=1, started_at=progress.started_at, subscribers=progress.subscribers, detail=progress.detail, seed=progress.seed,
                batches_done=0,
            )
        )  # fmt: skip


def note_batch(session: Session, number: int) -> None:
    """Note that batch `number` is complete, in the transaction that completes it."""
    session.execute(sa.update(_load).values(batches_done=number + 1))


def end_progress(database: Database) -> None:
    """Forget the load: it is complete."""
    with database.writing() as session:
        _metadata.drop_all(session.connection())


def has_customers(database: Database) -> bool:
    """Say whether there is any customer."""
    with database.reading() as session:
        return session.execute(sa.select(Base.metadata.tables["customer"].c.customer_id).limit(1)).first() is not None


def clear_batch(database: Database, plan: Plan, number: int) -> None:
    """Delete what a killed load wrote of a batch before it was complete."""
    first, after = (customer_id(index, plan.seed) for index in batch_range(plan, number))
    with _unchecked(database) as execute:
        for name in reversed(tuple(COLUMNS)):
            key = "id" if name == "party" else "customer_id"
            execute(f'DELETE FROM "{name}" WHERE "{key}" >= {first} AND "{key}" < {after}')  # noqa: S608 - names and numbers of ours


def clear_everything(database: Database) -> None:
    """Empty every table but the catalogue's and the audit log's; of the price lists everybody's stays, enterprises' own go.

    What staff made goes with them: campaigns, code batches, sales, changes being written. What stays forgets who made it.
    """
    cleared = [each for each in reversed(Base.metadata.sorted_tables) if _goes(each)]
    forgotten = [
        (table, column, key.column.table)
        for table in Base.metadata.sorted_tables
        if not _goes(table)
        for column in table.columns
        for key in column.foreign_keys
        if _goes(key.column.table)
    ]
    held = {target.name for _, _, target in forgotten}  # PostgreSQL truncates nothing that what stays could point at
    with _unchecked(database) as execute:
        for table, column, _ in forgotten:
            execute(f'UPDATE "{table.name}" SET "{column.name}" = NULL')  # noqa: S608 - our own names
        if not database.is_sqlite:
            names = ", ".join(f'"{each.name}"' for each in cleared if each.name not in held)
            execute(f"TRUNCATE {names} RESTART IDENTITY")
        for each in cleared:
            if database.is_sqlite or each.name in held:
                execute(f'DELETE FROM "{each.name}"')  # noqa: S608 - our own names
        for name, column_name in (("offering_price", "price_list"), ("price_list", "code")):
            execute(f"DELETE FROM {name} WHERE {column_name} <> '{STANDARD}'")  # noqa: S608 - our own names
        for name in ("catalog_state", "campaign_state"):  # whoever holds them in memory sees that they changed
            execute(f"UPDATE {name} SET version = version + 1")  # noqa: S608 - our own names


def _goes(table: sa.Table) -> bool:
    """Say whether a table is emptied: all but reference and audit, and of reference what cannot be without whoever made it."""
    if table.name in KEPT:
        return False
    if table.info["kind"] != "reference":
        return True
    needed = [key for column in table.columns if not column.nullable for key in column.foreign_keys]
    return any(key.column.table is not table and _goes(key.column.table) for key in needed)


class _Execute:
    def __init__(self, cursor: object) -> None:
        self.cursor = cursor

    def __call__(self, statement: str) -> None:
        self.cursor.execute(statement)  # type: ignore[attr-defined]


@contextmanager
def _unchecked(database: Database) -> Iterator[_Execute]:
    """Open a transaction in which SQLite looks for no foreign keys; a batch's rows go together, in any order."""
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        if database.is_sqlite:
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute("BEGIN IMMEDIATE")
        yield _Execute(cursor)
        if database.is_sqlite:
            cursor.execute("COMMIT")
        else:
            connection.commit()
    finally:
        connection.invalidate()
