"""Alice's cart, and Charlie's beside it, which must never notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from portal.base.db import Database
from portal.base.keys import Keys
from tests.carts.stall import CABLE, EARPHONES, HOME, PHONE, SIM, Stall
from tests.cast import Cast


@pytest.fixture
def stall(database: Database, cast: Cast, keys: Keys, now: datetime) -> Iterator[Stall]:
    """Give Alice's cart, with goods in stock and a delivery; after the test Charlie's cart is what it was."""
    charlie = Stall(database, cast.charlie, keys, now)
    charlie.stock(SIM, 40)
    charlie.put(SIM, 2)
    alice = Stall(database, cast.alice, keys, now)
    for code in (CABLE, EARPHONES, PHONE):
        alice.stock(code, 30)
    alice.say(delivery=HOME, payment="online")
    yield alice
    assert [(line.offer.code, line.quantity) for line in charlie.look().basket.lines] == [(SIM, 2)]
    assert charlie.rows("customer_order") == []
