"""A shop with a little of everything, Alice with points, and Charlie beside her, who must never notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from portal.base.db import Database
from portal.base.keys import Keys
from portal.identity import NewStaff, create_staff
from tests.cast import Cast
from tests.orders.shop import Shop
from tests.orders.till import THERMOS, Till

POINTS_AT_FIRST = 2_000


@pytest.fixture
def till(database: Database, cast: Cast, keys: Keys, now: datetime) -> Iterator[Till]:
    """Give Alice's till; after the test, Charlie's points and order are what they were, and all books agree."""
    charlie = Till(database, cast.charlie, keys, now)
    charlie.grant(777, "charlie")
    charlie.stock("gift_thermos", 1)
    theirs = charlie.place(THERMOS, key="key-0")
    alice = Till(database, cast.alice, keys, now)
    alice.grant(POINTS_AT_FIRST)
    for code in ("gift_thermos", "gift_power_bank", "gift_coffee", "device_redmi_note_13"):
        alice.stock(code, 3)
    yield alice
    assert charlie.points() == {"points": 177, "points_held": 600, "points_spent": 0}
    assert charlie.look(theirs.order_id).summary.status == "reserved"
    assert alice.faults() == []


@pytest.fixture
def clerks(database: Database, keys: Keys, now: datetime) -> tuple[int, int]:
    """Give two people of the order desk."""
    with database.writing() as session:
        return tuple(  # type: ignore[return-value]
            create_staff(session, keys, NewStaff(f"desk-{name}", name, "clerk", "杭州"), "hash", issuer="test", now=now).staff_id
            for name in ("李", "赵")
        )


@pytest.fixture
def shop(till: Till) -> Iterator[Shop]:
    """Give Alice's shop; after the test, all books agree."""
    made = Shop(till.database, till.person, till.keys, till.now)
    yield made
    assert made.books() == []
