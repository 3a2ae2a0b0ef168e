"""The shop: open to anybody, the cart and the checkout for who is signed in; what a form says about prices counts for nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.ids import to_ref
from portal.catalog import add_stock, set_price
from tests.cast import NOW
from tests.statements import statements

CABLE, EARPHONES, PHONE = "accessory_cable", "accessory_earphones", "device_redmi_note_13"
ADDRESS = {"name": "王爱丽", "phone": "13857101234", "line": "文三路 90 号 3 幢 501 室"}


@pytest.fixture
def goods(database, cast):
    """Put goods on the shelves."""
    with database.writing() as session:
        for code in (CABLE, EARPHONES, PHONE, "sim_card", "router_fibre"):
            add_stock(session, code, 20, now=NOW)


@pytest.fixture
def alice(sign_in, cast, goods):
    return sign_in(cast.alice)


def take(here, code=CABLE, quantity="1"):
    """Put something into the cart from its page."""
    page = here.get(here.url("site.show_offer", code=code)).page
    return here.post_form(page, here.url("site.put_in_cart"), quantity=quantity)


def add_address(here):
    """Put an address into the book, choosing the divisions without JavaScript."""
    page = here.get(here.url("site.ask_new_address")).page
    url = here.url("site.add_address")
    page = here.post_form(page, url, **ADDRESS, province="33").page
    page = here.post_form(page, url, city="3301").page
    return here.post_form(page, url, area="330106")


def go_to_check(here, **said):
    """Go from the cart to the last look."""
    page = here.get(here.url("site.ask_checkout")).page
    return here.post_form(page, here.url("site.take_checkout"), **said).page


def rows(database, table):
    with database.reading() as session:
        return [dict(row) for row in session.execute(sa.select(Base.metadata.tables[table])).mappings()]


# the shelves


def test_the_shop_is_open_before_sign_in(site, goods):
    page = site.get(site.url("site.show_shop")).page
    assert page.heading == "Shop"
    for words in ("Phones", "Accessories", "Redmi Note 13", "¥1,099.00", "Sign in"):
        assert words in page.html, words
    offer = site.get(site.url("site.show_offer", code=PHONE)).page
    assert "20 left" in offer.text
    assert not offer.can_send(site.url("site.put_in_cart"))
    assert site.get(site.url("site.show_offer", code="nothing")).status_code == 404
    assert site.get(site.url("site.show_shop", category="phones")).page.heading == "Phones"
    assert site.get(site.url("site.show_shop", category="nothing")).status_code == 404


def test_gifts_for_points_are_not_sold(site, goods):
    assert "Thermos" not in site.get(site.url("site.show_shop")).page.text
    assert site.get(site.url("site.show_offer", code="gift_thermos")).status_code == 404


def test_an_offer_says_what_its_price_is_made_of_and_why_one_cannot_have_it(alice):
    router = alice.get(alice.url("site.show_offer", code="router_fibre")).page
    for words in ("Deposit, given back at the end", "¥200.00", "¥5.00 a month"):
        assert words in router.text, words
    student = alice.get(alice.url("site.show_offer", code="plan_student")).page
    assert "You cannot have this one" in student.text
    assert "Show your student card at an outlet once." in student.text
    assert not student.can_send(alice.url("site.put_in_cart"))


def test_the_list_page_asks_ten_statements_at_most(alice, database):
    with statements(database) as sent:
        alice.get(alice.url("site.show_shop"))
    with statements(database) as sent:
        assert alice.get(alice.url("site.show_shop")).status_code == 200
    assert len(sent) <= 10, "\n\n".join(sent)


# the cart


def test_what_is_put_in_is_in_the_cart_with_its_sums(alice):
    page = take(alice, quantity="3").page
    assert (page.heading, "¥105.00" in page.text) == ("Cart", True)
    page = alice.post_form(page, alice.url("site.change_quantity", position=1), quantity="1").page
    assert "¥49.00" in page.text  # 39 and 10 for sending
    page = alice.post_form(page, alice.url("site.take_from_cart", position=1)).page
    assert "Nothing in the cart" in page.text


@pytest.mark.parametrize("quantity", ["0", "-1", "100", "1.5", "999999999", "", "x", "１"])
def test_a_quantity_is_a_whole_number_from_1_to_99(alice, quantity):
    answer = take(alice, quantity=quantity)
    if quantity == "１":  # as a Chinese keyboard types it
        assert answer.page.heading == "Cart"
        return
    assert (answer.status_code, set(answer.page.errors)) == (422, {"quantity"})
    cart = take(alice).page
    answer = alice.post_form(cart, alice.url("site.change_quantity", position=1), quantity=quantity)
    assert answer.status_code == 422
    assert answer.page.errors == {"quantity": "Enter a whole number from 1 to 99."}


def test_prices_customers_and_tenants_in_a_request_count_for_nothing(alice, cast, database):
    token = alice.token()
    more = {
        "price": "1", "unit_minor": "1", "price_minor": "1", "amount": "1", "total": "1", "discount_minor": "9999", "seen_minor": "1",
        "customer_id": str(cast.charlie.customer_id), "customer": to_ref(cast.charlie.customer_id), "owner": "party:1", "tenant": "acme",
        "price_list": "acme", "status": "ordered",
    }  # fmt: skip
    headers = {"Referer": "https://localhost/shop"}
    alice.post(alice.url("site.put_in_cart"), data={"csrf_token": token, "offering": CABLE, "quantity": "1", **more}, headers=headers)
    (cart,), (item,) = rows(database, "cart"), rows(database, "cart_item")
    assert (cart["customer_id"], cart["owner"], cart["price_list"], cart["status"]) == (
        cast.alice.customer_id, f"party:{cast.alice.party_id}", "standard", "open"
    )  # fmt: skip
    assert (item["customer_id"], item["quantity"]) == (cast.alice.customer_id, 1)
    assert "¥49.00" in alice.get(alice.url("site.show_cart")).page.text


def test_a_barred_offering_cannot_be_ordered_by_post(alice, database):
    headers = {"Referer": "https://localhost/shop"}
    data = {"csrf_token": alice.token(), "offering": "plan_student", "quantity": "1"}
    alice.post(alice.url("site.put_in_cart"), data=data, headers=headers)
    page = alice.get(alice.url("site.show_cart")).page
    assert "people of another age" in page.text
    assert not any("checkout" in link for link in page.links())
    data = {"csrf_token": alice.token(), "idempotency_key": "k" * 20, "shown": "0", "agreed": "yes"}
    assert alice.post(alice.url("site.send_order"), data=data, headers=headers).status_code == 409
    assert rows(database, "customer_order") == []


def test_a_changed_price_is_told_until_it_is_taken_note_of(alice, database):
    take(alice, EARPHONES)
    assert "when you last looked" not in alice.get(alice.url("site.show_cart")).page.text
    with database.writing() as session:
        set_price(session, "standard", EARPHONES, "CNY", 35_000)
    page = alice.get(alice.url("site.show_cart")).page
    assert "¥49.00 less than when you last looked" in page.text
    page = take(alice, CABLE).page  # what one does oneself is no news, and does not hide what is
    assert "¥49.00 less than when you last looked" in page.text
    alice.post_form(page, alice.url("site.take_note"))
    assert "when you last looked" not in alice.get(alice.url("site.show_cart")).page.text


# checkout, payment


def test_from_the_shelf_to_the_order_and_on_to_the_payment(alice, database, app):
    take(alice, PHONE)
    add_address(alice)
    page = go_to_check(alice)
    for words in ("Check your order", "Redmi Note 13", "¥1,099.00", "浙江省杭州市西湖区文三路 90 号", "Online now"):
        assert words in page.text, words
    answer = alice.post_form(page, alice.url("site.send_order"))
    assert (answer.status_code, set(answer.page.errors)) == (422, {"agreed"})
    page = alice.post_form(answer, alice.url("site.send_order"), agreed="yes").page
    assert (page.heading, "¥1,099.00" in page.text) == ("Pay your order", True)
    (order,) = rows(database, "customer_order")
    assert (order["status"], order["total_minor"], order["channel"]) == ("accepted", 109_900, "web")
    assert alice.get(alice.url("site.show_order", order_id=order["id"])).status_code == 200


def test_the_same_form_sent_twice_is_one_order(alice, database):
    take(alice)
    add_address(alice)
    page = go_to_check(alice, payment="bill")
    first = alice.post_form(page, alice.url("site.send_order"), agreed="yes").page
    again = alice.post_form(page, alice.url("site.send_order"), agreed="yes").page
    assert first.url == again.url
    assert len(rows(database, "customer_order")) == 1


def test_a_total_that_changed_since_it_was_shown_is_not_ordered(alice, database):
    take(alice, EARPHONES)
    add_address(alice)
    page = go_to_check(alice)
    with database.writing() as session:
        set_price(session, "standard", EARPHONES, "CNY", 41_000)
    answer = alice.post_form(page, alice.url("site.send_order"), agreed="yes")
    assert answer.status_code == 409
    assert "¥11.00 more than you were shown" in answer.page.text
    assert rows(database, "customer_order") == []
    alice.post_form(answer, alice.url("site.send_order"), agreed="yes")
    assert rows(database, "customer_order")[0]["total_minor"] == 41_000


def test_a_total_in_the_form_is_a_check_and_never_a_price(alice, database):
    take(alice)
    add_address(alice)
    page = go_to_check(alice)
    for shown in ("1", "0", "-5", "x", "9" * 20):
        answer = alice.post_form(page, alice.url("site.send_order"), agreed="yes", shown=shown)
        assert answer.status_code in (200, 409)
    assert rows(database, "customer_order") == []


def test_picked_up_at_an_outlet_nothing_is_paid_for_sending(alice, database):
    take(alice)
    page = go_to_check(alice, where="at-xihu", payment="bill")
    assert "West Lake shop" in page.text
    alice.post_form(page, alice.url("site.send_order"), agreed="yes")
    (order,) = rows(database, "customer_order")
    assert (order["outlet"], order["delivery"], order["total_minor"], order["payment"]) == ("xihu", None, 3900, "bill")


def test_a_member_pays_online_and_sees_no_quotes(sign_in, cast, goods):
    bob = sign_in(cast.bob)
    take(bob)
    page = bob.get(bob.url("site.ask_checkout")).page
    assert "With the next bill" not in page.text
    assert bob.get(bob.url("site.list_my_quotes")).status_code == 404


# quotes


def test_a_quote_keeps_its_price_and_is_ordered_once(alice, database):
    take(alice, EARPHONES)
    add_address(alice)
    page = alice.post_form(go_to_check(alice), alice.url("site.keep_quote")).page
    assert "¥399.00" in page.text
    with database.writing() as session:
        set_price(session, "standard", EARPHONES, "CNY", 45_000)
    (quote,) = rows(database, "quote")
    url = alice.url("site.send_quote_order", number=quote["number"])
    alice.post_form(page, url, agreed="yes", payment="bill")
    alice.post_form(page, url, agreed="yes", payment="bill")
    (order,) = rows(database, "customer_order")
    assert order["total_minor"] == 39_900
    shown = alice.get(alice.url("site.show_quote", number=quote["number"])).page
    assert "Ordered" in shown.text
    again = alice.post_form(shown, alice.url("site.put_quote_in_cart", number=quote["number"])).page
    assert "¥450.00" in again.text


# addresses


def test_an_address_is_put_in_changed_and_taken_out(alice):
    page = add_address(alice).page
    assert "浙江省杭州市西湖区文三路 90 号" in page.text
    link = next(url for url in page.links() if url.startswith("/me/addresses/") and not url.endswith("new"))
    page = alice.get(link).page
    page = alice.post_form(page, link, line="文三路 91 号").page
    assert "文三路 91 号" in page.text
    link = next(url for url in page.links() if url.startswith("/me/addresses/") and not url.endswith("new"))
    page = alice.post_form(page, f"{link}/removal").page
    assert "No address yet" in page.text


def test_an_address_that_lacks_something_says_what(alice):
    page = alice.get(alice.url("site.ask_new_address")).page
    url = alice.url("site.add_address")
    page = alice.post_form(page, url, **{**ADDRESS, "line": ""}, province="11").page
    answer = alice.post_form(page, url, area="110101")
    assert (answer.status_code, set(answer.page.errors)) == (422, {"line"})
