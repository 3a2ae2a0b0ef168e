"""The door, open for every test of what OneHall withstands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from portal.base.db import Database
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.identity import StaffMember
from tests.cast import Cast
from tests.federation.companies import acme, globex  # noqa: F401 - fixtures
from tests.identity.door import Door, make_door
from tests.security.racers import Race, racing


@pytest.fixture
def door(database: Database, keys: Keys, settings: Settings) -> Door:
    return make_door(database, keys, settings)


@pytest.fixture
def dora(door: Door, cast: Cast, now: datetime) -> StaffMember:
    door.hire("dora", now)
    return door.clerk("dora", now)


@pytest.fixture(scope="session")
def race() -> Iterator[Race]:
    """Six processes, started once."""
    with racing() as pool:
        yield pool
