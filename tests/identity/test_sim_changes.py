"""A new SIM: for a while codes by message are not believed, and the other ways still are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.customers import find_holder
from portal.identity import Factors, level_of_message, list_factors, messages_believed_from, note_sim_change, raise_level, start_session
from tests.cast import Cast
from tests.identity.door import Browser, Door

DAYS_10 = timedelta(hours=240)


def change(door: Door, number: str, now: datetime) -> Any:
    with door.database.writing() as session:
        holder = find_holder(session, number)
        assert holder is not None
        note_sim_change(session, holder, now=now)
    return holder


def test_after_a_new_sim_a_message_proves_level_1_for_ten_days(door: Door, cast: Cast, now: datetime) -> None:
    holder = change(door, cast.alice.number, now)
    with door.database.reading() as session:
        assert level_of_message(session, holder, settings=door.settings, now=now) == 1
        assert messages_believed_from(session, holder, settings=door.settings, now=now) == now + DAYS_10
        assert level_of_message(session, holder, settings=door.settings, now=now + DAYS_10) == 2


def test_a_second_new_sim_begins_the_time_anew_and_both_are_on_the_timeline(door: Door, cast: Cast, now: datetime) -> None:
    change(door, cast.alice.number, now)
    holder = change(door, cast.alice.number, now + timedelta(days=9))
    with door.database.reading() as session:
        assert messages_believed_from(session, holder, settings=door.settings, now=now + DAYS_10) is not None
    assert [row["kind"] for row in door.rows("interaction")] == ["sim_changed"] * 2


def test_other_lines_are_believed_as_ever(door: Door, cast: Cast, now: datetime) -> None:
    change(door, cast.alice.number, now)
    with door.database.reading() as session:
        for number in (cast.bob.number, cast.charlie.number):
            holder = find_holder(session, number)
            assert holder is not None
            assert level_of_message(session, holder, settings=door.settings, now=now) == 2


def test_a_message_not_believed_does_not_become_a_second_factor_later(door: Door, cast: Cast, now: datetime) -> None:
    holder = change(door, cast.alice.number, now)
    with door.database.writing() as session:
        visitor = door.visitor(Browser("home"), cast.alice.number)
        started = start_session(session, holder, visitor, level=1, methods=("sms",), settings=door.settings, now=now)
        raised = raise_level(session, started.view, level=2, methods=("otp",), now=now)
    assert (raised.view.level, raised.view.methods) == (2, ("otp",))


NOTHING = {"passkeys": 0, "authenticator_since": None, "recovery_codes": 0, "web_password_since": None, "believed_from": None}


@pytest.mark.parametrize(
    ("has", "methods", "level", "wanted", "ways"),
    [
        ({}, ["pin"], 1, 2, ("message",)),
        ({"passkeys": 1}, ["pin"], 1, 2, ("passkey", "message")),
        ({"believed_from": 1}, ["pin"], 1, 2, ()),
        ({"believed_from": 1, "recovery_codes": 1}, ["pin"], 1, 2, ("authenticator",)),
        ({"web_password_since": 1}, ["sms"], 2, 2, ("message",)),
        ({"web_password_since": 1}, ["sms"], 2, 3, ("web_password",)),
        ({"web_password_since": 1}, ["pwd"], 1, 3, ("message",)),
        ({"authenticator_since": 1}, ["pin"], 1, 3, ("message", "authenticator")),
        ({}, ["sms"], 2, 3, ()),
        ({}, ["sms"], 2, 4, ()),
        ({"passkeys": 2, "authenticator_since": 1}, ["sms"], 2, 4, ("passkey",)),
    ],
)
def test_the_ways_offered_are_those_that_lead_there(
    door: Door, cast: Cast, now: datetime, has: dict[str, Any], methods: list[str], level: int, wanted: int, ways: tuple[str, ...]
) -> None:
    with door.database.writing() as session:
        holder = find_holder(session, cast.alice.number)
        assert holder is not None
        visitor = door.visitor(Browser("home"), cast.alice.number)
        view = start_session(session, holder, visitor, level=level, methods=methods, settings=door.settings, now=now).view
    given = {name: now if value == 1 and name.endswith(("since", "from")) else value for name, value in has.items()}
    assert Factors(**(NOTHING | given)).ways_to(wanted, view) == ways


def test_who_has_nothing_yet_has_messages(door: Door, cast: Cast, now: datetime) -> None:
    view = door.enter(cast.alice.number, Browser("home"), now).view
    with door.database.reading() as session:
        factors = list_factors(session, view, settings=door.settings, now=now)
    assert factors == Factors(**NOTHING)
    assert factors.ways() == ("message",)


@pytest.mark.parametrize(
    ("methods", "level", "goes_on"),
    [
        (("sms",), 2, False),
        (("pin",), 1, False),
        (("pwd", "sms"), 3, False),
        (("hwk",), 4, True),
        (("otp", "pwd"), 3, True),
        (("kba",), 2, True),
    ],
)
def test_a_new_sim_ends_what_the_number_alone_opened(
    door: Door, cast: Cast, now: datetime, methods: tuple[str, ...], level: int, goes_on: bool
) -> None:
    with door.database.writing() as session:
        holder, other = (find_holder(session, each) for each in (cast.alice.number, cast.bob.number))
        assert holder is not None
        assert other is not None
        visitor = door.visitor(Browser("home"), cast.alice.number)
        start_session(session, holder, visitor, level=level, methods=methods, settings=door.settings, now=now)
        start_session(session, other, visitor, level=2, methods=("sms",), settings=door.settings, now=now)
    change(door, cast.alice.number, now)
    ended = {row["number"]: row["ended_by"] for row in door.rows("login_session")}
    assert ended == {cast.alice.number: None if goes_on else "sim_change", cast.bob.number: None}
