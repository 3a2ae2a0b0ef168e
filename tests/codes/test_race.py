"""Six processes at one code, one customer's limit, one last prize; and mutants that show that each of these can fail."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from portal.base.db import Base
from portal.codes import NewPrize, Rules
from tests.cast import Cast
from tests.codes.press import Press, reason_of
from tests.codes.race import (
    Race,
    hold_and_go,
    let_go,
    let_go_in_no_order,
    redeem,
    redeem_counting_first,
    redeem_looking_first,
    redeem_prize_looking_first,
)

CAP = NewPrize({"zh": "保温杯", "en": "Thermos flask"}, "offering", 1_000_000, amount=4, offering_code="gift_thermos")


@pytest.fixture
def url(press: Press) -> str:
    return press.database.url.render_as_string(hide_password=False)


def _customers(cast: Cast) -> list[int]:
    return [cast.alice.customer_id, cast.charlie.customer_id, *(each.customer_id for each in cast.noise)][:6]


def test_a_code_redeemed_by_six_at_once_is_redeemed_once(press: Press, cast: Cast, racers: Race, url: str) -> None:
    code = press.code(press.batch(), 7)
    told = racers.run(redeem, url, _customers(cast), [[code]], press.now)
    assert Counter(each for (each,) in told)["prize 1"] == 1
    assert {each for (each,) in told} <= {"prize 1", "used", "mine"}
    assert len(press.uses()) == 1


def test_a_mutant_that_looks_before_it_takes_a_code_redeems_it_twice(press: Press, cast: Cast, racers: Race, url: str) -> None:
    code = press.code(press.batch(), 7)
    told = racers.run(redeem_looking_first, url, _customers(cast), [[code]], press.now)
    assert Counter(each for (each,) in told)["prize 1"] > 1


def test_six_at_once_take_no_more_codes_than_a_customer_may(press: Press, cast: Cast, racers: Race, url: str) -> None:
    batch_id = press.batch(press.new(rules=Rules(per_customer=4)))
    codes = [[press.code(batch_id, 10 * racer + turn) for turn in range(3)] for racer in range(6)]
    told = Counter(each for some in racers.run(redeem, url, [cast.alice.customer_id], codes, press.now) for each in some)
    assert told == {"prize 1": 4, "customer_limit": 14}
    assert len(press.uses()) == 4


def test_a_mutant_that_counts_before_it_takes_gives_a_customer_too_many(press: Press, cast: Cast, racers: Race, url: str) -> None:
    batch_id = press.batch(press.new(rules=Rules(per_customer=4)))
    codes = [[press.code(batch_id, 10 * racer + turn) for turn in range(3)] for racer in range(6)]
    told = racers.run(redeem_counting_first, url, [cast.alice.customer_id], codes, press.now)
    assert Counter(each for some in told for each in some)["prize 1"] > 4


def test_six_at_once_win_no_more_prizes_than_there_are(press: Press, cast: Cast, racers: Race, url: str) -> None:
    batch_id = press.batch(press.new(prizes=(CAP,)))
    codes = [[press.code(batch_id, 10 * racer + turn) for turn in range(3)] for racer in range(6)]
    told = Counter(each for some in racers.run(redeem, url, _customers(cast), codes, press.now) for each in some)
    assert told == {"prize 1": 4, "prize None": 14}
    assert press.left(batch_id) == [0]
    assert sorted(use["prize"] or 0 for use in press.uses()) == [0] * 14 + [1] * 4


def test_a_mutant_that_looks_before_it_gives_a_prize_gives_too_many(press: Press, cast: Cast, racers: Race, url: str) -> None:
    batch_id = press.batch(press.new(prizes=(CAP,)))
    codes = [[press.code(batch_id, 10 * racer + turn) for turn in range(3)] for racer in range(6)]
    told = racers.run(redeem_prize_looking_first, url, _customers(cast), codes, press.now)
    assert Counter(each for some in told for each in some)["prize 1"] > 4


def test_coupons_many_want_are_each_one_customers_and_none_is_lost(press: Press, cast: Cast, racers: Race, url: str) -> None:
    batch_id = press.batch(press.coupons(rules=Rules(per_customer=40, per_day=40)))
    codes = [press.code(batch_id, number) for number in range(5)]
    done = racers.run(hold_and_go, url, _customers(cast), codes, press.now)
    used = sum(each["used"] for each in done)
    left = press.uses()
    assert 1 <= used <= 5
    assert len([use for use in left if use["status"] == "used"]) == used
    free = [number for number in range(5) if number not in {use["number"] for use in left}]
    assert all(not reason_of(press.hold(cast.alice, press.code(batch_id, number), "cart:last")) for number in free)
    # what was counted for the day is what is there: nothing that went back is counted any more
    assert press.counted(batch_id) == len(press.uses())


def hold_many(press: Press, cast: Cast) -> int:
    """Have Alice's cart hold 400 coupons that lapsed just now, the last number lying first; give how many."""
    batch_id = press.batch()
    row = {"batch_id": batch_id, "customer_id": cast.alice.customer_id, "channel": "web", "actor": "test", "status": "held"}
    row |= {"holder": "cart:1", "at": press.now, "expires_at": press.now}
    with press.database.writing() as session:
        session.execute(sa.insert(Base.metadata.tables["code_use"]), [row | {"number": number} for number in reversed(range(400))])
    return 400


def test_coupons_let_go_of_and_lapsing_at_once_go_once_and_nobody_waits_crosswise(press: Press, cast: Cast, racers: Race, url: str) -> None:
    many = hold_many(press, cast)
    assert sum(racers.run(let_go, url, cast.alice.customer_id, "cart:1", press.now)) == many
    assert press.uses() == []


def test_a_mutant_that_lets_go_of_coupons_in_no_order_waits_crosswise(press: Press, cast: Cast, racers: Race, url: str) -> None:
    if press.database.is_sqlite:
        pytest.skip("writers come one by one there")
    hold_many(press, cast)
    with pytest.raises(OperationalError, match="deadlock"):
        racers.run(let_go_in_no_order, url, cast.alice.customer_id, "cart:1", press.now)
