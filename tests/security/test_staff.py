"""Staff: two factors always, and every look at a customer proved or explained, noted, and told (guard.md 10, 18, 26, 28, 29)."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.errors import Invalid, NotFound
from portal.identity import (
    NewStaff,
    StaffIn,
    StaffMember,
    StaffWrong,
    create_staff,
    end_staff,
    password_faults,
    renew_second_factor,
    set_staff_password,
    staff_to_verify,
)
from tests.cast import Cast
from tests.identity.door import STAFF_PASSWORD, Door, wrong
from tests.security.racers import RACERS, Race, enter_staff
from tests.statements import statements

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
