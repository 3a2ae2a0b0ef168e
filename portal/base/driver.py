"""Statements for the hottest ways, given to PostgreSQL's driver as they are.

SQLAlchemy's own way to the driver is some hundred functions long. Alone on a processor that costs a tenth of a millisecond
a statement; with eight processes on two of them, each finding its caches cold, three tenths (docs/measuring.md, redeem).
What is done here is the same: a Core statement, compiled once, in the session's transaction, with the same errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
        given = {**self._fixed, **values}
        for name, bring in self._brought:
            given[name] = bring(given[name])
        driver: psycopg.Connection[tuple[Any, ...]] = connection.connection.driver_connection  # type: ignore[assignment]
        try:
            return psycopg.RawCursor(driver).execute(self._sql, [given[name] for name in self._names], prepare=True).fetchall()
        except psycopg.Error as error:
            raise _as_sqlalchemy_says(connection, self.sql, error) from error

    def _compile(self, connection: Connection) -> None:
        dialect = connection.dialect
        compiled: Any = self._statement.compile(dialect=dialect)
        ways = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        bring = {name: way for name, way in ways.items() if way is not None}
        known = {name: value for name, value in compiled.params.items() if value is not None}
        self._fixed = {name: bring.pop(name)(value) if name in bring else value for name, value in known.items()}
        self._brought = tuple(bring.items())
        # In PostgreSQL's own writing: the driver's way of reading names costs a long statement more than all the rest.
        places: dict[str, str] = {}
        text = _NAME.sub(lambda found: places.setdefault(found[1], f"${len(places) + 1}"), compiled.string)
        self._names = tuple(places)
        self._sql = text.replace("%%", "%").encode()


def _as_sqlalchemy_says(connection: Connection, sql: str, error: psycopg.Error) -> DBAPIError:
    lost = connection.dialect.is_disconnect(error, connection.connection, None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    made = DBAPIError.instance(sql, None, error, psycopg.Error, connection_invalidated=lost, dialect=connection.dialect)
    assert isinstance(made, DBAPIError)
    return made
