"""One-time codes under attack: guessing, racing, and telling numbers apart (guard.md 2, 3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.base.db import Database
from portal.base.errors import Invalid
from portal.identity import (
    CodeDead,
    CodeRight,
    CodeSent,
    CodeWrong,
    Limited,
    PasswordRight,
    clean_code,
)
from tests.cast import Cast
from tests.identity.door import Browser, Door, wrong
from tests.security.asking import LAPTOP, NOBODY, PHONE, PIN, STRANGER, a_code, guess_until_hot
from tests.security.racers import Race, guess
from tests.statements import statements

# otp_bruteforce


def test_otp_bruteforce_the_sixth_try_is_limited_though_it_is_right(door: Door, cast: Cast, now: datetime) -> None:
    bound, code = a_code(door, cast.alice.number, STRANGER, now)
    left = [door.check(bound, STRANGER, wrong(code), now).tries_left for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    sixth = door.check(bound, STRANGER, code, now)
    assert sixth == Limited(300, "service_password")


def test_otp_bruteforce_a_code_with_five_wrong_tries_is_dead_for_good(door: Door, cast: Cast, now: datetime) -> None:
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    for _ in range(5):
        door.check(bound, PHONE, wrong(code), now)
    assert door.check(bound, PHONE, code, now + timedelta(seconds=301)) == CodeDead()


def test_otp_bruteforce_a_new_code_does_not_reset_the_count(door: Door, cast: Cast, now: datetime) -> None:
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    for _ in range(4):
        door.check(bound, PHONE, wrong(code), now)
    later = now + timedelta(seconds=61)
    assert isinstance(door.send(bound, PHONE, later), CodeSent)
    newer = door.codes_sent(cast.alice.number)[-1]
    strays = {code, newer}
    stray = next(f"{n:06d}" for n in range(10) if f"{n:06d}" not in strays)
    assert door.check(bound, PHONE, stray, later) == CodeWrong(0)
    assert isinstance(door.check(bound, PHONE, newer, later), Limited)


def test_otp_bruteforce_a_new_flow_does_not_reset_the_count(door: Door, cast: Cast, now: datetime) -> None:
    guess_until_hot(door, cast.alice.number, STRANGER, now)
    bound, code = a_code(door, cast.alice.number, STRANGER, now + timedelta(seconds=1))
    assert isinstance(door.check(bound, STRANGER, code, now + timedelta(seconds=1)), Limited)


def test_otp_bruteforce_a_limited_try_costs_nothing_and_five_minutes_later_all_goes_on(door: Door, cast: Cast, now: datetime) -> None:
    guess_until_hot(door, cast.alice.number, STRANGER, now)
    bound, code = a_code(door, cast.alice.number, STRANGER, now)
    before = door.rows("throttle")
    for _ in range(20):
        assert isinstance(door.check(bound, STRANGER, code, now), Limited)
    assert door.rows("throttle") == before
    assert isinstance(door.check(bound, STRANGER, code, now + timedelta(seconds=300)), CodeRight)


@pytest.mark.parametrize(("span", "most"), [(timedelta(hours=1), 20), (timedelta(days=1), 50)])
def test_otp_bruteforce_no_more_than_20_wrong_in_an_hour_and_50_in_a_day(
    door: Door, cast: Cast, now: datetime, span: timedelta, most: int
) -> None:
    door.enter(cast.alice.number, PHONE, now)
    answered, moment = 0, now
    while moment < now + span:
        bound = door.flow(cast.alice.number)
        if isinstance(door.send(bound, PHONE, moment), CodeSent):
            code = door.codes_sent(cast.alice.number)[-1]
            for _ in range(6):
                answered += isinstance(door.check(bound, PHONE, wrong(code), moment), CodeWrong)
        moment += timedelta(minutes=6) if span < timedelta(days=1) else timedelta(minutes=61)
    assert answered == most


def test_otp_bruteforce_thirty_racing_guesses_get_five_answers(door: Door, cast: Cast, now: datetime, race: Race) -> None:
    door.enter(cast.alice.number, PHONE, now)
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    url = door.database.url.render_as_string(hide_password=False)
    answers = [answer for each in race.run(guess, url, bound, code, now, PHONE.device_id) for answer in each]
    assert answers.count("CodeWrong") == 5
    assert answers.count("Limited") == len(answers) - 5


def test_otp_bruteforce_a_right_code_counts_for_nothing(door: Door, cast: Cast, now: datetime) -> None:
    door.enter(cast.alice.number, PHONE, now)
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    assert isinstance(door.check(bound, PHONE, code, now), CodeRight)
    assert {row["count"] for row in door.rows("throttle") if row["key"].startswith("code:")} == {0}


def test_otp_bruteforce_a_strangers_failures_do_not_touch_the_owners_known_device(door: Door, cast: Cast, now: datetime) -> None:
    door.enter(cast.alice.number, PHONE, now - timedelta(days=3))
    guess_until_hot(door, cast.alice.number, STRANGER, now)
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    assert isinstance(door.check(bound, PHONE, code, now), CodeRight)


def test_otp_bruteforce_a_device_known_to_somebody_else_is_a_stranger_here(door: Door, cast: Cast, now: datetime) -> None:
    door.enter(cast.charlie.number, STRANGER, now)
    guess_until_hot(door, cast.alice.number, Browser("another"), now)
    bound, code = a_code(door, cast.alice.number, STRANGER, now)
    assert isinstance(door.check(bound, STRANGER, code, now), Limited)


def test_otp_bruteforce_strangers_on_many_devices_share_one_allowance(door: Door, cast: Cast, now: datetime) -> None:
    bound, code = a_code(door, cast.alice.number, STRANGER, now)
    for index in range(5):
        door.check(bound, Browser(f"device {index}", f"192.0.2.{index}"), wrong(code), now)
    assert isinstance(door.check(bound, Browser("one more", "192.0.2.99"), code, now), Limited)


def test_otp_bruteforce_the_owner_on_a_new_device_gets_in_with_the_service_password_instead(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    guess_until_hot(door, cast.alice.number, STRANGER, now)
    bound, code = a_code(door, cast.alice.number, LAPTOP, now)
    answer = door.check(bound, LAPTOP, code, now)
    assert isinstance(answer, Limited)
    assert answer.other_way == "service_password"
    assert isinstance(door.give_password(cast.alice.number, LAPTOP, PIN, now), PasswordRight)
    door.enter(cast.alice.number, LAPTOP, now, level=1)
    bound, code = a_code(door, cast.alice.number, LAPTOP, now)
    assert isinstance(door.check(bound, LAPTOP, code, now), CodeRight)


def use_up_both(door: Door, number: str, now: datetime) -> None:
    """A stranger spends the strangers' allowance of codes and of service passwords."""
    guess_until_hot(door, number, STRANGER, now)
    for _ in range(10):
        door.give_password(number, STRANGER, "482915", now)
    assert isinstance(door.give_password(number, LAPTOP, PIN, now), Limited)


