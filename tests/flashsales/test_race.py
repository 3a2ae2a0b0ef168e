"""A rush of real processes: sold exactly, one for each customer, nothing kept for nobody; and mutants that fail the same claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from portal.catalog import StockCount
from portal.customers import NewCustomer, NewLine, create_customer
from tests.conftest import TEST_SECRET
from tests.flashsales import race
from tests.flashsales.hall import Hall
from tests.points.race import RACERS, Race


@pytest.fixture
def crowd(hall: Hall, buyers: Sequence[int]) -> list[list[int]]:
    """Give five customers to each of eight processes."""
    wanted = 5 * RACERS - len(buyers)
    with hall.database.writing() as session:
        more = [
            create_customer(session, NewCustomer(name=f"客户{number}", lines=(NewLine(f"1390000{number:04d}"),)), now=hall.now).customer_id
            for number in range(wanted)
        ]
    everybody = [*buyers, *more]
    return [everybody[index::RACERS] for index in range(RACERS)]


def run(hall: Hall, racers: Any, racer: Callable[..., Any], crowd: list[list[int]], pieces: int) -> list[list[int]]:
    hall.announce(pieces=pieces)
    hall.at(minutes=1)
    url = hall.database.url.render_as_string(hide_password=False)
    answers = Race(racers, url).run(racer, hall.sale_id, crowd, TEST_SECRET, hall.now)
    while hall.settle().anything:  # what the job does for those who have closed the page
        pass
    for row in hall.rows("flash_entry"):
        if row["status"] == "admitted":
            hall.order(row["customer_id"])
    return answers  # type: ignore[no-any-return]


def holds(hall: Hall, pieces: int) -> bool:
    """The claim: as many orders as pieces, of as many customers, each with a piece of its own, and none kept besides."""
    orders = hall.rows("customer_order")
    claims = [row for row in hall.rows("stock_claim") if row["place"] == f"flash:{hall.sale_id}"]
    places = sorted(row["place"] for row in hall.rows("flash_entry"))
    return (
        len(orders) == len({row["customer_id"] for row in orders}) == pieces
        and len(claims) == pieces
        and all(row["holder"].startswith("order:") for row in claims)
        and places == list(range(1, len(places) + 1))
        and hall.stock() == StockCount(0, pieces, 0)
    )


@pytest.mark.parametrize("pieces", [1, 5, 30])
def test_forty_in_eight_processes_buy_exactly_what_there_is(hall: Hall, racers: Any, crowd: list[list[int]], pieces: int) -> None:
    run(hall, racers, race.rush, crowd, pieces)
    assert len(hall.rows("flash_entry")) == 40
    assert holds(hall, pieces)
    assert hall.line()[:pieces] == [row["customer_id"] for row in by_place(hall) if row["status"] == "ordered"], "the first in line"


def test_letting_in_by_a_count_sells_more_than_there_is(hall: Hall, racers: Any, crowd: list[list[int]]) -> None:
    run(hall, racers, race.rush_unguarded, crowd, 5)
    assert not holds(hall, 5)


def test_whoever_gives_up_makes_room_for_one_other(hall: Hall, racers: Any, crowd: list[list[int]]) -> None:
    run(hall, racers, race.come_and_go, crowd, 5)
    assert holds(hall, 5)


def test_a_piece_ordered_by_eight_at_once_is_one_order(hall: Hall, racers: Any, crowd: list[list[int]]) -> None:
    hall.announce(pieces=1)
    hall.at(minutes=1)
    hall.enter(crowd[0][0])
    hall.settle()
    url = hall.database.url.render_as_string(hide_password=False)
    answers = Race(racers, url).run(race.order_same, hall.sale_id, crowd[0][0], hall.now)
    assert len({order_id for order_id, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1
    assert hall.stock() == StockCount(0, 1, 0)


def by_place(hall: Hall) -> list[Any]:
    return sorted(hall.rows("flash_entry"), key=lambda row: row["place"])
