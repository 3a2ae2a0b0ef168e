"""A market with two of the staff and 24 customers, made by the real services."""

from __future__ import annotations

from datetime import datetime

import pytest

from portal.base.db import Database
from portal.base.keys import Keys
from portal.identity import NewStaff, create_staff
from tests.cast import Cast
from tests.selling.market import BUYERS, Market, make_buyers


def make_market(database: Database, keys: Keys, now: datetime, buyers: int = BUYERS) -> Market:
    """Open the market."""
    with database.writing() as session:
        one, other = (
            create_staff(session, keys, NewStaff(f"sells-{name}", name, "supervisor", "杭州"), "hash", issuer="test", now=now).staff_id
            for name in ("李", "赵")
        )
    return Market(database, keys, now, (one, other), make_buyers(database, buyers))


@pytest.fixture
def market(database: Database, cast: Cast, keys: Keys, now: datetime) -> Market:
    """Give the market, beside the cast."""
    return make_market(database, keys, now)


@pytest.fixture
def staffed(database: Database, cast: Cast, keys: Keys, now: datetime) -> Market:
    """Give the market without its customers."""
    return make_market(database, keys, now, 0)
