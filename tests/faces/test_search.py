"""The counter's search over HTTP: what is typed finds the right people, masked, or nothing at all; it never breaks."""

from __future__ import annotations

import re

import pytest

from tests.statements import statements

RESULTS = "div#results"
MASK = re.compile(r"1\d\d\*{4}\d{4}")

TORTURE = (
    "%", "_", "%%", "_____", "\\", "\\%", "'", "''", '"', "`", "' OR '1'='1", "'; DROP TABLE party; --", "1234; --", "*", "?", "[a-z]",
    "😀", "👩‍👩‍👧", "<b>x</b>", "{{7*7}}", "${7*7}", "../../etc/passwd", "\ud7ff", "\u202e%", "NULL", "None", "0x1F",
    "1e9", "+", "+86", "(", ")", "a" * 10_000, "1" * 10_000, "王" * 10_000, " " * 10_000, "%' AND 1=0 UNION SELECT 1 --",
)  # fmt: skip


@pytest.fixture
def dora(counter):
    return counter()


def found(browser, query):
    """Give what a search found, as (name, number) pairs, having asked as htmx does and without it."""
    region = browser.htmx("/counter/search", RESULTS, q=query)
    page = browser.get("/counter/search", query_string={"q": query})
    assert region.status_code == page.status_code == 200
    assert region.text.strip() in page.text, "the region is what the page shows"
    return [(next(link.all("strong")).text, link.text) for link in region.page.root.all("a") if link.has("data-result")]


def test_a_customer_is_found_by_any_part_that_is_known(dora):
    for query in (
        "13857101234",
        "+86 138-5710-1234",
        "１３８５７１０１２３４",
        "57101234",
        "王爱丽",
        "wangaili",
        "WANG AILI",
        "wal",
        "王 1234",
        "1234 王",
    ):
        hits = found(dora, query)
        assert any(name == "王**" and "138****1234" in text for name, text in hits), (query, hits)


def test_the_last_four_find_everybody_who_has_them_and_nobody_else(dora, cast):
    hits = found(dora, "1234")
    everybody = [cast.alice.number, cast.bob.number, cast.charlie.number, cast.erin.number, *(person.number for person in cast.noise)]
    ending = {f"{number[:3]}****{number[-4:]}" for number in everybody if number.endswith("1234")}
    assert ending <= {number for _, text in hits for number in MASK.findall(text)}


def test_nothing_that_is_found_is_more_than_a_mask(dora, cast):
    for query in ("1234", "王", "wang", "a", "13", "李", "acme", "zhou"):
        page = dora.htmx("/counter/search", RESULTS, q=query).page
        for person in (cast.alice, cast.bob, cast.charlie, cast.erin, *cast.noise):
            assert person.name not in page.text or len(person.name) < 2, f"{query} shows {person.name}"
            assert person.number[3:7] not in page.text.replace("1234", ""), f"{query} shows the middle of {person.number}"


def test_whatever_is_typed_finds_nothing_rather_than_everything(dora):
    for query in TORTURE:
        assert found(dora, query) == [], query[:40]


def test_nothing_typed_is_no_search(dora):
    for query in ("", " ", "\u3000", "\t"):
        assert found(dora, query) == []
    assert "Type to find a customer" in dora.get("/counter/search?q=").page.text


def test_nobody_found_says_what_to_try(dora):
    answer = dora.htmx("/counter/search", RESULTS, q="zzzzzz")
    assert "Nobody found" in answer.page.text


def test_what_was_typed_stays_in_the_field_and_is_written_as_text(dora):
    page = dora.get("/counter/search", query_string={"q": '"><script>alert(1)</script>'}).page
    assert page.id("search").get("value") == '"><script>alert(1)</script>'


def test_a_search_works_without_javascript(dora):
    page = dora.get("/counter/").page
    form = next(form for form in page.root.all("form") if form.get("role") == "search")
    answer = dora.post_form(page, page.path_of(form), q="wangaili")
    assert any(link.startswith("/counter/customers/") for link in answer.page.links())


def test_a_keystroke_costs_few_statements(dora, app):
    dora.htmx("/counter/search", RESULTS, q="12")
    with statements(app.extensions["portal"].db) as sent:
        dora.htmx("/counter/search", RESULTS, q="1234")
    assert len(sent) <= 4, sent


def test_the_search_asks_as_one_types_and_says_what_it_found(dora):
    field = dora.get("/counter/").page.id("search")
    assert field.get("hx-get") == "/counter/search"
    assert field.get("hx-target") == "#results"
    assert "delay:" in field.get("hx-trigger")
    assert field.has("autofocus")
    answer = dora.htmx("/counter/search", RESULTS, q="1370160")
    spoken = next(node for node in answer.page.root.all("p") if node.has("data-announce"))
    assert "customer" in spoken.text


def test_a_long_list_says_that_there_is_more(dora):
    answer = dora.htmx("/counter/search", RESULTS, q="1")
    assert len([link for link in answer.page.root.all("a") if link.has("data-result")]) <= 20
