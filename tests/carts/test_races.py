"""Eight processes at once: one form is one order, the last pieces are sold exactly, a cart counts every click."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from portal.base.db import Database
from portal.catalog import count_stock
from tests.carts import race as racers_of
from tests.carts.stall import CABLE, EARPHONES, SIM, Stall
from tests.cast import Cast
from tests.points.race import RACERS, Race, racing


@pytest.fixture(scope="session")
def cart_racers() -> Iterator[Any]:
    """Eight processes, started once."""
    with racing() as pool:
        yield pool


@pytest.fixture
def race(cart_racers: Any, database: Database) -> Race:
    """Have the eight race in this test's database."""
    return Race(cart_racers, database.url.render_as_string(hide_password=False))


def _sent(stall: Stall, race: Race, how: Any) -> tuple[list[Any], int]:
    stall.put(CABLE, 2)
    total = stall.look().basket.sums.total_minor
    told = race.run(how, stall.person.customer_id, stall.whose.owner, "one form, one key", total, stall.now)
    return told, len(stall.rows("customer_order"))


def test_one_form_sent_by_eight_at_once_is_one_order(stall: Stall, race: Race) -> None:
    told, orders = _sent(stall, race, racers_of.send)
    assert orders == 1
    assert len({each[0] for each in told}) == 1
    assert sum(each[1] for each in told) == 1
    with stall.database.reading() as session:
        assert count_stock(session, CABLE).reserved == 2


def test_without_the_claim_one_form_would_be_several_orders(cast: Cast, database: Database, keys: Any, now: Any, cart_racers: Any) -> None:
    stall = Stall(database, cast.alice, keys, now)
    stall.stock(CABLE, 30)
    stall.say(delivery={"name": "a", "phone": "13857101234", "address": "b"}, payment="online")
    with racing() as pool:  # processes that are spoilt end with this test
        _, orders = _sent(stall, Race(pool, database.url.render_as_string(hide_password=False)), racers_of.send_unclaimed)
    assert orders > 1


def test_the_last_pieces_are_sold_exactly(stall: Stall, race: Race, cast: Cast) -> None:
    with stall.database.writing() as session:
        from portal.catalog import claim_stock

        claim_stock(session, EARPHONES, 27, holder="somebody", now=stall.now)
    others = [each.customer_id for each in (cast.alice, cast.erin, *cast.noise) if each.customer_id != cast.charlie.customer_id]
    customers = list(dict.fromkeys(others))[:RACERS]
    assert len(customers) == RACERS
    told = race.run(racers_of.buy_last, customers, EARPHONES, stall.now)
    assert sum(isinstance(each, int) for each in told) == 3
    assert {each for each in told if isinstance(each, str)} <= {"cart_blocked", "sold_out"}
    with stall.database.reading() as session:
        count = count_stock(session, EARPHONES)
    assert (count.free, count.reserved) == (0, 30)


def test_a_cart_counts_every_click_of_eight_windows(stall: Stall, race: Race) -> None:
    race.run(racers_of.put_many, stall.person.customer_id, stall.whose.owner, CABLE, 5, stall.now)
    assert [(line.offer.code, line.quantity) for line in stall.look().basket.lines] == [(CABLE, 40)]


def limited(stall: Stall, race: Race, how: Any) -> tuple[int, set[str]]:
    """Have eight who act for one customer order a card each, of which one customer has five at most; give how many, and what was said."""
    told = race.run(how, stall.person.customer_id, SIM, stall.now)
    sold = [each for each in told if isinstance(each, int)]
    assert sum(row["quantity"] for row in stall.rows("order_item") if row["offering_code"] == SIM) == len(sold)
    return len(sold), {each for each in told if isinstance(each, str)}


def test_eight_who_act_for_one_customer_order_as_many_as_one_can_have(stall: Stall, race: Race) -> None:
    sold, said = limited(stall, race, racers_of.buy_limited)
    assert sold == 5
    assert said <= {"most_reached", "cart_blocked"}


def test_a_mutant_that_counts_before_it_orders_sells_more_than_one_can_have(stall: Stall, race: Race) -> None:
    assert limited(stall, race, racers_of.buy_limited_unlocked)[0] > 5
