"""A forgotten service password: what makes a second proof beside the code, and what the counter may do about it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.base.errors import Invalid, NotFound
from portal.customers import find_holder
from portal.identity import (
    Activation,
    Limited,
    SessionView,
    SimNew,
    StaffMember,
    find_ground,
    note_sim_change,
    open_customer_by_reason,
    raise_level,
    set_own_service_password,
    set_web_password,
    start_password_reset,
)
from tests.cast import Cast, Person
from tests.identity.door import Browser, Door

PIN, NEW = "739184", "hash of another"
WEEK = timedelta(days=7)
HOME = Browser("home")


@pytest.fixture
def before(door: Door, cast: Cast, now: datetime) -> datetime:
    """Alice has a service password; give when she set it, from another browser than her own."""
    at = now - timedelta(days=30)
    door.set_password(cast.alice.number, PIN, at)
    return at


@pytest.fixture
def clerk(door: Door, cast: Cast, now: datetime) -> StaffMember:
    """Somebody at the counter who has Alice open."""
    door.hire("dora", now)
    staff = door.clerk("dora", now)
    with door.database.writing() as session:
        open_customer_by_reason(session, door.keys, staff, cast.alice.customer_id, reason="document_shown", settings=door.settings, now=now)
    return staff


def enter(door: Door, person: Person, now: datetime, browser: Browser = HOME, *, level: int = 2) -> SessionView:
    return door.enter(person.number, browser, now, level=level).view


def ground(door: Door, view: SessionView, now: datetime) -> Any:
    with door.database.reading() as session:
        return find_ground(session, view, now=now)


def give_password(door: Door, view: SessionView, now: datetime) -> None:
    with door.database.writing() as session:
        set_web_password(session, view, "a hash", now=now)


def raised(door: Door, view: SessionView, now: datetime, *methods: str) -> SessionView:
    with door.database.writing() as session:
        return raise_level(session, view, level=1, methods=methods, now=now).view


def start(door: Door, clerk: StaffMember, person: Person, now: datetime, *, seen: bool = True) -> Activation:
    with door.database.writing() as session:
        return start_password_reset(
            session, door.keys, clerk, person.customer_id, person.subscription_id, document_seen=seen, settings=door.settings, now=now,
            said="begun at the counter",
        )  # fmt: skip


def reset(door: Door, view: SessionView, now: datetime, activation: str = "") -> Any:
    with door.database.writing() as session:
        return set_own_service_password(session, door.keys, view, NEW, activation=activation, said="set anew", now=now)


def hash_of(door: Door) -> str:
    return str(door.rows("service_password")[0]["hash"])


def test_who_never_had_one_sets_it_with_the_code_alone(door: Door, cast: Cast, now: datetime) -> None:
    view = enter(door, cast.alice, now)
    assert ground(door, view, now).proof == "first"
    assert reset(door, view, now) is True
    assert hash_of(door) == NEW


def test_a_code_alone_sets_no_forgotten_one(door: Door, cast: Cast, now: datetime, before: datetime) -> None:
    view, was = enter(door, cast.alice, now), hash_of(door)
    assert ground(door, view, now).proof is None
    assert reset(door, view, now) is False
    assert hash_of(door) == was


def test_who_typed_the_present_one_changes_it(door: Door, cast: Cast, now: datetime, before: datetime) -> None:
    view = raised(door, enter(door, cast.alice, now, level=1), now, "sms")
    assert ground(door, view, now).proof == "known"


def test_a_browser_known_for_a_week_is_the_second_proof(door: Door, cast: Cast, now: datetime, before: datetime) -> None:
    enter(door, cast.alice, now - WEEK)
    assert ground(door, enter(door, cast.alice, now - timedelta(seconds=1)), now - timedelta(seconds=1)).proof is None
    view = enter(door, cast.alice, now)
    assert ground(door, view, now).proof == "device"
    assert ground(door, enter(door, cast.alice, now, Browser("new")), now).proof is None
    assert reset(door, view, now) is True


def test_a_browser_first_seen_after_the_sim_was_changed_is_none(door: Door, cast: Cast, now: datetime, before: datetime) -> None:
    changed = now - timedelta(days=20)
    enter(door, cast.alice, changed - timedelta(hours=1))
    with door.database.writing() as session:
        holder = find_holder(session, cast.alice.number)
        assert holder is not None
        note_sim_change(session, holder, now=changed)
    enter(door, cast.alice, changed + timedelta(hours=1), Browser("of who has the SIM now"))
    assert ground(door, enter(door, cast.alice, now, Browser("of who has the SIM now")), now).proof is None
    assert ground(door, enter(door, cast.alice, now), now).proof == "device"


def test_where_there_is_another_factor_it_is_asked_for_and_no_browser_stands_in(
    door: Door, cast: Cast, now: datetime, before: datetime
) -> None:
    give_password(door, enter(door, cast.alice, now - WEEK), now - WEEK)
    view = enter(door, cast.alice, now)
    found = ground(door, view, now)
    assert (found.proof, found.ways) == (None, ("web_password",))
    assert ground(door, raised(door, view, now, "pwd"), now).proof == "factors"


def test_a_factor_that_the_code_alone_could_have_added_is_none(door: Door, cast: Cast, now: datetime, before: datetime) -> None:
    thief = enter(door, cast.alice, now, Browser("of a thief"))
    give_password(door, thief, now)
    view = raised(door, thief, now, "pwd")
    assert view.level == 3
    found = ground(door, view, now)
    assert (found.proof, found.ways) == (None, ())
    assert reset(door, view, now) is False


def test_an_activation_and_a_code_set_it_once(
    door: Door, cast: Cast, now: datetime, before: datetime, clerk: StaffMember
) -> None:  # fmt: skip
    made = start(door, clerk, cast.alice, now)
    view = enter(door, cast.alice, now)
    assert reset(door, view, now, "00000-00000") is False
    assert reset(door, view, now, made.code.upper().replace("-", " ")) is True
    assert reset(door, view, now, made.code) is False
    assert made.code.replace("-", "") not in str(door.rows("password_activation"))
    told = {row["body"] for row in door.rows("message") if row["kind"] == "notice"}
    assert told == {"begun at the counter", "set anew"}, "of one moment, so in no order"
    assert "password_reset_started" in {row["kind"] for row in door.rows("interaction")}
    audited = [row for row in door.rows("audit_entry") if row["action"] == "customer.password_reset_started"]
    assert len(audited) == 1
    assert made.code not in str(audited)


def test_an_activation_is_good_for_an_hour_and_the_newest_alone(
    door: Door, cast: Cast, now: datetime, before: datetime, clerk: StaffMember
) -> None:
    first, second = start(door, clerk, cast.alice, now), start(door, clerk, cast.alice, now)
    view = enter(door, cast.alice, now)
    assert reset(door, view, now, first.code) is False
    assert reset(door, view, now + timedelta(minutes=60), second.code) is False
    assert reset(door, view, now + timedelta(minutes=59), second.code) is True


def test_six_at_once_use_an_activation_once(door: Door, cast: Cast, now: datetime, before: datetime, clerk: StaffMember) -> None:
    made, view = start(door, clerk, cast.alice, now), enter(door, cast.alice, now)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: reset(door, view, now, made.code), range(6)))
    assert answers.count(True) == 1


def test_guessing_at_an_activation_ends_after_five(door: Door, cast: Cast, now: datetime, before: datetime, clerk: StaffMember) -> None:
    made, view = start(door, clerk, cast.alice, now), enter(door, cast.alice, now)
    assert [reset(door, view, now, f"{guess:010d}") for guess in range(5)] == [False] * 5
    assert isinstance(reset(door, view, now, made.code), Limited)
    assert reset(door, view, now + timedelta(minutes=6), made.code) is True


def test_an_activation_is_for_its_line_alone(door: Door, cast: Cast, now: datetime, before: datetime, clerk: StaffMember) -> None:
    door.set_password(cast.charlie.number, PIN, before)
    made = start(door, clerk, cast.alice, now)
    assert reset(door, enter(door, cast.charlie, now), now, made.code) is False


def test_the_counter_starts_nothing_without_an_open_customer_or_a_document(
    door: Door, cast: Cast, now: datetime, before: datetime, clerk: StaffMember
) -> None:
    with pytest.raises(NotFound):
        start(door, clerk, cast.charlie, now)
    with pytest.raises(Invalid):
        start(door, clerk, cast.alice, now, seen=False)
    with pytest.raises(NotFound):
        start(door, clerk, cast.alice, now + timedelta(hours=1))
    assert door.rows("password_activation") == []


def test_while_the_sim_is_new_the_counter_makes_no_activation(
    door: Door, cast: Cast, now: datetime, before: datetime, clerk: StaffMember
) -> None:
    with door.database.writing() as session:
        holder = find_holder(session, cast.alice.number)
        assert holder is not None
        note_sim_change(session, holder, now=now)
    with pytest.raises(SimNew):
        start(door, clerk, cast.alice, now)
