"""Signing in through the pages: by code, by service password, after forgetting it; in any spelling of a number."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from tests.door import PIN
from tests.tree import Node

SPELLINGS = (
    "13857101234", " 138 5710 1234 ", "138-5710-1234", "+86 138 5710 1234", "+8613857101234", "0086-13857101234", "8613857101234",
    "(138) 5710 1234", "１３８５７１０１２３４",
    "＋８６　１３８－５７１０－１２３４",
    "138.5710.1234", "\t138 5710 1234\n", "138\u00a05710\u00a01234", "\u200e+86 138 5710 1234",
)  # fmt: skip
NO_NUMBERS = (
    "", " ", "1385710123", "138571012345", "abc", "23857101234", "12345678901", "+1 202 555 0123", "138 5710 123x", "１３８５７１０１２３",
    "' OR 1=1 --", "<script>alert(1)</script>", "📞📞📞", "0", "-1", "1e11", "9" * 200, "10086", "057188888888",
)  # fmt: skip


def hidden_values(page) -> list[str]:
    """What the page's hidden fields hold."""
    return [node.get("value") for node in page.root.all("input") if node.get("type") == "hidden"]


def test_the_sign_in_asks_one_question(visitor):
    page = visitor.get("/login").page
    fields = [node for node in page.form("/login").all("input") if node.get("type") != "hidden"]
    assert [field.get("name") for field in fields] == ["number"]
    assert fields[0].get("autocomplete") == "tel webauthn"
    assert fields[0].get("type") == "tel"
    assert page.form("/login").has("novalidate")


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(site):
    answer = site.get("/activity?before=x")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=")


def test_a_number_is_understood_in_any_spelling(visitor):
    for spelling in SPELLINGS:
        page = visitor.post_form(visitor.get("/login").page, "/login", number=spelling, button="password").page
        assert page.heading == "Enter your service password", spelling


def test_a_number_with_its_country_and_hyphens_signs_in(site, cast, phone):
    page = site.post_form(site.get("/login").page, "/login", number=" +86 138-5710-1234", button="code").page
    assert site.post_form(page, "/login/code", code=phone(cast.alice.number)).page.url == "/"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_no_number_is_said_beside_the_field_and_stays_there(visitor, language):
    visitor.speak(language)
    form = visitor.get("/login").page
    for entry in NO_NUMBERS:
        answer = visitor.post_form(form, "/login", number=entry, button="code")
        page = answer.page
        assert answer.status_code == 422, entry
        assert set(page.errors) == {"number"}
        assert page.title.startswith("Error:" if language == "en" else "错误")
        assert len(page.errors["number"]) > (20 if language == "en" else 5)
        assert page.id("f-number").get("value") == entry
        assert [link.get("href") for link in page.id("error-summary").all("a")] == ["#f-number"]


def test_the_field_for_the_code_can_be_filled_by_the_phone_or_by_pasting(site, cast):
    page = site.post_form(site.get("/login").page, "/login", number=cast.alice.number, button="code").page
    field: Node = page.id("f-code")
    assert (field.get("autocomplete"), field.get("inputmode"), field.get("type")) == ("one-time-code", "numeric", "text")
    assert not field.has("maxlength"), "a pasted code with spaces must fit"
    assert cast.alice.number not in page.html
    assert "1234" not in page.text, "the number is not shown while signing in"


def test_the_message_ends_with_the_line_that_browsers_read(app, site, cast, phone):
    site.post_form(site.get("/login").page, "/login", number=cast.alice.number, button="code")
    code = phone(cast.alice.number)
    with app.extensions["portal"].db.reading() as session:
        tray = Base.metadata.tables["tray_message"]
        body = session.execute(sa.select(tray.c.body)).scalar_one()
    assert body.splitlines()[-1] == f"@localhost #{code}"


def test_what_is_no_code_is_said_beside_the_field_and_costs_no_try_and_a_code_with_spaces_is_one(site, cast, phone):
    page = site.post_form(site.get("/login").page, "/login", number=cast.alice.number, button="code").page
    for entry in ("", "12345", "1234567", "abcdef", "12 34", "१२३४५६", "🔑" * 6, "x" * 10_000):
        answer = site.post_form(page, "/login/code", code=entry)
        assert answer.status_code == 422, entry
        assert "six digits" in answer.page.errors["code"]
    code = phone(cast.alice.number)
    assert site.post_form(page, "/login/code", code=f" {code[:3]} {code[3:]}\n").page.url == "/"


