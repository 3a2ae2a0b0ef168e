"""Staff: two factors always, and every look at a customer proved or explained, noted, and told (guard.md 10, 18, 26, 28, 29)."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.base.audit import verify as verify_audit
from portal.base.db import Base
from portal.base.errors import Forbidden, Invalid, NotFound
from portal.identity import (
    CodeDead,
    CodeSent,
    CodeWrong,
    Limited,
    NewStaff,
    OpeningView,
    StaffIn,
    StaffMember,
    StaffWrong,
    close_opening,
    create_staff,
    end_staff,
    find_opening,
    list_alerts,
    list_looks,
    list_open_customers,
    note_look,
    open_customer_by_code,
    open_customer_by_reason,
    password_faults,
    renew_second_factor,
    send_counter_code,
    set_staff_password,
    staff_to_verify,
    viewer_at_counter,
    watch_looks,
)
from tests.cast import Cast, Person
from tests.identity.door import STAFF_PASSWORD, Browser, Door, statements, wrong
from tests.security.racers import RACERS, Race, enter_staff


@pytest.fixture
def dora(door: Door, cast: Cast, now: datetime) -> StaffMember:
    door.hire("dora", now)
    return door.clerk("dora", now)


def opened(door: Door, staff: StaffMember, customer_id: int, now: datetime, reason: str = "phone_lost", note: str = "") -> OpeningView:
    with door.database.writing() as session:
        return open_customer_by_reason(session, door.keys, staff, customer_id, reason=reason, note=note, settings=door.settings, now=now)


def counter_code(door: Door, staff: StaffMember, person: Person, now: datetime) -> str:
    with door.database.writing() as session:
        sent = send_counter_code(session, door.keys, staff, person.customer_id, person.subscription_id, now=now)
    assert isinstance(sent, CodeSent)
    return door.codes_sent(person.number)[-1]


def read_out(door: Door, staff: StaffMember, person: Person, code: str, now: datetime) -> object:
    with door.database.writing() as session:
        return open_customer_by_code(
            session, door.keys, staff, person.customer_id, person.subscription_id, code=code, settings=door.settings, now=now
        )


def look_at(door: Door, staff: StaffMember, customer_id: int, now: datetime) -> None:
    with door.database.writing() as session:
        opening = find_opening(session, staff, customer_id, now=now)
        note_look(session, door.keys, staff, customer_id, opening=opening, now=now)


def watched(door: Door, now: datetime) -> int:
    with door.database.writing() as session:
        return watch_looks(session, door.keys, now=now)


# staff_mfa


def test_staff_mfa_both_factors_let_in_and_either_alone_does_not(door: Door, cast: Cast, now: datetime) -> None:
    door.hire("dora", now)
    assert isinstance(door.staff_attempt("dora", now, password="wrong"), StaffWrong)
    assert isinstance(door.staff_attempt("dora", now, totp=wrong(door.totp("dora", now))), StaffWrong)
    assert isinstance(door.staff_attempt("dora", now, totp=""), StaffWrong)
    assert isinstance(door.staff_attempt("dora", now), StaffIn)


def test_staff_mfa_a_code_is_taken_once(door: Door, cast: Cast, now: datetime) -> None:
    door.hire("dora", now)
    assert isinstance(door.staff_attempt("dora", now), StaffIn)
    assert isinstance(door.staff_attempt("dora", now), StaffWrong)
    assert isinstance(door.staff_attempt("dora", now + timedelta(seconds=30)), StaffIn)


def test_staff_mfa_an_older_code_is_not_taken_after_a_newer_one(door: Door, cast: Cast, now: datetime) -> None:
    door.hire("dora", now)
    before = door.totp("dora", now - timedelta(seconds=30))
    assert isinstance(door.staff_attempt("dora", now), StaffIn)
    assert isinstance(door.staff_attempt("dora", now, totp=before), StaffWrong)


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_staff_mfa_a_clock_may_be_one_step_off(door: Door, cast: Cast, now: datetime, steps: int, taken: bool) -> None:
    door.hire("dora", now)
    code = door.totp("dora", now + timedelta(seconds=30 * steps))
    assert isinstance(door.staff_attempt("dora", now, totp=code), StaffIn if taken else StaffWrong)


def test_staff_mfa_one_code_given_by_six_at_once_lets_one_in(door: Door, cast: Cast, now: datetime, race: Race) -> None:
    from portal.identity import Visitor

    door.hire("dora", now)
    with door.database.reading() as session:
        given = staff_to_verify(session, "dora", Visitor("pc-1", "10.0.0.5"), now=now)
    url = door.database.url.render_as_string(hide_password=False)
    answers = race.run(enter_staff, url, given, door.totp("dora", now), now)
    assert sorted(answers) == ["StaffIn"] + ["StaffWrong"] * (RACERS - 1)


def test_staff_mfa_an_unknown_login_runs_the_same_statements_and_gets_the_same_words(door: Door, cast: Cast, now: datetime) -> None:
    door.hire("dora", now)
    ran, told = [], []
    for login in ("dora", "nobody"):
        with statements(door.database) as seen:
            told.append(door.staff_attempt(login, now, password="wrong", totp="123456", device=f"{login}'s"))
        ran.append(list(seen))
    assert told[0] == told[1]
    assert ran[0] == ran[1]
    assert len(ran[0]) >= 6


def test_staff_mfa_there_is_no_account_before_one_is_made(door: Door, cast: Cast, now: datetime) -> None:
    assert door.rows("staff") == []
    assert isinstance(door.staff_attempt("admin", now, password="admin", totp="000000"), StaffWrong)


def test_staff_mfa_the_secret_is_given_once_and_kept_encrypted(door: Door, cast: Cast, now: datetime) -> None:
    with door.database.writing() as session:
        made = create_staff(
            session,
            door.keys,
            NewStaff(" Dora ", "Dora Chen", "supervisor", "文三路厅"),
            door.hasher.hash(STAFF_PASSWORD),
            issuer="OneHall",
            now=now,
        )
    address = urlsplit(made.otpauth_uri)
    assert (address.scheme, address.netloc, address.path) == ("otpauth", "totp", "/OneHall:dora")
    assert parse_qs(address.query) == {"secret": [made.secret], "issuer": ["OneHall"]}
    assert made.secret not in str(door.rows("staff"))
    assert made.secret not in repr(made)
    assert door.keys.decrypt(door.rows("staff")[0]["totp_secret"]) == made.secret


def test_staff_mfa_the_first_code_confirms_the_enrolment(door: Door, cast: Cast, now: datetime) -> None:
    door.hire("dora", now)
    assert door.rows("staff")[0]["totp_confirmed_at"] is None
    door.staff_attempt("dora", now)
    door.staff_attempt("dora", now + timedelta(minutes=5))
    assert door.rows("staff")[0]["totp_confirmed_at"] == now


def test_staff_mfa_a_lost_second_factor_is_renewed_and_the_old_one_is_dead(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    later = now + timedelta(minutes=1)
    with door.database.writing() as session:
        made = renew_second_factor(session, door.keys, "DORA", issuer="OneHall", now=later)
    assert isinstance(door.staff_attempt("dora", later), StaffWrong)
    assert door.rows("login_session")[0]["ended_by"] == "staff"
    door.secrets["dora"] = made.secret
    assert isinstance(door.staff_attempt("dora", later), StaffIn)


def test_staff_mfa_who_has_left_is_out_at_once_and_for_good(door: Door, cast: Cast, now: datetime) -> None:
    from portal.identity import Visitor, start_staff_session

    door.hire("dora", now)
    answer = door.staff_attempt("dora", now)
    with door.database.writing() as session:
        started = start_staff_session(session, answer.staff_id, Visitor("pc", "10.0.0.1"), settings=door.settings, now=now)
    with door.database.writing() as session:
        end_staff(session, "dora", now=now)
    assert door.finds(started.token, "staff", now) is None
    assert isinstance(door.staff_attempt("dora", now + timedelta(minutes=1)), StaffWrong)
    with door.database.writing() as session, pytest.raises(NotFound):
        end_staff(session, "dora", now=now)


def test_staff_mfa_a_session_left_open_by_mistake_dies_with_the_staff(door: Door, cast: Cast, now: datetime) -> None:
    from portal.identity import Visitor, start_staff_session

    door.hire("dora", now)
    answer = door.staff_attempt("dora", now)
    with door.database.writing() as session:
        started = start_staff_session(session, answer.staff_id, Visitor("pc", "10.0.0.1"), settings=door.settings, now=now)
        session.execute(sa.update(Base.metadata.tables["staff"]).values(ended_at=now))
    assert door.finds(started.token, "staff", now) is None


def test_staff_mfa_a_new_password_ends_the_sessions_and_an_attempt_with_the_old_one(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    with door.database.writing() as session:
        set_staff_password(session, "dora", door.hasher.hash("something else 99"), now=now)
    later = now + timedelta(minutes=1)
    assert isinstance(door.staff_attempt("dora", later), StaffWrong)
    assert isinstance(door.staff_attempt("dora", later, password="something else 99"), StaffIn)
    assert door.rows("login_session")[0]["ended_by"] == "staff"


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewStaff("", "Dora", "clerk", "厅"), "login"),
        (NewStaff("do ra", "Dora", "clerk", "厅"), "login"),
        (NewStaff("DORA", "Dora", "clerk", "厅"), "login"),
        (NewStaff("erik", " ", "clerk", "厅"), "name"),
        (NewStaff("erik", "Erik", "boss", "厅"), "role"),  # type: ignore[arg-type]
        (NewStaff("erik", "Erik", "clerk", ""), "outlet"),
    ],
)
def test_staff_mfa_staff_are_made_with_all_that_is_needed(
    door: Door, cast: Cast, now: datetime, dora: StaffMember, new: NewStaff, field: str
) -> None:
    with pytest.raises(Invalid) as refused, door.database.writing() as session:
        create_staff(session, door.keys, new, "hash", issuer="OneHall", now=now)
    assert list(refused.value.fields) == [field]


def test_staff_mfa_customers_are_told_a_number_not_a_name(door: Door, cast: Cast, now: datetime) -> None:
    for login in ("dora", "erik", "fred"):
        door.hire(login, now)
    assert sorted(row["public_number"] for row in door.rows("staff")) == [1001, 1002, 1003]


# password_policy


@pytest.mark.parametrize("password", ["short", "1234567", "", "密码密码密码密"])
def test_password_policy_asks_for_eight_characters(password: str) -> None:
    assert password_faults(password, login="dora", name="Dora Chen") == ["Use eight characters or more."]


@pytest.mark.parametrize(
    "password",
    ["correct horse", "x" * 8 + "y1z", "雨" * 4 + "晴天多云", "a b c d e f g", "ünïcödé–wörd", "k3#" + "q7" * 40, "長" * 64 + "x短"],
)
def test_password_policy_takes_any_characters_and_64_of_them(password: str) -> None:
    assert password_faults(password, login="dora", name="Dora Chen") == []


@pytest.mark.parametrize("password", ["password", "PassWord", "12345678", "iloveyou1", "qwertyuiop", "abcdefgh", "aaaaaaaa", "98765432"])
def test_password_policy_refuses_what_is_tried_first(password: str) -> None:
    assert password_faults(password, login="dora", name="Dora Chen")


@pytest.mark.parametrize("password", ["dora2026!", "xxDORAxx", "ChenChen", "!dora!!!"])
def test_password_policy_refuses_ones_own_name(password: str) -> None:
    assert password_faults(password, login="dora", name="Dora Chen")


def test_password_policy_knows_the_three_thousand_most_frequent_ones() -> None:
    from portal.identity.password_rules import _WORDS

    listed = (_WORDS / "passwords.txt").read_text("utf-8").split()
    assert len(listed) >= 3000
    assert all(password_faults(word, login="zz", name="z") for word in listed)


def test_password_policy_spellings_of_the_same_characters_are_one_password(door: Door) -> None:
    from portal.identity import verify

    hashed = door.hasher.hash("Zo\u00eb's pa\u00df \uff11\uff12")
    assert verify(hashed, "Zoe\u0308's pa\u00df 12", door.hasher)
    assert not verify(hashed, "Zoe's paß 12", door.hasher)
    long = "x" * 64 + "a"
    assert not verify(door.hasher.hash(long), "x" * 64 + "b", door.hasher)


# outlet_isolation


def test_outlet_isolation_without_an_opening_everything_stays_masked(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    with door.database.reading() as session:
        assert find_opening(session, dora, cast.alice.customer_id, now=now) is None
    viewer = viewer_at_counter(dora, cast.alice.customer_id, None)
    assert not viewer.full
    assert (viewer.audience, viewer.actor) == ("staff", f"staff:{dora.id}")


def test_outlet_isolation_the_owners_code_opens_everything_for_a_while(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    code = counter_code(door, dora, cast.alice, now)
    opening = read_out(door, dora, cast.alice, code, now)
    assert isinstance(opening, OpeningView)
    assert (opening.proof, opening.lines, opening.money) == ("code", None, True)
    with statements(door.database) as seen, door.database.reading() as session:
        found = find_opening(session, dora, cast.alice.customer_id, now=now + timedelta(minutes=29))
    assert len(seen) == 1
    assert found == opening
    assert viewer_at_counter(dora, cast.alice.customer_id, found).full
    with door.database.reading() as session:
        assert find_opening(session, dora, cast.alice.customer_id, now=now + timedelta(minutes=30)) is None


def test_outlet_isolation_a_members_code_opens_that_members_line_alone(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    code = counter_code(door, dora, cast.bob, now)
    opening = read_out(door, dora, cast.bob, code, now)
    assert isinstance(opening, OpeningView)
    assert opening.customer_id == cast.alice.customer_id
    assert (opening.lines, opening.money) == (frozenset({cast.bob.subscription_id}), False)
    with door.database.reading() as session:
        found = find_opening(session, dora, cast.alice.customer_id, now=now)
    viewer = viewer_at_counter(dora, cast.alice.customer_id, found)
    assert viewer.lines == frozenset({cast.bob.subscription_id})
    assert not viewer.money


def test_outlet_isolation_the_widest_opening_counts(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    wide = opened(door, dora, cast.alice.customer_id, now)
    read_out(door, dora, cast.bob, counter_code(door, dora, cast.bob, now), now + timedelta(seconds=1))
    with door.database.reading() as session:
        assert find_opening(session, dora, cast.alice.customer_id, now=now + timedelta(seconds=2)) == wide


def test_outlet_isolation_an_opening_is_one_sessions_of_one_person(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    door.hire("erik", now)
    erik = door.clerk("erik", now)
    again = door.clerk("dora", now + timedelta(seconds=30))
    opened(door, dora, cast.alice.customer_id, now)
    with door.database.reading() as session:
        for other, customer in ((erik, cast.alice), (again, cast.alice), (dora, cast.charlie)):
            assert find_opening(session, other, customer.customer_id, now=now) is None


def test_outlet_isolation_a_code_for_one_clerk_is_of_no_use_to_another(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    door.hire("erik", now)
    code = counter_code(door, dora, cast.alice, now)
    assert not isinstance(read_out(door, door.clerk("erik", now), cast.alice, code, now), OpeningView)
    assert isinstance(read_out(door, dora, cast.alice, code, now), OpeningView)
    assert read_out(door, dora, cast.alice, code, now) == CodeDead()


def test_outlet_isolation_a_sign_in_code_opens_nothing_at_the_counter(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    phone = Browser("alice's")
    bound = door.flow(cast.alice.number)
    door.send(bound, phone, now)
    sign_in = door.codes_sent(cast.alice.number)[-1]
    counter = counter_code(door, dora, cast.alice, now)
    if sign_in != counter:
        assert isinstance(read_out(door, dora, cast.alice, sign_in, now), CodeWrong)
        assert isinstance(door.check(bound, phone, counter, now), CodeWrong)


def test_outlet_isolation_a_code_goes_only_to_a_line_of_that_customer(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    for customer_id, line in (
        (cast.alice.customer_id, cast.charlie.subscription_id),
        (cast.charlie.customer_id, cast.alice.subscription_id),
    ):
        with pytest.raises(NotFound), door.database.writing() as session:
            send_counter_code(session, door.keys, dora, customer_id, line, now=now)
    assert door.rows("message") == []


def test_outlet_isolation_the_counters_message_warns_and_cannot_be_filled_in_by_a_browser(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    counter_code(door, dora, cast.alice, now)
    (message,) = door.rows("message")
    assert "@" not in message["body"]
    assert "counter" in message["body"]


def test_outlet_isolation_a_clerk_guessing_is_limited_and_strangers_do_not_limit_the_clerk(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    stranger = Browser("stranger", "192.0.2.1")
    bound = door.flow(cast.alice.number)
    door.send(bound, stranger, now)
    stray = wrong(door.codes_sent(cast.alice.number)[-1])
    for _ in range(6):
        door.check(bound, stranger, stray, now)
    code = counter_code(door, dora, cast.alice, now)
    answers = [read_out(door, dora, cast.alice, wrong(code), now) for _ in range(5)]
    assert answers == [CodeWrong(left) for left in (4, 3, 2, 1, 0)]
    assert isinstance(read_out(door, dora, cast.alice, code, now), Limited)
    assert door.rows("customer_opening") == []


def test_outlet_isolation_a_clerk_cannot_bury_a_customer_in_codes(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    answers = []
    for minute in range(8):
        with door.database.writing() as session:
            moment = now + timedelta(minutes=minute)
            answers.append(send_counter_code(session, door.keys, dora, cast.alice.customer_id, cast.alice.subscription_id, now=moment))
    assert [isinstance(answer, CodeSent) for answer in answers] == [True] * 5 + [False] * 3


@pytest.mark.parametrize(
    ("reason", "note", "field"),
    [("", "", "reason"), ("because", "", "reason"), ("other", " ab ", "note"), ("phone_lost", "x" * 201, "note")],
)
def test_outlet_isolation_a_reason_is_one_of_the_list_and_other_needs_words(
    door: Door, cast: Cast, now: datetime, dora: StaffMember, reason: str, note: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        opened(door, dora, cast.alice.customer_id, now, reason, note)
    assert list(refused.value.fields) == [field]
    assert door.rows("customer_opening") == []


def test_outlet_isolation_a_reason_is_kept_with_its_note(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    opened(door, dora, cast.alice.customer_id, now, "other", "  helps with \n the new phone ")
    (row,) = door.rows("customer_opening")
    assert (row["reason"], row["note"], row["lines"], row["money"]) == ("other", "helps with the new phone", None, True)
    assert "new phone" not in str(door.rows("audit_entry"))


def test_outlet_isolation_no_such_customer_opens_nothing(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    with pytest.raises(NotFound):
        opened(door, dora, 12345, now)
    assert door.rows("audit_entry") == []


def test_outlet_isolation_eleven_reasons_in_an_hour_alert_once_and_refuse_nobody(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    door.hire("sara", now, role="supervisor")
    sara = door.clerk("sara", now)
    people = [cast.alice, cast.charlie, *cast.noise]
    for index, person in enumerate(people[:10]):
        opened(door, dora, person.customer_id, now + timedelta(minutes=index))
    with door.database.reading() as session:
        assert list_alerts(session, sara) == []
    for index in (10, 11, 12):
        opened(door, dora, people[index].customer_id, now + timedelta(minutes=index))
    with door.database.reading() as session:
        (alert,) = list_alerts(session, sara)
        with pytest.raises(Forbidden):
            list_alerts(session, dora)
    assert (alert.kind, alert.count, alert.staff_number, alert.outlet) == ("reasons_frequent", 11, dora.public_number, "文三路厅")
    (event,) = door.rows("outbox_event")
    assert (event["type"], event["payload"]) == ("identity.reasons_frequent", {"staff_id": dora.id, "count": 11})
    assert [row["action"] for row in door.rows("audit_entry") if row["customer_id"] is None] == ["alert.reasons_frequent"]


def test_outlet_isolation_reasons_of_different_hours_or_openings_by_code_alert_nobody(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    people = [cast.alice, cast.charlie, *cast.noise]
    for index, person in enumerate(people):
        opened(door, dora, person.customer_id, now + timedelta(minutes=7 * index))
    read_out(door, dora, cast.alice, counter_code(door, dora, cast.alice, now), now)
    assert door.rows("staff_alert") == []


def test_outlet_isolation_closing_masks_again_and_is_noted(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    opened(door, dora, cast.alice.customer_id, now)
    with door.database.writing() as session:
        close_opening(session, door.keys, dora, cast.alice.customer_id, now=now + timedelta(minutes=1))
    with door.database.reading() as session:
        assert find_opening(session, dora, cast.alice.customer_id, now=now + timedelta(minutes=1)) is None
    with pytest.raises(NotFound), door.database.writing() as session:
        close_opening(session, door.keys, dora, cast.alice.customer_id, now=now + timedelta(minutes=2))
    assert [row["action"] for row in door.rows("audit_entry")] == ["customer.opened", "customer.closed"]


def test_outlet_isolation_the_tabs_are_this_sessions_open_customers_each_once(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    door.hire("erik", now)
    opened(door, door.clerk("erik", now), cast.erin.customer_id, now)
    opened(door, dora, cast.charlie.customer_id, now)
    opened(door, dora, cast.alice.customer_id, now + timedelta(minutes=1))
    opened(door, dora, cast.charlie.customer_id, now + timedelta(minutes=2))
    opened(door, dora, cast.noise[0].customer_id, now + timedelta(minutes=3))
    with door.database.writing() as session:
        close_opening(session, door.keys, dora, cast.noise[0].customer_id, now=now + timedelta(minutes=4))
    with statements(door.database) as seen, door.database.reading() as session:
        tabs = list_open_customers(session, dora, settings=door.settings, now=now + timedelta(minutes=5))
    assert len(seen) == 1
    assert [tab.customer_name for tab in tabs] == ["李查理", "王爱丽"]
    with door.database.reading() as session:
        late = list_open_customers(session, dora, settings=door.settings, now=now + timedelta(minutes=31, seconds=30))
    assert [tab.customer_name for tab in late] == ["李查理"]


# access_history


def test_access_history_the_customer_reads_who_looked_when_where_and_why_but_no_name(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    look_at(door, dora, cast.alice.customer_id, now)
    opened(door, dora, cast.alice.customer_id, now + timedelta(minutes=1), "bill_question")
    look_at(door, dora, cast.alice.customer_id, now + timedelta(minutes=2))
    look_at(door, dora, cast.charlie.customer_id, now + timedelta(minutes=3))
    with door.database.reading() as session:
        page = list_looks(session, cast.alice.customer_id)
    told = [(look.at, look.action, look.opened, look.proof, look.reason) for look in page.items]
    reason = "A question about a bill is being answered"
    assert told == [
        (now + timedelta(minutes=2), "customer.viewed", True, "reason", reason),
        (now + timedelta(minutes=1), "customer.opened", True, "reason", reason),
        (now, "customer.viewed", False, None, None),
    ]
    assert {(look.outlet, look.role, look.staff_number, look.channel) for look in page.items} == {("文三路厅", "clerk", 1001, "counter")}
    assert "dora" not in str(page).lower()


def test_access_history_pages_lead_through_everything_once(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    for minute in range(7):
        look_at(door, dora, cast.alice.customer_id, now + timedelta(minutes=minute))
        look_at(door, dora, cast.noise[0].customer_id, now + timedelta(minutes=minute))
    pages: list[list[datetime]] = []
    before = None
    with door.database.reading() as session:
        while not pages or before is not None:
            page = list_looks(session, cast.alice.customer_id, before=before, limit=3)
            pages.append([look.at for look in page.items])
            before = page.older
        assert list_looks(session, cast.alice.customer_id, before="no such place").items == ()
        assert list_looks(session, cast.charlie.customer_id).items == ()
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [at for page in pages for at in page] == [now + timedelta(minutes=minute) for minute in range(6, -1, -1)]


def test_access_history_a_visit_is_on_the_timeline_too(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    opened(door, dora, cast.alice.customer_id, now)
    code = counter_code(door, dora, cast.alice, now + timedelta(seconds=1))
    rows = {row["kind"]: row for row in door.rows("interaction") if row["channel"] == "counter"}
    assert set(rows) == {"visited_counter", "code_sent_counter"}
    assert rows["visited_counter"]["params"] == {"outlet": "文三路厅", "staff_number": 1001}
    assert code not in str(rows)


# audit_tamper


def altering(change: str) -> tuple[sa.Select[int, int], dict[str, object] | None]:
    """Give which entry is altered, the last one, and to what; None: it is deleted."""
    entry = Base.metadata.tables["audit_entry"]
    last = sa.select(entry.c.chain, entry.c.seq).order_by(entry.c.at.desc()).limit(1)
    changes: dict[str, dict[str, object] | None] = {
        "delete": None,
        "actor": {"actor": "staff:1"},
        "detail": {"detail": {"outlet": "文三路厅", "role": "clerk"}},
        "customer": {"customer_id": 1},
    }
    return last, changes[change]


def alter(session: Session, change: str) -> None:
    """Alter the log behind the services' back."""
    entry = Base.metadata.tables["audit_entry"]
    which, values = altering(change)
    chain, seq = session.execute(which).one()
    where = sa.and_(entry.c.chain == chain, entry.c.seq == seq)
    session.execute(sa.delete(entry).where(where) if values is None else sa.update(entry).where(where).values(values))


