"""A small operator on each engine, loaded once for all tests that only look at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.base.db import Database
from portal.demo import Loaded, Options, load_demo
from tests.cast import NOW
from tests.conftest import make_tables
from tests.demo.rows import ZONE, Rows, read_rows

SUBSCRIBERS, DETAIL = 160, 120


@dataclass(frozen=True)
class Operator:
    """A loaded database, what the load said, and all its rows."""

    database: Database
    loaded: Loaded
    rows: Rows


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def operator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Give the small operator: 160 subscribers, 120 of them in full detail, and the enterprise."""
    file = tmp_path_factory.mktemp("demo") / "portal.db"
    url = f"sqlite:///{file}" if request.param == "sqlite" else new_postgres(request, "demo")
    make_tables(url)
    database = Database(url)
    loaded = load_demo(database, Options(SUBSCRIBERS, DETAIL, processes=0), zone=ZONE, currency="CNY", now=NOW)
    yield Operator(database, loaded, read_rows(database))
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a database of one's own, with every table and no row, that another process may open."""
    url = f"sqlite:///{tmp_path / 'own.db'}" if request.param == "sqlite" else new_postgres(request, "demo_own")
    make_tables(url)
    return url


def new_postgres(request: pytest.FixtureRequest, name: str) -> str:
    """Make an empty database beside the suite's own and give its address."""
    server = request.getfixturevalue("postgres")
    name = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    server.drop_database(name)
    return "postgresql+psycopg://" + str(server.create_database(name)).removeprefix("postgresql://")
