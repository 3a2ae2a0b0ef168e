"""Linking a number of one's own through the pages: code, what else guards it, both logins act for both, undone from either."""

from __future__ import annotations

import pytest

from portal.base.ids import to_ref
from tests.door import PIN


@pytest.fixture
def alice(sign_in, cast):
    return sign_in(cast.alice)


def ask(site, number):
    return site.post_form(site.get("/me/people/link"), "/me/people/link", number=number)


def link(site, phone, number):
    code_page = ask(site, number)
    assert code_page.page.url == "/me/people/link/code"
    return site.post_form(code_page, "/me/people/link/code", code=phone(number))


def set_pin(site):
    return site.post_form(site.get("/me/password"), "/me/password", password=PIN, again=PIN)


def test_a_number_is_linked_by_its_code_and_each_login_acts_for_both(alice, sign_in, phone, cast, shift):
    page = link(alice, phone, cast.charlie.number).page
    assert (page.url, "Linked" in page.text) == ("/me/people", True)
    assert alice.post_form(alice.get("/me"), "/me/acting", button=to_ref(cast.charlie.customer_id)).page.url == "/"
    assert "李查理" in alice.get("/").page.text
    shift(61)
    charlie = sign_in(cast.charlie)
    assert "王爱丽" in charlie.get("/me").page.text
    end = f"/me/people/links/{to_ref(cast.alice.party_id)}/end"
    assert "link is undone" in charlie.post_form(charlie.get("/me/people"), end).page.text
    back = alice.get("/bills", follow_redirects=True).page
    assert (back.url, "You see your own again" in back.text) == ("/", True)


def test_its_service_password_is_asked_for_besides_the_code(alice, sign_in, phone, cast, shift):
    set_pin(sign_in(cast.charlie))
    shift(61)
    page = link(alice, phone, cast.charlie.number)
    assert page.page.url == "/me/people/link/password"
    wrong = alice.post_form(page, "/me/people/link/password", password="918273")
    assert wrong.page.errors == {"password": "That password does not belong to this number."}
    assert "You act for" not in alice.get("/me/people").page.text
    right = alice.post_form(wrong, "/me/people/link/password", password=PIN)
    assert "Linked" in right.page.text


def test_a_wrong_code_links_nothing_and_a_number_nobody_holds_looks_the_same(alice, cast):
    known, unknown = ask(alice, cast.charlie.number), None
    wrong = alice.post_form(known, "/me/people/link/code", code="000000")
    assert "code" in wrong.page.errors
    unknown = ask(alice, "13700000000")
    assert unknown.page.url == known.page.url
    assert alice.get("/me/people/link/password").headers["Location"] == "/me/people/link"


def test_a_companys_number_is_not_linked(alice, phone, cast):
    assert "not a company's" in link(alice, phone, cast.erin.number).page.text


def test_a_number_of_ones_own_or_none_is_said_beside_the_field(alice, cast):
    for number in (cast.alice.number, "12345", ""):
        answer = ask(alice, number)
        assert answer.status_code == 422
        assert "number" in answer.page.errors


def test_without_a_number_there_is_no_code_to_enter(alice):
    for path in ("/me/people/link/code", "/me/people/link/password"):
        assert alice.get(path).headers["Location"] == "/me/people/link"


def test_linking_needs_a_fresh_proof(alice, shift):
    shift(301)
    assert alice.get("/me/people/link").headers["Location"].startswith("/proof")
