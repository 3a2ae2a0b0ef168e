"""Acme's store, and Globex's beside it, on both engines."""

from __future__ import annotations

import pytest

from portal.base.db import Database
from tests.cast import Cast
from tests.ministores.company import Intranet, open_acme, open_globex


@pytest.fixture
def acme(database: Database, cast: Cast) -> Intranet:
    with database.writing() as session:
        return open_acme(session, cast)


@pytest.fixture
def globex(database: Database, acme: Intranet) -> Intranet:
    with database.writing() as session:
        return open_globex(session)
