"""One's orders in the hall: what is ordered shows at once, moves on, and can be given up until somebody prepares it."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.ids import new_id
from portal.base.ids import to_ref as ref
from portal.catalog import count_stock
from portal.orders import PricedItem, PricedOrder, cancel_order, fulfil_order, place_priced, take_order
from tests.cast import NOW
from tests.door import deliver
from tests.faces.test_same_html import region
from tests.ordering import CODES, HOME, balances, many_orders, order_handset, redeem
from tests.statements import statements

NOWHERE = new_id(NOW)


@pytest.fixture
def thermos(database, cast, store):
    with database.writing() as session:
        return redeem(session, cast.alice)


@pytest.fixture
def coffee(database, cast, store, app):
    """A voucher of Alice's, which the worker has given out."""
    with database.writing() as session:
        placed = redeem(session, cast.alice, "gift_coffee")
    deliver(app)
    return placed


def of(browser, placed):
    """Give the address of an order in the hall."""
    return browser.url("site.show_order", order_id=placed.order_id)


def give_up(browser, placed):
    """Cancel an order as a person does: look at what it would do, then press the button."""
    check = browser.get(of(browser, placed) + "/cancel")
    return browser.post_form(check, of(browser, placed) + "/cancel")


def count(database, code="gift_thermos"):
    with database.reading() as session:
        return count_stock(session, code)


def purse(database, person):
    with database.reading() as session:
        return balances(session, person)


def test_nothing_ordered_yet_says_what_will_stand_here(sign_in, cast):
    page = sign_in(cast.alice).get("/orders").page
    assert "No orders yet" in page.text
    assert page.heading == "My orders"


def test_an_order_stands_in_the_list_with_where_it_is_and_what_it_cost(sign_in, cast, thermos):
    page = sign_in(cast.alice).get("/orders").page
    for words in ("Thermos flask", thermos.reference, "In preparation", "600 points"):
        assert words in page.text, words


def test_the_way_to_ones_orders_stands_under_me(sign_in, cast):
    alice = sign_in(cast.alice)
    assert "/orders" in set(alice.get("/me").page.links())


def test_an_order_shows_what_was_sold_every_step_where_it_goes_and_what_happens_next(sign_in, cast, thermos):
    alice = sign_in(cast.alice)
    page = alice.get(of(alice, thermos)).page
    assert page.heading == f"Order {thermos.reference}"
    for words in (
        "Thermos flask",
        "600 points",
        "Order accepted",
        "Set aside",
        "by you",
        HOME.name,
        "138 5710 1234",
        HOME.address,
        "24 Nov 2026",
    ):
        assert words in page.text, words
    assert "Until we begin, you can cancel it" in page.text
    assert page.has("order-steps")


def test_the_card_is_the_same_in_the_hall_and_at_the_counter_but_for_its_ways_on(sign_in, cast, counter, thermos, coffee):
    alice, dora = sign_in(cast.alice), counter()
    customer = dora.url("counter.show_customer", customer_id=cast.alice.customer_id)
    dora.post_form(dora.get(customer).page, customer + "/openings/by-reason", reason="document_shown")
    here, there = (region(browser.get(url).page.html, "card-orders") for browser, url in ((alice, "/"), (dora, customer)))
    links = re.compile(r'<a class="card-link".*?</a>', re.DOTALL)
    plain = re.compile(r"<(/?)(?:a|strong)(?: href=[^>]*)?>")
    assert [plain.sub(r"<\1b>", line) for line in links.sub("", here).splitlines() if line.strip()] == [
        plain.sub(r"<\1b>", line) for line in links.sub("", there).splitlines() if line.strip()
    ]
    assert alice.url("site.show_order", order_id=thermos.order_id) in here
    ways_on = re.findall(r'<a [^>]*href="([^"]*)"', there)
    assert ways_on
    assert all(way.startswith(f"{customer}/orders") for way in ways_on), "the counter leads to its own pages alone"


def test_the_card_of_who_has_ordered_nothing_says_so(sign_in, cast, store):
    card = sign_in(cast.charlie).get("/").page.id("card-orders")
    assert "No orders yet" in card.text


def test_a_list_is_read_page_by_page_and_no_order_is_seen_twice_or_left_out(sign_in, cast, database, store):
    with database.writing() as session:
        placed = [each.reference for each in many_orders(session, cast.alice, 23)]
    alice, seen, url, pages = sign_in(cast.alice), [], "/orders", 0
    while url:
        answer = alice.get(url)
        pages += 1
        seen += re.findall(r"[A-Z0-9]{4}-[A-Z0-9]{4}", answer.page.text)
        assert alice.htmx(url, "section#orders").text.strip() in answer.page.html, "the region is what the page shows"
        older = [node.get("href") for node in answer.page.root.all("a") if node.text == "Older"]
        url = older[0] if older else None
    assert pages == 3
    assert seen == placed[::-1], "newest first, each once"


