"""What tests of orders in the faces may ask for: a filled store, and two orders that wait at the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cast import NOW
from tests.ordering import fill_store, order_handset, redeem


@pytest.fixture
def store(database, cast, keys):
    """Fill the store and the purses."""
    with database.writing() as session:
        fill_store(session, keys, cast)


@pytest.fixture
def thermos(database, cast, store):
    """Alice's flask, ordered an hour ago."""
    with database.writing() as session:
        return redeem(session, cast.alice, now=NOW - timedelta(hours=1))


@pytest.fixture
def handset(database, cast, store):
    """Two handsets for an employee of Acme, ordered half an hour ago."""
    with database.writing() as session:
        return order_handset(session, cast, now=NOW - timedelta(minutes=30))
