"""Signing in cannot be tried at leisure, and nobody can lock anybody out (guard.md 6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.identity import CodeRight, Limited, PasswordRight, PasswordToVerify, PasswordWrong, StaffWrong, Visitor
from portal.identity.limits import password_windows
from portal.identity.throttle import Counts, Window
from tests.cast import Cast
from tests.identity.door import Browser, Door
from tests.security.racers import RACERS, Race, try_password

PHONE = Browser("alice's phone")
LAPTOP = Browser("alice's new laptop", "198.51.100.20")
STRANGER = Browser("the stranger's", "192.0.2.66")
PIN, WRONG = "739154", "482915"


def fail(door: Door, number: str, browser: Browser, now: datetime, times: int = 10) -> list[object]:
    return [door.give_password(number, browser, WRONG, now) for _ in range(times)]


def test_login_limits_ten_wrong_in_five_minutes_then_the_right_one_is_limited_too(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    answers = fail(door, cast.alice.number, STRANGER, now)
    assert answers == [PasswordWrong(left) for left in range(9, -1, -1)]
    assert door.give_password(cast.alice.number, STRANGER, PIN, now) == Limited(300, "code")
    assert isinstance(door.give_password(cast.alice.number, STRANGER, PIN, now + timedelta(seconds=300)), PasswordRight)


def test_login_limits_the_owners_known_device_is_not_locked_by_a_stranger(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    door.enter(cast.alice.number, PHONE, now)
    fail(door, cast.alice.number, STRANGER, now, 12)
    assert isinstance(door.give_password(cast.alice.number, PHONE, PIN, now), PasswordRight)


def test_login_limits_a_known_device_has_its_own_allowance_and_it_ends_too(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    door.enter(cast.alice.number, PHONE, now)
    fail(door, cast.alice.number, PHONE, now)
    assert door.give_password(cast.alice.number, PHONE, PIN, now) == Limited(300, None)
    assert isinstance(door.give_password(cast.alice.number, LAPTOP, PIN, now), PasswordRight)


def test_login_limits_the_owner_on_a_new_device_gets_in_by_a_code_instead(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    fail(door, cast.alice.number, STRANGER, now)
    answer = door.give_password(cast.alice.number, LAPTOP, PIN, now)
    assert isinstance(answer, Limited)
    assert answer.other_way == "code"
    bound = door.flow(cast.alice.number)
    door.send(bound, LAPTOP, now)
    assert isinstance(door.check(bound, LAPTOP, door.codes_sent(cast.alice.number)[-1], now), CodeRight)


def test_login_limits_hold_for_one_network_whichever_numbers_it_tries(door: Door, cast: Cast, now: datetime) -> None:
    answers = []
    for index in range(11):
        number = f"1390000{index:04d}"
        answers += fail(door, number, Browser(f"b{index}", "192.0.2.1"), now, 9)
    answers += fail(door, cast.alice.number, Browser("b", "192.0.2.1"), now, 2)
    assert sum(isinstance(answer, PasswordWrong) for answer in answers) == 100
    assert isinstance(fail(door, cast.alice.number, Browser("b", "192.0.2.2"), now, 1)[0], PasswordWrong)


def test_login_limits_an_ipv6_network_is_one_however_many_addresses_it_has(now: datetime) -> None:
    keys = {
        window.key
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "192.0.2.1", "not an address")
        for window in password_windows("1", Visitor("d", address))
        if window.key.startswith("pin-from")
    }
    assert len(keys) == 4


def test_login_limits_a_thousand_everywhere_then_strangers_wait_and_known_devices_do_not(door: Door, cast: Cast, now: datetime) -> None:
    import sqlalchemy as sa

    from portal.base.db import Base

    door.set_password(cast.alice.number, PIN, now)
    door.enter(cast.alice.number, PHONE, now)
    with door.database.writing() as session:
        session.execute(
            sa.insert(Base.metadata.tables["throttle"]),
            {"key": "pin-everywhere/300", "count": 999, "window_start": now, "window_end": now + timedelta(seconds=300)},
        )
    assert fail(door, cast.charlie.number, STRANGER, now, 1) == [PasswordWrong(0)]
    assert door.give_password(cast.alice.number, LAPTOP, PIN, now) == Limited(300, "code")
    assert isinstance(door.give_password(cast.alice.number, PHONE, PIN, now), PasswordRight)


def test_login_limits_hold_when_twenty_four_wrong_ones_race(door: Door, cast: Cast, now: datetime, race: Race) -> None:
    visitor = Visitor("d", "192.0.2.1", known=True)
    url = door.database.url.render_as_string(hide_password=False)
    given = PasswordToVerify(cast.alice.number, visitor, None)
    answers = [one for each in race.run(try_password, url, given, now) for one in each]
    assert len(answers) == 4 * RACERS
    assert answers.count("PasswordWrong") == 10
    assert answers.count("Limited") == 14


def test_login_limits_a_right_password_frees_what_it_took(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    for _ in range(15):
        assert isinstance(door.give_password(cast.alice.number, LAPTOP, PIN, now), PasswordRight)
    assert fail(door, cast.alice.number, LAPTOP, now, 1) == [PasswordWrong(9)]


def test_login_limits_of_days_bound_what_patience_gains(door: Door, cast: Cast, now: datetime) -> None:
    answered = 0
    for round_ in range(30):
        moment = now + timedelta(minutes=46 * round_)
        answered += sum(isinstance(answer, PasswordWrong) for answer in fail(door, cast.alice.number, STRANGER, moment, 10))
    assert answered == 100
    assert isinstance(fail(door, cast.alice.number, STRANGER, now + timedelta(days=1), 1)[0], PasswordWrong)


def test_login_limits_staff_wait_after_ten_and_a_pc_they_have_used_has_its_own_allowance(door: Door, cast: Cast, now: datetime) -> None:
    door.hire("dora", now)
    door.clerk("dora", now, device="her pc")
    answers = [door.staff_attempt("dora", now, password="wrong", device=f"d{index}") for index in range(10)]
    assert answers == [StaffWrong(left) for left in range(9, -1, -1)]
    assert door.staff_attempt("dora", now, device="another pc") == Limited(300)
    later = now + timedelta(seconds=30)
    assert type(door.staff_attempt("dora", later, device="her pc")).__name__ == "StaffIn"


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 900)), min_size=1, max_size=6))
@hypothesis_settings(max_examples=100)
def test_login_limits_read_the_fullest_window_and_wait_for_the_longest(windows: list[tuple[int, int]]) -> None:
    from tests.cast import NOW

    asked = [Window(str(index), 10, seconds) for index, (_, seconds) in enumerate(windows)]
    rows = {str(index): (count, NOW + timedelta(seconds=seconds)) for index, (count, seconds) in enumerate(windows)}
    reading = Counts(rows, NOW).of(asked)
    assert reading.left == 10 - max(count for count, _ in windows)
    full = [seconds for count, seconds in windows if count >= 10]
    assert reading.full == bool(full)
    assert reading.retry_after_seconds == max([1, *full])
