"""Processes at one customer's points: nothing is given or taken twice; and mutants show that the tests can fail."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from portal.base.db import Base
from tests.points.purse import Purses
from tests.points.race import Race, end, everything, hold_many, hold_many_unguarded, hold_same, visit, visit_unguarded

LOT = Base.metadata.tables["points_lot"]


def test_what_eight_hold_at_once_from_one_purse_is_no_more_than_there_is(alice: Purses, race: Race) -> None:
    for days in (30, 60, 90):
        alice.give(31, days=days)
    held = race.run(hold_many, alice.customer_id, 4, 5, alice.now)
    assert sum(held) == 93 // 4
    assert (alice.card().available, alice.card().held) == (93 % 4, 92)
    assert alice.faults() == []


def test_a_mutant_that_looks_before_it_holds_is_found_out(alice: Purses, race: Race) -> None:
    alice.give(31)
    held = race.run(hold_many_unguarded, alice.customer_id, 4, 5, alice.now)
    assert sum(held) > 31 // 4
    assert alice.faults() != []
    with alice.database.writing() as session:  # as it was, for whoever looks at the books after the test
        session.execute(sa.update(LOT).where(LOT.c.customer_id == alice.customer_id).values(remaining=31))


def test_a_hold_that_eight_ask_for_at_once_is_one(alice: Purses, race: Race) -> None:
    alice.give(100)
    race.run(hold_same, alice.customer_id, 30, alice.now)
    assert (alice.card().available, alice.card().held, len(alice.rows("points_hold"))) == (70, 30, 1)


def test_a_visit_that_eight_tell_at_once_counts_once(rules: None, alice: Purses, race: Race) -> None:
    assert sum(race.run(visit, alice.customer_id, ["2026-11-22:web"], alice.now)) == 5
    assert (alice.card().available, [row["points"] for row in alice.rows("points_earned")]) == (5, [5])


def test_a_days_cap_holds_against_eight_at_once(rules: None, alice: Purses, race: Race) -> None:
    assert sum(race.run(visit, alice.customer_id, ["a:{}", "b:{}", "c:{}"], alice.now)) == 10
    assert (alice.card().available, [row["points"] for row in alice.rows("points_earned")]) == (10, [10])


def test_a_mutant_that_looks_before_it_gives_breaks_the_cap(rules: None, alice: Purses, race: Race) -> None:
    assert sum(race.run(visit_unguarded, alice.customer_id, ["a:{}", "b:{}"], alice.now)) > 10


def test_a_hold_that_some_spend_and_some_release_at_once_ends_one_way(alice: Purses, race: Race) -> None:
    alice.give(40, days=30)
    alice.hold(25)
    ends = Counter(race.run(end, alice.customer_id, "order:1", alice.now))
    assert ends["refused"] == 4
    assert ends["spent"] + ends["released"] == 4
    assert alice.card().available == (15 if ends["spent"] else 40)
    assert (alice.books()["spent"], alice.card().held) == (25 if ends["spent"] else 0, 0)


def test_all_at_once_neither_waits_for_ever_nor_loses_a_point(alice: Purses, race: Race) -> None:
    alice.give(600, days=8)  # more than all of them can hold, so that some runs out
    done = race.run(everything, alice.customer_id, 12, alice.now)
    alice.expire(on=11)  # what was left for the next day, because somebody was just taking from it, or giving to it
    earned = 600 + 3 * sum(each.get("earn", 0) for each in done)
    books = alice.books()
    assert books["issued"] == -earned
    assert books["points"] + books["spent"] + books["expired"] == earned
    assert (books["held"], books["points"]) == (0, alice.card(on=11).available)
    assert sum(each.get("hold", 0) for each in done) > 0
    assert books["expired"] > 0
    assert alice.faults() == []
