"""What methods add up to, and that a session knows how and when its person was last sure."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.identity import raise_level
from portal.identity.ladder import add_methods, level_of
from tests.cast import Cast
from tests.identity.door import Browser, Door

LATER = timedelta(minutes=7)


@pytest.mark.parametrize(
    ("methods", "level"),
    [
        (["pin"], 1), (["pwd"], 1), (["pin", "pwd"], 1), (["sms"], 2), (["otp"], 2), (["kba"], 2), (["pin", "sms"], 2),
        (["pwd", "sms"], 3), (["pwd", "otp"], 3), (["sms", "otp"], 3), (["kba", "otp"], 2), (["hwk"], 4), (["swk", "pin"], 4),
    ],
)  # fmt: skip
def test_two_different_factors_are_level_3_and_a_passkey_level_4(methods: list[str], level: int) -> None:
    assert level_of(methods) == level


def test_a_message_that_was_not_believed_never_counts_later() -> None:
    assert add_methods(["sms"], 1, ["otp"]) == ["otp"]
    assert add_methods(["sms"], 2, ["otp"]) == ["otp", "sms"]


def test_a_session_says_how_and_when_its_person_signed_in(door: Door, cast: Cast, now: datetime) -> None:
    by_pin = door.enter(cast.alice.number, Browser("d1"), now, level=1)
    by_code = door.enter(cast.alice.number, Browser("d2"), now, level=2)
    assert (by_pin.view.methods, by_pin.view.authenticated_at) == (("pin",), now)
    assert (by_code.view.methods, by_code.view.authenticated_at) == (("sms",), now)
    assert door.finds(by_code.token, "subscriber", now).methods == ("sms",)


def test_what_is_proved_later_is_added_and_dated(door: Door, cast: Cast, now: datetime) -> None:
    started = door.enter(cast.alice.number, Browser("d1"), now, level=1)
    with door.database.writing() as session:
        raised = raise_level(session, started.view, level=2, now=now + LATER)
    assert (raised.view.methods, raised.view.level, raised.view.authenticated_at) == (("pin", "sms"), 2, now + LATER)
    with door.database.writing() as session:
        raised = raise_level(session, raised.view, level=2, methods=["otp"], now=now + LATER)
    assert (raised.view.methods, raised.view.level) == (("otp", "pin", "sms"), 3)


def test_a_password_alone_is_no_fresh_proof(door: Door, cast: Cast, now: datetime) -> None:
    started = door.enter(cast.alice.number, Browser("d1"), now, level=1)
    with door.database.writing() as session:
        raised = raise_level(session, started.view, level=1, methods=["pwd"], now=now)
    assert (raised.view.level, raised.view.proved_at) == (1, None)


def test_staff_come_by_password_and_authenticator(door: Door, now: datetime) -> None:
    door.hire("dora", now)
    door.clerk("dora", now)
    (row,) = door.rows("login_session")
    assert (row["level"], row["methods"], row["authenticated_at"]) == (2, ["pwd", "otp"], now)
