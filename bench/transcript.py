"""What a page really did: every statement as the driver got it, and every template with its data, for doing it again."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from flask import Flask, before_render_template
from jinja2 import Template
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from portal.base.driver import DriverStatement
from portal.base.errors import PortalError
from portal.base.money import Money

EXECUTE, COMMIT, ROLLBACK = "execute", "commit", "rollback"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the driver was told. `autocommit`: on a connection that needs no transaction."""

    what: str
    autocommit: bool
    sql: str = ""
    parameters: Any = None
    many: bool = False


@dataclass(frozen=True, slots=True)
class Rendering:
    """A template and its data, turned to plain data."""

    template: Template
    context: dict[str, Any]


@dataclass(slots=True)
class Transcript:
    """One page: the steps at the database in order, and what was rendered."""

    steps: list[Step] = field(default_factory=list)
    renderings: list[Rendering] = field(default_factory=list)
    html: str = ""

    @property
    def statements(self) -> int:
        """How many statements the page executed, the beginnings of transactions left out."""
        return sum(step.what == EXECUTE and not step.sql.startswith("BEGIN") for step in self.steps)


@contextlib.contextmanager
def recording(app: Flask, engine: Engine) -> Iterator[Callable[[], Transcript]]:
    """Listen to the engine and to the templates; call what is given to get what happened since the last call."""
    current = Transcript()

    def take() -> Transcript:
        nonlocal current
        taken, current = current, Transcript()
        return taken

    def on_execute(connection: Connection, _cursor: object, sql: str, parameters: Any, _context: object, many: bool) -> None:
        current.steps.append(Step(EXECUTE, _is_autocommit(connection), sql, parameters, many))

    def on_commit(connection: Connection) -> None:
        current.steps.append(Step(COMMIT, _is_autocommit(connection)))

    def on_rollback(connection: Connection) -> None:
        current.steps.append(Step(ROLLBACK, _is_autocommit(connection)))

    def on_render(_app: Flask, template: Template, context: dict[str, Any], **_: object) -> None:
        current.renderings.append(Rendering(template, {name: plain(value) for name, value in context.items()}))

    def straight(statement: DriverStatement, session: Session, values: Mapping[str, Any]) -> Any:
        cursor = run(statement, session, values)
        current.steps.append(Step(EXECUTE, _is_autocommit(session.connection()), *statement.as_told(values)))
        return cursor

    run, DriverStatement.execute = DriverStatement.execute, straight  # type: ignore[method-assign]
    hooks = (("before_cursor_execute", on_execute), ("commit", on_commit), ("rollback", on_rollback))
    for name, hook in hooks:
        sa.event.listen(engine, name, hook)
    try:
        with before_render_template.connected_to(on_render, app):
            yield take
    finally:
        DriverStatement.execute = run  # type: ignore[method-assign]
        for name, hook in hooks:
            sa.event.remove(engine, name, hook)


def _is_autocommit(connection: Connection) -> bool:
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def plain(value: Any) -> Any:
    """Turn a view-model into plain data a template reads alike: namespaces, dicts, lists; properties worked out before.

    Amounts stay: the filters that write them ask for their class. So do functions and what Flask itself puts there.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type | Money):
        return SimpleNamespace(**dict(_read(value)))
    if type(value) is dict:
        return {key: plain(each) for key, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(plain(each) for each in value)
    return value


def _read(value: Any) -> Iterator[tuple[str, Any]]:
    for name in _names_of(type(value)):
        try:
            found = getattr(value, name)
        except PortalError:
            continue  # a property that is for others: the template, which was rendered, did not read it
        yield name, plain(found)


def _names_of(kind: type) -> list[str]:
    """Give the names a template may read of a view-model: fields, properties, and methods as they are."""
    fields = {field.name for field in dataclasses.fields(kind)}
    return sorted(fields | {name for name in dir(kind) if not name.startswith("_")})
