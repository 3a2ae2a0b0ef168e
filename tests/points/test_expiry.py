"""Points run out of time: booked once, told once, and never what somebody holds."""

from __future__ import annotations

from datetime import date

import pytest

from portal.base.db import Database
from portal.base.jobs import Jobs
from portal.base.keys import Keys
from portal.faces.worker.periodic import LOTS, register_jobs
from portal.interactions import timeline_card
from tests.cast import Cast
from tests.points.purse import Purses, owner


def test_what_is_left_past_its_day_is_booked_as_expired(alice: Purses) -> None:
    alice.give(10, days=5)
    alice.give(20, days=6)
    assert alice.expire(on=4) == 0
    assert alice.expire(on=5) == 1
    assert alice.books() == {"points": 20, "held": 0, "issued": -30, "spent": 0, "expired": 10}
    assert alice.lots() == [(5, 0), (6, 20)]


def test_nothing_expires_twice_not_even_when_the_clock_jumps_to_and_fro(alice: Purses) -> None:
    alice.give(10, days=5)
    assert [alice.expire(on=day) for day in (20, 5, 0, 20, 400)] == [1, 0, 0, 0, 0]
    assert alice.books()["expired"] == 10


def test_points_of_a_lot_that_expired_too_early_expire_again_on_their_day(alice: Purses) -> None:
    alice.give(10, days=5)
    alice.expire(on=6)  # the clock was wrong
    alice.give(7, days=5, on=1)
    assert alice.card(on=1).available == 7
    assert [alice.expire(on=day) for day in (4, 6, 7, 8)] == [0, 0, 1, 0]  # that day's movement is taken: the next day's does
    assert alice.books()["expired"] == 17


def test_the_same_amount_that_expired_too_early_is_not_lost_from_the_books(alice: Purses) -> None:
    alice.give(10, days=5)
    alice.expire(on=6)
    alice.give(10, days=5, on=1)
    assert [alice.expire(on=day) for day in (6, 7)] == [0, 1]
    assert alice.books()["expired"] == 20


def test_service_points_expire_too(alice: Purses) -> None:
    alice.give(30, days=5, purse="service")
    alice.give(4, days=5)
    assert alice.expire(on=5) == 2
    assert (alice.books("service")["expired"], alice.books()["expired"]) == (30, 4)


def test_what_is_held_does_not_expire_with_its_lot(alice: Purses) -> None:
    alice.give(30, days=5)
    alice.hold(20)
    assert alice.expire(on=6) == 1
    alice.spend(on=7)
    assert alice.books() == {"points": 0, "held": 0, "issued": -30, "spent": 20, "expired": 10}


def test_a_lot_that_was_used_up_is_closed_on_its_day_without_a_word(alice: Purses) -> None:
    alice.give(30, days=5)
    alice.hold(30)
    alice.spend(on=1)
    assert [alice.expire(on=day) for day in (4, 5, 6)] == [0, 1, 0]
    assert alice.books() == {"points": 0, "held": 0, "issued": -30, "spent": 30, "expired": 0}


def test_an_expiry_takes_no_more_lots_than_it_is_told(alice: Purses) -> None:
    for days in range(1, 8):
        alice.give(10, days=days)
    assert [alice.expire(on=9, limit=3) for _ in range(4)] == [3, 3, 1, 0]


def test_a_customer_reads_once_how_many_points_expired(alice: Purses, database: Database) -> None:
    for days in (3, 4, 5):
        alice.give(10, days=days)
    alice.expire(on=9)
    with database.reading() as session:
        items = timeline_card(session, owner(alice.customer_id), now=alice.at(10)).items
    assert [(item.kind, item.params["points"], item.subscription_id) for item in items if item.kind == "points_expired"] == [
        ("points_expired", 30, None)
    ]


def test_the_workers_job_expires_everything_however_much_it_is(
    database: Database, cast: Cast, keys: Keys, alice: Purses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.faces.worker.periodic.LOTS", 4)
    assert LOTS >= 100
    everybody = [Purses(database, each.customer_id, alice.now) for each in (cast.alice, *cast.noise)]
    for purse in everybody:
        purse.give(10, days=2)
    jobs = Jobs()
    register_jobs(jobs, database, keys)
    next(job for job in jobs.all if job.name == "expire_points").action(alice.at(2))
    assert [purse.books()["expired"] for purse in everybody] == [10] * len(everybody)


def test_the_last_day_is_the_operators_own(alice: Purses) -> None:
    alice.give(10, days=1)
    late = Purses(alice.database, alice.customer_id, alice.now.replace(hour=23, minute=59))
    assert (late.expire(on=0), late.card().available) == (0, 10)
    next_day = Purses(alice.database, alice.customer_id, late.now.replace(day=23, hour=0, minute=1))
    assert (next_day.card().available, next_day.expire(on=0)) == (0, 1)
    assert date(2026, 11, 23) == next_day.now.date()
