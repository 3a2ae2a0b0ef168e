"""Statements for the hottest ways, given to PostgreSQL's driver as they are.

SQLAlchemy's own way to the driver is some hundred functions long. Alone on a processor that costs a tenth of a millisecond
a statement; with eight processes on two of them, each finding its caches cold, three tenths (docs/measuring.md, redeem).
What is done here is the same: a Core statement, compiled once, in the session's transaction, with the same errors.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
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
        return self.execute(session, values).fetchall()

    def change(self, session: Session, values: Mapping[str, Any]) -> int:
        """Run it likewise and give how many rows it changed."""
        return self.execute(session, values).rowcount

    def execute(self, session: Session, values: Mapping[str, Any]) -> psycopg.RawCursor[tuple[Any, ...]]:
        """Run it and give the driver's cursor: every way of running it comes by here."""
        connection = session.connection()
        if not self._sql:
            self._compile(connection, values)
        given = self._given(values)
        driver: psycopg.Connection[tuple[Any, ...]] = connection.connection.driver_connection  # type: ignore[assignment]
        try:
            return psycopg.RawCursor(driver).execute(self._sql, [given[name] for name in self._names], prepare=True)
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

    def _compile(self, connection: Connection, values: Mapping[str, Any]) -> None:
        dialect = connection.dialect
        # An INSERT that names no columns has those it is given, as when SQLAlchemy runs it.
        names = list(values) if isinstance(self._statement, sa.Insert) else None
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=names)
        written = compiled.construct_expanded_state(dict(values)) if compiled.post_compile_params else None  # lists, written out
        # In PostgreSQL's own writing: the driver's way of reading names costs a long statement more than all the rest.
        self._written = compiled.string if written is None else written.statement
        places: dict[str, str] = {}
        text = _NAME.sub(lambda found: places.setdefault(found[1], f"${len(places) + 1}"), self._written)
        self._names = tuple(places)
        ways = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items() if name in places}
        bring = {name: way for name, way in ways.items() if way is not None}
        wanted = {name for name, bind in compiled.binds.items() if bind.required}
        known = {name: value for name, value in compiled.params.items() if name in places and name not in wanted}
        known |= written.additional_parameters if written is not None else {}
        self._fixed = {name: bring.pop(name)(value) if name in bring else value for name, value in known.items()}
        self._brought = tuple(bring.items())
        self._sql = text.replace("%%", "%").encode()


class FrequentStatement:
    """A statement of a hot way: straight to PostgreSQL's driver, by SQLAlchemy's way elsewhere.

    Give one statement, or one by dialect. What stands in a list within it (`in_`) is fixed: no expanding parameters.
    """

    def __init__(self, statement: Any) -> None:
        self._by_dialect: Mapping[str, Any] = statement if isinstance(statement, Mapping) else {}
        self._statement = self._by_dialect.get("postgresql", statement)
        self._straight = DriverStatement(self._statement)
        self._row: Any = None
        self._ways: list[tuple[int, Callable[[Any], Any]]] = []

    def rows(self, session: Session, values: Mapping[str, Any]) -> Sequence[Any]:
        """Give all rows, their columns by name and place."""
        connection = session.connection()
        if connection.dialect.name != "postgresql":
            return connection.execute(self._of(connection), values).all()
        found = self._straight.run(session, values)
        if not found:
            return found
        if self._row is None:
            self._learn(connection.dialect)
        if not self._ways:
            return [self._row(*row) for row in found]
        return [self._row(*self._back(row)) for row in found]

    def first(self, session: Session, values: Mapping[str, Any]) -> Any | None:
        """Give the first row, or None."""
        found = self.rows(session, values)
        return found[0] if found else None

    def scalar(self, session: Session, values: Mapping[str, Any]) -> Any:
        """Give the first column of the first row, None where there is no row."""
        found = self.rows(session, values)
        return found[0][0] if found else None

    def change(self, session: Session, values: Mapping[str, Any]) -> int:
        """Run what gives no rows, and give how many it changed."""
        connection = session.connection()
        if connection.dialect.name != "postgresql":
            return connection.execute(self._of(connection), values).rowcount
        return self._straight.change(session, values)

    def change_all(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of these values, by SQLAlchemy's way."""
        connection = session.connection()
        connection.execute(self._of(connection), rows)

    def _of(self, connection: Connection) -> Any:
        return self._by_dialect.get(connection.dialect.name, self._statement)

    def _learn(self, dialect: sa.Dialect) -> None:
        """Learn the columns, and what SQLAlchemy does to the values of each, by its place."""
        columns = list(self._statement.exported_columns)
        ways = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._ways = [(place, way) for place, way in enumerate(ways) if way is not None]
        self._row = namedtuple("Row", [str(column.key) for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024

    def _back(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for place, way in self._ways:
            values[place] = way(values[place])
        return values


class FrequentQuery(FrequentStatement):
    """A query for one row that nearly every request asks."""

    def __init__(self, query: sa.Select[Any]) -> None:
        super().__init__(query)


def _as_sqlalchemy_says(connection: Connection, sql: str, error: psycopg.Error) -> DBAPIError:
    lost = connection.dialect.is_disconnect(error, connection.connection, None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    made = DBAPIError.instance(sql, None, error, psycopg.Error, connection_invalidated=lost, dialect=connection.dialect)
    assert isinstance(made, DBAPIError)
    return made
