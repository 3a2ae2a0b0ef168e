"""What every test may ask for: a moment, settings, keys, the database on both engines, and the cast.

`database` comes empty: SQLite as a copy of a file made once, PostgreSQL as one database a worker that is emptied again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import hypothesis
import pytest

from portal.base.audit import CHAINS, START
from portal.base.db import Base, Database
from portal.base.keys import Keys, make_keys
from portal.base.settings import Settings
from portal.migrations.commands import upgrade
from portal.payments import use_providers
from tests.cast import NOW, Cast, Rows, create_cast, put_rows, take_rows

pytest_plugins = ["tests.servers.plugin", "tests.door", "tests.fresh"]

# No deadline: a machine that does other things besides must not fail a property.
hypothesis.settings.register_profile("portal", deadline=None)
hypothesis.settings.load_profile("portal")

TEST_SECRET = "a secret that only the tests know and nobody else"


@pytest.fixture
def now() -> datetime:
    """Give the moment at which the tests happen: Sunday 22 November 2026, ten in the morning in Shanghai."""
    return NOW


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Give settings for tests: messages go to the tray, a password hash is as cheap as the rules allow."""
    return Settings(env="test", secret_key=TEST_SECRET, sms_adapter="tray", argon2_memory_kib=7168, argon2_rounds=1, log_json=False)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def keys(settings: Settings) -> Keys:
    """Give the keys derived from the test settings."""
    return make_keys(settings)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Give an empty database with every table, once on each engine."""
    if request.param == "sqlite":
        template, folder = request.getfixturevalue("_sqlite_template"), request.getfixturevalue("tmp_path")
        yield from _copied(template, folder / "portal.db")
    else:
        yield from _emptied(request.getfixturevalue("_postgresql_database"))


@pytest.fixture(autouse=True)
def _sandbox() -> None:
    """Have the sandbox be the provider again: an application that another test put together sets those of the whole process."""
    use_providers(["sandbox"], "CNY")


@pytest.fixture
def cast(database: Database, _cast_rows: dict[str, tuple[Cast, Rows]]) -> Cast:
    """Give the people everybody knows, among others much like them, in `database`.

    They are made by the real services once for each engine; later tests get the same rows put back.
    """
    engine = database.engine.dialect.name
    with database.writing() as session:
        if engine in _cast_rows:
            made, rows = _cast_rows[engine]
            put_rows(session, rows)
            return made
        made = create_cast(session)
        session.flush()
        _cast_rows[engine] = made, take_rows(session)
    return made


@pytest.fixture(scope="session")
def _cast_rows() -> dict[str, tuple[Cast, Rows]]:
    return {}


def make_tables(url: str) -> None:
    """Make every table of the portal in an empty database as an installation does: by its migrations."""
    database = Database(url)
    upgrade(database)
    database.close()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "portal.db"
    make_tables(f"sqlite:///{path}")
    return path


def _copied(template: Path, path: Path) -> Iterator[Database]:
    shutil.copyfile(template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture(scope="session")
def _postgresql_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    server = request.getfixturevalue("postgres")
    name = f"portal_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    server.drop_database(name)
    url = "postgresql+psycopg://" + server.create_database(name).removeprefix("postgresql://")
    make_tables(url)
    database = Database(url)
    yield database
    database.close()


def _emptied(database: Database) -> Iterator[Database]:
    """Give the database, then delete every row: far quicker than TRUNCATE, which rewrites each table's files.

    Without triggers, since some of ours refuse DELETE and the order of foreign keys does not matter here.
    """
    yield database
    statements = [
        "SET LOCAL session_replication_role = replica",
        *(f'DELETE FROM "{each.name}"' for each in Base.metadata.sorted_tables),
        f"INSERT INTO audit_head (chain, seq, hash) SELECT chain, 0, '{START}' FROM generate_series(0, {CHAINS - 1}) chain",
        "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence",
    ]
    with database.engine.begin() as connection:
        connection.exec_driver_sql("; ".join(statements))
