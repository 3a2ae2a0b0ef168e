"""Alice's purses, and Charlie's: the stranger's must stay as they are, whatever happens to hers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from portal.base.db import Database
from portal.points import load_earning_rules
from tests.cast import Cast
from tests.points.purse import Purses
from tests.points.race import Race, racing


@pytest.fixture
def rules(database: Database, cast: Cast) -> None:
    """Load the rules as shipped, after the cast, whose rows are put back as they were."""
    with database.writing() as session:
        load_earning_rules(session)


@pytest.fixture
def alice(database: Database, cast: Cast, now: datetime) -> Iterator[Purses]:
    """Give Alice's purses; after the test nobody else's points have moved, and all books agree."""
    charlies = Purses(database, cast.charlie.customer_id, now)
    charlies.give(777, days=1000)
    yield Purses(database, cast.alice.customer_id, now)
    assert charlies.books() == {"points": 777, "held": 0, "issued": -777, "spent": 0, "expired": 0}
    assert charlies.faults() == []


@pytest.fixture(scope="session")
def racers() -> Iterator[Any]:
    """Eight processes, started once."""
    with racing() as pool:
        yield pool


@pytest.fixture
def race(racers: Any, database: Database) -> Race:
    """Have the eight race in this test's database."""
    return Race(racers, database.url.render_as_string(hide_password=False))
