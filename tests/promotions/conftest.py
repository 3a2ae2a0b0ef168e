"""A house with two members of staff, and eight processes to race in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.db import Base, Database
from tests.cast import Cast
from tests.points.race import Race, racing
from tests.promotions.house import APPROVER, WRITER, House


@pytest.fixture
def house(database: Database, cast: Cast, now: datetime) -> House:
    """Give a house where campaigns can be launched; Alice is its customer."""
    staff = Base.metadata.tables["staff"]
    with database.writing() as session:
        for each in (WRITER, APPROVER):
            row = {
                "id": each, "login": f"staff{each}", "public_number": 1000 + each, "name": "Staff", "role": "supervisor", "outlet": "",
                "password_hash": "-", "totp_secret": "-", "created_at": now,
            }  # fmt: skip
            session.execute(sa.insert(staff).values({name: value for name, value in row.items() if name in staff.c}))
    return House(database, cast.alice.customer_id, now)


@pytest.fixture(scope="session")
def racers() -> Iterator[Any]:
    """Eight processes, started once."""
    with racing() as pool:
        yield pool


@pytest.fixture
def race(racers: Any, database: Database) -> Race:
    """Have the eight race in this test's database."""
    return Race(racers, database.url.render_as_string(hide_password=False))
