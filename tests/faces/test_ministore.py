"""An employee's way through a mini-store: offers at the company's price, the cart, the check, the order, one's own orders."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.catalog import count_stock, find_published, read_document, set_price, write_document
from portal.catalog.publishing import publish_document
from portal.customers import Viewer
from portal.ministores import set_open
from portal.orders import cancel_order, fulfil_order, get_order, list_orders, take_order
from tests.cast import NOW
from tests.faces.ministore import enter, show_frame, swap
from tests.ministores.company import EMMA, FRED, MATE, NOTE, OPPO, ORIGIN, open_acme, open_globex

DESK = 9


@pytest.fixture
def acme(app, cast):
    with app.extensions["portal"].db.writing() as session:
        return open_acme(session, cast)


@pytest.fixture
def globex(app, acme):
    with app.extensions["portal"].db.writing() as session:
        return open_globex(session)


@pytest.fixture
def emma(site, acme):
    return enter(site, acme, EMMA)


@pytest.fixture
def fred(app, acme):
    return enter(app.test_client(), acme, FRED)


@pytest.fixture
def db(app):
    return app.extensions["portal"].db


def orders_of(db, intranet):
    """Every order of an enterprise, as the enterprise sees them."""
    with db.reading() as session:
        return list_orders(session, Viewer("subscriber", "party:1", intranet.customer_id)).orders


def test_the_frame_names_the_company_first_and_us_small(site, acme):
    page = show_frame(site, acme).page
    assert page.heading == "Acme staff store"
    assert page.title == "Acme staff store"
    assert "A service of OneHall" in page.root.text
    assert page.text.count("OneHall") == 0, "the main part is the company's"


def test_the_frame_holds_no_offer_before_somebody_is_known(site, acme):
    page = show_frame(site, acme).page
    assert "4,839" not in page.html
    assert "Mate" not in page.html
    assert page.id("store").get("hx-get") == "/ministore/acme/offers"


@pytest.mark.parametrize(
    ("query", "language"),
    [("?lang=zh", "zh-Hans-CN"), ("?lang=zh-CN", "zh-Hans-CN"), ("?lang=ZH%20", "zh-Hans-CN"), ("?lang=en-GB", "en"),
     ("?lang=%20en", "en"), ("?lang=fr", "en"), ("?lang=", "en"), ("", "en"), ("?lang=%00x", None)],
)  # fmt: skip
def test_the_frame_speaks_as_the_host_page_says_however_it_is_written(site, acme, query, language):
    answer = show_frame(site, acme, query=query)
    if language is None:
        assert answer.status_code == 400
        assert f"frame-ancestors {ORIGIN}" in answer.headers["Content-Security-Policy"]
    else:
        assert (answer.status_code, answer.page.language) == (200, language)


@pytest.mark.parametrize(
    ("theme", "shown"), [("dark", "dark"), ("light", "light"), ("auto", ""), ("", ""), ("blue", ""), ("DARK ", "dark")]
)
def test_the_frame_is_light_or_dark_as_the_host_page_says(site, acme, theme, shown):
    page = show_frame(site, acme, query=f"?theme={theme}").page
    assert next(page.root.all("html")).get("data-bs-theme") == shown


def test_the_frame_wears_the_companys_colour(site, acme):
    sheets = [node.get("href") for node in show_frame(site, acme).page.root.all("link") if node.get("rel") == "stylesheet"]
    answer = site.get(next(each for each in sheets if "colours" in each))
    assert answer.mimetype == "text/css"
    text = answer.get_data(as_text=True)
    assert "--jade:#1d4ed8" in text
    assert "--jade:#93b4ff" in text
    assert "max-age=86400" in answer.headers["Cache-Control"]


def test_offers_are_the_companys_own_at_the_companys_price(emma):
    page = emma.get("show_offers").page
    text = page.text
    assert "HUAWEI Mate 60" in text
    assert "¥4,839.00" in text
    assert "instead of ¥5,499.00" in text
    assert "OPPO" not in text, "not on the company's list"
    assert "Emma Lin (E-1024)" in text
    assert "Your company pays" in text
    assert text.index("Redmi") < text.index("HUAWEI"), "the cheapest first"


def republish(db, code, **changed):
    """Publish an offering anew, with other rules."""
    with db.writing() as session:
        document, version = find_published(session, code)
        publish_document(session, read_document(write_document(document) | changed), version + 1, now=NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"channels": ["web"]},
        {"valid_to": "2026-01-01T00:00:00Z"},
        {"eligibility": {"kinds": ["individual"]}},
        {"requires": ["plan_unlimited"]},
    ],
    ids=["channel", "over", "kind", "needs"],
)
def test_what_is_not_sold_to_companies_here_and_now_is_not_there(emma, acme, db, changed):
    cart = emma.choose(MATE)
    republish(db, MATE, **changed)
    assert "Mate" not in emma.get("show_offers").page.text
    assert emma.send(cart, "check_order", phone="8888", address="7F").status_code == 404
    assert orders_of(db, acme) == ()


def test_many_cost_less_where_the_company_agreed_so_and_the_check_says_it(emma, acme, db):
    prices = [{"price_list": "ministore-acme", "unit": "CNY", "amount": 480_000}]
    prices += [{"price_list": "ministore-acme", "unit": "CNY", "amount": 450_000, "from_quantity": 3}]
    republish(db, MATE, prices=prices)
    cart = emma.choose(MATE)
    assert "From 3 pieces ¥4,500.00" in cart.page.id("cart").text
    check = emma.send(cart, "check_order", quantity="3", phone="8888", address="7F")
    assert "¥13,500.00" in check.page.text
    assert "4,800.00" in emma.send(check, "fill_cart").page.id("cart").text
    assert emma.send(check, "send_order").status_code == 201
    (order,) = orders_of(db, acme)
    assert order.total_minor == 1_350_000


def test_an_employee_who_has_as_many_as_one_can_have_is_told_so_in_the_cart(emma, fred, acme, db):
    republish(db, MATE, most_per_customer=1)
    assert emma.order(MATE).status_code == 201
    refused = emma.order(MATE)
    assert refused.status_code == 409
    assert "as many of this as one customer can have" in refused.page.id("cart").text
    assert fred.order(MATE).status_code == 201


def test_another_companys_price_is_never_seen(app, emma, globex):
    gina = enter(app.test_client(), globex)
    assert "4,500.00" in gina.get("show_offers").page.text
    assert "4,839.00" not in gina.get("show_offers").page.text
    assert "4,500.00" not in emma.get("show_offers").page.text


def test_an_employee_orders_a_handset_and_the_enterprise_has_the_order(emma, acme, db):
    cart = emma.choose(MATE)
    assert cart.page.id("cart").text.count("4,839.00") == 1
    assert next(node.text for node in cart.page.root.all("li") if "is-chosen" in node.get("class")).startswith("HUAWEI Mate 60")
    assert cart.page.id("f-name").get("value") == "Emma Lin"
    check = emma.send(cart, "check_order", quantity="２", phone="0571-8888 1234", address=" 文三路 90 号   7 层 ")
    assert "¥9,678.00" in check.page.text
    assert "文三路 90 号 7 层" in check.page.text
    done = emma.send(check, "send_order")
    assert done.status_code == 201
    (order,) = orders_of(db, acme)
    assert (order.placed_for, order.channel, order.total_minor, order.quantity) == (EMMA[0], "ministore", 967_800, 2)
    assert order.reference in done.page.text
    assert done.page.id("store").get("data-order") == order.reference
    with db.reading() as session:
        full = get_order(session, Viewer("subscriber", "party:1", acme.customer_id), order.id)
        assert count_stock(session, MATE).reserved == 2
    assert (full.delivery.name, full.delivery.address) == ("Emma Lin", "文三路 90 号 7 层")
    assert full.steps[0].actor == "employee:E-1024"


def test_the_order_stands_in_the_enterprises_timeline(emma, acme, db):
    emma.order(NOTE)
    table = Base.metadata.tables["interaction"]
    with db.reading() as session:
        rows = session.execute(sa.select(table.c.channel, table.c.kind).where(table.c.customer_id == acme.customer_id)).all()
    assert ("ministore", "order_placed") in [tuple(row) for row in rows]


def test_the_same_check_sent_twice_is_one_order(emma, acme, db):
    check = emma.send(emma.choose(MATE), "check_order", phone="8888", address="7F")
    first, second = emma.send(check, "send_order"), emma.send(check, "send_order")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.page.id("store").get("data-order") == second.page.id("store").get("data-order")
    assert len(orders_of(db, acme)) == 1


def test_a_replayed_order_is_answered_though_the_price_has_changed_since(emma, acme, db):
    check = emma.send(emma.choose(MATE), "check_order", phone="8888", address="7F")
    first = emma.send(check, "send_order")
    with db.writing() as session:
        set_price(session, "ministore-acme", MATE, "CNY", 1)
    again = emma.send(check, "send_order")
    assert again.status_code == 200
    assert again.page.id("store").get("data-order") == first.page.id("store").get("data-order")


def test_a_key_of_somebody_else_meets_nothing(emma, fred, acme, db):
    check = emma.send(emma.choose(MATE), "check_order", phone="8888", address="7F")
    emma.send(check, "send_order")
    assert fred.send(check, "send_order").status_code == 201
    assert sorted(each.placed_for for each in orders_of(db, acme)) == [EMMA[0], FRED[0]]


def test_a_key_used_for_another_order_is_refused(emma, acme, db):
    check = emma.send(emma.choose(MATE), "check_order", phone="8888", address="7F")
    emma.send(check, "send_order")
    assert emma.send(check, "send_order", quantity="3").status_code == 422
    assert len(orders_of(db, acme)) == 1


@pytest.mark.parametrize("key", ["", "short", "x" * 101])
def test_an_order_without_a_key_is_not_placed(emma, acme, db, key):
    check = emma.send(emma.choose(MATE), "check_order", phone="8888", address="7F")
    assert emma.send(check, "send_order", key=key).status_code == 400
    assert not orders_of(db, acme)


def test_a_price_that_changes_between_cart_and_order_is_shown_before_anything_is_ordered(emma, acme, db):
    cart = emma.choose(MATE)
    check = emma.send(cart, "check_order", phone="8888", address="7F")
    with db.writing() as session:
        set_price(session, "ministore-acme", MATE, "CNY", 499_900)
    for answer in (emma.send(check, "send_order"), emma.send(cart, "check_order", phone="8888", address="7F")):
        assert answer.status_code in (409, 422)
        assert "The price has changed" in answer.page.text
        assert "¥4,999.00" in answer.page.id("cart").text
        assert answer.page.id("f-address").get("value") == "7F", "what was typed stays"
        (amount,) = {node.get("value") for node in answer.page.id("cart").all("input") if node.get("name") == "amount"}
        assert amount == "499900"
    assert not orders_of(db, acme)


def test_a_price_of_ones_own_is_not_taken(emma, acme, db):
    check = emma.send(emma.choose(MATE), "check_order", phone="8888", address="7F")
    for amount in ("1", "0", "483899"):
        assert emma.send(check, "send_order", amount=amount).status_code == 409
    assert not orders_of(db, acme)


@pytest.mark.parametrize("quantity", ["", "0", "-1", "1.5", "100", "99999", "1e1", "one", "１０００", "٣", "1 000", "0x1", "NaN"])
def test_a_quantity_that_is_none_is_said_beside_its_field_and_what_was_typed_stays(emma, acme, db, quantity):
    answer = emma.send(emma.choose(MATE), "check_order", quantity=quantity, phone="8888", address="7F")
    assert answer.status_code == 422
    assert answer.page.errors["quantity"] == "Order 1 to 99 of them."
    assert answer.page.id("f-address").get("value") == "7F"
    assert not orders_of(db, acme)


@pytest.mark.parametrize(("field", "text"), [("name", ""), ("phone", " "), ("address", "\n"), ("name", "x" * 61), ("address", "路" * 201)])
def test_where_it_goes_is_checked(emma, field, text):
    typed = {"name": "Emma", "phone": "8888", "address": "7F"} | {field: text}
    answer = emma.send(emma.choose(MATE), "check_order", **typed)
    assert answer.status_code == 422
    assert set(answer.page.errors) == {field}


def test_what_is_typed_is_shown_as_text_alone(emma):
    check = emma.send(emma.choose(MATE), "check_order", phone="8888", address="<script>alert(1)</script>")
    assert "<script>" not in check.page.html
    assert "&lt;script&gt;" in check.page.html


@pytest.mark.parametrize("code", [OPPO, "gift_coffee", "voice_standard", "nothing", "", "' OR 1=1 --"])
def test_what_is_not_on_the_companys_list_cannot_be_had(emma, acme, db, code):
    typed = {"offering": code, "quantity": "1", "amount": "199900", "name": "E", "phone": "8", "address": "7F", "key": "k" * 20}
    assert emma.site.post(emma.url("fill_cart"), data=typed, headers=emma.headers()).status_code == 404
    assert emma.site.post(emma.url("check_order"), data=typed, headers=emma.headers()).status_code == 404
    assert emma.site.post(emma.url("send_order"), data=typed, headers=emma.headers()).status_code in (404, 409)
    assert not orders_of(db, acme)


def test_of_the_last_one_two_employees_get_one(app, cast, db):
    with db.writing() as session:
        acme = open_acme(session, cast, stock=1)
    emma, fred = enter(app.test_client(), acme, EMMA), enter(app.test_client(), acme, FRED)
    checks = [who.send(who.choose(MATE), "check_order", phone="8888", address="7F") for who in (emma, fred)]
    assert emma.send(checks[0], "send_order").status_code == 201
    late = fred.send(checks[1], "send_order")
    assert late.status_code == 409
    assert "Nothing was ordered" in late.page.text
    assert len(orders_of(db, acme)) == 1
    with db.reading() as session:
        stock = count_stock(session, MATE)
    assert (stock.free, stock.reserved) == (0, 1)
    assert "Sold out" in fred.get("show_offers").page.text


def test_back_from_the_check_everything_typed_is_still_there(emma):
    check = emma.send(emma.choose(MATE), "check_order", quantity="4", name="E. Lin", phone="8888", address="7F")
    back = emma.send(check, "fill_cart")
    values = {name: back.page.id(f"f-{name}").get("value") for name in ("quantity", "name", "phone", "address")}
    assert values == {"quantity": "4", "name": "E. Lin", "phone": "8888", "address": "7F"}


def test_choosing_another_handset_keeps_what_was_typed(emma):
    emma.choose(MATE)
    typed = {"choose": NOTE, "offering": MATE, "amount": "483900", "quantity": "3", "name": "E. Lin", "phone": "8888", "address": "7F"}
    page = emma.site.post(emma.url("fill_cart"), data=typed, headers=emma.headers()).page
    assert "¥967.00" in page.id("cart").text
    assert (page.id("f-quantity").get("value"), page.id("f-address").get("value")) == ("3", "7F")
    assert emma.send(page, "check_order").status_code == 200


def test_an_employee_sees_own_orders_alone(emma, fred, acme, db, site, cast):
    emma.order(MATE)
    fred.order(NOTE)
    mine = emma.get("list_my_orders").page.text
    assert "Mate 60" in mine
    assert "Redmi" not in mine
    freds = next(each for each in orders_of(db, acme) if each.placed_for == FRED[0])
    emmas = next(each for each in orders_of(db, acme) if each.placed_for == EMMA[0])
    assert emma.get("show_my_order", order_id=emmas.id).status_code == 200
    assert emma.get("show_my_order", order_id=freds.id).status_code == 404
    assert emma.get("show_my_order", order_id=1).status_code == 404


def test_the_same_employee_number_in_another_company_sees_nothing_of_it(app, emma, globex, acme, db):
    emma.order(MATE)
    gina = enter(app.test_client(), globex, EMMA)
    assert "You have not ordered anything yet" in gina.get("list_my_orders").page.text
    assert gina.get("show_my_order", order_id=orders_of(db, acme)[0].id).status_code == 404


def test_an_employee_sees_each_step_of_an_order(emma, acme, db, staff):
    emma.order(MATE)
    (order,) = orders_of(db, acme)
    assert "In preparation" in emma.get("list_my_orders").page.text
    with db.writing() as session:
        take_order(session, staff.sam.staff_id, order.id, now=NOW)
    with db.writing() as session:
        fulfil_order(session, order.id, actor=f"staff:{staff.sam.staff_id}", note="SF 1029", now=NOW)
    page = emma.get("show_my_order", order_id=order.id).page
    assert "SF 1029" in page.text
    assert "¥4,839.00" in page.text
    assert len(list(page.root.all("ol"))) == 1


def test_a_cancelled_order_says_so(emma, acme, db, staff):
    emma.order(MATE)
    (order,) = orders_of(db, acme)
    with db.writing() as session:
        cancel_order(session, acme.customer_id, order.id, actor=f"staff:{staff.sam.staff_id}", reason="customer_asked", now=NOW)
    assert "Cancelled" in emma.get("show_my_order", order_id=order.id).page.text


def test_orders_go_on_over_pages(emma, acme):
    for _ in range(12):
        emma.order(NOTE)
    first = emma.get("list_my_orders").page
    older = next(node.get("href") for node in first.root.all("a") if "before=" in node.get("href"))
    second = emma.site.get(older, headers=emma.headers()).page
    references = [re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}", page.html) for page in (first, second)]
    assert [len(set(each)) for each in references] == [10, 2]
    assert not set(references[0]) & set(references[1])
    assert emma.get("list_my_orders", before="rubbish").status_code == 422


def test_a_closed_store_says_so_and_lets_nobody_act(site, emma, acme, db):
    with db.writing() as session:
        set_open(session, "acme", is_open=False)
    assert "closed at the moment" in show_frame(site, acme).page.text
    assert swap(site, acme, acme.sign()).status_code == 403
    assert emma.get("show_offers").status_code == 403


def test_a_store_without_offers_says_what_comes_next(app, cast, db):
    from tests.ministores.company import open_store

    with db.writing() as session:
        bare = open_store(session, cast.acme.customer_id, "bare", prices={})
    assert "Nothing is offered at the moment" in enter(app.test_client(), bare).get("show_offers").page.text


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_region_is_whole_in_both_languages(app, acme, language):
    frame = enter(app.test_client().speak(language), acme)
    assert show_frame(frame.site, acme).status_code == 200
    frame.order(MATE)
    for endpoint in ("show_offers", "list_my_orders"):
        assert frame.get(endpoint).status_code == 200
