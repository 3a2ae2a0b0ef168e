"""Pictures of what is sold: on its card, on its page, beside its name in cart and order; an icon where there is none."""

from __future__ import annotations

import pytest

from portal.catalog import Picture, add_stock, hang_pictures
from tests.cast import NOW
from tests.faces.ministore import enter, show_frame
from tests.faces.test_shop import CABLE, EARPHONES, add_address, go_to_check, goods, rows, take
from tests.faces.test_shop_campaigns import launch
from tests.ministores.company import MATE, open_acme
from tests.presales.queue import PHONE, Queue
from tests.statements import statements

__all__ = ["goods", "launch"]
SHOTS = {code: Picture(letter * 64, "image/webp", 640, 640, b"RIFF") for code, letter in ((CABLE, "a"), ("gift_thermos", "b"))}


@pytest.fixture
def pictures(database, cast, goods):
    """Give the cable and the thermos a picture; nothing else has one."""
    with database.writing() as session:
        assert hang_pictures(session, SHOTS, now=NOW) == len(SHOTS)


@pytest.fixture
def alice(sign_in, cast, pictures):
    return sign_in(cast.alice)


def at(code):
    """Give the address of a picture."""
    return f"/pictures/{SHOTS[code].hash}"


def shots(node):
    """Give the pictures in a part of a page."""
    return list(node.all("img"))


def card_of(page, name):
    """Give the card of one offer, or its line."""
    return next(each for each in page.root.all("li") if name in each.text)


def test_a_card_shows_its_picture_with_its_size_and_one_without_shows_its_icon(site, pictures):
    page = site.get(site.url("site.show_shop", category="accessories")).page
    (shot,) = shots(card_of(page, "USB-C cable"))
    assert shot.get("src") == at(CABLE)
    assert (shot.get("width"), shot.get("height"), shot.get("loading")) == ("640", "480", "lazy"), "nothing moves when it comes"
    assert shot.has("alt")
    assert shot.get("alt") == "", "the name stands beside it"
    bare = card_of(page, "Wireless earphones")
    assert not shots(bare)
    assert list(bare.all("svg"))


def test_pictures_cost_the_shelves_no_statement(site, database, goods):
    url = site.url("site.show_shop")
    site.get(url)
    with statements(database) as before:
        site.get(url)
    with database.writing() as session:
        hang_pictures(session, SHOTS, now=NOW)
    site.get(url)
    with statements(database) as after:
        assert at(CABLE) in site.get(url).page.html
    assert len(after) == len(before)


def test_the_address_of_a_picture_is_its_routes(site, pictures):
    assert site.url("public.show_picture", picture=SHOTS[CABLE].hash) == at(CABLE)


def test_an_offer_shows_its_picture_before_anything_else(site, pictures):
    page = site.get(site.url("site.show_offer", code=CABLE)).page
    (shot,) = shots(page.root)
    assert (shot.get("src"), shot.get("alt"), shot.get("loading")) == (at(CABLE), "USB-C cable", "")
    assert page.html.index("<img") < page.html.index('id="price"')
    assert not shots(site.get(site.url("site.show_offer", code=EARPHONES)).page.root)


