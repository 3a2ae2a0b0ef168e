"""The points store in the hall: what points buy, one gift and where it shall go, and what came and went."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.catalog import find_published, read_document, write_document
from portal.catalog.held import mark_change
from portal.catalog.publishing import publish_document
from portal.customers import end_line
from tests.cast import NOW
from tests.redeeming import COFFEE, DATA, THERMOS, TYPED, fill_in, gift, give, open_store, press, redemptions
from tests.statements import statements

NEW_YEAR = date(2027, 1, 1)


@pytest.fixture
def store(database, cast, keys):
    open_store(database, keys)


def names_on(page, shelf):
    return [link.text for link in page.id(shelf).all("a")] if page.has(shelf) else []


# the store


def test_gifts_one_can_have_come_first_then_what_is_missing_for_the_others(sign_in, cast, database, store):
    give(database, cast.alice, 310)
    page = sign_in(cast.alice).get("/points").page
    assert names_on(page, "gifts-now") == ["5 GB of mobile data", "Coffee voucher"]
    assert names_on(page, "gifts-later")[:1] == ["Thermos flask"]
    later = page.id("gifts-later").text
    assert "290 points missing" in later
    assert "None left" in later
    assert "310" in page.id("card-points").text
    assert "3 left" in page.text


def test_points_about_to_expire_are_named_with_what_they_could_buy(sign_in, cast, database, store):
    give(database, cast.alice, 250, until=date(2026, 12, 1))
    alice = sign_in(cast.alice)
    assert "250 points can be used until 30 November 2026. They are enough for this gift: 5 GB of mobile data." in alice.get("/points").text
    give(database, cast.charlie, 40, until=date(2026, 12, 1))
    give(database, cast.charlie, 300)
    charlie = sign_in(cast.charlie)
    assert "With your other points they buy this gift, and are used first: 5 GB of mobile data." in charlie.get("/points").text


def test_points_that_expire_in_years_are_no_news(sign_in, cast, database, store):
    give(database, cast.alice, 250)
    assert "250 points can be used until" not in sign_in(cast.alice).get("/points").page.text


def test_who_has_no_points_reads_how_they_come_and_how_far_the_first_gift_is(sign_in, cast, store):
    page = sign_in(cast.alice).get("/points").page
    assert "The first gift is 200 points away." in page.text  # the visit of signing in is for the worker to reward
    assert "Paying online" in page.id("earning").text
    assert re.search(r"\+5 on each of them ?at most 10 a day", page.id("earning").text)
    assert names_on(page, "gifts-now") == []


def test_a_store_without_gifts_says_so(sign_in, cast, database, store):
    offering = Base.metadata.tables["offering"]
    with database.writing() as session:
        session.execute(sa.update(offering).values(on_sale=False))
        mark_change(session)
    assert "Nothing at the moment" in sign_in(cast.alice).get("/points").page.text


def test_the_way_to_the_store_is_a_tab_of_those_who_see_the_money(sign_in, cast, store):
    assert "/points" in set(sign_in(cast.alice).get("/").page.links())
    bob = sign_in(cast.bob)
    assert "/points" not in set(bob.get("/").page.links())
    for path in ("/points", "/points/history", gift(bob, COFFEE), redemptions(bob, COFFEE)):
        assert bob.get(path).status_code in (303, 404), path
    assert bob.get("/points").status_code == 404


def test_the_store_is_read_in_few_statements(sign_in, cast, database, store):
    give(database, cast.alice, 310)
    alice = sign_in(cast.alice)
    alice.get("/points")  # the catalogue is in memory from here on
    with statements(database) as sent:
        alice.get("/points")
    assert len(sent) <= 5, "\n".join(sent)  # session, viewer, points, gifts, rules


# one gift


def test_a_gift_out_of_reach_says_how_many_points_are_missing_and_asks_for_nothing(sign_in, cast, database, store):
    give(database, cast.alice, 500)
    alice = sign_in(cast.alice)
    page = alice.get(gift(alice, THERMOS)).page
    assert "100 points missing" in page.text
    assert not page.can_send(gift(alice, THERMOS))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"eligibility": {"age_min": 99}}, "It is for people of another age."),
        ({"eligibility": {"documents": ["student_card"]}}, "Show your student card"),
        ({"requires": ["plan_unlimited"]}, "It needs"),
    ],
    ids=["age", "paper", "needs"],
)
def test_a_gift_for_others_says_why_and_cannot_be_redeemed_though_its_last_page_is_still_open(
    sign_in, cast, database, store, changed, said
):
    give(database, cast.alice, 5_000)
    alice = sign_in(cast.alice)
    last = fill_in(alice)
    last = alice.get(last.location) if last.status_code == 303 else last
    with database.writing() as session:
        document, version = find_published(session, "gift_thermos")
        publish_document(session, read_document(write_document(document) | changed), version + 1, now=NOW)
    refused = press(alice, last)
    assert refused.status_code == 409
    assert said in refused.page.text
    page = alice.get(gift(alice, THERMOS)).page
    assert said in page.text
    assert not page.can_send(gift(alice, THERMOS))
    assert "Not for you" in alice.get("/points").page.id("gifts-later").text


def test_a_gift_of_which_none_is_left_says_so_and_leads_on(sign_in, cast, database, store):
    give(database, cast.alice, 5_000)
    alice = sign_in(cast.alice)
    page = alice.get(gift(alice, "gift_cinema")).page
    assert "None left at the moment" in page.text
    assert not page.can_send(gift(alice, "gift_cinema"))


@pytest.mark.parametrize("code", ["nothing", "voice_standard", "device_redmi_note_13", "' OR 1=1", "gift_thermos%00"])
def test_what_is_no_gift_is_not_found(sign_in, cast, store, code):
    alice = sign_in(cast.alice)
    assert alice.get(f"/points/gifts/{code}").status_code == 404


def test_goods_start_with_ones_own_name_number_and_address(sign_in, cast, database, store):
    give(database, cast.alice, 5_000)
    alice = sign_in(cast.alice)
    page = alice.get(gift(alice, THERMOS)).page
    assert page.id("f-name").get("value") == "王爱丽"
    assert page.id("f-phone").get("value") == "138 5710 1234"
    assert page.id("f-address").text == "浙江省杭州市西湖区文三路 90 号 3 幢 501 室"


def test_a_data_pack_asks_for_the_line_and_starts_with_ones_own(sign_in, cast, database, store):
    give(database, cast.alice, 5_000)
    alice = sign_in(cast.alice)
    page = alice.get(gift(alice, DATA)).page
    chosen = [node for node in page.root.all("input") if node.get("name") == "line"]
    assert len(chosen) == 2
    assert [node.has("checked") for node in chosen].count(True) == 1
    assert {"138 5710 1234", "138 5710 5678"} <= {label.text for label in page.root.all("label")}


@pytest.mark.parametrize(("field", "value", "said"), [
    ("name", "  ", "This is needed to send it to you."),
    ("address", "", "This is needed to send it to you."),
    ("phone", "call me", "Enter a number at which the courier can reach you."),
    ("phone", "", "This is needed to send it to you."),
    ("address", "x" * 201, "This is too long."),
    ("name", "王" * 61, "This is too long."),
])  # fmt: skip
def test_an_address_nothing_can_be_sent_to_is_refused_beside_its_field_and_the_rest_is_kept(
    sign_in, cast, database, store, field, value, said
):
    give(database, cast.alice, 5_000)
    alice = sign_in(cast.alice)
    answer = fill_in(alice, **{field: value})
    assert answer.status_code == 422
    assert answer.page.errors == {field: said}
    kept = {name: text for name, text in TYPED.items() if name not in (field, "address")}
    assert {name: answer.page.id(f"f-{name}").get("value") for name in kept} == kept


def test_a_line_of_somebody_else_is_no_choice(sign_in, cast, database, store):
    from portal.base.ids import to_ref

    give(database, cast.alice, 5_000)
    alice = sign_in(cast.alice)
    page = alice.get(gift(alice, DATA)).page
    for line in (to_ref(cast.charlie.subscription_id), "x", ""):
        answer = alice.post(gift(alice, DATA), data={"csrf_token": alice.token(), "line": line})
        assert answer.status_code == 422
        assert "Choose the line it is for." in answer.page.id("f-line-error").text
    assert page.can_send(gift(alice, DATA))


def test_a_data_pack_without_a_mobile_line_has_nowhere_to_go(sign_in, cast, database, store):
    give(database, cast.charlie, 5_000)
    charlie = sign_in(cast.charlie)
    with database.writing() as session:
        end_line(session, cast.charlie.customer_id, cast.charlie.subscription_id, now=NOW)
    answer = charlie.get(gift(charlie, DATA))
    assert answer.status_code == 200
    assert "No line it could go to" in answer.page.text


# what came and went


def test_the_history_tells_each_movement_in_words_and_leads_to_the_order(sign_in, cast, database, store):
    give(database, cast.alice, 1_000)
    alice = sign_in(cast.alice)
    press(alice, fill_in(alice))
    page = alice.get("/points/history").page
    rows = [row.text for row in page.root.all("tr")][1:]
    assert re.search(r"Used for an order.*−600.*400", rows[0])
    assert re.search(r"A payment.*\+1,000.*1,000", rows[1])
    order = next(link for link in page.links() if link.startswith("/orders/"))
    assert alice.get(order).status_code == 200


def test_the_history_is_read_page_by_page(sign_in, cast, database, store):
    for number in range(1, 46):
        give(database, cast.alice, number)
    alice, url, seen = sign_in(cast.alice), "/points/history", []
    while url:
        answer = alice.get(url)
        assert alice.htmx(url, "section#points-history").text.strip() in answer.page.html
        seen += [int(cell.text) for cell in answer.page.root.all("td") if cell.text.startswith("+")]
        url = next((node.get("href") for node in answer.page.root.all("a") if node.text == "Older"), None)
    assert seen == list(range(45, 0, -1))


@pytest.mark.parametrize("before", ["x", "-1", "0", "1.5", "9" * 30, "９", "' OR 1=1", "%00"])
def test_a_page_of_the_history_that_is_none_is_said_to_be_none(sign_in, cast, store, before):
    assert sign_in(cast.alice).get("/points/history", query_string={"before": before}).status_code == 422


def test_points_brought_along_have_a_line_of_their_own(sign_in, cast, database, store):
    from portal.points import OpeningLot, open_purses

    with database.writing() as session:
        lot = OpeningLot(cast.alice.customer_id, "channel", "payment", 80, NOW.date() - timedelta(days=9), NEW_YEAR)
        open_purses(session, "old programme", [lot], now=NOW)
    assert "Points you brought along" in sign_in(cast.alice).get("/points/history").page.text


def test_the_store_speaks_chinese(sign_in, cast, database, store):
    give(database, cast.alice, 310)
    alice = sign_in(cast.alice).speak("zh-CN")
    page = alice.get("/points").page
    assert page.language == "zh-Hans-CN"
    assert "咖啡券" in page.text


def test_details_sent_for_what_cannot_be_had_meanwhile_say_so_without_a_form_to_correct(sign_in, cast, store):
    alice = sign_in(cast.alice)
    answer = alice.post(gift(alice, DATA), data={"csrf_token": alice.token(), "line": ""})
    assert answer.status_code == 409
    assert "200 points missing" in answer.page.text
    assert not answer.page.has("error-summary")
