"""Bulk loading: many rows into few tables, as fast as the engine goes (COPY on PostgreSQL, executemany on SQLite).

    bulk = BulkWriter(database.engine)
    with bulk.large_load([Customer.__table__, Bill.__table__]):
        bulk.write(Customer.__table__, ["customer_id", "since"], ((id, bulk.day(since)) for …))

Values are given in the database's own form: int, str, bool, None as they are; `moment`, `day` and `document` bring the
rest into form. Nothing is checked on the way but what the database checks. Not for tables whose ids the database
counts itself (outbox_event, ledger rows): their counters would not follow.

`BulkTransaction` does the same within a transaction somebody else opened: indexes, keys and other writers stay as they are.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.schema import AddConstraint, CreateIndex, DropIndex

Row = Sequence[Any]


class BulkWriter:
    """Writes rows by table over one connection of `engine`. One thread, one BulkWriter."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._held: PoolProxiedConnection | None = None
        self.moment: Callable[[datetime | None], Any] = _moment_text if self.is_sqlite else _same
        """Brings an aware datetime (or None) into the form of a moment column."""
        self.day: Callable[[date | None], Any] = _day_text if self.is_sqlite else _same
        """Brings a date (or None) into the form of a date column."""

    @staticmethod
    def document(value: object) -> str:
        """Bring anything JSON can say into the form of a Json column."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def write(self, table: sa.Table | sa.FromClause, columns: Sequence[str], rows: Iterable[Row]) -> int:
        """Insert `rows`, each with a value for every one of `columns`, in a transaction of its own; give how many.

        All or none are kept. Rows are streamed, never held; on SQLite keep a call below some 2 million rows, since the
        write-ahead log holds a whole transaction. Raises the driver's IntegrityError (sqlite3 or psycopg) as it comes.
        """
        name = cast(sa.Table, table).name
        with self._connection() as connection:
            if self.is_sqlite:
                return _insert_sqlite(cast(sqlite3.Connection, connection.driver_connection), name, columns, rows)
            return _copy_postgres(cast("psycopg.Connection[Any]", connection.driver_connection), name, columns, rows)

    @contextmanager
    def large_load(self, tables: Sequence[sa.Table | sa.FromClause], *, check: bool = True) -> Iterator[None]:
        """Take secondary indexes and foreign keys of `tables` away for the load, and put them back after it.

        SQLite also stops waiting for the disk meanwhile: a power cut in a large load may cost the file. All is put back
        after a failure too, and what an earlier, killed load left missing is made again. `check` looks for rows that
        point nowhere at the end and raises sqlalchemy.exc.IntegrityError (PostgreSQL always looks).
        """
        loaded = [cast(sa.Table, table) for table in tables]
        self._held = self.engine.raw_connection()
        try:
            self._prepare(loaded)
            try:
                yield
            finally:
                self._restore(loaded, check)
        finally:
            held, self._held = self._held, None
            held.invalidate()  # its settings were changed for the load: the pool shall open a fresh one

    @contextmanager
    def _connection(self) -> Iterator[PoolProxiedConnection]:
        if self._held is not None:
            yield self._held
            return
        connection = self.engine.raw_connection()
        try:
            yield connection
        finally:
            connection.close()

    def _run(self, *statements: str) -> None:
        assert self._held is not None
        cursor = self._held.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        self._held.commit()

    def _ddl(self, element: sa.schema.ExecutableDDLElement) -> str:
        return str(element.compile(dialect=self.engine.dialect))

    def _prepare(self, tables: Sequence[sa.Table]) -> None:
        for table in tables:
            self._run(*(self._ddl(DropIndex(index, if_exists=True)) for index in table.indexes))
        if self.is_sqlite:
            self._run(
                "PRAGMA foreign_keys=OFF",
                "PRAGMA synchronous=OFF",
                "PRAGMA cache_size=-256000",
                "PRAGMA wal_autocheckpoint=20000",
            )
            return
        self._run("SET synchronous_commit=off", "SET maintenance_work_mem='256MB'")
        for table in tables:
            self._run(*(f'ALTER TABLE "{table.name}" DROP CONSTRAINT IF EXISTS "{name}"' for name, _ in self._foreign_keys(table)))

    def _restore(self, tables: Sequence[sa.Table], check: bool) -> None:
        for table in tables:
            self._run(
                *(self._ddl(CreateIndex(index, if_not_exists=True)) for index in sorted(table.indexes, key=lambda one: str(one.name)))
            )
        if self.is_sqlite:
            if check:
                self._check_sqlite(tables)
            self._run("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for table in tables:
            self._run(*(self._ddl(AddConstraint(key)) for _, key in self._foreign_keys(table)), f'ANALYZE "{table.name}"')

    def _foreign_keys(self, table: sa.Table) -> list[tuple[str, sa.ForeignKeyConstraint]]:
        prepare = self.engine.dialect.identifier_preparer
        found = [(str(prepare.format_constraint(key)).strip('"'), key) for key in table.foreign_key_constraints]
        return sorted(found, key=lambda pair: pair[0])

    def _check_sqlite(self, tables: Sequence[sa.Table]) -> None:
        assert self._held is not None
        for table in tables:
            lost = self._held.driver_connection.execute(f'PRAGMA foreign_key_check("{table.name}")').fetchone()  # type: ignore[union-attr]
            if lost is not None:
                wrong = sqlite3.IntegrityError(f"{table.name}: row {lost[1]} points at no {lost[2]}")
                raise sa.exc.IntegrityError("foreign_key_check", None, wrong)


class BulkTransaction:
    """Writes rows by table in the transaction of `session`: they are kept with it, or not at all."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.is_sqlite = session.get_bind().dialect.name == "sqlite"
        self.moment: Callable[[datetime | None], Any] = _moment_text if self.is_sqlite else _same
        """Brings an aware datetime (or None) into the form of a moment column."""
        self.day: Callable[[date | None], Any] = _day_text if self.is_sqlite else _same
        """Brings a date (or None) into the form of a date column."""

    document = staticmethod(BulkWriter.document)

    def write(self, table: sa.Table | sa.FromClause, columns: Sequence[str], rows: Iterable[Row]) -> int:
        """Insert `rows` and give how many. Raises sqlalchemy.exc.DBAPIError, after which the transaction can only end."""
        self.session.flush()
        name, driver = cast(sa.Table, table).name, self.session.connection().connection.driver_connection
        try:
            if self.is_sqlite:
                return _fill_sqlite(cast(sqlite3.Connection, driver), name, columns, rows)
            return _fill_postgres(cast("psycopg.Connection[Any]", driver), name, columns, rows)
        except (sqlite3.Error, psycopg.Error) as error:
            kind = sqlite3.Error if self.is_sqlite else psycopg.Error
            raise sa.exc.DBAPIError.instance(f"bulk insert into {name}", None, error, kind) from error


def _insert_sqlite(connection: sqlite3.Connection, name: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    connection.execute("BEGIN IMMEDIATE")
    try:
        count = _fill_sqlite(connection, name, columns, rows)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return count


def _fill_sqlite(connection: sqlite3.Connection, name: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    quoted = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join("?" * len(columns))
    before = connection.total_changes
    connection.executemany(f'INSERT INTO "{name}" ({quoted}) VALUES ({marks})', rows)  # noqa: S608  # nosec B608 - our own names
    return connection.total_changes - before


def _copy_postgres(connection: psycopg.Connection[Any], name: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    with connection.transaction():
        count = _fill_postgres(connection, name, columns, rows)
    connection.commit()
    return count


def _fill_postgres(connection: psycopg.Connection[Any], name: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    target = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns)))
    with connection.cursor() as cursor:
        with cursor.copy(target) as copy:
            for row in rows:
                copy.write_row(row)
        return cursor.rowcount


def _same(value: Any) -> Any:
    return value


def _moment_text(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _day_text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