def tamper(door: Door, change: str) -> list[str]:
    """Alter the log as the database's owner can, who may take its triggers away, and give what verifying then finds."""
    sqlite = door.database.is_sqlite
    off = ["DROP TRIGGER audit_entry_no_update", "DROP TRIGGER audit_entry_no_delete"]
    with door.database.writing() as session:
        for statement in off if sqlite else ["ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_change"]:
            session.execute(sa.text(statement))
        alter(session, change)
        if not sqlite:
            session.execute(sa.text("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_no_change"))
    with door.database.snapshot() as session:
        return [fault.what for fault in verify_audit(session, door.keys.audit)]


@pytest.mark.parametrize("change", ["delete", "actor", "detail", "customer"])
def test_audit_tamper_the_database_itself_refuses_to_alter_a_look(
    door: Door, cast: Cast, now: datetime, dora: StaffMember, change: str
) -> None:
    look_at(door, dora, cast.alice.customer_id, now)
    with pytest.raises(DBAPIError, match="audit entries are never changed"), door.database.writing() as session:
        alter(session, change)
    assert len(door.rows("audit_entry")) == 1


@pytest.mark.parametrize("change", ["delete", "actor", "detail", "customer"])
def test_audit_tamper_an_altered_look_is_found(door: Door, cast: Cast, now: datetime, dora: StaffMember, change: str) -> None:
    look_at(door, dora, cast.alice.customer_id, now)
    opened(door, dora, cast.alice.customer_id, now + timedelta(minutes=1))
    with door.database.snapshot() as session:
        assert list(verify_audit(session, door.keys.audit)) == []
    assert tamper(door, change)


