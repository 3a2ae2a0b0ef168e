"""Guard 19: what a form does not hold is not taken, whoever sends it. Guard 27: a walk over every page finds no number."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.ids import to_ref
from tests.door import PIN
from tests.pages import BARE_NUMBER, Page, Site
from tests.test_access import state_of

PLANTED = {
    "role": "supervisor", "realm": "staff", "level": "9", "customer_id": "1", "party_id": "1", "staff_id": "1", "money": "1",
    "price_minor": "0", "paid_minor": "999999", "full": "1", "tenant": "acme", "expires_at": "2099-01-01", "purpose": "step_up",
    "next_page": "//evil.example", "session_id": "1", "proof": "code", "opening_minutes": "9999", "is_admin": "true", "__class__": "x",
}  # fmt: skip


def token_on(page: Page) -> str:
    return next(node.get("value") for node in page.root.all("input") if node.get("name") == "csrf_token")


def row_of(app, table, **wanted):
    found = Base.metadata.tables[table]
    with app.extensions["portal"].db.reading() as session:
        statement = sa.select(found).where(*(found.c[name] == value for name, value in wanted.items()))
        return session.execute(statement.order_by(found.c.id.desc())).mappings().first()


def test_mass_assignment_a_sign_in_gives_what_the_code_gives_and_no_more(app, site, cast, phone):
    page = site.get("/login").page
    code_page = site.post(
        "/login", data={"csrf_token": token_on(page), "number": cast.bob.number, "way": "code", **PLANTED}, follow_redirects=True
    ).page
    site.post("/login/code", data={"csrf_token": token_on(code_page), "code": phone(cast.bob.number), **PLANTED})
    session = row_of(app, "login_session", party_id=cast.bob.party_id)
    assert (session["realm"], session["level"], session["customer_id"], session["staff_id"]) == (
        "subscriber",
        2,
        cast.bob.customer_id,
        None,
    )
    assert site.get("/bills").status_code == 404, "a member sees no money, whatever was sent"


def test_mass_assignment_a_new_password_is_for_the_own_line_alone(app, sign_in, cast):
    alice = sign_in(cast.alice)
    page = alice.get("/me/password").page
    others = {"number": cast.charlie.number, "subscription_id": str(cast.charlie.subscription_id), "party_id": str(cast.charlie.party_id)}
    alice.post("/me/password", data={"csrf_token": token_on(page), "password": PIN, "again": PIN, **PLANTED, **others})
    table = Base.metadata.tables["service_password"]
    with app.extensions["portal"].db.reading() as session:
        rows = session.execute(sa.select(table.c.customer_id, table.c.subscription_id)).all()
    assert rows == [(cast.alice.customer_id, cast.alice.subscription_id)]


def test_mass_assignment_an_opening_is_as_long_and_as_wide_as_the_house_says(app, counter, cast, staff):
    dora = counter()
    url = dora.url("counter.show_customer", customer_id=cast.alice.customer_id)
    fields = {"csrf_token": token_on(dora.get(url).page), "reason": "document_shown", "note": "", **PLANTED}
    dora.post(url + "/openings/by-reason", data=fields)
    opening = row_of(app, "customer_opening", customer_id=cast.alice.customer_id)
    assert opening["proof"] == "reason"
    assert opening["staff_id"] == staff.dora.staff_id
    assert (opening["expires_at"] - opening["opened_at"]).total_seconds() == 30 * 60


def test_mass_assignment_a_member_cannot_act_for_somebody_elses_customer(app, sign_in, cast):
    bob = sign_in(cast.bob)
    page = bob.get("/me").page
    for person in (cast.charlie, cast.erin):
        answer = bob.post("/me/acting", data={"csrf_token": token_on(page), "customer": to_ref(person.customer_id), **PLANTED})
        assert answer.status_code == 404
    assert row_of(app, "login_session", party_id=cast.bob.party_id)["customer_id"] == cast.bob.customer_id


def test_mass_assignment_a_choice_that_is_not_offered_is_refused(sign_in, cast):
    alice = sign_in(cast.alice)
    token = token_on(alice.get("/").page)
    for path, name in (("/theme", "theme"), ("/language", "lang")):
        for value in ("", "purple", "zh-en", "../x", "zh\r\nSet-Cookie: a=b", "\x00", "x" * 5000):
            answer = alice.post(path, data={"csrf_token": token, name: value})
            assert answer.status_code == (400 if "\x00" in value else 422), (path, value)


@pytest.mark.parametrize("sign", ["\x00", "\ud800", "\x1b[31m", "\u202e", "💥" * 50])
def test_mass_assignment_signs_no_text_holds_break_nothing(app, browser, counter, cast, sign):
    """PostgreSQL takes no NUL in a text: what was sent must be refused, not fail."""
    site = browser()
    for path, names in (("/login", ("number",)), ("/counter/login", ("login", "password", "code"))):
        for name in names:
            fields = {"csrf_token": token_on(site.get(path).page), name: f"a{sign}b".encode("utf-8", "surrogatepass")}
            site.checking = sign.isprintable()
            assert site.post(path, data=fields).status_code in (400, 422), (path, name)
            site.checking = True
    dora = counter()
    url = dora.url("counter.show_customer", customer_id=cast.alice.customer_id)
    dora.checking = sign.isprintable()
    fields = {"csrf_token": token_on(dora.get(url).page), "reason": "other", "note": f"note {sign} of it".encode("utf-8", "surrogatepass")}
    assert dora.post(url + "/openings/by-reason", data=fields).status_code < 500
    assert dora.get("/counter/search", query_string={"q": f"a{sign}b".encode("utf-8", "surrogatepass")}).status_code < 500
    assert site.get("/login", headers={"User-Agent": "x" * 5000, "Accept-Language": "\\;;q=x"}).status_code == 200


def walk(browser: Site, start: str, most: int = 60) -> Iterator[Page]:
    """Follow every link from a page, each address once."""
    ahead, seen = [start], {start}
    while ahead and len(seen) <= most:
        answer = browser.get(ahead.pop(0), follow_redirects=True)
        assert answer.status_code == 200, answer.request.url
        yield answer.page
        for link in answer.page.links():
            if link not in seen and not link.startswith(("/static/", "/tray/")):
                seen.add(link)
                ahead.append(link)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_masks_a_walk_over_the_hall_finds_no_dead_end_and_no_bare_number(sign_in, cast, story, language):
    alice = sign_in(cast.alice)
    alice.speak(language)
    pages = list(walk(alice, "/"))
    assert len(pages) >= 12
    assert not any(BARE_NUMBER.search(page.html) for page in pages)
    assert {page.language for page in pages} == {"zh-Hans-CN" if language == "zh" else "en"}


@pytest.mark.parametrize("who", ["bob", "charlie", "erin"])
def test_masks_nobody_meets_a_dead_end(sign_in, cast, story, who):
    assert len(list(walk(sign_in(getattr(cast, who)), "/"))) >= 4


def test_masks_a_walk_over_the_counter_finds_no_dead_end_and_no_bare_number(counter, cast, story, staff):
    sam = counter(staff.sam)
    url = sam.url("counter.show_customer", customer_id=cast.alice.customer_id)
    pages = list(walk(sam, url))
    sam.post_form(sam.get(url).page, url + "/openings/by-reason", reason="document_shown")
    pages += list(walk(sam, url))
    assert len(pages) >= 10
    assert not any(BARE_NUMBER.search(page.html) for page in pages)


def test_masks_the_counter_never_shows_a_whole_identity(counter, cast, story):
    dora = counter()
    url = dora.url("counter.show_customer", customer_id=cast.alice.customer_id)
    dora.post_form(dora.get(url).page, url + "/openings/by-reason", reason="document_shown")
    text = dora.get(url).page.text
    assert not re.search(r"\b\d{17}[\dXx]\b", text)


def test_reading_a_page_twice_changes_nothing_more(app, sign_in, cast, story):
    alice = sign_in(cast.alice)
    alice.get("/")
    before = state_of(app.extensions["portal"].db)
    for path in ("/", "/bills", "/activity", "/me", "/me/looks", "/me/sessions"):
        alice.get(path)
    assert state_of(app.extensions["portal"].db) == before
