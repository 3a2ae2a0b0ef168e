"""Devices that show a code: let in by somebody who is signed in, once, within ten minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.openid import (
    ClientView,
    DeviceStarted,
    Granted,
    TokenRefused,
    decide_device,
    find_device_by_user_code,
    poll_device,
    start_device,
)
from portal.openid.client_rules import DEVICE
from tests.cast import Cast, Person
from tests.openid.desk import Desk
from tests.openid.race import poll
from tests.security.racers import RACERS, Race


@pytest.fixture
def box(desk: Desk, now: datetime) -> ClientView:
    """Give a television box."""
    return desk.client(now, auth_method="none", grant_types=[DEVICE, "refresh_token"], redirect_uris=[])


def start(desk: Desk, box: ClientView, now: datetime, scope: str = "openid points.read") -> DeviceStarted:
    """Have the box wait."""
    with desk.database.writing() as session:
        started = start_device(session, desk.provider.keys, box, scope=scope, now=now)
    assert isinstance(started, DeviceStarted), started
    return started


def decide(desk: Desk, box: ClientView, user_code: str, person: Person | None, now: datetime) -> bool:
    """Have somebody let it in, or refuse it."""
    sign_in = None if person is None else desk.sign_in(person, box, now)
    with desk.database.writing() as session:
        return decide_device(session, desk.provider.keys, user_code, sign_in, now=now)


def ask(desk: Desk, box: ClientView, device_code: str, now: datetime) -> Granted | TokenRefused:
    """Have the box ask."""
    with desk.database.writing() as session:
        return poll_device(session, desk.provider, box, device_code=device_code, now=now)


def word(answer: Granted | TokenRefused) -> str:
    """Say how it was answered."""
    return "granted" if isinstance(answer, Granted) else answer.code


def test_a_device_is_let_in_by_whoever_types_its_code(desk: Desk, cast: Cast, now: datetime, box: ClientView) -> None:
    started = start(desk, box, now)
    assert word(ask(desk, box, started.device_code, now)) == "authorization_pending"
    with desk.database.reading() as session:
        typed = started.user_code.replace("-", " ").lower()
        found = find_device_by_user_code(session, desk.provider.keys, typed, now=now)
    assert found is not None
    assert (found.client.id, found.scopes) == (box.id, ("openid", "points.read"))
    assert decide(desk, box, typed, cast.alice, now)
    granted = ask(desk, box, started.device_code, now + timedelta(seconds=5))
    tokens = desk.mint(granted, now)
    read = desk.read(tokens.access_token, now)
    assert read is not None
    assert read.grant is not None
    assert read.grant.party_id == cast.alice.party_id
    assert tokens.id_token is not None
    assert isinstance(desk.refresh(box, tokens.refresh_token, now), Granted)
    assert word(ask(desk, box, started.device_code, now + timedelta(seconds=10))) == "invalid_grant"


def test_a_refused_device_stays_out_whatever_is_said_later(desk: Desk, cast: Cast, now: datetime, box: ClientView) -> None:
    started = start(desk, box, now)
    assert decide(desk, box, started.user_code, None, now)
    assert not decide(desk, box, started.user_code, cast.alice, now)
    assert word(ask(desk, box, started.device_code, now)) == "access_denied"


def test_a_device_waits_for_ten_minutes(desk: Desk, cast: Cast, now: datetime, box: ClientView) -> None:
    started, late = start(desk, box, now), now + timedelta(minutes=10)
    with desk.database.reading() as session:
        assert find_device_by_user_code(session, desk.provider.keys, started.user_code, now=late) is None
    assert not decide(desk, box, started.user_code, cast.alice, late)
    assert word(ask(desk, box, started.device_code, late)) == "expired_token"


def test_one_that_asks_too_often_is_told_to_wait_longer_each_time(desk: Desk, now: datetime, box: ClientView) -> None:
    started = start(desk, box, now)
    moments = [
        (0, "authorization_pending"),
        (4, "slow_down"),
        (13, "slow_down"),
        (28, "authorization_pending"),
        (43, "authorization_pending"),
    ]
    for seconds, said in moments:
        assert word(ask(desk, box, started.device_code, now + timedelta(seconds=seconds))) == said, seconds


def test_a_device_code_is_of_no_use_to_another_client(desk: Desk, cast: Cast, now: datetime, box: ClientView) -> None:
    started = start(desk, box, now)
    decide(desk, box, started.user_code, cast.alice, now)
    other = desk.client(now, auth_method="none", grant_types=[DEVICE], redirect_uris=[], scopes=["openid"])
    assert word(ask(desk, other, started.device_code, now)) == "invalid_grant"
    assert word(ask(desk, box, "made-up", now)) == "invalid_grant"
    assert word(ask(desk, box, started.device_code, now)) == "granted"


def test_a_device_asks_for_what_its_client_may_have(desk: Desk, now: datetime, box: ClientView) -> None:
    wrong = [
        (box, "openid subscription", "invalid_scope"),
        (box, "unknown", "invalid_scope"),
        (desk.client(now), "openid", "unauthorized_client"),
    ]
    with desk.database.writing() as session:
        for client, scope, code in wrong:
            refused = start_device(session, desk.provider.keys, client, scope=scope, now=now)
            assert isinstance(refused, TokenRefused)
            assert refused.code == code


def test_neither_code_is_stored_as_it_is(desk: Desk, now: datetime, box: ClientView) -> None:
    started, stored = start(desk, box, now), desk.everything()
    assert started.device_code not in stored
    assert started.user_code not in stored
    assert started.user_code.replace("-", "") not in stored


def test_a_device_that_asks_six_times_at_once_is_let_in_once(desk: Desk, cast: Cast, now: datetime, race: Race, box: ClientView) -> None:
    started = start(desk, box, now)
    decide(desk, box, started.user_code, cast.alice, now)
    answers = race.run(poll, desk.url, box.id, started.device_code, now)
    assert sorted(answers) == ["granted"] + ["invalid_grant"] * (RACERS - 1)
