"""Refusals: each is a page that says what happened and what to do, a region for htmx, or a problem for a program."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from portal.base.db import Database
from tests.pages import HTMX

PROBLEM = {"Accept": "application/problem+json"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_unknown_address_is_a_page_with_a_way_on(visitor, language):
    visitor.speak(language)
    for path in ("/nowhere", "/bills/zzz", "/counter/nowhere", "/static/none.css", "/login/", "/..%2f", "/%00", "/index.php"):
        answer = visitor.get(path)
        assert answer.status_code == 404, path
        assert len(answer.page.text) > 20
        assert any(link in ("/", "/counter/") for link in answer.page.links())


def test_a_method_that_is_not_taken_is_said_with_those_that_are(visitor):
    for method, path in (("GET", "/theme"), ("PUT", "/login"), ("DELETE", "/"), ("PATCH", "/bills"), ("POST", "/healthz")):
        answer = visitor.open(path, method=method)
        assert answer.status_code == 405, path
        assert answer.headers.get("Allow"), "RFC 9110 15.5.6 wants it"


def test_a_huge_body_is_refused_at_once(visitor):
    site = visitor
    answer = site.post("/login", data={"number": "1" * 2_000_000})
    assert answer.status_code == 413
    assert "larger" in answer.page.text


def test_a_huge_field_is_refused_too(visitor):
    site = visitor
    page = site.get("/login").page
    token = next(node.get("value") for node in page.root.all("input") if node.get("name") == "csrf_token")
    fields = {"csrf_token": token, "number": "1" * 300_000}
    assert site.post("/login", data=fields, content_type="multipart/form-data").status_code == 413


def test_a_body_that_is_no_form_is_refused_like_one_without_a_token(visitor):
    site = visitor
    for body, kind in (
        (b"{}", "application/json"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"--x", "multipart/form-data"),
        (b"x", "text/plain"),
    ):
        answer = site.post("/login", data=body, content_type=kind)
        assert 400 <= answer.status_code < 500, kind


def test_a_program_is_told_in_its_own_words(visitor):
    site = visitor
    answer = site.get("/nowhere", headers=PROBLEM)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    problem = answer.get_json()
    assert problem["status"] == 404
    assert problem["type"] == "urn:onehall:problem:not_found"
    assert problem["instance"].endswith(answer.headers["X-Request-ID"])
    assert {"title", "detail"} <= set(problem)


def test_a_browser_gets_a_page_whatever_it_accepts(visitor):
    for accept in ("text/html", "*/*", "", "application/json;q=0.1, text/html", "image/png", "text/*;q=0.3, */*;q=0.2"):
        assert visitor.get("/nowhere", headers={"Accept": accept}).mimetype == "text/html", accept


def test_htmx_gets_a_region_it_can_put_in_its_place(sign_in, cast):
    answer = sign_in(cast.alice).get("/bills/0000000000000", headers={**HTMX, "HX-Target": "div#timeline-page"})
    assert answer.status_code == 404
    assert "<html" not in answer.get_data(as_text=True)
    root = answer.page.root.children[0]
    assert root.get("id") == "timeline-page", "the region keeps its id, or the next answer finds nothing to replace"


def test_htmx_that_restores_history_gets_the_whole_page(sign_in, cast):
    headers = {"HX-Request": "true", "HX-Request-Type": "full", "HX-History-Restore-Request": "true"}
    answer = sign_in(cast.alice).get("/activity", headers=headers)
    assert answer.page.heading


@pytest.fixture
def away(app, tmp_path):
    """The house with its database gone."""
    parts = app.extensions["portal"]
    broken = Database("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2")
    app.extensions["portal"] = replace(parts, db=broken)
    yield app
    app.extensions["portal"] = parts
    broken.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_with_the_database_away_a_page_says_what_to_do_and_when(sign_in, cast, app, language, request):
    alice = sign_in(cast.alice).speak(language)
    request.getfixturevalue("away")
    answer = alice.get("/bills")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "/bills" in list(answer.page.links()), "the same page again"
    assert not re.search(r"\b50[03]\b", answer.page.text)


def test_with_the_database_away_a_form_is_answered_too_and_a_page_that_needs_none_works(site, away):
    page = site.get("/login").page
    answer = site.post_form(page, "/login", number="13857101234", button="code")
    assert answer.status_code == 503
    assert answer.page.heading == "One moment"
    assert site.get("/healthz").status_code == 200
    assert site.get("/readyz").status_code == 503


def test_with_the_database_away_nobody_is_let_in(sign_in, cast, counter, request):
    alice, dora = sign_in(cast.alice), counter()
    request.getfixturevalue("away")
    for browser, path in ((alice, "/"), (alice, "/me/password"), (dora, "/counter/"), (dora, "/counter/search?q=1234")):
        assert browser.get(path).status_code == 503


def test_with_the_database_away_a_program_is_told_so(site, away):
    site.set_cookie("__Host-onehall", "x" * 43, domain="localhost", secure=True)
    answer = site.get("/", headers=PROBLEM)
    assert answer.status_code == 503
    assert answer.get_json()["type"] == "urn:onehall:problem:unavailable"
    assert answer.headers["Retry-After"]


def test_a_mistake_of_ours_is_a_page_that_blames_nobody_and_tells_nothing(app, site, monkeypatch):
    def broken() -> str:
        raise RuntimeError("secret detail 13857101234")

    monkeypatch.setitem(app.view_functions, "site.ask_number", broken)
    answer = site.get("/login")
    assert answer.status_code == 500
    assert "secret detail" not in answer.page.html
    assert answer.headers["X-Request-ID"] in answer.page.text


def test_health_is_told_to_machines_in_plain_words(site):
    for path in ("/healthz", "/readyz"):
        answer = site.get(path)
        assert answer.mimetype == "text/plain"
    assert site.get("/healthz").text == "alive\n"


def test_figures_are_for_this_machine_alone_unless_there_is_a_token(site):
    assert site.get("/metrics").status_code == 200
    assert site.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 403
    assert site.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403


def test_figures_hold_no_address_no_number_and_no_id(sign_in, cast, site):
    sign_in(cast.alice)
    text = site.get("/metrics").text
    assert "site.take_code" in text
    assert cast.alice.number not in text
    assert "/bills/" not in text