def test_a_wrong_code_says_how_many_tries_are_left(site, cast, phone):
    page = site.post_form(site.get("/login").page, "/login", number=cast.alice.number, button="code").page
    right = phone(cast.alice.number)
    other = f"{(int(right) + 1) % 1_000_000:06d}"
    said = [site.post_form(page, "/login/code", code=other).page.errors["code"] for _ in range(5)]
    assert [str(left) in text for left, text in zip((4, 3, 2, 1), said, strict=False)] == [True] * 4
    assert "another" in said[4]


def test_another_code_waits_a_minute_and_says_so_and_both_codes_serve(site, cast, phone, shift):
    page = site.post_form(site.get("/login").page, "/login", number=cast.alice.number, button="code").page
    first = phone(cast.alice.number)
    page = site.post_form(page, "/login/code/another").page
    assert "a moment ago" in page.text
    assert phone(cast.alice.number) == first
    shift(61)
    page = site.post_form(page, "/login/code/another").page
    assert phone(cast.alice.number) != first
    assert site.post_form(page, "/login/code", code=first).page.url == "/"


def test_the_same_form_sent_twice_signs_in_once_and_harms_nothing(app, site, cast, phone):
    page = site.post_form(site.get("/login").page, "/login", number=cast.alice.number, button="code").page
    code = phone(cast.alice.number)
    assert site.post_form(page, "/login/code", code=code, follow=False).status_code == 303
    again = site.post_form(page, "/login/code", code=code)
    assert again.status_code in (200, 400)
    assert site.get("/bills").status_code == 200
    with app.extensions["portal"].db.reading() as session:
        sessions = Base.metadata.tables["login_session"]
        live = session.execute(sa.select(sa.func.count()).select_from(sessions).where(sessions.c.ended_at.is_(None))).scalar_one()
    assert live == 1


def test_a_page_in_the_middle_without_a_number_leads_to_the_beginning(visitor):
    for path in ("/login/code", "/login/password"):
        answer = visitor.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/login"


def test_a_first_time_customer_gets_in_with_a_code_and_is_asked_to_set_a_password(sign_in, cast):
    home = sign_in(cast.charlie).get("/").page
    assert "service password" in home.text.lower()
    assert any(link.startswith("/me/password") for link in home.links())


def test_a_password_set_is_a_password_that_lets_in(sign_in, browser, cast):
    alice = sign_in(cast.alice)
    done = alice.post_form(alice.get("/me/password").page, "/me/password", password=PIN, again=PIN)
    assert "is set" in done.page.text
    other = browser()
    page = other.post_form(other.get("/login").page, "/login", number=cast.alice.number, button="password").page
    assert page.id("f-password").get("autocomplete") == "current-password"
    assert other.post_form(page, "/login/password", password=PIN).page.url == "/"


def test_a_forgotten_password_is_set_anew_with_a_code_where_one_signed_in_long_ago(sign_in, browser, cast, phone, shift):
    alice = sign_in(cast.alice)
    alice.post_form(alice.get("/me/password").page, "/me/password", password=PIN, again=PIN)
    shift(8 * 86400)
    later = alice
    page = later.post_form(later.get("/login").page, "/login", number=cast.alice.number, button="password").page
    page = later.post_form(page, "/login/password", password="739154").page
    assert page.errors["password"]
    page = later.post_form(page, "/login/code/another").page
    done = later.post_form(page, "/login/code", code=phone(cast.alice.number))
    assert done.page.path_of(next(iter(done.page.root.all("form")))), "the page after has its frame"
    page = done.page if done.page.can_send("/me/password") else later.get("/me/password").page
    assert page.heading == "Change the service password"
    assert "is set" in later.post_form(page, "/me/password", password="640815", again="640815").page.text
    last = browser()
    for pin, url in ((PIN, "/login/password"), ("640815", "/")):
        page = last.post_form(last.get("/login").page, "/login", number=cast.alice.number, button="password").page
        assert last.post_form(page, "/login/password", password=pin).page.url == url


