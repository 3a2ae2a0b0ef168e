"""The web password: what may be one, what it opens, and how often it can be guessed at (guard.md 5, 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.base.errors import NotFound
from portal.customers import find_holder
from portal.identity import (
    Limited,
    PasswordRight,
    PasswordWrong,
    Visitor,
    password_rules,
    raise_level,
    record_web_password,
    remove_web_password,
    set_web_password,
    start_session,
    verify,
    web_password_faults,
    web_password_for,
)
from tests.cast import Cast
from tests.identity.door import Browser, Door

GOOD = "雨伞 umbrella 🌂 ' OR 1=1"
STRANGER, HOME = Visitor("stranger", "198.51.100.4"), Visitor("home", "203.0.113.7")


class Passwords:
    """A door at which people sign in with a password of their own."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def set(self, number: str, password: str, now: datetime, device: str = "home") -> Any:
        view = self.door.enter(number, Browser(device), now).view
        hashed = self.door.hasher.hash(password)
        with self.door.database.writing() as session:
            set_web_password(session, view, hashed, said="changed", now=now)
        return view

    def give(self, number: str, password: str, now: datetime, visitor: Visitor = STRANGER) -> Any:
        with self.door.database.reading() as session:
            given = web_password_for(session, number, visitor, now=now)
        if isinstance(given, Limited):
            return given
        right = verify(given.hash, password, self.door.hasher)
        with self.door.database.writing() as session:
            return record_web_password(session, given, right=right, now=now)


@pytest.fixture
def passwords(door: Door) -> Passwords:
    return Passwords(door)


def faults(password: str) -> list[str]:
    return web_password_faults(password, number="13857101234", name="王爱丽")


@pytest.mark.parametrize("password", ["", "a", "seven77", "七个字也太短了", "  short"])
def test_password_policy_refuses_fewer_than_eight_characters(password: str) -> None:
    assert faults(password)


@pytest.mark.parametrize(
    "password", ["correct horse", "雨伞晴天山水花鸟", "🌂" * 3 + "umbrella", "x9y" * 22, "longer than sixty-four " * 4, "nodigitsatall"]
)  # fmt: skip
def test_password_policy_takes_any_characters_and_sixty_four_or_more(password: str) -> None:
    assert faults(password) == []


def test_password_policy_refuses_each_of_the_top_three_thousand() -> None:
    words = (Path(password_rules.__file__).parent / "words" / "passwords.txt").read_text("utf-8").split()
    assert len(words) >= 3000
    assert [word for word in words[:3000] if not faults(word)] == []
    assert [word for word in words[:200] if not faults(word.upper())] == []


@pytest.mark.parametrize("password", ["13857101234", "abcdefghij", "aaaaaaaaaa", "x" * 1025])
def test_password_policy_refuses_the_number_sequences_and_what_nobody_types(password: str) -> None:
    assert faults(password)


def test_password_policy_spellings_of_the_same_characters_are_one_password(passwords: Passwords, cast: Cast, now: datetime) -> None:
    passwords.set(cast.alice.number, "ﬁnest café １２３", now)
    assert isinstance(passwords.give(cast.alice.number, "finest café 123", now), PasswordRight)


def test_password_policy_a_password_opens_level_1_and_with_a_code_level_3(passwords: Passwords, cast: Cast, now: datetime) -> None:
    door = passwords.door
    passwords.set(cast.alice.number, GOOD, now)
    assert isinstance(passwords.give(cast.alice.number, GOOD, now), PasswordRight)
    with door.database.writing() as session:
        holder = find_holder(session, cast.alice.number)
        assert holder is not None
        started = start_session(session, holder, HOME, level=1, methods=("pwd",), settings=door.settings, now=now)
        assert (started.view.level, started.view.proved_at) == (1, None)
        assert raise_level(session, started.view, level=2, now=now).view.level == 3


def test_password_policy_a_password_alone_freshens_nothing(passwords: Passwords, cast: Cast, now: datetime) -> None:
    view, later = passwords.door.enter(cast.alice.number, Browser("home"), now).view, now + timedelta(minutes=6)
    with passwords.door.database.writing() as session:
        raised = raise_level(session, view, level=1, methods=("pwd",), now=later).view
    assert raised.level == 3
    assert not raised.proved_within(300, later)


def test_password_policy_who_has_none_is_not_told_from_who_has_another(passwords: Passwords, cast: Cast, now: datetime) -> None:
    passwords.set(cast.alice.number, GOOD, now)
    answers = [passwords.give(number, "wrong password", now) for number in (cast.alice.number, cast.charlie.number, "13900000000")]
    assert answers == [PasswordWrong(9)] * 3


def test_password_policy_a_stranger_uses_up_the_strangers_allowance_alone(passwords: Passwords, cast: Cast, now: datetime) -> None:
    passwords.set(cast.alice.number, GOOD, now)
    for _ in range(10):
        passwords.give(cast.alice.number, "wrong password", now)
    limited = passwords.give(cast.alice.number, GOOD, now)
    assert isinstance(limited, Limited)
    assert limited.other_way == "code"
    assert isinstance(passwords.give(cast.alice.number, GOOD, now, HOME), PasswordRight)
    assert isinstance(passwords.give(cast.alice.number, GOOD, now + timedelta(minutes=5)), PasswordRight)


def test_password_policy_a_change_ends_other_sessions_and_is_told(passwords: Passwords, cast: Cast, now: datetime) -> None:
    door = passwords.door
    other = door.enter(cast.alice.number, Browser("elsewhere"), now)
    view = passwords.set(cast.alice.number, GOOD, now)
    assert door.finds(other.token, "subscriber", now) is None
    assert [row["body"] for row in door.rows("message")] == ["changed"]
    assert GOOD not in str(door.rows("web_password"))
    with door.database.writing() as session:
        remove_web_password(session, view, now=now)
        with pytest.raises(NotFound):
            remove_web_password(session, view, now=now)
    assert isinstance(passwords.give(cast.alice.number, GOOD, now), PasswordWrong)
    assert {"web_password_set", "web_password_removed"} <= {row["kind"] for row in door.rows("interaction")}


def test_password_policy_one_changed_while_it_was_verified_is_wrong(passwords: Passwords, cast: Cast, now: datetime) -> None:
    passwords.set(cast.alice.number, GOOD, now)
    with passwords.door.database.reading() as session:
        given = web_password_for(session, cast.alice.number, STRANGER, now=now)
    assert not isinstance(given, Limited)
    passwords.set(cast.alice.number, "another good one", now)
    with passwords.door.database.writing() as session:
        assert isinstance(record_web_password(session, replace(given), right=True, now=now), PasswordWrong)
