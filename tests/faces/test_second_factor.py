"""Who has an authenticator app is asked for its code beside the password: in at the third level at once, and not without it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.base import clock
from portal.customers import find_holder
from portal.identity import note_sim_change
from tests.faces.test_people import messages_to
from tests.faces.test_security import add_app, by_password, set_password


@pytest.fixture
def app_of_alice(sign_in, cast, shift):
    """Alice's app: she has it and a password, and a minute has passed, so that it shows another code."""
    alice = sign_in(cast.alice)
    set_password(alice)
    shown, _ = add_app(alice)
    shift(61)
    return shown


def is_in(site):
    return site.get("/").status_code == 200


def test_password_and_app_are_the_third_level_at_once(app_of_alice, site, cast):
    asked = by_password(site, cast.alice.number).page
    assert asked.url == "/login/second"
    assert not is_in(site), "the password alone opens nothing"
    entered = site.post_form(asked, "/login/second", factor=app_of_alice.at(clock.now()))
    assert entered.page.url == "/"
    assert site.get("/me/security").status_code == 200
    assert site.get("/me/security/password").page.url == "/me/security/password", "no further proof is asked for"


def test_it_leads_to_where_one_was_going(app_of_alice, site, cast):
    page = site.get("/bills", follow_redirects=True).page
    page = site.post_form(page, "/login", number=cast.alice.number, button="password").page
    own = next(link for link in page.links() if link.startswith("/login/own-password"))
    asked = site.post_form(site.get(own), "/login/own-password", password="雨伞 under the old bridge").page
    assert site.post_form(asked, "/login/second", factor=app_of_alice.at(clock.now())).page.url == "/bills"


def test_a_wrong_code_is_said_and_five_of_them_are_enough(app_of_alice, site, cast):
    page = by_password(site, cast.alice.number).page
    for _ in range(5):
        answer = site.post_form(page, "/login/second", factor="12345x")
        assert "factor" in answer.page.errors
        page = answer.page
    assert site.post_form(page, "/login/second", factor=app_of_alice.at(clock.now())).status_code == 429
    assert not is_in(site)


def test_the_second_page_is_nothing_without_the_password_and_nothing_later(app_of_alice, site, cast, shift):
    assert site.get("/login/second").headers["Location"] == "/login"
    page = by_password(site, cast.alice.number).page
    shift(301)
    assert site.post_form(page, "/login/second", factor=app_of_alice.at(clock.now())).page.url == "/login"
    assert not is_in(site)


def test_another_number_typed_meanwhile_is_not_let_in(app_of_alice, site, cast):
    page = by_password(site, cast.alice.number).page
    site.post_form(site.get("/login").page, "/login", number=cast.charlie.number, button="password")
    assert site.post_form(page, "/login/second", factor=app_of_alice.at(clock.now())).page.url == "/login"
    assert not is_in(site)


def test_a_new_sim_changes_nothing_for_password_and_app(app, app_of_alice, site, cast):
    with app.extensions["portal"].db.writing() as session:
        holder = find_holder(session, cast.alice.number)
        assert holder is not None
        note_sim_change(session, holder, now=clock.now() - timedelta(minutes=1))
    asked = by_password(site, cast.alice.number).page
    assert site.post_form(asked, "/login/second", factor=app_of_alice.at(clock.now())).page.url == "/"


def test_a_recovery_code_stands_in_for_the_app_once(app, sign_in, cast, browser, site, shift):
    alice = sign_in(cast.alice)
    set_password(alice)
    _, codes = add_app(alice)
    asked = by_password(site, cast.alice.number).page
    wrong = site.post_form(asked, "/login/second", factor="00000-00000")
    assert "none of your recovery codes" in wrong.page.errors["factor"]
    assert site.post_form(wrong.page, "/login/second", factor=codes[0]).page.url == "/"
    assert site.get("/me/security/password").page.url == "/me/security/password", "it is the third level"
    assert "9 codes are left" in site.get("/me/security").page.text
    assert any("recovery code was used" in body for body in messages_to(app, cast.alice.number))
    other = browser()
    again = other.post_form(by_password(other, cast.alice.number).page, "/login/second", factor=codes[0])
    assert "used before" in again.page.errors["factor"]
    assert not is_in(other)
