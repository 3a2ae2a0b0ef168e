"""Guessing codes of batches: a few wrong ones and the door is shut for a while, to who guessed and to nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.codes import CodeRefused, Redeemer
from portal.codes.signs import write_signs
from portal.identity import Guesser
from portal.identity.guesses import WRONG_BATCH_CODES, WRONG_BATCH_CODES_PER_NETWORK, WRONG_BATCH_CODES_PER_PERSON
from tests.cast import Cast, Person
from tests.codes.conftest import press as press_of  # noqa: F401 - the same press
from tests.codes.press import Press, reason_of, redeemer_of

TRIES = WRONG_BATCH_CODES[0][0]


@pytest.fixture
def press(press_of: Press) -> Press:  # noqa: F811 - the fixture above
    return press_of


def _guess(number: int) -> str:
    return write_signs([0, 1, *([7] * 8), number >> 10 & 31, number >> 5 & 31, number & 31])


def _guess_on(press: Press, person: Person, times: int, **changes: object) -> list[str]:
    return [reason_of(press.redeem(person, _guess(turn), **changes)) for turn in range(times)]  # type: ignore[arg-type]


def test_codes_brake_shuts_after_a_few_wrong_ones_though_the_next_were_right(press: Press, cast: Cast) -> None:
    code = press.code(press.batch(), 1)
    assert _guess_on(press, cast.alice, TRIES) == ["unknown"] * TRIES
    refused = press.redeem(cast.alice, code)
    assert isinstance(refused, CodeRefused)
    assert (refused.reason, refused.params) == ("wait", {"minutes": 10})
    assert press.uses() == []
    assert not reason_of(press.redeem(cast.alice, code, now=press.now + timedelta(minutes=10, seconds=1)))


def test_codes_brake_stops_nobody_else_at_the_same_address(press: Press, cast: Cast) -> None:
    code = press.code(press.batch(), 1)
    _guess_on(press, cast.alice, TRIES + 5)
    assert not reason_of(press.redeem(cast.charlie, code))


def test_codes_brake_right_ones_cost_nothing(press: Press, cast: Cast) -> None:
    batch_id = press.batch()
    for number in range(TRIES * 5):
        assert not reason_of(press.redeem(cast.alice, press.code(batch_id, number)))
        assert reason_of(press.redeem(cast.alice, press.code(batch_id, number))) == "mine"


def test_codes_brake_a_new_browser_gives_no_new_tries_for_ever(press: Press, cast: Cast) -> None:
    said: list[str] = []
    for device in range(12):
        guesser = redeemer_of(cast.alice, f"device-{device}").guesser
        said += _guess_on(press, cast.alice, 3, guesser=guesser)
    assert said.count("unknown") == WRONG_BATCH_CODES_PER_PERSON[0][0]


def test_codes_brake_an_address_of_unknown_browsers_is_braked_and_a_known_one_there_is_not(press: Press, cast: Cast) -> None:
    code = press.code(press.batch(), 1)
    said: list[str] = []
    for index, person in enumerate((cast.alice, cast.bob, cast.erin, *cast.noise)):
        redeemer = redeemer_of(person, f"device-{index}", known=False)
        many = [replace(redeemer.guesser, party_id=100 + index * 40 + turn) for turn in range(25)]
        for guesser in many:
            said.append(reason_of(press.redeem(person, _guess(len(said)), guesser=guesser)))
    assert said.count("unknown") == WRONG_BATCH_CODES_PER_NETWORK[0][0]
    assert not reason_of(press.redeem(cast.charlie, code))
    strange = redeemer_of(cast.charlie, "device-new", known=False)
    assert reason_of(press.redeem(cast.charlie, press.code(1, 2), guesser=strange.guesser)) == "wait"


def test_codes_brake_the_counters_and_a_numbers_tries_are_their_own(press: Press, cast: Cast) -> None:
    batch_id = press.batch()
    _guess_on(press, cast.alice, TRIES + 1)
    by_message = Redeemer(cast.alice.customer_id, "sms", "sms", Guesser(cast.alice.customer_id, number=cast.alice.number))
    at_counter = Redeemer(cast.alice.customer_id, "counter", "staff:7", Guesser(cast.alice.customer_id, staff_id=7))
    for number, other in enumerate((by_message, at_counter)):
        changes = {"channel": other.channel, "actor": other.actor, "guesser": other.guesser}
        assert not reason_of(press.redeem(cast.alice, press.code(batch_id, number), **changes))


def test_codes_brake_holds_for_coupons_too(press: Press, cast: Cast) -> None:
    code = press.code(press.batch(press.coupons()), 1)
    said = [reason_of(press.hold(cast.alice, _guess(turn))) for turn in range(TRIES)]
    assert said == ["unknown"] * TRIES
    assert reason_of(press.hold(cast.alice, code)) == "wait"
