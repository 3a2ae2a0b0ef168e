"""The order desk: who comes in, its worklist and its pick list."""

from __future__ import annotations

import re

import pytest

from portal.orders import cancel_order, take_order
from tests.cast import NOW
from tests.faces.desk import noted, take, to
from tests.ordering import HOME, WORKS, many_orders, redeem
from tests.statements import statements

REFERENCE = re.compile(r"[A-Z0-9]{4}-[A-Z0-9]{4}")
HIS_WORD = "This is the order desk. Your sign-in is for the counter."


# Who comes in


def test_the_desk_arrives_at_its_worklist_and_a_clerk_at_the_counter(browser, staff):
    for clerk, home in ((staff.olga, "/office/"), (staff.dora, "/counter/"), (staff.sam, "/counter/")):
        here = browser()
        page = here.get("/counter/login").page
        arrived = here.post_form(page, "/counter/login", login=clerk.login, password="three calm herons at noon", code=clerk.code())
        assert arrived.request.path == home, clerk.login


def test_a_clerk_is_told_that_this_is_the_order_desk_and_a_supervisor_is_let_in(counter, staff):
    dora = counter()
    refused = dora.get("/office/")
    assert refused.status_code == 403
    assert HIS_WORD in refused.page.text
    assert "/counter/" in set(refused.page.links())
    assert counter(staff.sam).get("/office/").status_code == 200


def test_the_desk_has_no_business_at_the_counter(office):
    refused = office().get("/counter/")
    assert refused.status_code == 403
    assert "Your sign-in is for the order desk." in refused.page.text
    assert "/office/" in set(refused.page.links())


def test_the_desk_signs_out_where_it_signed_in(office):
    olga = office()
    olga.post_form(olga.get("/office/").page, "/counter/logout")
    assert olga.get("/office/").status_code == 303


# The worklist


def test_nothing_to_do_is_said_in_each_view(office):
    olga = office()
    for view, said in (("all", "All done"), ("free", "No order is free"), ("mine", "You have taken no order")):
        assert said in olga.get("/office/", query_string={"view": view}).page.text


def test_the_worklist_shows_what_is_due_first_first_and_nothing_of_any_customer(office, thermos, handset, cast):
    page = office().get("/office/").page
    assert REFERENCE.findall(page.text)[0] == thermos.reference
    for words in (thermos.reference, handset.reference, "Thermos flask", "Redmi Note 13 × 2", "Web", "Company store", "Free", "in 2 days"):
        assert words in page.text, words
    for words in (HOME.name, HOME.address, WORKS.name, "1234", cast.acme.name):
        assert words not in page.text, words


def test_what_is_overdue_says_so_in_words_with_an_icon(office, thermos, shift):
    shift(47 * 3600 - 60)
    olga = office()
    assert "Overdue" not in olga.get("/office/").page.text
    shift(120)
    page = olga.get("/office/").page
    late = [node for node in page.root.all("span") if "is-bad" in node.get("class") and "Overdue" in node.text]
    assert len(late) == 1
    assert any(child.name == "svg" for child in late[0].all())
    assert "1 order is overdue" in page.text
    assert "Overdue" in olga.get(to(olga, thermos)).page.text


def test_the_views_part_the_list_by_who_has_taken_what(office, staff, thermos, handset, database):
    olga = office()
    with database.writing() as session:
        take_order(session, staff.oskar.staff_id, handset.order_id, now=NOW)
    shown = {view: set(REFERENCE.findall(olga.get(f"/office/?view={view}").page.text)) for view in ("all", "free", "mine")}
    assert shown == {"all": {thermos.reference, handset.reference}, "free": {thermos.reference}, "mine": set()}
    assert staff.oskar.name in olga.get("/office/").page.text, "who has it"
    take(olga, thermos)
    page = olga.get("/office/").page
    assert "You" in page.text
    assert [node.text for node in page.root.all("span") if node.get("class") == "count"] == ["2", "0", "1"]


def test_a_long_worklist_is_read_by_place_and_every_order_once(office, cast, database, store):
    with database.writing() as session:
        placed = [each.reference for each in many_orders(session, cast.alice, 53)]
    olga, seen, url, pages = office(), [], "/office/?view=free", 0
    while url:
        page = olga.get(url).page
        pages += 1
        seen += [node.text for node in page.root.all("a") if node.has("data-result")]
        later = [node.get("href") for node in page.root.all("a") if node.text == "Due later"]
        url = later[0] if later else None
    assert pages == 3
    assert seen == placed
    for after in ("x", "0" * 26, "z" * 300):
        assert olga.get("/office/", query_string={"after": after}).status_code in (200, 422)


