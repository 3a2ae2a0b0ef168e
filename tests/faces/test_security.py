"""The page of one's ways to sign in: authenticator app, recovery codes, password; and what a new SIM changes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from portal.base import clock
from portal.customers import find_holder
from portal.identity import note_sim_change
from tests.door import PIN

PASSWORD = "雨伞 under the old bridge"


@pytest.fixture
def alice(sign_in, cast):
    return sign_in(cast.alice)


def add_app(alice: Any) -> tuple[pyotp.TOTP, list[str]]:
    """Add an authenticator app by hand; give it, and the recovery codes that were shown."""
    page = alice.post_form(alice.get("/me/security"), "/me/security/authenticator").page
    app = pyotp.TOTP(re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.text)[0].replace(" ", ""))
    shown = alice.post_form(page, "/me/security/authenticator/confirm", code=app.at(clock.now())).page
    assert shown.url == "/me/security/recovery-codes"
    return app, re.findall(r"<code>([0-9a-z]{5}-[0-9a-z]{5})</code>", shown.html)


def set_password(alice: Any, password: str = PASSWORD) -> Any:
    return alice.post_form(alice.get("/me/security/password"), "/me/security/password", password=password)


def by_password(site: Any, number: str, password: str = PASSWORD) -> Any:
    """Sign in with the password one chose."""
    page = site.post_form(site.get("/login").page, "/login", number=number, button="password").page
    assert "/login/own-password" in list(page.links())
    return site.post_form(site.get("/login/own-password"), "/login/own-password", password=password)


def test_an_app_is_added_by_its_code_and_the_recovery_codes_are_shown_once(alice):
    _, codes = add_app(alice)
    assert len(set(codes)) == 10
    again = alice.get("/me/security/recovery-codes", follow_redirects=True).page
    assert again.url == "/me/security"
    assert "10 codes are left" in again.text


def test_a_wrong_code_adds_nothing_and_the_picture_stays(alice):
    page = alice.post_form(alice.get("/me/security"), "/me/security/authenticator").page
    refused = alice.post_form(page, "/me/security/authenticator/confirm", code="000000x")
    assert refused.status_code == 422
    assert "code" in refused.page.errors
    assert next(image.get("src") for image in refused.page.root.all("img")) == next(image.get("src") for image in page.root.all("img"))
    assert "Add an app" in alice.get("/me/security").page.text


def test_the_codes_do_not_travel_in_clear(alice):
    _, codes = add_app(alice)
    assert not any(code in cookie for code in codes for cookie in alice.cookies_sent)


def test_the_app_is_a_fresh_proof(alice, shift):
    app, _ = add_app(alice)
    shift(301)
    proof = alice.get("/me/security/password", follow_redirects=True).page
    assert proof.url.startswith("/proof")
    wrong = alice.post_form(proof, "/proof/authenticator", factor="12345")
    assert wrong.page.errors["factor"].endswith("You can try 4 more times.")
    assert alice.post_form(wrong, "/proof/authenticator", factor=app.at(clock.now())).page.url == "/me/security/password"


def test_a_recovery_code_stands_in_for_the_app_once(alice, shift):
    _, codes = add_app(alice)
    shift(301)
    proof = alice.get("/me/security/password", follow_redirects=True).page
    assert alice.post_form(proof, "/proof/authenticator", factor=codes[0].upper()).page.url == "/me/security/password"
    shift(301)
    proof = alice.get("/me/security/password", follow_redirects=True).page
    assert "used before" in alice.post_form(proof, "/proof/authenticator", factor=codes[0]).page.errors["factor"]


def test_few_recovery_codes_left_are_pointed_out_and_new_ones_made(alice, shift):
    _, codes = add_app(alice)
    for code in codes[:7]:
        shift(301)
        alice.post_form(alice.get("/me/security/password", follow_redirects=True).page, "/proof/authenticator", factor=code)
    page = alice.get("/me/security").page
    assert "Few left" in page.text
    shown = alice.post_form(page, "/me/security/recovery-codes").page
    assert not set(codes) & set(re.findall(r"<code>([0-9a-z]{5}-[0-9a-z]{5})</code>", shown.html))


def test_the_app_is_removed(alice):
    add_app(alice)
    assert "Add an app" in alice.post_form(alice.get("/me/security"), "/me/security/authenticator/remove").page.text


def test_a_password_is_set_told_and_signs_in_at_the_lowest_level(alice, browser, cast, phone):
    assert set_password(alice).page.url == "/me/security"
    other = browser()
    assert by_password(other, cast.alice.number).page.url == "/"
    proof = other.get("/me/security", follow_redirects=True).page
    assert proof.url.startswith("/proof")
    code_page = other.post_form(proof, "/proof/code").page
    assert other.post_form(code_page, "/proof", code=phone(cast.alice.number)).page.url == "/me/security"
    assert "Password" in other.get("/me/sessions").page.text


def test_a_password_that_everybody_has_is_refused_beside_the_field(alice):
    for password in ("short", "password", "13857101234"):
        assert "password" in set_password(alice, password).page.errors


def test_a_wrong_password_and_no_password_sound_alike(alice, browser, cast):
    set_password(alice)
    answers = [by_password(browser(), number, "wrong one") for number in (cast.alice.number, cast.charlie.number, "13900000000")]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.page.errors["password"] for answer in answers}) == 1


def test_a_password_is_removed(alice, browser, cast):
    set_password(alice)
    page = alice.post_form(alice.get("/me/security/password"), "/me/security/password/remove").page
    assert "Choose a password" in page.text
    assert by_password(browser(), cast.alice.number).status_code == 422


def test_a_change_signs_other_browsers_out(alice, sign_in, browser, cast, shift):
    shift(61)
    other = sign_in(cast.alice, browser())
    shift(61)
    set_password(alice)
    assert other.get("/me").headers["Location"].startswith("/login")


def new_sim(app: Any, number: str) -> None:
    with app.extensions["portal"].db.writing() as session:
        holder = find_holder(session, number)
        note_sim_change(session, holder, now=clock.now())


def test_after_a_new_sim_a_code_signs_in_and_opens_little(app, alice, sign_in, browser, cast, shift):
    new_sim(app, cast.alice.number)
    shift(61)
    here = sign_in(cast.alice, browser())
    proof = here.get("/me/security", follow_redirects=True).page
    assert proof.url.startswith("/proof")
    assert "SIM of this number was changed" in proof.text
    assert not proof.can_send("/proof/code")
    assert "no way yet" in proof.text


def test_after_a_new_sim_the_app_still_proves_it(app, alice, sign_in, browser, cast, shift):
    code_app, _ = add_app(alice)
    new_sim(app, cast.alice.number)
    shift(61)
    here = sign_in(cast.alice, browser())
    proof = here.get("/me/security", follow_redirects=True).page
    opened = here.post_form(proof, "/proof/authenticator", factor=code_app.at(clock.now())).page
    assert opened.url == "/me/security"
    assert "SIM of your number was changed" in opened.text


def test_after_ten_days_messages_are_believed_again(app, alice, sign_in, browser, cast, shift):
    new_sim(app, cast.alice.number)
    shift(timedelta(hours=240).total_seconds())
    here = sign_in(cast.alice, browser())
    assert here.get("/me/security").status_code == 200


def test_what_a_proof_must_reach_decides_what_is_offered(alice):
    assert alice.get("/proof?level=4").page.text.count("no way yet") == 1
    set_password(alice)
    proof = alice.get("/proof?level=3&next=/me").page
    assert not proof.can_send("/proof/code")
    assert alice.post_form(proof, "/proof/password", password="no").page.errors == {"password": "That is not your password."}
    assert alice.post_form(proof, "/proof/password", password=PASSWORD).page.url == "/me"
    for level in ("", "x", "99", "-1"):
        assert alice.get(f"/proof?level={level}").status_code == 200


def test_the_pages_hold_no_service_password(alice):
    assert PIN not in alice.get("/me/security").page.html
