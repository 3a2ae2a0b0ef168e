"""Redeeming a gift in the hall: a last look, a fresh proof, an order placed once, and what can stand against it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.ids import to_ref
from portal.catalog import POINTS, STANDARD, claim_stock, count_stock, set_price
from portal.customers import end_line
from portal.points import hold_points
from tests.cast import NOW
from tests.door import PIN, deliver
from tests.ordering import CODES
from tests.pages import ORIGIN
from tests.redeeming import COFFEE, DATA, THERMOS, TYPED, fill_in, gift, give, open_store, orders, press, purse, redemptions


@pytest.fixture
def store(database, cast, keys):
    open_store(database, keys)


# the last look


def test_the_last_look_shows_everything_before_anything_is_done(sign_in, cast, database, store):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    page = fill_in(alice).page
    for words in ("Thermos flask", *TYPED.values(), "600 points", "1,000 points", "400 points", "Sent within two working days"):
        assert words in page.text, words
    assert (orders(database), purse(database, cast.alice)) == ([], (1_000, 0))


def test_what_was_typed_stands_in_no_address(sign_in, cast, database, store):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    page = fill_in(alice).page
    assert not any(part in page.url for text in TYPED.values() for part in (text, text.encode().hex(), "%E7%8E%8B"))


def test_changing_brings_back_what_was_typed(sign_in, cast, database, store):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    page = fill_in(alice, name="前台").page
    back = next(link for link in page.links() if link.startswith(gift(alice, THERMOS) + "?"))
    again = alice.get(back).page
    assert again.id("f-name").get("value") == "前台"
    assert again.id("f-address").text == TYPED["address"]


def test_a_draft_of_another_gift_another_person_or_another_time_is_none(sign_in, cast, database, store, shift):
    for person in (cast.alice, cast.charlie):
        give(database, person, 1_000)
    alice, charlie = sign_in(cast.alice), sign_in(cast.charlie)
    url = fill_in(alice).page.url
    draft = parse_qs(urlsplit(url).query)["draft"][0]
    assert alice.get(url).status_code == 200
    for browser, path in (
        (charlie, url), (alice, f"{redemptions(alice, COFFEE)}?draft={draft}"), (alice, url[:-7]), (alice, url + "x" * 7_000),
        (alice, redemptions(alice, THERMOS)), (alice, redemptions(alice, THERMOS) + "?draft=%E7%8E%8B"),
    ):  # fmt: skip
        answer = browser.get(path)
        assert (answer.status_code, "redemptions" in answer.headers["Location"]) == (303, False), path
    shift(13 * 3600)
    assert sign_in(cast.alice).get(url).status_code == 303


# redeeming


def test_redeeming_goods_is_an_order_with_its_points_held_and_its_piece_set_aside(sign_in, cast, database, store):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    done = press(alice, fill_in(alice))
    (order,) = orders(database)
    assert done.page.heading == f"Order {order['reference']}"
    assert "Redeemed. Nothing more is needed from you." in done.page.text
    for words in TYPED.values():
        assert words in done.page.text, words
    assert purse(database, cast.alice) == (400, 600)
    assert (order["total_points"], order["channel"], order["party_id"], order["delivery"]) == (600, "web", cast.alice.party_id, TYPED)
    with database.reading() as session:
        stock = count_stock(session, THERMOS)
    assert (stock.free, stock.reserved) == (2, 1)


def test_a_voucher_is_redeemed_without_typing_and_its_code_stands_on_the_order(sign_in, cast, database, store, app):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    done = press(alice, fill_in(alice, COFFEE), COFFEE)
    assert not any(code in done.text for code in CODES)
    deliver(app)
    assert any(code in alice.get(done.page.url).text for code in CODES)
    assert purse(database, cast.alice)[1] == 0


def test_a_data_pack_goes_to_the_line_that_was_chosen(sign_in, cast, database, store):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    check = fill_in(alice, DATA, line=to_ref(cast.bob.subscription_id))
    assert "138 5710 5678" in check.page.text
    press(alice, check, DATA)
    assert [order["subscription_id"] for order in orders(database)] == [cast.bob.subscription_id]


def test_the_same_form_sent_again_is_the_same_order(sign_in, cast, database, store):
    give(database, cast.alice, 5_000)
    alice = sign_in(cast.alice)
    check = fill_in(alice)
    first, second = press(alice, check), press(alice, check)
    assert first.page.url == second.page.url
    assert "This was sent before; here it is." in second.page.text
    assert (len(orders(database)), purse(database, cast.alice)) == (1, (4_400, 600))


def test_the_same_form_sent_again_is_the_same_order_when_it_is_sold_out_or_gone_since(sign_in, cast, database, store):
    give(database, cast.alice, 600)
    alice = sign_in(cast.alice)
    check = fill_in(alice)
    first = press(alice, check)
    with database.writing() as session:
        claim_stock(session, THERMOS, 2, holder="order:9", now=NOW)
        session.execute(sa.update(Base.metadata.tables["offering"]).values(on_sale=False))
    assert press(alice, check).page.url == first.page.url
    assert len(orders(database)) == 1


def test_a_key_of_a_form_that_was_changed_is_refused(sign_in, cast, database, store):
    give(database, cast.alice, 5_000)
    alice = sign_in(cast.alice)
    check = fill_in(alice).page
    press(alice, check)
    other = fill_in(alice, name="别人").page
    key = next(node.get("value") for node in check.root.all("input") if node.get("name") == "idempotency_key")
    answer = alice.post(other.url, data={"csrf_token": alice.token(), "idempotency_key": key, "shown": "600"})
    assert (answer.status_code, len(orders(database))) == (422, 1)


# what stands against it


def test_a_gift_priced_anew_meanwhile_says_so_and_can_be_had_at_the_new_price(sign_in, cast, database, store):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    check = fill_in(alice)
    with database.writing() as session:
        set_price(session, STANDARD, THERMOS, POINTS, 700)
    answer = press(alice, check)
    assert answer.status_code == 409
    assert "The price is 700 points now" in answer.page.text
    for words in TYPED.values():
        assert words in answer.page.text, words
    assert (orders(database), purse(database, cast.alice)) == ([], (1_000, 0))
    press(alice, answer)
    assert [order["total_points"] for order in orders(database)] == [700]


def test_a_gift_that_sold_out_meanwhile_says_so_and_keeps_what_was_typed(sign_in, cast, database, store):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    check = fill_in(alice)
    with database.writing() as session:
        claim_stock(session, THERMOS, 3, holder="order:9", now=NOW)
    answer = press(alice, check)
    assert answer.status_code == 409
    assert "The last one has just gone" in answer.page.text
    assert TYPED["address"] in answer.page.text
    assert not answer.page.can_send(redemptions(alice, THERMOS))
    assert "/points" in set(answer.page.links())
    assert purse(database, cast.alice) == (1_000, 0)
    again = alice.get(answer.page.url)
    assert (again.status_code, "The last one has just gone" in again.page.text) == (200, True)


def test_points_spent_elsewhere_meanwhile_are_said_to_be_missing(sign_in, cast, database, store):
    give(database, cast.alice, 700)
    alice = sign_in(cast.alice)
    check = fill_in(alice)
    with database.writing() as session:
        hold_points(session, cast.alice.customer_id, 150, reference="order:9", now=NOW)
    answer = press(alice, check)
    assert answer.status_code == 409
    assert "50 points missing" in answer.page.text
    assert not answer.page.can_send(redemptions(alice, THERMOS))
    assert purse(database, cast.alice) == (550, 150)


def test_a_gift_taken_off_the_list_meanwhile_leads_back_to_the_store(sign_in, cast, database, store):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    check = fill_in(alice)
    with database.writing() as session:
        offering = Base.metadata.tables["offering"]
        session.execute(sa.update(offering).where(offering.c.code == THERMOS).values(on_sale=False))
    answer = press(alice, check)
    assert answer.status_code == 409
    assert answer.page.heading == "Points"
    assert "This is no longer offered. Nothing was ordered." in answer.page.text
    assert orders(database) == []


def test_a_line_that_ended_meanwhile_is_asked_for_again(sign_in, cast, database, store):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    url = fill_in(alice, DATA, line=to_ref(cast.bob.subscription_id)).page.url
    with database.writing() as session:
        end_line(session, cast.alice.customer_id, cast.bob.subscription_id, now=NOW)
    answer = alice.get(url)
    assert answer.status_code == 422
    assert "Choose the line it is for." in answer.page.id("f-line-error").text


@pytest.mark.parametrize("wrong", [
    {"shown": ""}, {"shown": "-1"}, {"shown": "1.5"}, {"shown": "9" * 40}, {"shown": "六百"}, {"shown": "True"},
    {"idempotency_key": ""}, {"idempotency_key": "k" * 101},
])  # fmt: skip
def test_a_form_that_is_none_of_ours_orders_nothing(sign_in, cast, database, store, wrong):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    url = fill_in(alice).page.url
    sent = {"csrf_token": alice.token(), "idempotency_key": "a-key", "shown": "600"} | wrong
    answer = alice.post(url, data=sent)
    assert (answer.status_code, orders(database)) == (303, [])


@pytest.mark.parametrize("shown", ["0", "1", "599", "601"])
def test_the_price_is_the_lists_whatever_the_form_says(sign_in, cast, database, store, shown):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    url = fill_in(alice).page.url
    sent = {"csrf_token": alice.token(), "idempotency_key": "a-key", "shown": shown, "amount": "1", "quantity": "0", "points": "1"}
    answer = alice.post(url, data=sent)
    assert (answer.status_code, orders(database)) == (409, [])


# the proof


def test_a_session_of_the_service_password_proves_itself_and_comes_back_with_what_was_typed(browser, sign_in, cast, database, store, phone):
    give(database, cast.alice, 1_000)
    first = sign_in(cast.alice)
    asked = first.get("/me/password").page
    first.post_form(asked, "/me/password", password=PIN, again=PIN)
    alice = browser()
    page = alice.get("/login").page
    by_password = alice.post_form(page, "/login", number=cast.alice.number, button="password").page
    alice.post_form(by_password, "/login/password", password=PIN)
    assert alice.get("/points").status_code == 200
    asked = fill_in(alice)
    assert asked.page.heading == "Confirm that it is you"
    sent = alice.post_form(asked, "/proof/code")
    check = alice.post_form(sent, "/proof", code=phone(cast.alice.number))
    assert check.page.heading == "Check before you redeem"
    assert TYPED["address"] in check.page.text
    assert press(alice, check).page.heading.startswith("Order ")


def test_a_proof_older_than_five_minutes_is_asked_for_again_and_nothing_is_lost(sign_in, cast, database, store, phone, shift):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    check = fill_in(alice)
    shift(301)
    asked = press(alice, check)
    assert asked.page.heading == "Confirm that it is you"
    assert orders(database) == []
    sent = alice.post_form(asked, "/proof/code")
    again = alice.post_form(sent, "/proof", code=phone(cast.alice.number))
    assert again.page.heading == "Check before you redeem"
    assert TYPED["address"] in again.page.text
    assert press(alice, again).page.heading.startswith("Order ")


def test_after_a_refusal_the_proof_leads_back_to_the_same_page(sign_in, cast, database, store, phone, shift):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    check = fill_in(alice)
    with database.writing() as session:
        set_price(session, STANDARD, THERMOS, POINTS, 700)
    refused = press(alice, check)
    shift(301)
    sent = alice.post_form(press(alice, refused), "/proof/code")
    again = alice.post_form(sent, "/proof", code=phone(cast.alice.number))
    assert again.page.heading == "Check before you redeem"
    assert "700 points" in again.page.text


@pytest.mark.parametrize("referrer", ["https://evil.example/points", "", "//evil.example", "https://localhost.evil.example/x"])
def test_a_page_elsewhere_is_no_place_to_come_back_to(sign_in, cast, database, store, shift, referrer):
    alice = sign_in(cast.alice)
    token = alice.token()
    shift(301)
    answer = alice.post(redemptions(alice, COFFEE), data={"csrf_token": token}, headers={"Referer": referrer or ORIGIN + "/"})
    assert "evil" not in answer.headers.get("Location", "")
