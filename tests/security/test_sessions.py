"""Sessions: new at each proof, over when they should be, listed and ended by whom they belong to (guard.md 11, 13)."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

import pytest

from portal.base.errors import Forbidden, NotFound
from portal.identity import (
    Visitor,
    act_for,
    end_listed_session,
    end_other_sessions,
    end_session,
    list_sessions,
    list_sign_ins,
    raise_level,
    start_staff_session,
    sweep_identity,
    touch_session,
)
from tests.cast import Cast
from tests.identity.door import Browser, Door
from tests.statements import statements

PHONE = Browser("alice's phone", label="Safari · iPhone")
LAPTOP = Browser("alice's laptop", "198.51.100.20", "Firefox · Linux")


# session_fixation


def test_session_fixation_signing_in_ends_the_session_the_browser_came_with(door: Door, cast: Cast, now: datetime) -> None:
    planted = door.enter(cast.charlie.number, PHONE, now)
    started = door.enter(cast.alice.number, PHONE, now, old=planted.token)
    assert started.token != planted.token
    assert door.finds(planted.token, "subscriber", now) is None
    assert door.finds(started.token, "subscriber", now).party_id == cast.alice.party_id
    ended = {row["id"]: row["ended_by"] for row in door.rows("login_session")}
    assert ended == {planted.view.id: "replaced", started.view.id: None}


def test_session_fixation_a_raised_session_goes_on_under_a_new_token(door: Door, cast: Cast, now: datetime) -> None:
    started = door.enter(cast.alice.number, PHONE, now, level=1)
    later = now + timedelta(minutes=2)
    with door.database.writing() as session:
        raised = raise_level(session, started.view, level=2, now=later)
    assert raised.token != started.token
    assert raised.view.id == started.view.id
    assert (raised.view.level, raised.view.proved_at) == (2, later)
    assert door.finds(started.token, "subscriber", later) is None
    assert door.finds(raised.token, "subscriber", later).level == 2


def test_session_fixation_an_ended_session_is_not_raised(door: Door, cast: Cast, now: datetime) -> None:
    started = door.enter(cast.alice.number, PHONE, now, level=1)
    with door.database.writing() as session:
        end_session(session, started.view, now=now)
    with pytest.raises(NotFound), door.database.writing() as session:
        raise_level(session, started.view, level=2, now=now)


def test_session_fixation_proving_again_never_lowers_a_level(door: Door, cast: Cast, now: datetime) -> None:
    started = door.enter(cast.alice.number, PHONE, now, level=2)
    with door.database.writing() as session:
        assert raise_level(session, started.view, level=1, now=now).view.level == 2


def test_session_fixation_tokens_have_256_bits_and_are_stored_as_hashes(door: Door, cast: Cast, now: datetime) -> None:
    tokens = [door.enter(cast.alice.number, PHONE, now).token for _ in range(3)]
    assert all(len(base64.urlsafe_b64decode(token + "=")) == 32 for token in tokens)
    stored = str(door.rows("login_session"))
    assert not any(token in stored for token in tokens)
    assert tokens[0] not in repr(door.enter(cast.alice.number, PHONE, now))


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "é" * 43])
def test_session_fixation_a_made_up_token_finds_nothing(door: Door, cast: Cast, now: datetime, token: str) -> None:
    door.enter(cast.alice.number, PHONE, now)
    assert door.finds(token, "subscriber", now) is None


def test_session_fixation_the_realms_do_not_mix(door: Door, cast: Cast, now: datetime) -> None:
    door.hire("dora", now)
    with door.database.writing() as session:
        staff = start_staff_session(session, door.rows("staff")[0]["id"], Visitor("pc", "10.0.0.1"), settings=door.settings, now=now)
    alice = door.enter(cast.alice.number, PHONE, now)
    assert door.finds(staff.token, "subscriber", now) is None
    assert door.finds(alice.token, "staff", now) is None
    assert door.finds(staff.token, "staff", now).staff.login == "dora"
    with pytest.raises(Forbidden):
        _ = alice.view.staff


# timeouts


def test_a_subscribers_session_is_over_after_thirty_idle_minutes(door: Door, cast: Cast, now: datetime) -> None:
    token = door.enter(cast.alice.number, PHONE, now).token
    assert door.finds(token, "subscriber", now + timedelta(minutes=29, seconds=59)) is not None
    assert door.finds(token, "subscriber", now + timedelta(minutes=30)) is None


def test_a_session_in_use_lives_on_until_twelve_hours_are_over(door: Door, cast: Cast, now: datetime) -> None:
    token = door.enter(cast.alice.number, PHONE, now).token
    moment = now
    while moment < now + timedelta(hours=12):
        view = door.finds(token, "subscriber", moment)
        assert view is not None, moment
        with door.database.writing() as session:
            touch_session(session, view, now=moment)
        moment += timedelta(minutes=29)
    assert door.finds(token, "subscriber", now + timedelta(hours=12)) is None


def test_staff_sessions_are_over_sooner(door: Door, cast: Cast, now: datetime) -> None:
    door.hire("dora", now)
    with door.database.writing() as session:
        started = start_staff_session(session, door.rows("staff")[0]["id"], Visitor("pc", "10.0.0.1"), settings=door.settings, now=now)
    assert door.finds(started.token, "staff", now + timedelta(minutes=14)) is not None
    assert door.finds(started.token, "staff", now + timedelta(minutes=15)) is None
    assert started.view.expires_at == now + timedelta(hours=10)


def test_a_session_is_touched_at_most_once_a_minute(door: Door, cast: Cast, now: datetime) -> None:
    started = door.enter(cast.alice.number, PHONE, now)
    soon, later = now + timedelta(seconds=59), now + timedelta(seconds=60)
    assert not started.view.is_stale(soon)
    assert started.view.is_stale(later)
    with door.database.writing() as session:
        touch_session(session, started.view, now=soon)
    assert door.finds(started.token, "subscriber", soon).seen_at == now
    with door.database.writing() as session:
        touch_session(session, started.view, now=later)
        touch_session(session, started.view, now=later + timedelta(seconds=30))
    assert door.finds(started.token, "subscriber", later).seen_at == later


def test_an_ended_session_is_not_touched_back_to_life(door: Door, cast: Cast, now: datetime) -> None:
    started = door.enter(cast.alice.number, PHONE, now)
    with door.database.writing() as session:
        end_session(session, started.view, now=now)
        touch_session(session, started.view, now=now + timedelta(minutes=2))
    assert door.finds(started.token, "subscriber", now + timedelta(minutes=2)) is None


# what a request learns


def test_a_request_learns_all_it_needs_in_one_statement(door: Door, cast: Cast, now: datetime) -> None:
    door.hire("dora", now)
    alice = door.enter(cast.alice.number, PHONE, now)
    with door.database.writing() as session:
        dora = start_staff_session(session, door.rows("staff")[0]["id"], Visitor("pc", "10.0.0.1"), settings=door.settings, now=now)
    with statements(door.database) as seen:
        view = door.finds(alice.token, "subscriber", now)
        staff = door.finds(dora.token, "staff", now)
    assert len(seen) == 2
    assert (view.party_name, view.language, view.customer_id, view.number) == ("王爱丽", "zh", cast.alice.customer_id, cast.alice.number)
    assert (staff.staff.name, staff.staff.role, staff.staff.outlet, staff.staff.public_number) == ("dora Chen", "clerk", "文三路厅", 1001)
    assert staff.staff.session_id == staff.id


def test_a_proof_is_fresh_for_as_long_as_it_is_asked_to_be(door: Door, cast: Cast, now: datetime) -> None:
    view = door.enter(cast.alice.number, PHONE, now).view
    assert view.proved_within(300, now + timedelta(seconds=300))
    assert not view.proved_within(300, now + timedelta(seconds=301))


def test_a_member_of_an_account_acts_for_it_with_the_number_that_signed_in(door: Door, cast: Cast, now: datetime) -> None:
    view = door.enter(cast.bob.number, PHONE, now).view
    assert (view.party_id, view.customer_id) == (cast.bob.party_id, cast.alice.customer_id)


def test_a_party_acts_for_its_own_customers_alone(door: Door, cast: Cast, now: datetime) -> None:
    started = door.enter(cast.erin.number, PHONE, now)
    with pytest.raises(NotFound), door.database.writing() as session:
        act_for(session, started.view, cast.alice.customer_id, now=now)
    with door.database.writing() as session:
        act_for(session, started.view, cast.acme.customer_id, now=now)
    assert door.finds(started.token, "subscriber", now).customer_id == cast.acme.customer_id


# listed and ended


def test_a_person_sees_their_live_sessions_the_last_used_first_and_nobody_elses(door: Door, cast: Cast, now: datetime) -> None:
    door.enter(cast.alice.number, Browser("long ago"), now - timedelta(hours=2))
    first = door.enter(cast.alice.number, PHONE, now)
    second = door.enter(cast.alice.number, LAPTOP, now + timedelta(seconds=5))
    door.enter(cast.bob.number, PHONE, now)
    with door.database.reading() as session:
        lines = list_sessions(session, cast.alice.party_id, now=now + timedelta(seconds=6))
    assert [(line.id, line.device_label, line.ip) for line in lines] == [
        (second.view.id, "Firefox · Linux", "198.51.100.20"),
        (first.view.id, "Safari · iPhone", "203.0.113.7"),
    ]


def test_a_person_ends_one_of_their_sessions_and_nobody_elses(door: Door, cast: Cast, now: datetime) -> None:
    lost = door.enter(cast.alice.number, PHONE, now)
    bobs = door.enter(cast.bob.number, LAPTOP, now)
    with door.database.writing() as session:
        end_listed_session(session, cast.alice.party_id, lost.view.id, now=now)
    assert door.finds(lost.token, "subscriber", now) is None
    for target in (lost, bobs):
        with pytest.raises(NotFound), door.database.writing() as session:
            end_listed_session(session, cast.alice.party_id, target.view.id, now=now)
    assert door.finds(bobs.token, "subscriber", now) is not None


def test_signing_out_everywhere_keeps_the_session_one_is_in(door: Door, cast: Cast, now: datetime) -> None:
    here = door.enter(cast.alice.number, PHONE, now)
    others = [door.enter(cast.alice.number, LAPTOP, now) for _ in range(3)]
    bobs = door.enter(cast.bob.number, LAPTOP, now)
    with door.database.writing() as session:
        assert end_other_sessions(session, party_id=cast.alice.party_id, keep=here.view.id, now=now) == 3
    assert all(door.finds(other.token, "subscriber", now) is None for other in others)
    assert door.finds(here.token, "subscriber", now) is not None
    assert door.finds(bobs.token, "subscriber", now) is not None


def test_signing_in_and_out_are_on_the_timeline_once(door: Door, cast: Cast, now: datetime) -> None:
    started = door.enter(cast.alice.number, PHONE, now)
    with door.database.writing() as session:
        end_session(session, started.view, now=now + timedelta(seconds=1))
        end_session(session, started.view, now=now + timedelta(seconds=2))
    rows = [row for row in door.rows("interaction") if row["kind"] in ("signed_in", "signed_out")]
    told = [(row["kind"], row["params"], row["customer_id"]) for row in sorted(rows, key=lambda row: row["at"])]
    device = {"device": "Safari · iPhone"}
    assert told == [("signed_in", device, cast.alice.customer_id), ("signed_out", device, cast.alice.customer_id)]


def test_every_attempt_is_kept_and_shown_to_the_person_it_concerns(door: Door, cast: Cast, now: datetime) -> None:
    door.set_password(cast.alice.number, "739154", now)
    door.give_password(cast.alice.number, Browser("x", "192.0.2.1", "Chrome · Windows"), "482915", now)
    door.give_password("13999999999", Browser("x", "192.0.2.1"), "482915", now)
    door.give_password(cast.charlie.number, Browser("x", "192.0.2.1"), "482915", now)
    door.enter(cast.alice.number, PHONE, now + timedelta(seconds=1))
    with door.database.reading() as session:
        events = list_sign_ins(session, cast.alice.party_id)
        older = list_sign_ins(session, cast.alice.party_id, before=events[0].id, limit=5)
    assert [(event.method, event.outcome, event.device_label) for event in events] == [
        ("code", "in", "Safari · iPhone"),
        ("service_password", "wrong", "Chrome · Windows"),
    ]
    assert list(older) == list(events[1:])
    assert len(door.rows("sign_in_event")) == 4


def test_sweeping_marks_what_ran_out_and_forgets_what_is_old(door: Door, cast: Cast, now: datetime) -> None:
    idle = door.enter(cast.alice.number, PHONE, now)
    door.send(door.flow(cast.alice.number), PHONE, now)
    with door.database.writing() as session:
        swept = sweep_identity(session, now=now + timedelta(minutes=31))
    assert (swept.sessions_expired, swept.codes, swept.sessions_forgotten) == (1, 0, 0)
    live = door.enter(cast.alice.number, PHONE, now + timedelta(days=1))
    assert {row["id"]: row["ended_by"] for row in door.rows("login_session")} == {idle.view.id: "expired", live.view.id: None}
    with door.database.writing() as session:
        swept = sweep_identity(session, now=now + timedelta(days=1, minutes=11))
    assert (swept.sessions_expired, swept.codes, swept.sessions_forgotten) == (0, 1, 0)
    assert door.rows("throttle") == []
    with door.database.writing() as session:
        assert sweep_identity(session, now=now + timedelta(days=182)).sessions_forgotten == 2
    assert len(door.rows("sign_in_event")) == 2
