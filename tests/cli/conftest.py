"""A migrated database behind the command line, and the means to run a command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from portal.base.db import Database
from portal.migrations import commands as migrations
from tests.door import on

Run = Callable[..., Result]


@pytest.fixture
def migrated(fresh: Database) -> Database:
    """Give a database at the newest revision."""
    migrations.upgrade(fresh)
    return fresh


@pytest.fixture
def run_on(_house: Flask, tmp_path: Path) -> Callable[[Database], Run]:
    """Give a way to run commands on a database: `run_on(database)("audit", "verify")`."""

    def choose(database: Database) -> Run:
        app = on(_house, database)

        def run(*arguments: str, **options: Any) -> Result:
            return app.test_cli_runner().invoke(args=list(arguments), **options)

        return run

    return choose


@pytest.fixture
def run(migrated: Database, run_on: Callable[[Database], Run]) -> Run:
    """Give a way to run commands on the migrated database."""
    return run_on(migrated)