def test_audit_tamper_every_opening_and_look_has_its_entry_and_none_holds_personal_data(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    look_at(door, dora, cast.alice.customer_id, now)
    read_out(door, dora, cast.alice, counter_code(door, dora, cast.alice, now), now)
    opened(door, dora, cast.alice.customer_id, now, "other", "王爱丽 asked")
    entries = door.rows("audit_entry")
    assert sorted(entry["action"] for entry in entries) == ["customer.code_sent", "customer.opened", "customer.opened", "customer.viewed"]
    assert {entry["actor"] for entry in entries} == {f"staff:{dora.id}"}
    for personal in (cast.alice.name, cast.alice.number, "asked"):
        assert personal not in str(entries)


# bulk_guard


def test_bulk_guard_more_than_sixty_customers_an_hour_alert_once(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    for index in range(60):
        look_at(door, dora, 1000 + index, now + timedelta(seconds=index))
    for _ in range(5):
        look_at(door, dora, 1000, now + timedelta(seconds=61))
    assert watched(door, now + timedelta(seconds=62)) == 0
    assert door.rows("staff_alert") == []
    look_at(door, dora, 2000, now + timedelta(seconds=63))
    watched(door, now + timedelta(seconds=64))
    look_at(door, dora, 2001, now + timedelta(seconds=65))
    watched(door, now + timedelta(seconds=66))
    (alert,) = door.rows("staff_alert")
    assert (alert["kind"], alert["count"], alert["staff_id"]) == ("views_unusual", 61, dora.id)
    assert [event["type"] for event in door.rows("outbox_event")] == ["identity.views_unusual"]
    assert [row["action"] for row in door.rows("audit_entry") if row["customer_id"] is None] == ["alert.views_unusual"]


def test_bulk_guard_what_goes_on_alerts_again_an_hour_later(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    for index in range(140):
        look_at(door, dora, 1000 + index, now + timedelta(seconds=55 * index))
        if index % 5 == 0:
            watched(door, now + timedelta(seconds=55 * index + 1))
    alerts = sorted(alert["at"] for alert in door.rows("staff_alert"))
    assert len(alerts) == 2
    assert alerts[1] - alerts[0] >= timedelta(hours=1)


def test_bulk_guard_who_signs_out_at_once_is_seen_all_the_same(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    for index in range(61):
        look_at(door, dora, 1000 + index, now)
    with door.database.writing() as session:
        end_staff(session, "dora", now=now)
    watched(door, now + timedelta(minutes=1))
    assert len(door.rows("staff_alert")) == 1


def test_bulk_guard_a_day_of_ordinary_work_and_others_work_alert_nobody(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    door.hire("erik", now)
    erik = door.clerk("erik", now)
    for index in range(80):
        look_at(door, dora if index % 2 else erik, 1000 + index, now + timedelta(minutes=index))
        watched(door, now + timedelta(minutes=index))
    assert door.rows("staff_alert") == []
