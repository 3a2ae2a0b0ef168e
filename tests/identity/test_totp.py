"""A subscriber's authenticator app and the recovery codes that stand in for it: each code once, whoever races."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest

from portal.base.errors import Invalid, NotFound
from portal.identity import (
    FactorRight,
    FactorWrong,
    HasAuthenticator,
    Limited,
    Visitor,
    begin_authenticator,
    check_authenticator,
    check_recovery_code,
    confirm_authenticator,
    get_authenticator_offer,
    list_factors,
    remove_authenticator,
    renew_recovery_codes,
)
from tests.cast import Cast, Person
from tests.identity.door import Browser, Door

HERE = Visitor("home", "203.0.113.9", known=True)
STEP = timedelta(seconds=30)


class App:
    """Somebody's authenticator app, and the person who types what it shows."""

    def __init__(self, door: Door, person: Person, now: datetime) -> None:
        self.door, self.now = door, now
        self.view = door.enter(person.number, Browser("home"), now).view
        self.codes: tuple[str, ...] = ()
        self.secret = ""

    def begin(self) -> Any:
        with self.door.database.writing() as session:
            begin_authenticator(session, self.door.keys, self.view, now=self.now)
            offer = get_authenticator_offer(session, self.door.keys, self.view, issuer="OneHall")
        self.secret = offer.secret
        return offer

    def confirm(self, code: str | None = None) -> App:
        with self.door.database.writing() as session:
            shown = code or self.shows(self.now)
            self.codes = confirm_authenticator(session, self.door.keys, self.view, code=shown, said="changed", now=self.now)
        return self

    def shows(self, at: datetime) -> str:
        return pyotp.TOTP(self.secret).at(at)

    def check(self, code: str, at: datetime, visitor: Visitor = HERE) -> Any:
        with self.door.database.writing() as session:
            return check_authenticator(session, self.door.keys, self.view, visitor, code=code, now=at)

    def recover(self, code: str, at: datetime | None = None) -> Any:
        with self.door.database.writing() as session:
            return check_recovery_code(session, self.door.keys, self.view, HERE, code=code, said="used", now=at or self.now)


@pytest.fixture
def app(door: Door, cast: Cast, now: datetime) -> App:
    made = App(door, cast.alice, now)
    made.begin()
    return made


def test_an_app_proves_nothing_before_it_is_confirmed(app: App, now: datetime) -> None:
    assert app.check(app.shows(now), now) == FactorWrong(4)
    with pytest.raises(Invalid):
        app.confirm("000000" if app.shows(now) != "000000" else "000001")
    app.confirm()
    assert app.check(app.shows(now + STEP), now + STEP) == FactorRight(("otp",))


def test_a_code_is_taken_once_the_confirming_one_included(app: App, now: datetime) -> None:
    app.confirm()
    assert isinstance(app.check(app.shows(now), now), FactorWrong)
    later = now + STEP
    assert isinstance(app.check(app.shows(later), later), FactorRight)
    assert isinstance(app.check(app.shows(later), later), FactorWrong)
    assert isinstance(app.check(app.shows(now), later), FactorWrong)


def test_a_code_is_good_for_a_step_around_its_own(app: App, now: datetime) -> None:
    app.confirm()
    later = now + 10 * STEP
    assert isinstance(app.check(app.shows(later - 2 * STEP), later), FactorWrong)
    assert isinstance(app.check(app.shows(later + STEP), later), FactorRight)


def test_the_sixth_wrong_code_is_not_looked_at(app: App, now: datetime) -> None:
    app.confirm()
    later = now + 2 * STEP
    for left in (4, 3, 2, 1, 0):
        assert app.check("12345x", later) == FactorWrong(left)
    assert isinstance(app.check(app.shows(later), later), Limited)
    assert isinstance(app.check(app.shows(later + timedelta(minutes=5)), later + timedelta(minutes=5)), FactorRight)


def test_with_many_browsers_a_person_is_guessed_at_twenty_times_an_hour(app: App, now: datetime) -> None:
    app.confirm()
    answers = [app.check("nothing", now, Visitor(f"d{turn}", "203.0.113.9")) for turn in range(21)]
    assert [isinstance(answer, Limited) for answer in answers] == [False] * 20 + [True]


def test_one_app_at_a_time(app: App) -> None:
    first = app.secret
    assert app.begin().secret != first
    app.confirm()
    with pytest.raises(HasAuthenticator):
        app.begin()


def test_the_secret_is_kept_encrypted_and_names_no_full_number(app: App, cast: Cast) -> None:
    offer = app.begin()
    assert cast.alice.number not in offer.otpauth_uri
    assert offer.secret not in str(app.door.rows("authenticator"))


def test_confirming_and_removing_sign_other_browsers_out_and_are_told(app: App, cast: Cast, now: datetime) -> None:
    other = app.door.enter(cast.alice.number, Browser("elsewhere"), now)
    app.confirm()
    assert app.door.finds(other.token, "subscriber", now) is None
    assert [row["body"] for row in app.door.rows("message")] == ["changed"]
    with app.door.database.writing() as session:
        remove_authenticator(session, app.view, now=now)
        with pytest.raises(NotFound):
            remove_authenticator(session, app.view, now=now)
    kinds = {row["kind"] for row in app.door.rows("interaction")}
    assert {"authenticator_set", "authenticator_removed"} <= kinds
    assert isinstance(app.check(app.shows(now + STEP), now + STEP), FactorWrong)


def test_ten_recovery_codes_are_shown_once_and_kept_as_hashes(app: App) -> None:
    codes = app.confirm().codes
    assert len(set(codes)) == 10
    kept = str(app.door.rows("recovery_code"))
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_a_recovery_code_is_good_once_in_any_spelling_and_its_use_is_told(app: App) -> None:
    code = app.confirm().codes[3]
    assert app.recover(f" {code.upper().replace('-', ' ')} ") is True
    assert app.recover(code) is False
    assert sorted(row["body"] for row in app.door.rows("message")) == ["changed", "used"]


def test_new_recovery_codes_replace_the_old(app: App, now: datetime) -> None:
    old = app.confirm().codes
    with app.door.database.writing() as session:
        new = renew_recovery_codes(session, app.door.keys, app.view, now=now)
    assert not set(old) & set(new)
    assert app.recover(old[0]) is False
    assert app.recover(new[0]) is True
    with app.door.database.reading() as session:
        assert list_factors(session, app.view, settings=app.door.settings, now=now).recovery_codes == 9


def test_anothers_recovery_code_is_none_of_mine(app: App, cast: Cast, now: datetime) -> None:
    code = app.confirm().codes[0]
    charlie = App(app.door, cast.charlie, now)
    assert charlie.recover(code) is False
    assert app.recover(code) is True


def test_wrong_recovery_codes_are_counted_with_the_apps(app: App, now: datetime) -> None:
    code = app.confirm().codes[0]
    assert [app.recover(wrong) for wrong in ("", "x", "0" * 10, "😀", "y" * 500)] == [False] * 5
    assert isinstance(app.recover(code), Limited)
