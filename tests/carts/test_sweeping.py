"""What lay too long: carts are gone with what lay in them, quotes give back what they reserved, each once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.base.db import Database
from portal.base.keys import Keys
from portal.carts import expire_quote, forget_carts, get_quote, list_lapsed_quotes
from portal.identity import NewStaff, create_staff
from tests.carts.stall import CABLE, EARPHONES, HOME, Stall
from tests.cast import Cast
from tests.selling.market import Market


@pytest.fixture
def stall(database: Database, cast: Cast, keys: Keys, now: datetime) -> Stall:
    """Alice's cart, and nobody else's: what is swept here is everybody's."""
    here = Stall(database, cast.alice, keys, now)
    for code in (EARPHONES, CABLE):
        here.stock(code, 3)
    return here


def sweep(stall: Stall, days: float, limit: int = 100) -> int:
    with stall.database.writing() as session:
        return forget_carts(session, now=stall.now + timedelta(days=days), limit=limit)


def test_a_cart_past_its_week_is_gone_with_what_lay_in_it_and_another_is_begun(stall: Stall) -> None:
    stall.put(CABLE)
    stall.put(EARPHONES)
    assert (sweep(stall, 6.9), len(stall.rows("cart_item"))) == (0, 2)
    assert (sweep(stall, 7), stall.rows("cart"), stall.rows("cart_item")) == (1, [], [])
    assert sweep(stall, 7) == 0
    stall.put(CABLE)
    assert len(stall.rows("cart_item")) == 1


def test_a_cart_somebody_comes_back_to_is_kept_from_then_on(stall: Stall) -> None:
    stall.put(CABLE)
    stall.now += timedelta(days=5)
    stall.put(CABLE)
    assert sweep(stall, 6.9) == 0


def test_the_job_takes_no_more_than_it_is_told(stall: Stall, cast: Cast) -> None:
    stall.put(CABLE)
    Stall(stall.database, cast.charlie, stall.keys, stall.now).put(CABLE)
    assert [sweep(stall, 8, limit=1) for _ in range(3)] == [1, 1, 0]


def test_a_quote_past_its_day_gives_back_what_it_reserved_once(stall: Stall, keys: Keys) -> None:
    with stall.database.writing() as session:
        staff = tuple(
            create_staff(session, keys, NewStaff(f"m-{n}", n, "marketing", "杭州"), "hash", issuer="test", now=stall.now).staff_id
            for n in ("ming", "lin")
        )
    market = Market(stall.database, keys, stall.now, staff)
    market.campaign(caps={"uses": 1})
    stall.put(EARPHONES)
    stall.say(delivery=HOME, payment="online")
    quote = stall.quote()
    assert market.held_uses() == 1
    for days, due in ((13.9, 0), (14, 1)):
        now = stall.now + timedelta(days=days)
        with stall.database.reading() as session:
            lapsed = list_lapsed_quotes(session, now=now, limit=10)
        assert len(lapsed) == due
        for customer_id, quote_id in lapsed:
            for expected in (True, False):
                with stall.database.writing() as session:
                    assert expire_quote(session, customer_id, quote_id, now=now) is expected
    assert market.held_uses() == 0
    with stall.database.reading() as session:
        assert get_quote(session, stall.person.customer_id, quote.number, now=stall.now).status == "expired"
