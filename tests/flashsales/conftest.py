"""A sale's hall, and everybody of the cast as buyers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from portal.base.db import Database
from portal.base.keys import Keys
from tests.cast import Cast
from tests.flashsales.hall import Hall
from tests.points.race import racing


@pytest.fixture
def hall(database: Database, cast: Cast, keys: Keys, now: datetime) -> Hall:
    """Give a hall with two people who may prepare and announce."""
    hall = Hall(database, keys, now)
    hall.hire()
    return hall


@pytest.fixture
def buyers(cast: Cast) -> list[int]:
    """Give the customers who want a piece."""
    return [cast.alice.customer_id, cast.charlie.customer_id, cast.acme.customer_id, *(each.customer_id for each in cast.noise)]


@pytest.fixture(scope="session")
def racers() -> Iterator[Any]:
    """Eight processes, started once."""
    with racing() as pool:
        yield pool
