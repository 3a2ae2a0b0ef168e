"""Databases with nothing in them, on both engines, for tests of migrations, backups and the command line."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.base.db import Database
from tests.servers.postgres import Postgres

_numbers = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def make_fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Give a maker of databases without any table, all of one engine; they are gone after the test."""
    made: list[Database] = []
    names: list[str] = []
    server: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None

    def make() -> Database:
        number = next(_numbers)
        if server is None:
            url = f"sqlite:///{tmp_path}/fresh{number}.db"
        else:
            names.append(f"fresh_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{number}")
            server.drop_database(names[-1])
            url = "postgresql+psycopg://" + server.create_database(names[-1]).removeprefix("postgresql://")
        made.append(Database(url))
        return made[-1]

    yield make
    for database in made:
        database.close()
    for name in names:
        assert server is not None
        server.drop_database(name)


@pytest.fixture
def fresh(make_fresh: Callable[[], Database]) -> Database:
    """Give one database without any table."""
    return make_fresh()
