"""Real processes at one pre-sale: as many places as there are, one for each customer, numbers without gaps; and a mutant that fails it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from portal.customers import NewCustomer, NewLine, create_customer
from tests.points.race import RACERS, Race
from tests.presales import race
from tests.presales.queue import Queue

MOST = 10


@pytest.fixture
def crowd(queue: Queue, buyers: Sequence[int]) -> list[list[int]]:
    """Give three customers to each of eight processes."""
    with queue.database.writing() as session:
        more = [
            create_customer(session, NewCustomer(name=f"客户{number}", lines=(NewLine(f"1390000{number:04d}"),)), now=queue.now).customer_id
            for number in range(3 * RACERS - len(buyers))
        ]
    everybody = [*buyers, *more]
    return [everybody[index::RACERS] for index in range(RACERS)]


def run(queue: Queue, racers: Any, racer: Callable[..., Any], crowd: list[list[int]], most: int | None) -> None:
    queue.announce(most=most)
    url = queue.database.url.render_as_string(hide_password=False)
    Race(racers, url).run(racer, queue.presale_id, crowd, queue.now)


def holds(queue: Queue, places: int) -> bool:
    """The claim: so many places of as many customers, counted so, an order of a deposit for each, numbers from 1 without a gap."""
    rows, orders = queue.rows("presale_place"), queue.rows("customer_order")
    in_a_row = {row["number"] for row in rows} == set(range(1, places + 1))
    return in_a_row and len(rows) == len(orders) == len({row["customer_id"] for row in orders}) == queue.look().taken == places


@pytest.mark.parametrize("most", [1, MOST, None])
def test_eight_at_once_take_exactly_the_places_there_are_with_numbers_in_a_row(
    queue: Queue, racers: Any, crowd: list[list[int]], most: int | None
) -> None:
    run(queue, racers, race.queue_up, crowd, most)
    assert holds(queue, most or 3 * RACERS)


def test_looking_at_the_count_first_gives_more_places_than_there_are(queue: Queue, racers: Any, crowd: list[list[int]]) -> None:
    run(queue, racers, race.queue_up_unguarded, crowd, MOST)
    assert len(queue.rows("presale_place")) > MOST


def test_looking_at_the_number_first_leaves_somebody_without_one(queue: Queue, racers: Any, crowd: list[list[int]]) -> None:
    run(queue, racers, race.queue_up_unguarded, crowd, None)
    assert len(queue.rows("presale_place")) == 3 * RACERS
    assert not holds(queue, 3 * RACERS)