def test_a_place_in_the_list_that_is_none_is_said_to_be_none(sign_in, cast, thermos):
    alice = sign_in(cast.alice)
    for before in ("x", "0" * 26, "z" * 200, "' OR 1=1"):
        assert alice.get("/orders", query_string={"before": before}).status_code in (200, 422), before
    assert alice.get("/orders", query_string={"before": "x"}).status_code == 422


def test_a_vouchers_code_stands_on_its_owners_page_and_nowhere_else(sign_in, cast, coffee, counter, office, database, app):
    alice = sign_in(cast.alice)
    page = alice.get(of(alice, coffee)).page
    assert CODES[0] in page.text
    assert "It can be used once" in page.text
    olga, dora = office(), counter()
    customer = dora.url("counter.show_customer", customer_id=cast.alice.customer_id)
    dora.post_form(dora.get(customer).page, customer + "/openings/by-reason", reason="document_shown")
    elsewhere = [alice.get("/"), alice.get("/orders"), alice.get("/activity"), dora.get(customer), dora.get(customer + "/activity")]
    elsewhere += [olga.get("/office/"), olga.get(olga.url("office.show_order", order_id=coffee.order_id, of=ref(cast.alice.customer_id)))]
    for answer in elsewhere:
        assert answer.status_code == 200, answer.request.path
        assert not any(code in answer.text for code in CODES), answer.request.path
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(sa.select(table)):
                assert not any(code in repr(tuple(row)) for code in CODES), f"{table.name} holds a code that can be read"


def test_a_voucher_on_its_way_shows_no_code_and_says_when_it_comes(sign_in, cast, database, store):
    alice = sign_in(cast.alice)  # before: signing in has the worker carry everything
    with database.writing() as session:
        placed = redeem(session, cast.alice, "gift_coffee")
    page = alice.get(of(alice, placed)).page
    assert "It is yours within a minute" in page.text
    assert not any(code in page.html for code in CODES)


def test_a_data_pack_names_the_line_it_is_for(sign_in, cast, database, store, app):
    with database.writing() as session:
        placed = redeem(session, cast.alice, "gift_data_5gb")
    deliver(app)
    alice = sign_in(cast.alice)
    text = alice.get(of(alice, placed)).page.text
    assert "It is added to your line." in text
    assert "138 5710 1234" in text


def test_what_the_desk_does_shows_in_the_hall(sign_in, cast, database, thermos, staff):
    alice = sign_in(cast.alice)
    with database.writing() as session:
        take_order(session, staff.olga.staff_id, thermos.order_id, now=NOW)
    page = alice.get(of(alice, thermos)).page
    assert "It is being packed now" in page.text
    assert not any(link.endswith("/cancel") for link in page.links())
    with database.writing() as session:
        fulfil_order(session, thermos.order_id, actor=f"staff:{staff.olga.staff_id}", note="SF1034567890", now=NOW)
    page = alice.get(of(alice, thermos)).page
    assert "It is on its way to you." in page.text
    assert "SF1034567890" in page.id("order-steps").text
    assert "欧佳" not in page.html, "who works at the desk is not told by name"
    assert "Done" in alice.get("/orders").page.text


def test_a_cancelled_order_tells_the_reason(sign_in, cast, database, thermos, staff):
    with database.writing() as session:
        cancel_order(session, None, thermos.order_id, actor=f"staff:{staff.olga.staff_id}", reason="undeliverable", now=NOW)
    alice = sign_in(cast.alice)
    page = alice.get(of(alice, thermos)).page
    assert "Reason: It cannot be delivered to the address given." in page.text


def test_giving_an_order_up_says_first_what_it_does_and_then_gives_everything_back(sign_in, cast, database, thermos):
    alice = sign_in(cast.alice)
    assert purse(database, cast.alice) == (49_400, 600)
    assert count(database).free == 59
    check = alice.get(of(alice, thermos) + "/cancel").page
    assert "600 points go back to you at once" in check.text
    assert purse(database, cast.alice) == (49_400, 600), "a look changes nothing"
    after = give_up(alice, thermos).page
    assert "The order is cancelled." in after.text
    assert "Cancelled" in after.id("order").text
    assert purse(database, cast.alice) == (50_000, 0)
    assert (count(database).free, count(database).reserved) == (60, 0)


def test_giving_up_twice_gives_back_once_and_says_so(sign_in, cast, database, thermos):
    alice = sign_in(cast.alice)
    check = alice.get(of(alice, thermos) + "/cancel")
    for said in ("The order is cancelled.", "The order was cancelled before; nothing was done again."):
        answer = alice.post_form(check, of(alice, thermos) + "/cancel")
        assert answer.status_code == 200
        assert said in answer.page.text
    assert purse(database, cast.alice) == (50_000, 0)
    assert count(database).free == 60