def test_a_picture_is_kept_for_ever_and_not_sent_twice(site, pictures):
    first = site.get(at(CABLE))
    assert (first.status_code, first.headers["Content-Type"]) == (200, "image/webp")
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = site.get(at(CABLE), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_cache_in_between_keeps_one_picture_for_everybody(site, alice):
    take(alice, CABLE)  # whoever has a session with something in it asks like everybody else
    for reader in (site, alice):
        for headers in ({}, {"If-None-Match": reader.get(at(CABLE)).headers["ETag"]}):
            answer = reader.get(at(CABLE), headers=headers)
            assert {"public", "immutable"} <= set(answer.headers["Cache-Control"].split(", "))
            assert "Vary" not in answer.headers
            assert not answer.headers.getlist("Set-Cookie")
    assert "Cookie" in alice.get("/cart").headers["Vary"], "what is somebody's own still varies"


def test_cart_last_look_and_order_show_what_they_are_about(alice, database):
    take(alice, CABLE)
    cart = take(alice, EARPHONES).page
    assert [each.get("src") for each in shots(cart.root)] == [at(CABLE)]
    assert list(card_of(cart, "Wireless earphones").all("svg")), "one without shows its icon"
    add_address(alice)
    check = go_to_check(alice, payment="bill")
    assert [each.get("src") for each in shots(check.root)] == [at(CABLE)]
    alice.post_form(check, alice.url("site.send_order"), agreed="yes")
    (order,) = rows(database, "customer_order")
    page = alice.get(alice.url("site.show_order", order_id=order["id"])).page
    assert [each.get("src") for each in shots(page.root)] == [at(CABLE)]


def test_the_list_of_orders_shows_small_pictures_and_an_icon_for_the_others(alice, database):
    for code in (CABLE, EARPHONES):
        take(alice, code)
        if code == CABLE:
            add_address(alice)
        alice.post_form(go_to_check(alice, payment="bill"), alice.url("site.send_order"), agreed="yes")
    page = alice.get("/orders").page
    (shot,) = shots(page.id("orders"))
    assert (shot.get("src"), shot.get("alt"), shot.get("width"), shot.get("loading")) == (at(CABLE), "", "40", "lazy")
    bare = card_of(page, "Wireless earphones")
    assert "thumb line-icon" in [each.get("class") for each in bare.all("span")]


def test_a_quote_and_the_list_of_quotes_show_what_they_are_for(alice, database):
    take(alice, CABLE)
    take(alice, EARPHONES)
    add_address(alice)
    alice.post_form(go_to_check(alice), alice.url("site.keep_quote"))
    (quote,) = rows(database, "quote")
    page = alice.get(alice.url("site.show_quote", number=quote["number"])).page
    assert [(each.get("src"), each.get("alt")) for each in shots(page.id("items"))] == [(at(CABLE), "")]
    assert list(card_of(page, "Wireless earphones").all("svg")), "one without shows an icon"
    assert [each.get("src") for each in shots(alice.get("/quotes").page.id("quotes"))] == [at(CABLE)]


def test_the_counter_sees_what_an_order_is_of(alice, database, cast, counter):
    take(alice, CABLE)
    add_address(alice)
    alice.post_form(go_to_check(alice, payment="bill"), alice.url("site.send_order"), agreed="yes")
    (order,) = rows(database, "customer_order")
    dora = counter()
    customer = dora.get(dora.url("counter.show_customer", customer_id=cast.alice.customer_id)).page
    dora.post_form(customer, customer.url + "/openings/by-reason", reason="document_shown")
    page = dora.get(dora.url("counter.show_customer_order", customer_id=cast.alice.customer_id, order_id=order["id"])).page
    assert [(each.get("src"), each.get("alt")) for each in shots(page.id("order-items"))] == [(at(CABLE), "")]


def test_a_presale_shows_what_is_to_come(site, database, cast, keys):
    queue = Queue(database, keys, NOW)
    queue.hire()
    queue.announce()
    url = site.url("site.show_presale", presale_id=queue.presale_id)
    assert not shots(site.get(url).page.root)
    with database.writing() as session:
        hang_pictures(session, {PHONE: SHOTS[CABLE]}, now=NOW)
    site.get("/shop")
    (shot,) = shots(site.get(url).page.root)
    assert (shot.get("src"), shot.get("alt"), shot.get("loading")) == (at(CABLE), "", "lazy")


def test_a_company_s_shelf_shows_pictures_its_frame_may_load(site, database, cast):
    with database.writing() as session:
        acme = open_acme(session, cast)
        hang_pictures(session, {MATE: SHOTS[CABLE]}, now=NOW)
    framed = show_frame(site, acme)
    assert "img-src 'self'" in framed.headers["Content-Security-Policy"]
    assert not shots(framed.page.root), "the first thing a host page waits for is as light as before"
    shelf = enter(site, acme).get("show_offers").page
    (shot,) = shots(shelf.root)
    assert [shot.get(name) for name in ("src", "alt", "width", "height", "loading")] == [at(CABLE), "", "44", "52", "lazy"]
    assert list(card_of(shelf, "Redmi").all("svg")), "one without shows its icon"
    assert site.get(at(CABLE)).headers["Cross-Origin-Resource-Policy"] == "same-origin", "the frame is of our own origin"


def test_a_gift_is_shown_where_it_is_chosen_and_where_it_lies(alice, database, launch):
    with database.writing() as session:
        add_stock(session, "gift_power_bank", 5, now=NOW)
    launch("pick", {"kind": "gift", "one_of": ["gift_thermos", "gift_power_bank"], "cost_minor": 4000})
    page = take(alice, EARPHONES).page
    label = next(each for each in page.root.all("label") if "Thermos" in each.text)
    assert [each.get("src") for each in shots(label)] == [at("gift_thermos")]
    page = alice.post_form(page, alice.url("site.choose_gift"), gift="gift_thermos").page
    cart = next(each for each in page.root.all("section") if each.get("id") == "cart")
    assert at("gift_thermos") in [each.get("src") for each in shots(cart)]


def test_the_points_store_shows_a_gifts_picture(alice):
    page = alice.get("/points").page
    assert [each.get("src") for each in shots(page.root)] == [at("gift_thermos")]
    assert at("gift_thermos") in alice.get("/points/gifts/gift_thermos").page.html


def test_that_sending_is_free_from_so_much_on_is_said_once(alice, launch):
    take(alice, CABLE)
    assert "and sending is free" in alice.get("/cart").page.text
    reward = {"zh": "免运费", "en": "free delivery"}
    launch("post", {"kind": "free_shipping"}, when={"kind": "subtotal", "min": 9_900}, reward=reward)
    text = alice.get("/cart").page.text
    assert "¥60.00 more and you get: free delivery" in text
    assert "and sending is free" not in text
