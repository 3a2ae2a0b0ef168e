"""Statements for the hottest ways, given to PostgreSQL's driver as they are.

SQLAlchemy's own way to the driver is some hundred functions long. Alone on a processor that costs a tenth of a millisecond
a statement; with eight processes on two of them, each finding its caches cold, three tenths (docs/measuring.md, redeem).
What is done here is the same: a Core statement, compiled once, in the session's transaction, with the same errors.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

_NAME = re.compile(r"%\((\w+)\)s")


class DriverStatement:
    """A Core statement of PostgreSQL that is run over and over; every value has a bind parameter of its own name."""

    def __init__(self, statement: sa.ClauseElement) -> None:
        self._statement = statement
        self._sql = b""
        self._written = ""
        self._names: tuple[str, ...] = ()
        self._fixed: dict[str, Any] = {}
        self._brought: tuple[tuple[str, Any], ...] = ()

    @property
    def sql(self) -> str:
        """The text the driver is given; nothing before the first run."""
        return self._sql.decode()

    def run(self, session: Session, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it in the session's transaction and give all rows. Raises what SQLAlchemy raises (DBAPIError)."""
        connection = session.connection()
        if not self._sql:
            self._compile(connection)
        given = self._given(values)
        driver: psycopg.Connection[tuple[Any, ...]] = connection.connection.driver_connection  # type: ignore[assignment]
        try:
            return psycopg.RawCursor(driver).execute(self._sql, [given[name] for name in self._names], prepare=True).fetchall()
        except psycopg.Error as error:
            raise _as_sqlalchemy_says(connection, self.sql, error) from error

    def as_told(self, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Give what a run with these values tells the driver, in the writing it takes from everybody; after the first run."""
        return self._written, {name: value for name, value in self._given(values).items() if name in self._names}

    def _given(self, values: Mapping[str, Any]) -> dict[str, Any]:
        given = {**self._fixed, **values}
        for name, bring in self._brought:
            given[name] = bring(given[name])
        return given

    def _compile(self, connection: Connection) -> None:
        dialect = connection.dialect
        compiled: Any = self._statement.compile(dialect=dialect)
        ways = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        bring = {name: way for name, way in ways.items() if way is not None}
        known = {name: value for name, value in compiled.params.items() if value is not None}
        self._fixed = {name: bring.pop(name)(value) if name in bring else value for name, value in known.items()}
        self._brought = tuple(bring.items())
        # In PostgreSQL's own writing: the driver's way of reading names costs a long statement more than all the rest.
        self._written = compiled.string
        places: dict[str, str] = {}
        text = _NAME.sub(lambda found: places.setdefault(found[1], f"${len(places) + 1}"), compiled.string)
        self._names = tuple(places)
        self._sql = text.replace("%%", "%").encode()


class FrequentQuery:
    """A query for one row that nearly every request asks: straight to PostgreSQL's driver, by SQLAlchemy's way elsewhere."""

    def __init__(self, query: sa.Select[Any]) -> None:
        self._query = query
        self._straight = DriverStatement(query)
        self._columns = list(query.selected_columns)
        self._row: Any = namedtuple("Row", [str(column.key) for column in self._columns])  # type: ignore[misc]  # noqa: PYI024
        self._ways: list[tuple[int, Callable[[Any], Any]]] | None = None

    def first(self, session: Session, values: Mapping[str, Any]) -> Any | None:
        """Give the first row, its columns by name and place, or None."""
        connection = session.connection()
        if connection.dialect.name != "postgresql":
            return connection.execute(self._query, values).first()
        rows = self._straight.run(session, values)
        if not rows:
            return None
        if self._ways is None:
            self._ways = self._ways_back(connection.dialect)
        row = list(rows[0])
        for place, way in self._ways:
            row[place] = way(row[place])
        return self._row(*row)

    def _ways_back(self, dialect: sa.Dialect) -> list[tuple[int, Callable[[Any], Any]]]:
        """Give what SQLAlchemy does to the values of a column, by the column's place."""
        ways = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in self._columns]
        return [(place, way) for place, way in enumerate(ways) if way is not None]


def _as_sqlalchemy_says(connection: Connection, sql: str, error: psycopg.Error) -> DBAPIError:
    lost = connection.dialect.is_disconnect(error, connection.connection, None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    made = DBAPIError.instance(sql, None, error, psycopg.Error, connection_invalidated=lost, dialect=connection.dialect)
    assert isinstance(made, DBAPIError)
    return made
