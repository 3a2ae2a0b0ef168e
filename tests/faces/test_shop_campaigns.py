"""Campaigns in the shop: the reason beside the price, what is missing to the gift, gifts and codes in the cart, used once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.catalog import add_stock
from portal.promotions import approve_campaign, create_campaign, get_known, submit_campaign
from tests.cast import NOW
from tests.faces.test_shop import CABLE, EARPHONES, add_address, go_to_check, rows, take
from tests.selling.market import Market
from tests.statements import statements


@pytest.fixture
def launch(database, staff, cast):
    """Give a way to launch a campaign: written by one, approved by another."""

    def one(code, *effects, **entries):
        document = {"name": {"zh": "活动", "en": f"Campaign {code}"}, "currency": "CNY", "effects": list(effects), **entries}
        with database.writing() as session:
            known = get_known(session)
            create_campaign(session, code, document, staff_id=staff.mei.staff_id, now=NOW, known=known)
            submit_campaign(session, code, staff_id=staff.mei.staff_id, now=NOW)
            approve_campaign(session, code, staff_id=staff.sam.staff_id, now=NOW, known=known)

    with database.writing() as session:
        for code in (CABLE, EARPHONES, "gift_thermos", "device_redmi_note_13"):
            add_stock(session, code, 20, now=NOW)
    return one


OFF = {"kind": "percentage", "basis_points": 2000, "target": {"offerings": [EARPHONES]}}
GIFT = {"kind": "gift", "one_of": ["gift_thermos"], "cost_minor": 4000}


def test_a_reduced_price_says_what_it_was_and_why(sign_in, cast, launch):
    launch("ears20", OFF)
    alice = sign_in(cast.alice)
    page = alice.get(alice.url("site.show_offer", code=EARPHONES)).page
    for words in ("¥319.20", "¥399.00", "Campaign ears20"):
        assert words in page.text, words
    cart = take(alice, EARPHONES).page
    for words in ("−¥79.80", "¥319.20", "Campaign ears20"):
        assert words in cart.text, words


def test_a_gift_comes_into_the_cart_and_into_the_order_and_its_use_is_counted_once(sign_in, cast, launch, database):
    launch("flask", GIFT, when={"kind": "subtotal", "min": 40_000}, caps={"uses": 5})
    alice = sign_in(cast.alice)
    cart = take(alice, EARPHONES).page
    assert "¥1.00" in cart.text  # is missing to the gift
    cart = take(alice, CABLE).page
    assert "Thermos flask" in cart.text
    add_address(alice)
    page = go_to_check(alice, payment="bill")
    assert "Thermos flask" in page.text
    for _ in range(2):
        alice.post_form(page, alice.url("site.send_order"), agreed="yes")
    assert [(row["offering_code"], row["is_gift"]) for row in sorted(rows(database, "order_item"), key=lambda row: row["position"])] == [
        (EARPHONES, False), (CABLE, False), ("gift_thermos", True),
    ]  # fmt: skip
    (counter,) = [row for row in rows(database, "campaign_counter") if row["scope"] == "all"]
    assert counter["uses"] == 1


def test_a_gift_to_choose_is_chosen_in_the_cart(sign_in, cast, launch, database):
    with database.writing() as session:
        add_stock(session, "gift_power_bank", 2, now=NOW)
    launch("choice", {**GIFT, "one_of": ["gift_thermos", "gift_power_bank"]}, when={"kind": "subtotal", "min": 10_000}, caps={"uses": 5})
    alice = sign_in(cast.alice)
    page = take(alice, EARPHONES).page
    assert "Choose your gift" in page.text
    page = alice.post_form(page, alice.url("site.choose_gift"), gift="gift_power_bank").page
    (cart,) = rows(database, "cart")
    assert cart["choices"] == {"choice": "gift_power_bank"}
    headers = {"Referer": "https://localhost/cart"}
    data = {"csrf_token": alice.token(), "campaign": "choice", "gift": "device_huawei_mate_60"}
    assert alice.post(alice.url("site.choose_gift"), data=data, headers=headers).status_code == 404


def test_a_wrong_code_is_said_beside_its_field(sign_in, cast, launch):
    alice = sign_in(cast.alice)
    page = take(alice, CABLE).page
    for typed in ("", "x" * 59, "0000-0000-0000"):
        answer = alice.post_form(page, alice.url("site.enter_code"), code=typed)
        assert (answer.status_code, set(answer.page.errors)) == (422, {"code"}), typed


def test_the_list_page_with_fifty_campaigns_asks_ten_statements_at_most(sign_in, cast, launch, database):
    for number in range(50):
        launch(f"c{number}", {**OFF, "basis_points": 100 + number}, group={"code": "best", "mode": "best_single"})
    alice = sign_in(cast.alice)
    alice.get(alice.url("site.show_shop"))
    with statements(database) as sent:
        page = alice.get(alice.url("site.show_shop")).page
    assert len(sent) <= 10, "\n\n".join(sent)
    assert page.html.count("offer-card") >= 15


def test_the_cart_with_fifty_campaigns_asks_few_statements(sign_in, cast, launch, database):
    for number in range(5):
        launch(f"c{number}", {**OFF, "basis_points": 100 + number}, group={"code": "best", "mode": "best_single"})
    alice = sign_in(cast.alice)
    take(alice, EARPHONES)
    with statements(database) as sent:
        alice.get(alice.url("site.show_cart"))
    assert len(sent) <= 12, "\n\n".join(sent)


def test_used_up_campaigns_take_nothing_off(sign_in, cast, launch, database):
    launch("one", OFF, caps={"uses": 1})
    with database.writing() as session:
        table = Base.metadata.tables["campaign_counter"]
        (campaign,) = session.execute(sa.select(Base.metadata.tables["campaign"].c.id)).scalars()
        session.execute(sa.delete(table))
        session.execute(sa.insert(table).values(campaign_id=campaign, scope="all", uses=1, spent_minor=100))
    alice = sign_in(cast.alice)
    assert "¥399.00" in take(alice, EARPHONES).page.text


# a coupon's way


@pytest.fixture
def coupon(launch, database, staff, cast, keys):
    """A coupon that takes 20 % off earphones."""
    launch("coupon20", OFF, when={"kind": "code"}, caps={"per_code": 1, "per_customer": 1})
    market = Market(database, keys, NOW, (staff.mei.staff_id, staff.sam.staff_id))
    (code,) = market.coupons(1, "coupon20")
    return code


def coupons(database):
    """Give how the coupons and the uses of campaigns stand."""
    return [row["status"] for row in rows(database, "code_use")], [row["status"] for row in rows(database, "campaign_use")]


def test_a_coupon_takes_off_what_it_says_from_the_cart_to_the_order_and_comes_back_with_it(sign_in, cast, coupon, database):
    """Vendure 1466: what a customer used of a coupon was not given back when the order was cancelled."""
    alice = sign_in(cast.alice)
    page = take(alice, EARPHONES)
    page = alice.post_form(page, alice.url("site.enter_code"), code=coupon.lower())
    for words in ("The code is in your cart", "−¥79.80", "¥319.20", "Campaign coupon20", coupon[-4:]):
        assert words in page.page.text, words
    add_address(alice)
    alice.post_form(go_to_check(alice, payment="bill"), alice.url("site.send_order"), agreed="yes")
    (order,) = rows(database, "customer_order")
    assert order["total_minor"] == 31_920
    held, used = coupons(database)
    assert len(held) == len(used) == 1
    again = alice.post_form(take(alice, EARPHONES), alice.url("site.enter_code"), code=coupon)
    assert again.status_code == 422, "one use is one use"
    url = alice.url("site.show_order", order_id=order["id"])
    alice.post_form(alice.get(url + "/cancel"), url + "/cancel")
    alice.post_form(alice.get("/cart"), alice.url("site.enter_code"), code=coupon)
    assert "¥319.20" in alice.get("/cart").page.text, "and can be used again"


def test_a_code_taken_out_of_the_cart_takes_nothing_off_and_is_anybodys_again(sign_in, cast, coupon, database):
    alice, bob = sign_in(cast.alice), sign_in(cast.bob)
    alice.post_form(take(alice, EARPHONES), alice.url("site.enter_code"), code=coupon)
    page = bob.post_form(take(bob, EARPHONES), bob.url("site.enter_code"), code=coupon)
    assert (page.status_code, set(page.page.errors)) == (422, {"code"}), "it is in somebody's cart"
    (reference,) = rows(database, "cart")[0]["details"]["coupons"] or rows(database, "cart")[1]["details"]["coupons"]
    alice.post(alice.url("site.take_code_out"), data={"csrf_token": alice.token(), "code": reference})
    assert "¥399.00" in alice.get("/cart").page.text
    assert "Campaign coupon20" not in alice.get("/cart").page.text
    page = bob.post_form(bob.get("/cart"), bob.url("site.enter_code"), code=coupon)
    assert "¥319.20" in page.page.text