def test_what_the_desk_has_taken_meanwhile_is_not_given_up(sign_in, cast, database, thermos, staff):
    alice = sign_in(cast.alice)
    check = alice.get(of(alice, thermos) + "/cancel")
    with database.writing() as session:
        take_order(session, staff.olga.staff_id, thermos.order_id, now=NOW)
    answer = alice.post_form(check, of(alice, thermos) + "/cancel")
    assert answer.status_code == 409
    assert "is being packed already" in answer.page.text
    assert alice.get(of(alice, thermos) + "/cancel").status_code == 409
    assert purse(database, cast.alice) == (49_400, 600)


def test_what_was_handed_over_is_not_given_up(sign_in, cast, database, thermos, staff):
    alice = sign_in(cast.alice)
    check = alice.get(of(alice, thermos) + "/cancel")
    with database.writing() as session:
        fulfil_order(session, thermos.order_id, actor=f"staff:{staff.olga.staff_id}", note="by hand", now=NOW)
    answer = alice.post_form(check, of(alice, thermos) + "/cancel")
    assert answer.status_code == 409
    assert "it stands at “Done”" in answer.page.text
    assert purse(database, cast.alice) == (49_400, 0)


def test_somebody_elses_order_is_nothing_at_all(sign_in, cast, database, thermos):
    charlie, alice = sign_in(cast.charlie), sign_in(cast.alice)
    token = charlie.token()
    for browser, order_id in ((charlie, thermos.order_id), (alice, NOWHERE)):
        url = browser.url("site.show_order", order_id=order_id)
        assert browser.get(url).status_code == 404
        assert browser.get(url + "/cancel").status_code == 404
    url = charlie.url("site.cancel_my_order", order_id=thermos.order_id)
    assert charlie.post(url, data={"csrf_token": token}).status_code == 404
    assert purse(database, cast.alice) == (49_400, 600)


def test_a_member_sees_the_orders_for_the_own_line_and_gives_up_only_what_he_placed(sign_in, cast, database, store, thermos):
    from dataclasses import replace

    with database.writing() as session:
        for_bobs_line = redeem(session, replace(cast.alice, subscription_id=cast.bob.subscription_id))
        bobs_own = redeem(session, replace(cast.bob, customer_id=cast.alice.customer_id))
    bob = sign_in(cast.bob)
    text = bob.get("/orders").page.text
    assert thermos.reference not in text, "it is for a line of Alice's"
    assert for_bobs_line.reference in text
    assert bob.get(of(bob, thermos)).status_code == 404
    assert not any(link.endswith("/cancel") for link in bob.get(of(bob, for_bobs_line)).page.links())
    assert bob.get(of(bob, for_bobs_line) + "/cancel").status_code == 409
    url = bob.url("site.cancel_my_order", order_id=for_bobs_line.order_id)
    assert bob.post(url, data={"csrf_token": bob.token()}).status_code == 404
    assert "The order is cancelled." in give_up(bob, bobs_own).page.text


def test_an_enterprise_sees_which_employee_each_order_is_for_and_what_it_costs(sign_in, cast, database, store):
    with database.writing() as session:
        placed = order_handset(session, cast)
    erin = sign_in(cast.erin)
    page = erin.get(of(erin, placed)).page
    for words in ("Redmi Note 13", "¥2,198.00", "¥1,099.00 each", "E-100", "139 0571 0001"):
        assert words in page.text, words


@pytest.mark.parametrize(("path", "most"), [("/orders", 4), ("one", 9)])
def test_the_pages_cost_few_statements_however_much_there_is(path, most, sign_in, cast, database, store):
    with database.writing() as session:
        last = many_orders(session, cast.alice, 12)[-1]
    alice = sign_in(cast.alice)
    url = of(alice, last) if path == "one" else path
    alice.get(url)
    with statements(database) as sent:
        assert alice.get(url).status_code == 200
    assert len(sent) <= most, "\n".join(sent)


def test_a_plan_costs_by_the_month_in_the_list_as_on_its_page(sign_in, cast, database, store):
    plan = PricedItem("voice_standard", {"en": "A plan"}, "service", 1, 0, kind="add_on", monthly_minor=5_900)
    handset = PricedItem("device_redmi_note_13", {"en": "A handset"}, "goods", 1, 10_000, monthly_minor=1_000)
    with database.writing() as session:
        for key, items in (("m-1", (plan,)), ("m-2", (plan, handset))):
            new = PricedOrder(cast.alice.customer_id, items, "standard", "CNY", "web", key, delivery=HOME, party_id=cast.alice.party_id)
            placed = place_priced(session, new, now=NOW)
    alice = sign_in(cast.alice)
    listed = alice.get(alice.url("site.list_my_orders")).page.text
    assert "¥59.00 a month" in listed
    assert "¥100.00, then ¥69.00 a month" in listed
    assert "¥0.00" not in listed
    assert "¥100.00, then ¥69.00 a month" in alice.get(of(alice, placed)).page.text
