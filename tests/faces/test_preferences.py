"""Language and colour scheme: from the browser, switchable, remembered, and back to the page one was on."""

from __future__ import annotations

import pytest

from portal.faces import cookies

ASKED = (
    ("en", "en"), ("en-GB,en;q=0.9", "en"), ("zh-CN,zh;q=0.9,en;q=0.5", "zh-Hans-CN"), ("zh-TW", "zh-Hans-CN"), ("fr-FR", "zh-Hans-CN"),
    ("", "zh-Hans-CN"), ("de,en;q=0.5", "en"), ("en;q=0.3, zh;q=0.8", "zh-Hans-CN"), ("*", "zh-Hans-CN"),
    ("xx-invalid;q=abc", "zh-Hans-CN"),
)  # fmt: skip


def test_the_browser_chooses_the_language(visitor):
    for accepts, language in ASKED:
        assert visitor.speak(accepts).get("/login").page.language == language, accepts


def test_a_choice_of_language_outweighs_the_browser_and_stays(visitor):
    site = visitor
    page = site.speak("en").get("/login?next=/bills").page
    page = site.post_form(page, "/language").page
    assert page.language == "zh-Hans-CN"
    assert page.url == "/login?next=/bills", "one is where one was"
    assert site.get("/login").page.language == "zh-Hans-CN"
    assert site.post_form(page, "/language").page.language == "en"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_choice_of_light_or_dark_stays_and_can_be_taken_back(visitor, theme):
    site = visitor
    page = site.post_form(site.get("/login").page, "/theme", button=theme).page
    assert next(page.root.all("html")).get("data-bs-theme") == theme
    page = site.post_form(page, "/theme", button="auto").page
    assert not next(page.root.all("html")).has("data-bs-theme")


def test_language_and_theme_are_kept_apart(visitor):
    site = visitor
    page = site.post_form(site.get("/login").page, "/theme", button="dark").page
    page = site.post_form(page, "/language").page
    assert next(page.root.all("html")).get("data-bs-theme") == "dark"
    assert page.language == "zh-Hans-CN"


def test_a_cookie_somebody_made_up_is_no_choice(visitor):
    site = visitor
    for value in ("xx-purple", "zh", "-", "en-dark-x", '"><script>', "x" * 4000):
        site.set_cookie(cookies.PREFERENCES, value, domain="localhost", secure=True)
        page = site.get("/login").page
        assert page.language in ("en", "zh-Hans-CN")
        assert "script>" not in next(page.root.all("html")).get("data-bs-theme")


def test_a_signed_in_persons_messages_follow_the_language(app, sign_in, cast):
    import sqlalchemy as sa

    from portal.base.db import Base

    alice = sign_in(cast.alice)
    alice.post_form(alice.get("/").page, "/language")
    alice.post_form(alice.get("/").page, "/language")
    party = Base.metadata.tables["party"]
    with app.extensions["portal"].db.reading() as session:
        assert session.execute(sa.select(party.c.language).where(party.c.id == cast.alice.party_id)).scalar_one() == "en"


def test_staff_switch_the_language_too_and_stay_at_the_counter(counter):
    dora = counter()
    page = dora.post_form(dora.get("/counter/search?q=1234").page, "/language").page
    assert page.url == "/counter/search?q=1234"
    assert page.language == "zh-Hans-CN"


def test_money_dates_and_numbers_follow_the_language(sign_in, cast, story):
    alice = sign_in(cast.alice)
    english = alice.get("/").page.text
    alice.speak("zh")
    chinese = alice.get("/").page.text
    assert "28 November" in english
    assert "11月28日" in chinese
    assert "¥" in chinese


def test_every_page_of_the_hall_is_complete_in_chinese(sign_in, cast, story):
    alice = sign_in(cast.alice)
    alice.speak("zh")
    for path in ("/", "/bills", "/activity", "/me", "/me/looks", "/me/sessions", "/me/password"):
        page = alice.get(path).page  # the client refuses a page with an English sentence
        assert page.language == "zh-Hans-CN"


def test_every_page_of_the_counter_is_complete_in_chinese(browser, counter, cast, story, staff):
    sam = counter(staff.sam)
    sam.speak("zh")
    url = sam.url("counter.show_customer", customer_id=cast.alice.customer_id)
    for path in ("/counter/", "/counter/search?q=1234", "/counter/search?q=zzzz", "/counter/alerts", url):
        assert sam.get(path).page.language == "zh-Hans-CN"
    opened = sam.post_form(sam.get(url).page, url + "/openings/by-reason", reason="document_shown")
    assert opened.page.language == "zh-Hans-CN"
    assert browser().speak("zh").get("/counter/login").page.language == "zh-Hans-CN"