def test_forgetting_the_password_leads_on_to_setting_a_new_one(sign_in, browser, cast, phone):
    """The button says so, so it must be so: after the code comes the page that sets a password."""
    site = browser()
    page = site.post_form(site.get("/login").page, "/login", number=cast.alice.number, button="password").page
    page = site.post_form(page, "/login/code/another").page
    done = site.post_form(page, "/login/code", code=phone(cast.alice.number))
    assert done.page.url == "/me/password"


def test_without_a_password_the_wrong_password_page_does_not_tell(site, cast):
    page = site.post_form(site.get("/login").page, "/login", number=cast.charlie.number, button="password").page
    answer = site.post_form(page, "/login/password", password=PIN)
    assert answer.status_code == 422
    assert answer.page.errors["password"] == "That number and service password do not belong together."


def test_a_member_signs_in_with_the_line_that_is_used(sign_in, cast):
    bob = sign_in(cast.bob)
    text = bob.get("/me").page.text
    assert "138 5710 5678" in text
    assert "138 5710 1234" not in text


def test_who_was_ended_by_the_operator_is_told_nothing_but_asked_to_sign_in(app, sign_in, cast):
    alice = sign_in(cast.alice)
    with app.extensions["portal"].db.writing() as session:
        roles = Base.metadata.tables["customer_role"]
        session.execute(sa.delete(roles).where(roles.c.party_id == cast.alice.party_id))
    answer = alice.get("/")
    assert answer.status_code == 404


def test_the_device_is_named_in_the_list_of_sessions(browser, sign_in, cast):
    site = browser()
    site.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
    sign_in(cast.alice, on=site)
    text = site.get("/me/sessions").page.text
    assert "Chrome · Android" in text
    assert "This browser" in text


def test_signing_out_asks_for_the_number_again(sign_in, cast):
    alice = sign_in(cast.alice)
    page = alice.post_form(alice.get("/").page, "/logout").page
    assert page.url == "/login"
    assert cast.alice.number not in page.html


def test_staff_mfa_password_alone_opens_nothing(browser, staff):
    from tests.door import STAFF_PASSWORD

    site = browser()
    for code in ("", "000000", "abcdef", "१२३४५६", "9" * 5000):
        answer = site.post_form(site.get("/counter/login").page, "/counter/login", login="dora", password=STAFF_PASSWORD, code=code)
        assert answer.status_code == 422, code
        assert STAFF_PASSWORD not in answer.page.html
        assert answer.page.id("f-login").get("value") == "dora"
    assert site.get("/counter/").status_code == 303


def test_staff_mfa_a_code_is_taken_once(browser, counter, staff):
    from tests.door import STAFF_PASSWORD

    code = staff.dora.code()
    counter()
    site = browser()
    answer = site.post_form(site.get("/counter/login").page, "/counter/login", login="dora", password=STAFF_PASSWORD, code=code)
    assert answer.status_code == 422


def test_staff_mfa_no_answer_tells_whether_the_login_exists_or_what_was_wrong(browser, staff, app):
    import re

    from tests.door import STAFF_PASSWORD

    said = set()
    for login, password, code in (
        ("dora", "wrong", staff.dora.code()), ("dora", STAFF_PASSWORD, "000000"), ("nobody", STAFF_PASSWORD, "000000"), ("nobody", "", ""),
    ):  # fmt: skip
        site = browser()
        answer = site.post_form(site.get("/counter/login").page, "/counter/login", login=login, password=password, code=code)
        said.add((answer.status_code, re.sub(r"dora|nobody", "", answer.page.text)))
    assert len(said) == 1


def test_staff_login_limits_the_eleventh_try_is_refused_and_says_until_when(browser, staff):
    from tests.door import STAFF_PASSWORD

    site = browser()
    for _ in range(10):
        assert (
            site.post_form(site.get("/counter/login").page, "/counter/login", login="dora", password="wrong", code="000000").status_code
            == 422
        )
    answer = site.post_form(
        site.get("/counter/login").page, "/counter/login", login="dora", password=STAFF_PASSWORD, code=staff.dora.code()
    )
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300
