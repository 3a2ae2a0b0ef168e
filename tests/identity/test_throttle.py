"""Windows of attempts: counted in one statement, never longer than they say, whatever the clock does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.base.db import Database
from portal.identity.throttle import Reading, Window, count_up, forget_windows, give_back, look
from tests.statements import statements

SHORT, LONG = Window("a/300", 5, 300), Window("a/3600", 20, 3600)
OTHER = Window("b/300", 5, 300)


def counted(database: Database, now: datetime, *windows: Window, times: int = 1) -> Reading:
    with database.writing() as session:
        for _ in range(times):
            counts = count_up(session, windows, now=now)
    return counts.of(windows)


def seen(database: Database, now: datetime, *windows: Window) -> Reading:
    with database.reading() as session:
        return look(session, windows, now=now).of(windows)


@pytest.fixture(autouse=True)
def noise(database: Database, now: datetime) -> None:
    counted(database, now, OTHER, Window("aa/300", 5, 300), times=4)


def test_nothing_counted_leaves_everything(database: Database, now: datetime) -> None:
    assert seen(database, now, SHORT, LONG) == Reading(5, 1)


def test_several_windows_are_counted_in_one_statement(database: Database, now: datetime) -> None:
    with statements(database) as ran:
        assert counted(database, now, SHORT, LONG).left == 4
    assert len(ran) == 1
    assert seen(database, now, LONG).left == 19
    assert seen(database, now, OTHER).left == 1


def test_looking_counts_nothing(database: Database, now: datetime) -> None:
    for _ in range(9):
        seen(database, now, SHORT)
    assert seen(database, now, SHORT).left == 5


def test_the_fifth_fills_the_window_and_the_sixth_is_over(database: Database, now: datetime) -> None:
    fifth = counted(database, now, SHORT, times=5)
    assert (fifth.left, fifth.full, fifth.over) == (0, True, False)
    sixth = counted(database, now, SHORT)
    assert (sixth.left, sixth.full, sixth.over) == (-1, True, True)


def test_what_is_given_back_can_be_tried_again(database: Database, now: datetime) -> None:
    counted(database, now, SHORT, LONG, times=5)
    with database.writing() as session:
        give_back(session, [SHORT, LONG])
    assert seen(database, now, SHORT).left == 1
    assert seen(database, now, LONG).left == 16


def test_no_more_is_given_back_than_was_taken(database: Database, now: datetime) -> None:
    counted(database, now, SHORT)
    with database.writing() as session:
        for _ in range(5):
            give_back(session, [SHORT])
    assert seen(database, now, SHORT).left == 5


def test_a_window_is_over_when_its_time_is_and_begins_anew(database: Database, now: datetime) -> None:
    counted(database, now, SHORT, LONG, times=5)
    almost, over = now + timedelta(seconds=299), now + timedelta(seconds=300)
    assert seen(database, almost, SHORT) == Reading(0, 1)
    assert seen(database, over, SHORT).left == 5
    assert counted(database, over, SHORT, LONG).left == 4
    assert seen(database, over, LONG).left == 14


def test_the_wait_is_that_of_the_longest_full_window(database: Database, now: datetime) -> None:
    counted(database, now, SHORT, Window("a/3600", 5, 3600), times=5)
    assert seen(database, now + timedelta(seconds=10), SHORT).retry_after_seconds == 290
    assert seen(database, now + timedelta(seconds=10), SHORT, Window("a/3600", 5, 3600)).retry_after_seconds == 3590


def test_a_clock_put_back_locks_nobody(database: Database, now: datetime) -> None:
    counted(database, now + timedelta(days=15), SHORT, LONG, times=5)
    assert seen(database, now, SHORT, LONG).left == 5
    assert counted(database, now, SHORT, LONG).left == 4


def test_clocks_of_two_nodes_a_little_apart_count_together(database: Database, now: datetime) -> None:
    counted(database, now + timedelta(seconds=2), SHORT, times=3)
    assert counted(database, now, SHORT).left == 1
    assert seen(database, now, SHORT).left == 1


def test_windows_that_are_over_are_forgotten(database: Database, now: datetime) -> None:
    counted(database, now, SHORT, LONG)
    with database.writing() as session:
        assert forget_windows(session, now=now + timedelta(seconds=301)) == 3
        assert forget_windows(session, now=now + timedelta(seconds=301)) == 0
    assert seen(database, now + timedelta(seconds=301), LONG).left == 19


@given(st.lists(st.integers(0, 200), min_size=1, max_size=25))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_in_no_window_from_its_first_attempt_are_more_than_five_allowed(database: Database, now: datetime, pauses: list[int]) -> None:
    key = Window(f"p{hash(tuple(pauses))}/300", 5, 300)
    moment, allowed = now, []
    for pause in pauses:
        moment += timedelta(seconds=pause)
        if not seen(database, moment, key).full:
            counted(database, moment, key)
            allowed.append(moment)
    first = allowed[0]
    count = 0
    for each in allowed:
        if each >= first + timedelta(seconds=300):
            first, count = each, 0
        count += 1
        assert count <= 5
    with database.writing() as session:
        forget_windows(session, now=moment + timedelta(days=1))
        counted_again = count_up(session, [OTHER], now=now)
    assert counted_again.of([OTHER]).left == 4
