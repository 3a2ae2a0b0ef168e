"""One region, one HTML: the page includes it, the htmx answer is it, the counter shows it (design.md)."""

from __future__ import annotations

import re

import pytest

from portal.customers import get_viewer
from portal.customerview import CARDS, build_view
from tests.cast import NOW
from tests.statements import statements

CHANGING = re.compile(r' value="[^"]*"(?= ?/?>)| href="[^"]*"|nonce="[^"]*"|[^>]*(?=</time>)')
MOST = 12


@pytest.fixture
def opened(counter, cast, story, app):
    """Dora with Alice open by reason, and the address."""
    dora = counter()
    url = dora.url("counter.show_customer", customer_id=cast.alice.customer_id)
    dora.post_form(dora.get(url).page, url + "/openings/by-reason", reason="document_shown")
    return dora, url


def region(html: str, name: str) -> str:
    """Cut the region with this id out of a page, to the byte."""
    start = html.index(f'id="{name}"')
    start = html.rindex("<", 0, start)
    tag = re.match(r"<(\w+)", html[start:])[1]
    depth = 0
    for found in re.finditer(rf"</?{tag}\b", html[start:]):
        depth += -1 if found.group().startswith("</") else 1
        if depth == 0:
            end = html.index(">", start + found.start())
            return html[start : end + 1]
    raise AssertionError(f"{name} does not end")


@pytest.mark.parametrize("card", ["card-profile", "card-lines", "card-usage"])
def test_a_card_without_ways_on_is_the_same_to_the_byte_in_the_hall_and_at_the_counter(card, sign_in, cast, opened):
    dora, url = opened
    alice = sign_in(cast.alice)
    in_the_hall = alice.get("/").page.html
    at_the_counter = dora.get(url).page.html
    assert region(in_the_hall, card) == region(at_the_counter, card)


@pytest.mark.parametrize("card", ["card-bills", "card-points", "card-orders", "card-timeline"])
def test_a_card_with_ways_on_differs_in_where_they_lead_and_in_nothing_else(card, sign_in, cast, opened):
    dora, url = opened
    alice = sign_in(cast.alice)
    in_the_hall = CHANGING.sub("", region(alice.get("/").page.html, card))
    at_the_counter = CHANGING.sub("", region(dora.get(url).page.html, card))
    without_ways = re.compile(r'<a class="card-link".*?</a>', re.DOTALL)
    assert [line.strip() for line in without_ways.sub("", in_the_hall).splitlines() if line.strip()] == [
        line.strip() for line in without_ways.sub("", at_the_counter).splitlines() if line.strip()
    ]


def test_a_bill_is_the_same_in_the_hall_and_at_the_counter(sign_in, cast, opened, story):
    dora, url = opened
    alice = sign_in(cast.alice)
    here = alice.url("site.show_bill", bill_id=story.bills[-1])
    there = url + "/bills/" + here.rpartition("/")[2]
    assert region(alice.get(here).page.html, "bill") == region(dora.get(there).page.html, "bill")


@pytest.mark.parametrize("where", ["hall", "counter"])
def test_what_htmx_is_given_is_what_the_page_includes(where, sign_in, cast, opened):
    dora, url = opened
    browser, path = (sign_in(cast.alice), "/activity") if where == "hall" else (dora, url + "/activity")
    whole = browser.get(path).page.html
    answer = browser.htmx(path, "div#timeline-page")
    assert answer.text.strip() in whole
    assert answer.page.root.children[0].get("id") == "timeline-page"


def test_the_timeline_of_hall_and_counter_is_the_same_but_for_its_pager(sign_in, cast, opened):
    dora, url = opened
    hall = sign_in(cast.alice).htmx("/activity", "div#timeline-page").text
    desk = dora.htmx(url + "/activity", "div#timeline-page").text
    # Who looks leaves a trace there: the visit and the sign-in stand in both, seconds apart.
    assert CHANGING.sub("", hall) == CHANGING.sub("", desk)


def test_every_card_there_is_stands_on_the_home_page_of_an_owner(sign_in, cast, story, app):
    page = sign_in(cast.alice).get("/").page
    database = app.extensions["portal"].db
    with database.reading() as session:
        view = build_view(session, get_viewer(session, cast.alice.party_id, cast.alice.customer_id, now=NOW), now=NOW)
    assert {card.name for card in CARDS} == {card.name for card in view.cards}
    for card in view.cards:
        assert page.has(f"card-{card.name}"), card.name


def test_a_member_sees_the_own_line_and_no_money(sign_in, cast, story):
    bob = sign_in(cast.bob)
    page = bob.get("/").page
    assert not page.has("card-bills")
    assert "138 5710 1234" not in page.text
    assert not any(link.startswith("/bills") for link in page.links())
    assert bob.get("/bills").status_code == 404


def test_the_counter_page_costs_twelve_statements_at_most(opened, app):
    dora, url = opened
    dora.get(url)
    with statements(app.extensions["portal"].db) as sent:
        assert dora.get(url).status_code == 200
    assert len(sent) <= MOST, "\n".join(sent)


def test_the_masked_counter_page_costs_no_more(counter, cast, story, app):
    dora = counter()
    url = dora.url("counter.show_customer", customer_id=cast.charlie.customer_id)
    dora.get(url)
    with statements(app.extensions["portal"].db) as sent:
        dora.get(url)
    assert len(sent) <= MOST, "\n".join(sent)


@pytest.mark.parametrize(("path", "most"), [("/", MOST), ("/bills", 6), ("/activity", 5), ("/me", 8), ("/me/looks", 5)])
def test_a_page_of_the_hall_costs_few_statements_however_much_there_is(path, most, sign_in, cast, story, app):
    alice = sign_in(cast.alice)
    alice.get(path)
    with statements(app.extensions["portal"].db) as sent:
        assert alice.get(path).status_code == 200
    assert len(sent) <= most, "\n".join(sent)
