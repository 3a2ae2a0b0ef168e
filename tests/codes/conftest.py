"""A press for codes, with two of the staff at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from portal.base.db import Database
from portal.base.keys import Keys
from portal.identity import NewStaff, create_staff
from tests.cast import Cast
from tests.codes.press import Press
from tests.codes.race import Race, racing


@pytest.fixture
def press(database: Database, cast: Cast, keys: Keys, now: datetime) -> Press:
    """Give the press, beside the cast."""
    with database.writing() as session:
        one, other = (
            create_staff(session, keys, NewStaff(f"codes-{name}", name, "supervisor", "杭州"), "hash", issuer="test", now=now).staff_id
            for name in ("李", "赵")
        )
    return Press(database, keys, one, other, now)


@pytest.fixture(scope="session")
def racers() -> Iterator[Race]:
    """Processes, started once."""
    with racing() as race:
        yield race
