"""Passkeys through the pages: made after a fresh proof, used to sign in and to prove it again, named and removed."""

from __future__ import annotations

from typing import Any

import pytest

from portal.identity import relying_party
from tests.identity.softkey import SoftKey

OPTIONS = {"Accept": "application/json"}


def ask(site: Any, path: str) -> Any:
    """Ask for a browser's options, as the script does."""
    return site.post(path, headers={**OPTIONS, "X-CSRFToken": site.token()})


def made(alice: Any, name: str = "Phone", **features: Any) -> SoftKey:
    """Give a passkey that Alice made in her browser."""
    key = SoftKey(relying_party(alice.application.extensions["portal"].settings).origin, **features)
    page = alice.get("/me/security/passkeys/new").page
    answer = key.create(ask(alice, "/me/security/passkeys/options").json)
    done = alice.post_form(page, "/me/security/passkeys/new", name=name, answer=answer)
    assert done.page.url == "/me/security", done.page.text
    return key


@pytest.fixture
def alice(sign_in, cast):
    return sign_in(cast.alice)


@pytest.fixture
def stranger(browser):
    """Give a browser nobody has signed in with."""
    return browser()


def test_a_passkey_is_made_and_signs_in_from_the_first_page(alice, stranger):
    key = made(alice, "My phone")
    page = alice.get("/me/security").page
    assert "My phone" in page.text
    first = stranger.get("/login").page
    answer = key.get(ask(stranger, "/login/passkey/options").json)
    home = stranger.post_form(first, "/login/passkey", answer=answer)
    assert home.page.url == "/"
    assert "Passkey" in stranger.get("/me/sessions").page.text


def test_signing_in_comes_back_to_where_one_was(alice, stranger):
    key = made(alice)
    first = stranger.get("/login?next=/me").page
    home = stranger.post_form(first, "/login/passkey", answer=key.get(ask(stranger, "/login/passkey/options").json))
    assert home.page.url == "/me"


def test_the_answer_of_another_browser_signs_nobody_in(alice, stranger, browser):
    key, other = made(alice), browser()
    other.get("/login")
    options = ask(other, "/login/passkey/options").json
    refused = stranger.post_form(stranger.get("/login").page, "/login/passkey", answer=key.get(options))
    assert refused.status_code == 422
    assert "could not be used" in refused.page.text
    assert stranger.get("/").headers["Location"].startswith("/login")


def test_an_empty_answer_is_said_on_the_first_page(stranger):
    refused = stranger.post_form(stranger.get("/login").page, "/login/passkey")
    assert refused.status_code == 422
    assert refused.page.can_send("/login")


def test_a_passkey_is_a_fresh_proof(alice, shift):
    key = made(alice)
    shift(301)
    proof = alice.get("/me/password", follow_redirects=True).page
    assert proof.url.startswith("/proof")
    answer = key.get(ask(alice, "/proof/passkey/options").json)
    assert alice.post_form(proof, "/proof/passkey", answer=answer).page.url == "/me/password"


def test_a_wrong_passkey_proves_nothing(alice, shift):
    made(alice)
    shift(301)
    proof = alice.get("/me/password", follow_redirects=True).page
    refused = alice.post_form(proof, "/proof/passkey", answer="{}")
    assert refused.status_code == 422
    assert alice.get("/me/password").status_code == 303


def test_making_one_needs_a_fresh_proof(alice, shift):
    shift(301)
    for answer in (alice.get("/me/security/passkeys/new"), ask(alice, "/me/security/passkeys/options")):
        assert answer.status_code == 303
        assert "/proof" in answer.headers["Location"]


def test_without_the_browsers_answer_nothing_is_made_and_the_name_stays(alice):
    page = alice.get("/me/security/passkeys/new").page
    refused = alice.post_form(page, "/me/security/passkeys/new", name="Kitchen tablet")
    assert refused.status_code == 422
    fields = {field.get("name"): field.get("value") for field in refused.page.form("/me/security/passkeys/new").all("input")}
    assert fields["name"] == "Kitchen tablet"


def test_a_passkey_gets_another_name_and_goes(alice):
    made(alice, "Phone")
    one = next(link for link in alice.get("/me/security").page.links() if "/passkeys/" in link and not link.endswith("/new"))
    assert alice.post_form(alice.get(one), f"{one}/name", name="").page.errors == {"name": "Give it a name of up to 40 characters."}
    assert "Blue phone" in alice.post_form(alice.get(one), f"{one}/name", name="Blue phone").page.text
    gone = alice.post_form(alice.get(one), f"{one}/remove").page
    assert "Blue phone" not in gone.text
    assert alice.get(one).status_code == 404


def test_the_script_stands_where_a_passkey_is_asked_for(alice, stranger):
    made(alice)
    for page in (stranger.get("/login").page, alice.get("/proof").page, alice.get("/me/security/passkeys/new").page):
        assert "/js/passkeys." in page.html
    assert "/js/passkeys." not in alice.get("/me").page.html