def test_otp_bruteforce_with_both_allowances_spent_the_owner_gives_both_proofs(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    use_up_both(door, cast.alice.number, now)
    bound = door.flow(cast.alice.number)
    vouched = door.vouch(cast.alice.number, LAPTOP, PIN, now)
    assert isinstance(door.send(bound, LAPTOP, now, vouched=vouched), CodeSent)
    code = door.codes_sent(cast.alice.number)[-1]
    assert isinstance(door.check(bound, LAPTOP, code, now), CodeRight)


def test_otp_bruteforce_a_wrong_password_first_sends_nothing_and_nothing_tells(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    use_up_both(door, cast.alice.number, now)
    before = door.codes_sent(cast.alice.number)
    right, false = door.flow(cast.alice.number), door.flow(cast.alice.number)
    with statements(door.database) as to_right:
        sent_right = door.send(right, LAPTOP, now, vouched=door.vouch(cast.alice.number, LAPTOP, PIN, now))
    with statements(door.database) as to_false:
        sent_false = door.send(false, STRANGER, now, vouched=door.vouch(cast.alice.number, STRANGER, "482915", now))
    assert to_right == to_false
    assert type(sent_right) is type(sent_false)
    assert len(door.codes_sent(cast.alice.number)) == len(before) + 1
    stray = wrong(door.codes_sent(cast.alice.number)[-1])
    after_right = [door.check(right, LAPTOP, stray, now) for _ in range(6)]
    after_false = [door.check(false, STRANGER, stray, now) for _ in range(6)]
    assert after_right == after_false


def test_otp_bruteforce_giving_a_password_first_does_not_free_the_codes_sent_before(door: Door, cast: Cast, now: datetime) -> None:
    bound, code = a_code(door, cast.alice.number, STRANGER, now)
    for _ in range(3):
        door.check(bound, STRANGER, wrong(code), now)
    later = now + timedelta(seconds=61)
    door.send(bound, STRANGER, later, vouched=False)
    assert isinstance(door.check(bound, STRANGER, code, later), CodeWrong)


def test_otp_bruteforce_a_known_device_sharing_the_strangers_network_is_not_held_up(door: Door, cast: Cast, now: datetime) -> None:
    hall = "203.0.113.250"
    phone = Browser("alice in the hall", hall)
    door.enter(cast.alice.number, phone, now)
    people = [cast.charlie, cast.erin, *cast.noise]
    for index, person in enumerate(people * 2):
        door.send(door.flow(person.number), Browser(f"bot {index}", hall), now)
    assert isinstance(door.send(door.flow(cast.bob.number), Browser("bob's", hall), now), Limited)
    assert isinstance(door.send(door.flow(cast.alice.number), phone, now), CodeSent)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12a456", "½½½½½½", "١٢٣٤٥٦", "123 4567", "123456\x00"])
def test_otp_bruteforce_what_is_no_code_is_refused_and_counts_for_nothing(door: Door, cast: Cast, now: datetime, text: str) -> None:
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    with pytest.raises(Invalid):
        door.check(bound, PHONE, text, now)
    assert isinstance(door.check(bound, PHONE, code, now), CodeRight)


# otp_enumeration


@pytest.mark.parametrize("step", ["send", "wrong code", "limited"])
def test_otp_enumeration_a_number_nobody_holds_runs_the_same_statements_and_gets_the_same_answers(
    door: Door, cast: Cast, now: datetime, step: str
) -> None:
    ran, told = [], []
    for number, browser in ((cast.alice.number, STRANGER), (NOBODY, Browser("other", "192.0.2.67"))):
        bound = door.flow(number)
        with statements(door.database) as seen:
            answer = door.send(bound, browser, now)
        if step != "send":
            for _ in range(6 if step == "limited" else 1):
                with statements(door.database) as seen:
                    answer = door.check(bound, browser, "493817", now)
        ran.append(list(seen))
        told.append(answer)
    assert ran[0] == ran[1]
    assert len(ran[0]) >= 3
    if step == "send":
        assert (told[0].expires_at, told[0].resend_after_seconds) == (told[1].expires_at, told[1].resend_after_seconds)
    else:
        assert told[0] == told[1]


def test_otp_enumeration_nothing_leaves_for_a_number_nobody_holds(door: Door, cast: Cast, now: datetime) -> None:
    assert isinstance(door.send(door.flow(NOBODY), STRANGER, now), CodeSent)
    (message,) = door.rows("message")
    assert (message["status"], message["body"]) == ("discarded", "")


def test_otp_enumeration_no_code_is_right_for_a_number_nobody_holds(door: Door, cast: Cast, now: datetime) -> None:
    import sqlalchemy as sa

    from portal.base.db import Base

    bound = door.flow(NOBODY)
    door.send(bound, STRANGER, now)
    challenge = Base.metadata.tables["code_challenge"]
    with door.database.writing() as session:
        session.execute(sa.update(challenge).values(code_hash=bound.seal(door.keys.codes, "123456")))
    assert isinstance(door.check(bound, STRANGER, "123456", now), CodeWrong)


def test_otp_enumeration_codes_to_a_number_are_capped_for_all_strangers_together(door: Door, cast: Cast, now: datetime) -> None:
    for index in range(5):
        assert isinstance(door.send(door.flow(cast.alice.number), Browser(f"b{index}", f"192.0.2.{index}"), now), CodeSent)
    answer = door.send(door.flow(cast.alice.number), LAPTOP, now)
    assert answer == Limited(3600, "service_password")
    assert len(door.codes_sent(cast.alice.number)) == 5


def test_otp_enumeration_codes_are_capped_for_one_network(door: Door, cast: Cast, now: datetime) -> None:
    numbers = [f"1390000{index:04d}" for index in range(21)]
    answers = [door.send(door.flow(number), Browser(f"b{number}", "192.0.2.9"), now) for number in numbers]
    assert [isinstance(answer, CodeSent) for answer in answers] == [True] * 20 + [False]


def test_otp_enumeration_one_flow_waits_a_minute_between_codes(door: Door, cast: Cast, now: datetime) -> None:
    bound, _ = a_code(door, cast.alice.number, PHONE, now)
    assert door.send(bound, PHONE, now + timedelta(seconds=20)) == Limited(40)
    assert isinstance(door.send(bound, PHONE, now + timedelta(seconds=60)), CodeSent)


def test_otp_enumeration_strangers_who_had_all_codes_sent_leave_the_owner_a_way(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, PIN, now)
    for index in range(6):
        door.send(door.flow(cast.alice.number), Browser(f"b{index}", f"192.0.2.{index}"), now)
    bound = door.flow(cast.alice.number)
    assert isinstance(door.send(bound, LAPTOP, now), Limited)
    vouched = door.vouch(cast.alice.number, LAPTOP, PIN, now)
    assert isinstance(door.send(bound, LAPTOP, now, vouched=vouched), CodeSent)
    assert len(door.codes_sent(cast.alice.number)) == 6


def test_otp_enumeration_who_guessed_the_password_cannot_bury_the_owner_in_codes(door: Door, cast: Cast, now: datetime) -> None:
    for index in range(9):
        assert isinstance(door.send(door.flow(cast.alice.number), Browser(f"b{index}", f"192.0.2.{index}"), now, vouched=True), CodeSent)
    assert len(door.codes_sent(cast.alice.number)) == 5


def test_the_message_ends_with_the_line_browsers_fill_the_code_in_from(door: Door, cast: Cast, now: datetime) -> None:
    _, code = a_code(door, cast.alice.number, PHONE, now)
    body = door.rows("message")[0]["body"]
    assert body.splitlines()[-1] == f"@localhost #{code}"
    assert body.startswith(code)
    assert "%" not in body


@given(st.integers(0, 999_999), st.lists(st.sampled_from(" -–."), max_size=6))
@hypothesis_settings(max_examples=60)
def test_a_code_is_understood_however_it_is_spaced(number: int, strays: list[str]) -> None:
    code = f"{number:06d}"
    spaced = "".join(stray + digit for stray, digit in zip([*strays, *[""] * 6], code, strict=False))
    assert clean_code(spaced) == code
    assert clean_code(code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))) == code


def test_a_database_put_back_in_time_locks_nobody(door: Door, cast: Cast, now: datetime, database: Database) -> None:
    guess_until_hot(door, cast.alice.number, STRANGER, now + timedelta(days=15))
    bound, code = a_code(door, cast.alice.number, STRANGER, now)
    assert isinstance(door.check(bound, STRANGER, code, now), CodeRight)
