"""The floor under a page: the same SQL by the bare driver, and the same template on plain data. Nobody gets below it."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa

from bench.sets import DataSet
from bench.transcript import COMMIT, EXECUTE, Step, Transcript
from portal.base.db import Database
from portal.base.ids import new_id

_INSERT = re.compile(r'INSERT INTO "?(\w+)"? \(([^)]*)\)')


class Driver(Protocol):
    """The part of a driver's connection that is used: sqlite3 and psycopg agree on it."""

    def execute(self, sql: Any, parameters: Any = ..., /) -> Any: ...
    def cursor(self) -> Any: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...


@contextlib.contextmanager
def drivers(data: DataSet, database: Database) -> Iterator[dict[bool, Driver]]:
    """Open bare connections: one for transactions (False) and one that needs none (True); on SQLite they are one.

    SQLite's gets the same pragmas as the portal's, and like it starts no transaction by itself.
    """
    if data.db == "sqlite":
        with contextlib.closing(sqlite3.connect(str(database.url.database), isolation_level=None)) as connection:
            for pragma, value in _pragmas(database).items():
                connection.execute(f"PRAGMA {pragma}={value}")
            yield {False: connection, True: connection}
        return
    with psycopg.connect(data.url) as writer, psycopg.connect(data.url, autocommit=True) as reader:
        yield {False: writer, True: reader}


def _pragmas(database: Database) -> dict[str, Any]:
    names = ("synchronous", "foreign_keys", "cache_size", "temp_store", "mmap_size")
    with database.reading() as session:
        return {name: session.execute(sa.text(f"PRAGMA {name}")).scalar_one() for name in names}


def replay(steps: Sequence[Step], connections: Mapping[bool, Driver]) -> None:
    """Do what a page did at the database, fetching every row."""
    for step in steps:
        connection = connections[step.autocommit]
        if step.what == EXECUTE:
            if step.many:
                connection.cursor().executemany(step.sql, step.parameters)
                continue
            cursor = connection.execute(step.sql, step.parameters)
            if cursor.description is not None:
                cursor.fetchall()
        elif step.what == COMMIT:
            connection.commit()
        else:
            connection.rollback()


def freshened(pages: Sequence[Transcript], database: Database) -> list[list[Step]]:
    """Give the steps of `pages` so that they can be done now, in this order: new ids, the audit's next numbers.

    The hashes in the audit's chains are not made anew: a data set that was measured on fails `flask audit verify`.
    """
    with database.reading() as session:
        heads: dict[int, int] = dict(session.execute(sa.text("SELECT chain, seq FROM audit_head")).all())
    now = datetime.now(UTC)

    def fresh(step: Step) -> Step:
        found = _INSERT.match(step.sql)
        if found is None or step.parameters is None:
            return step
        columns = [name.strip().strip('"') for name in found[2].split(",")]
        change = _audit_entry(heads) if found[1] == "audit_entry" else {"id": lambda _: new_id(now)}
        rows = [_changed(row, columns, change) for row in (step.parameters if step.many else [step.parameters])]
        return dataclasses.replace(step, parameters=rows if step.many else rows[0])

    return [[fresh(step) for step in page.steps] for page in pages]


Row = Mapping[str, Any]
Change = Mapping[str, Callable[[Row], Any]]


def _audit_entry(heads: dict[int, int]) -> Change:
    def following(row: Row) -> int:
        heads[row["chain"]] += 1
        return heads[row["chain"]]

    return {"seq": following}


def _changed(parameters: Any, columns: list[str], change: Change) -> Any:
    """Replace columns of one row of parameters, whether the driver takes them by name or by place."""
    by_name = isinstance(parameters, dict)
    row = dict(parameters) if by_name else dict(zip(columns, parameters, strict=False))
    row |= {name: make(row) for name, make in change.items() if name in row}
    return row if by_name else type(parameters)([*row.values(), *parameters[len(columns) :]])


def render(page: Transcript) -> str:
    """Render what a page rendered and give the text. Needs a request of the same reader around it."""
    return "".join(each.template.render(each.context) for each in page.renderings)
