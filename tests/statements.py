"""Counting what a request asks of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.base.db import Database
from portal.base.driver import DriverStatement


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect every statement sent inside the block, but what begins and ends a transaction."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.lstrip().upper().startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SET ", "SAVEPOINT", "RELEASE")):
            sent.append(statement)

    def run(statement: DriverStatement, session: Session, values: Mapping[str, Any]) -> Any:
        rows = straight(statement, session, values)
        sent.append(statement.sql)
        return rows

    straight, DriverStatement.execute = DriverStatement.execute, run  # type: ignore[method-assign,assignment]
    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
        DriverStatement.execute = straight  # type: ignore[method-assign,assignment]