def test_orders_due_at_one_moment_are_read_each_once_too(office, cast, database, store):
    with database.writing() as session:
        placed = {redeem(session, cast.alice).reference for _ in range(30)}
    olga = office()
    first = olga.get("/office/").page
    second = olga.get(next(node.get("href") for node in first.root.all("a") if node.text == "Due later")).page
    shown = [node.text for page in (first, second) for node in page.root.all("a") if node.has("data-result")]
    assert len(shown) == 30
    assert set(shown) == placed


def test_looking_again_gives_the_list_alone_at_the_place_one_is_at(office, cast, database, store):
    with database.writing() as session:
        many_orders(session, cast.alice, 30)
    olga = office()
    first = olga.get("/office/?view=free").page
    later = next(node.get("href") for node in first.root.all("a") if node.text == "Due later")
    second = olga.get(later).page
    again = second.id("again").get("hx-get")
    assert again == second.id("again").get("href"), "it works without JavaScript too"
    region = olga.htmx(again, "section#worklist").page
    assert [child.get("id") for child in region.root.children] == ["worklist"]
    assert REFERENCE.findall(region.text) == REFERENCE.findall(second.id("worklist").text)


def test_an_order_is_found_by_its_reference_however_it_is_typed(office, thermos):
    olga = office()
    for typed in (thermos.reference, thermos.reference.lower(), thermos.reference.replace("-", " "), f" {thermos.reference} "):
        answer = olga.get("/office/search", query_string={"q": typed})
        assert answer.headers["Location"].endswith(to(olga, thermos)), typed
    assert "has eight signs" in olga.get("/office/search?q=rubbish").page.text
    for typed in ("", "%", "' OR 1=1", "<b>", "王" * 300):
        assert olga.get("/office/search", query_string={"q": typed}).status_code == 200


def test_a_reference_that_is_done_is_told_from_one_that_cannot_be(office, thermos, database, staff):
    olga = office()
    with database.writing() as session:
        cancel_order(session, None, thermos.order_id, actor=f"staff:{staff.oskar.staff_id}", reason="ordered_twice", now=NOW)
    page = olga.get("/office/search", query_string={"q": thermos.reference}).page
    assert "It was finished or cancelled, or needs no desk." in page.text
    assert page.id("search").get("value") == thermos.reference


# The pick list


def test_the_pick_list_holds_what_one_has_taken_and_adds_it_up(office, thermos, handset, database, cast, staff):
    with database.writing() as session:
        again, others = redeem(session, cast.alice, quantity=2), redeem(session, cast.charlie)
        take_order(session, staff.oskar.staff_id, others.order_id, now=NOW)
        for placed in (thermos, handset, again):
            take_order(session, staff.olga.staff_id, placed.order_id, now=NOW)
    olga = office()
    page = olga.get("/office/pick-list").page
    fetch = page.id("fetch").text
    assert re.search(r"Redmi Note 13 ?2 ?Thermos flask ?3", re.sub(r"\s+", " ", fetch)), fetch
    assert set(REFERENCE.findall(page.text)) == {thermos.reference, handset.reference, again.reference}
    for words in (HOME.address, WORKS.address, "138 5710 1234"):
        assert words in page.text, words
    for person in (cast.alice.customer_id, cast.acme.customer_id):
        assert noted(database, person)[-1] == ("customer.viewed", "order", True, "order_desk")
    assert not noted(database, cast.charlie.customer_id)


def test_a_pick_list_with_nothing_on_it_leads_to_the_free_orders(office, thermos, database, cast):
    page = office().get("/office/pick-list").page
    assert "You have taken no order" in page.text
    assert "/office/?view=free" in set(page.links())
    assert not noted(database, cast.alice.customer_id)


# What it costs


@pytest.mark.parametrize(("where", "most"), [("list", 5), ("order", 20)])
def test_a_page_of_the_desk_costs_few_statements_however_much_waits(where, most, office, cast, database, store):
    with database.writing() as session:
        placed = many_orders(session, cast.alice, 40)[0]
    olga = office()
    url = "/office/" if where == "list" else to(olga, placed)
    olga.get(url)
    with statements(database) as sent:
        assert olga.get(url).status_code == 200
    assert len(sent) <= most, f"{len(sent)}\n" + "\n".join(sent)
