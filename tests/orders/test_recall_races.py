"""A carrier told of a parcel in the moment its order is given up: never both cancelled and carried; killed anywhere, once; and mutants."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.books import check_books
from portal.base.db import Base, Database
from portal.base.settings import ROOT
from portal.catalog import add_stock
from tests.cast import Cast
from tests.orders import recall_race as racers_of
from tests.orders.race import Race, racing
from tests.orders.shop import PHONE, PHONE_PRICE

ORDERS = 12
_rounds = itertools.count()


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    with racing() as made:
        yield made


def carried_and_cancelled(database: Database, cast: Cast, race: Race, work: Callable[..., list[int]]) -> tuple[set[int], set[int]]:
    """Race for twelve packed orders; give those a carrier was told of, and those that were given up at once."""
    customer_id, turn = cast.alice.customer_id, next(_rounds)
    with database.writing() as session:
        add_stock(session, PHONE.offering_code, ORDERS, now=datetime.now(UTC))
    orders = [racers_of.packed_order(database, customer_id, f"race:{turn}:{number}") for number in range(ORDERS)]
    told = [one for each in race.run(work, database.url.render_as_string(hide_password=False), customer_id, orders) for one in each]
    assert len(told) == len(set(told)), "one asker for each"
    order = Base.metadata.tables["customer_order"]
    with database.reading() as session:
        over = session.scalars(sa.select(order.c.id).where(order.c.id.in_(orders), order.c.status == "cancelled")).all()
    return set(told), set(over)


def test_no_order_is_cancelled_of_whose_parcel_a_carrier_was_told(database: Database, cast: Cast, race: Race) -> None:
    told, over = carried_and_cancelled(database, cast, race, racers_of.tell_or_cancel)
    assert len(told) + len(over) == ORDERS
    assert not told & over
    work, shipment, refund = (Base.metadata.tables[name] for name in ("order_work", "shipment", "payment_refund"))
    with database.reading() as session:
        assert set(session.scalars(sa.select(work.c.order_id).where(work.c.task == "recall"))) == told
        assert set(session.scalars(sa.select(shipment.c.order_id).where(shipment.c.status == "recalling"))) == told
        assert set(session.scalars(sa.select(refund.c.refund_ref))) == {f"order:{each}:cancel" for each in over}
        assert set(session.scalars(sa.select(refund.c.amount_minor))) <= {PHONE_PRICE}
        assert list(check_books(session)) == []


def test_the_mutant_that_does_not_look_for_parcels_cancels_what_is_carried(database: Database, cast: Cast, race: Race) -> None:
    for _ in range(5):
        told, over = carried_and_cancelled(database, cast, race, racers_of.tell_or_cancel_unguarded)
        if told & over:
            return
    pytest.fail("no carrier was told of anything in time")


def kill_at_every_step(database: Database, kind: str) -> dict[str, Any]:
    url = database.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-m", "tests.orders.recall_race", url, kind],
        cwd=Path(ROOT), capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("kind", "steps"), [("wish", 10), ("stopped", 20), ("too_late", 12)])
def test_killed_at_any_step_it_is_done_whole_or_not_at_all_and_again_once(database: Database, cast: Cast, kind: str, steps: int) -> None:
    found = kill_at_every_step(database, kind)
    assert found["steps"] >= steps
    assert (found["half"], found["not_one"], found["faults"]) == ([], [], [])


def test_a_mutant_that_pays_back_in_a_transaction_of_its_own_is_found_out(database: Database, cast: Cast) -> None:
    assert kill_at_every_step(database, "in_two")["half"]
