"""One-time codes: used once, for ten minutes, for one thing, and not to be guessed (guard.md 1 to 3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.identity import (
    CodeDead,
    CodeExpired,
    CodeFor,
    CodeRight,
    CodeWrong,
)
from tests.cast import Cast
from tests.identity.door import Browser, Door
from tests.security.asking import PHONE, a_code
from tests.security.racers import RACERS, Race, redeem, redeem_unguarded

# otp_single_use


def test_otp_single_use_a_right_code_names_the_holder_and_is_dead_afterwards(door: Door, cast: Cast, now: datetime) -> None:
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    answer = door.check(bound, PHONE, code, now)
    assert isinstance(answer, CodeRight)
    assert answer.holder.party_id == cast.alice.party_id
    assert door.check(bound, PHONE, code, now) == CodeDead()


def test_otp_single_use_a_code_redeemed_by_six_at_once_is_redeemed_once(door: Door, cast: Cast, now: datetime, race: Race) -> None:
    door.enter(cast.alice.number, PHONE, now)
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    url = door.database.url.render_as_string(hide_password=False)
    answers = race.run(redeem, url, bound, code, now, PHONE.device_id)
    assert sorted(answers) == ["CodeDead"] * (RACERS - 1) + ["CodeRight"]


def test_otp_single_use_the_race_tells_a_check_that_only_looks_first(door: Door, cast: Cast, now: datetime, race: Race) -> None:
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    url = door.database.url.render_as_string(hide_password=False)
    assert race.run(redeem_unguarded, url, bound, code, now, PHONE.device_id).count("CodeRight") > 1


def test_otp_single_use_a_code_is_of_no_use_in_another_flow(door: Door, cast: Cast, now: datetime) -> None:
    _, code = a_code(door, cast.alice.number, PHONE, now)
    other = door.flow(cast.alice.number)
    assert door.check(other, PHONE, code, now) == CodeExpired()
    door.send(other, PHONE, now + timedelta(seconds=1))
    if door.codes_sent(cast.alice.number)[-1] != code:
        assert isinstance(door.check(other, PHONE, code, now + timedelta(seconds=2)), CodeWrong)


@pytest.mark.parametrize("purpose", ["step_up", "password", "counter"])
def test_otp_single_use_a_code_is_of_no_use_for_another_purpose(door: Door, cast: Cast, now: datetime, purpose: Any) -> None:
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    assert door.check(CodeFor(bound.flow, bound.number, purpose), PHONE, code, now) == CodeExpired()
    assert isinstance(door.check(bound, PHONE, code, now), CodeRight)


def test_otp_single_use_a_code_is_of_no_use_for_another_number(door: Door, cast: Cast, now: datetime) -> None:
    bound, code = a_code(door, cast.charlie.number, PHONE, now)
    assert door.check(CodeFor(bound.flow, cast.alice.number, "sign_in"), PHONE, code, now) == CodeExpired()


def test_otp_single_use_a_used_flow_takes_none_of_its_other_codes(door: Door, cast: Cast, now: datetime) -> None:
    bound, first = a_code(door, cast.alice.number, PHONE, now)
    door.send(bound, PHONE, now + timedelta(seconds=61))
    second = door.codes_sent(cast.alice.number)[-1]
    assert isinstance(door.check(bound, PHONE, second, now + timedelta(seconds=62)), CodeRight)
    assert door.check(bound, PHONE, first, now + timedelta(seconds=63)) == CodeDead()


def test_otp_single_use_is_not_for_a_new_holder_of_the_number(door: Door, cast: Cast, now: datetime) -> None:
    from portal.customers import add_member

    bound, code = a_code(door, cast.alice.number, PHONE, now)
    with door.database.writing() as session:
        add_member(session, cast.alice.customer_id, cast.alice.subscription_id, cast.charlie.party_id, now=now)
    assert door.check(bound, PHONE, code, now) == CodeDead()


def test_otp_single_use_codes_are_stored_as_keyed_hashes_only(door: Door, cast: Cast, now: datetime) -> None:
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    row = door.rows("code_challenge")[0]
    assert code not in str(row)
    assert bound.flow not in str(row)
    assert row["code_hash"] == bound.seal(door.keys.codes, code)
    assert row["code_hash"] != bound.seal(b"another key", code)


def test_otp_single_use_codes_spread_over_all_six_digit_numbers(door: Door, cast: Cast, now: datetime) -> None:
    codes = []
    for index, person in enumerate([cast.alice, cast.bob, cast.charlie, cast.erin, *cast.noise]):
        codes.append(a_code(door, person.number, Browser(f"d{index}", f"198.51.100.{index}"), now)[1])
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(set(codes)) >= len(codes) - 1


# otp_ttl


def test_otp_ttl_a_code_is_right_until_ten_minutes_are_over(door: Door, cast: Cast, now: datetime) -> None:
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    assert isinstance(door.check(bound, PHONE, code, now + timedelta(seconds=599)), CodeRight)


@pytest.mark.parametrize("seconds", [600, 601, 86_400])
def test_otp_ttl_a_code_is_expired_from_then_on(door: Door, cast: Cast, now: datetime, seconds: int) -> None:
    bound, code = a_code(door, cast.alice.number, PHONE, now)
    assert door.check(bound, PHONE, code, now + timedelta(seconds=seconds)) == CodeExpired()


def test_otp_ttl_an_earlier_code_stays_valid_for_its_own_time(door: Door, cast: Cast, now: datetime) -> None:
    bound, first = a_code(door, cast.alice.number, PHONE, now)
    door.send(bound, PHONE, now + timedelta(seconds=120))
    assert isinstance(door.check(bound, PHONE, first, now + timedelta(seconds=599)), CodeRight)


def test_otp_ttl_an_earlier_code_does_not_live_as_long_as_the_later_one(door: Door, cast: Cast, now: datetime) -> None:
    bound, first = a_code(door, cast.alice.number, PHONE, now)
    door.send(bound, PHONE, now + timedelta(seconds=120))
    second = door.codes_sent(cast.alice.number)[-1]
    later = now + timedelta(seconds=601)
    if first != second:
        assert isinstance(door.check(bound, PHONE, first, later), CodeWrong)
    assert isinstance(door.check(bound, PHONE, second, later), CodeRight)


def test_otp_ttl_the_message_is_not_sent_when_its_code_is_over(door: Door, cast: Cast, now: datetime) -> None:
    from portal.messaging import claim_due

    a_code(door, cast.alice.number, PHONE, now)
    with door.database.writing() as session:
        assert claim_due(session, now=now + timedelta(seconds=600), limit=5) == []
        assert len(claim_due(session, now=now + timedelta(seconds=599), limit=5)) == 1
