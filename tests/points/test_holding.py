"""Points go out: oldest first, never more than there are, and a hold ends once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound
from portal.base.ledger import ReferenceReused
from portal.base.money import MAX_MINOR
from portal.points import GRACE_DAYS, HoldEnded, NotEnoughPoints, hold_points
from tests.cast import Cast
from tests.points.purse import Purses
from tests.points.test_earning import WRONG_AMOUNTS
from tests.statements import statements


def test_what_is_held_can_no_longer_be_spent(alice: Purses) -> None:
    alice.give(100)
    alice.hold(30)
    card = alice.card()
    assert (card.available, card.held) == (70, 30)
    assert alice.books() == {"points": 70, "held": 30, "issued": -100, "spent": 0, "expired": 0}
    assert [(row["reference"], row["amount"], row["status"]) for row in alice.rows("points_hold")] == [("order:1", 30, "held")]


def test_what_expires_first_is_taken_first_whenever_it_came(alice: Purses) -> None:
    for amount, days in ((10, 90), (20, 30), (40, 60)):
        alice.give(amount, days=days)
    alice.hold(25)
    assert alice.lots() == [(30, 0), (60, 35), (90, 10)]
    alice.hold(36, "order:2")
    assert alice.lots() == [(30, 0), (60, 0), (90, 9)]


def test_all_there_is_can_be_held_and_then_nothing(alice: Purses) -> None:
    alice.give(10, days=10)
    alice.give(20, days=20)
    alice.hold(30)
    assert alice.card().available == 0
    with pytest.raises(NotEnoughPoints):
        alice.hold(1, "order:2")


def test_more_than_there_is_is_refused_and_changes_nothing(alice: Purses) -> None:
    alice.give(10, days=10)
    alice.give(20, days=20)
    with pytest.raises(NotEnoughPoints):
        alice.hold(31)
    assert (alice.lots(), alice.rows("points_hold"), alice.books()["points"]) == ([(10, 10), (20, 20)], [], 30)


def test_who_has_no_points_is_told_so(alice: Purses) -> None:
    with pytest.raises(NotEnoughPoints):
        alice.hold(1)


def test_points_past_their_day_are_not_held_though_nobody_has_booked_them_as_expired_yet(alice: Purses) -> None:
    alice.give(50, days=5)
    alice.give(20, days=50)
    with pytest.raises(NotEnoughPoints):
        alice.hold(21, on=5)
    alice.hold(20, on=5)
    assert alice.lots() == [(5, 50), (50, 0)]


def test_service_points_buy_no_gifts(alice: Purses) -> None:
    alice.give(50, purse="service")
    with pytest.raises(NotEnoughPoints):
        alice.hold(1)


@pytest.mark.parametrize("amount", WRONG_AMOUNTS)
def test_holding_what_is_no_number_of_points_is_refused(alice: Purses, amount: Any) -> None:
    alice.give(10)
    with pytest.raises(Invalid) as refused:
        alice.hold(amount)
    assert set(refused.value.fields) == {"points"}
    assert alice.card().available == 10


def test_a_huge_amount_is_more_than_there_is(alice: Purses) -> None:
    alice.give(10)
    with pytest.raises(NotEnoughPoints):
        alice.hold(MAX_MINOR)


def test_the_same_hold_again_is_the_same_hold(alice: Purses) -> None:
    alice.give(100)
    for _ in range(3):
        alice.hold(30)
    assert (alice.card().available, len(alice.rows("points_hold"))) == (70, 1)


def test_the_same_hold_again_after_it_ended_holds_nothing(alice: Purses) -> None:
    alice.give(100)
    alice.hold(30)
    alice.release()
    alice.hold(30)
    assert (alice.card().available, alice.card().held) == (100, 0)


def test_a_reference_of_another_amount_is_refused(alice: Purses) -> None:
    alice.give(100)
    alice.hold(30)
    with pytest.raises(ReferenceReused):
        alice.hold(31)
    assert alice.card().available == 70


def test_a_reference_is_each_customers_own(alice: Purses, cast: Cast) -> None:
    acme = Purses(alice.database, cast.acme.customer_id, alice.now)
    for purse in (alice, acme):
        purse.give(10)
        purse.hold(4)
    acme.release()
    assert (alice.card().held, acme.card().held) == (4, 0)


# ending


def test_what_is_spent_is_gone(alice: Purses) -> None:
    alice.give(100)
    alice.hold(30)
    alice.spend()
    assert alice.books() == {"points": 70, "held": 0, "issued": -100, "spent": 30, "expired": 0}
    assert [(row["status"], row["ended_at"]) for row in alice.rows("points_hold")] == [("spent", alice.now)]


def test_what_is_released_lies_in_the_same_lots_again(alice: Purses) -> None:
    for amount, days in ((10, 90), (20, 30), (40, 60)):
        alice.give(amount, days=days)
    before = alice.lots()
    alice.hold(61)
    assert alice.lots() != before
    alice.release()
    assert alice.lots() == before
    assert alice.books() == {"points": 70, "held": 0, "issued": -70, "spent": 0, "expired": 0}


@pytest.mark.parametrize("end", ["spend", "release"])
def test_a_hold_ends_once(alice: Purses, end: str) -> None:
    alice.give(100)
    alice.hold(30)
    for _ in range(3):
        getattr(alice, end)()
    assert alice.card().available == {"spend": 70, "release": 100}[end]


@pytest.mark.parametrize(("first", "second"), [("spend", "release"), ("release", "spend")])
def test_a_hold_that_ended_one_way_does_not_end_the_other(alice: Purses, first: str, second: str) -> None:
    alice.give(100)
    alice.hold(30)
    getattr(alice, first)()
    books = alice.books()
    with pytest.raises(HoldEnded):
        getattr(alice, second)()
    assert alice.books() == books


@pytest.mark.parametrize("end", ["spend", "release"])
def test_what_was_never_held_is_not_found(alice: Purses, cast: Cast, end: str) -> None:
    acme = Purses(alice.database, cast.acme.customer_id, alice.now)
    acme.give(10)
    acme.hold(10, "order:9")
    with pytest.raises(NotFound):
        getattr(alice, end)("order:9")
    assert acme.card().held == 10


def test_what_ran_out_of_time_while_it_was_held_comes_back_for_thirty_days(alice: Purses) -> None:
    alice.give(10, days=5)
    alice.give(20, days=50)
    alice.hold(25)
    alice.release(on=7)
    assert alice.lots() == [(5, 0), (7 + GRACE_DAYS, 10), (50, 20)]
    assert (alice.card(on=7).available, alice.card(on=7 + GRACE_DAYS - 1).available, alice.card(on=7 + GRACE_DAYS).available) == (
        30, 30, 20,
    )  # fmt: skip
    assert alice.books()["points"] == 30


def test_two_holds_that_come_back_late_share_a_lot(alice: Purses) -> None:
    alice.give(10, days=5)
    for number in (1, 2):
        alice.hold(5, f"order:{number}")
    for number in (1, 2):
        alice.release(f"order:{number}", on=5)
    assert alice.lots() == [(5, 0), (5 + GRACE_DAYS, 10)]


def test_points_come_back_to_their_own_lot_on_its_last_day(alice: Purses) -> None:
    alice.give(10, days=5)
    alice.hold(10)
    alice.release(on=4)
    assert alice.lots() == [(5, 10)]


# what it costs


def test_a_hold_is_one_statement_beside_the_ledgers(alice: Purses, database: Database) -> None:
    for days in range(1, 31):
        alice.give(10, days=days)
    alice.hold(1, "opens the account")
    with database.writing() as session, statements(database) as sent:
        hold_points(session, alice.customer_id, 155, reference="order:9", now=alice.now)
    own = [each for each in sent if "ledger_" not in each]
    assert len(own) == (1 if database.engine.dialect.name == "postgresql" else 4), "\n".join(own)
    assert len([row for row in alice.rows("points_lot_use") if row["amount"] > 1]) == 16


lots = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 9)), min_size=1, max_size=7)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lots=lots, share=st.floats(0, 1))
def test_any_amount_is_taken_from_the_front_of_the_line_and_comes_back(alice: Purses, lots: list[tuple[int, int]], share: float) -> None:
    run = next(alice.numbers)
    there = alice.lots()
    for points, days in lots:
        alice.give(points, days=days)
    before = alice.lots()
    amount = max(1, round(share * sum(left for _, left in before)))
    alice.hold(amount, f"run:{run}")
    rest, after = amount, []
    for days, left in before:
        taken = min(left, rest)
        rest -= taken
        after.append((days, left - taken))
    assert alice.lots() == after
    alice.release(f"run:{run}")
    assert alice.lots() == before
    assert len(before) >= len(there)
    assert alice.faults() == []
