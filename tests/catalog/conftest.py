"""Two who make offers, a shop, and processes that race in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from portal.base.db import Database
from portal.base.keys import Keys
from portal.catalog import draft_change, load_catalog, submit_change
from portal.identity import NewStaff, create_staff
from tests.cast import NOW
from tests.points.race import Race, racing


@pytest.fixture
def shop(database: Database) -> Database:
    """Give a database with the shipped catalogue in it."""
    with database.writing() as session:
        load_catalog(session)
    return database


@pytest.fixture
def two(shop: Database, keys: Keys) -> tuple[int, int]:
    """Give the staff ids of two who may change the catalogue."""

    def make(login: str) -> int:
        with shop.writing() as session:
            new = NewStaff(login, login.title(), "marketing", "Head office")
            return create_staff(session, keys, new, "not a hash", issuer="OneHall", now=NOW).staff_id

    return make("mei"), make("lin")


@pytest.fixture
def submitted(shop: Database, two: tuple[int, int]) -> Callable[..., int]:
    """Draft and submit a change, as the first of the two; give its id."""

    def make(data: dict[str, Any], **about: Any) -> int:
        with shop.writing() as session:
            change_id = draft_change(session, two[0], data, now=NOW, **about)
            submit_change(session, change_id, two[0], now=NOW)
        return change_id

    return make


@pytest.fixture(scope="session")
def catalog_racers() -> Iterator[Any]:
    """Eight processes, started once."""
    with racing() as pool:
        yield pool


@pytest.fixture
def race(catalog_racers: Any, shop: Database) -> Race:
    """Have the eight race in this test's database."""
    return Race(catalog_racers, shop.url.render_as_string(hide_password=False))
