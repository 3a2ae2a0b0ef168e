"""A bank with Alice's money, and Charlie's paid order beside it, which must stay as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from portal.base.db import Database
from portal.base.settings import Settings
from tests.cast import Cast
from tests.payments.bank import Bank, Moment, moment_of, sandbox_in_a_thread


@pytest.fixture
def moment(now: datetime) -> Moment:
    """Give the clock of both sides."""
    return moment_of(now)


@pytest.fixture
def bank(database: Database, cast: Cast, settings: Settings, moment: Moment, tmp_path: Path) -> Iterator[Bank]:
    """Give the bank; after the test Charlie's money is where it was."""
    with sandbox_in_a_thread(tmp_path / "sandbox.db", moment) as (store, address):
        charlie = Bank(database, cast.charlie.customer_id, settings, moment, store, address)
        charlie.open("order:charlie", 700)
        charlie.pay("order:charlie")
        assert charlie.tell() == ["applied"]
        moment.go_on(1)
        yield replace(charlie, customer_id=cast.alice.customer_id)
        assert charlie.look("order:charlie").is_paid
        assert charlie.books()[1] == -700
