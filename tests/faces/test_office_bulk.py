"""Several orders at once at the desk: each once, with a word of what came of it; and the worklist narrowed and taken along."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.ids import to_ref as ref
from portal.catalog import add_stock
from portal.faces.office.spreadsheet import plain_cell
from portal.faces.office.tracking_lists import read_lines
from portal.orders import (
    WorkFilter,
    approve_return,
    ask_return,
    cancel_order,
    count_work,
    list_returns,
    list_work_page,
    note_delivered,
    take_order,
)
from tests.cast import NOW
from tests.faces.desk import form_token, steps_of, take, to
from tests.ordering import HOME, many_orders, order_handset
from tests.orders.shop import BANK, PHONE, Shop
from tests.statements import statements


@pytest.fixture
def shop(database, cast, keys, store):
    """Alice's orders for money, an hour ago."""
    return Shop(database, cast.alice, keys, NOW - timedelta(hours=1))


@pytest.fixture
def parcels(shop, database, staff):
    """Three parcels to pack, taken by Olga."""
    made = [paid(shop, BANK) for _ in range(3)]
    for placed in made:
        with database.writing() as session:
            take_order(session, staff.olga.staff_id, placed.order_id, now=NOW)
    return made


def paid(shop, *items, **changes):
    placed = shop.sell(*items, **changes)
    shop.pay(placed)
    return placed


def tick(here, wanted, *placed, url="/office/"):
    """Tick orders in the list and press the button."""
    token = form_token(here.get(url).page)
    data = {"csrf_token": token, "do": wanted, "order": [ref(each.order_id) for each in placed]}
    return here.post("/office/bulk", data=data, follow_redirects=True)


def send(here, text="", **more):
    token = form_token(here.get("/office/bulk/ship").page)
    return here.post("/office/bulk/ship", data={"csrf_token": token, "list": text} | more, content_type="multipart/form-data")


def outcomes(answer):
    """Give what came of each, by reference."""
    rows = [row for row in answer.page.id("outcomes").all("tr") if row.get("role") == "row"][1:]
    return [[cell.text for cell in row.children] for row in rows]


# Taken and given back


def test_several_are_taken_at_once_and_who_was_slower_is_told_of_each(office, staff, database, cast, store):
    with database.writing() as session:
        first, second, third = many_orders(session, cast.alice, 3)
        take_order(session, staff.oskar.staff_id, second.order_id, now=NOW)
    olga = office()
    answer = tick(olga, "take", first, second, third)
    assert answer.status_code == 200
    assert "2 done, 1 taken by somebody faster" in answer.page.text
    assert dict(outcomes(answer)) == {first.reference: "Done", second.reference: "Somebody was faster", third.reference: "Done"}
    assert steps_of(database, second).count("taken") == 1
    again = tick(olga, "take", first, third)
    assert "2 done before" in again.page.text
    assert steps_of(database, first).count("taken") == 1


def test_what_is_given_back_is_ones_own_but_a_supervisor_gives_back_anybodys(office, counter, staff, database, cast, store):
    with database.writing() as session:
        mine, his = many_orders(session, cast.alice, 2)
        take_order(session, staff.olga.staff_id, mine.order_id, now=NOW)
        take_order(session, staff.oskar.staff_id, his.order_id, now=NOW)
    answer = tick(office(), "release", mine, his)
    assert "1 done, 1 not taken by you" in answer.page.text
    assert "released" not in steps_of(database, his)
    assert "1 done" in tick(counter(staff.sam), "release", his).page.text
    assert steps_of(database, his)[-1] == "released"


def test_without_a_tick_nothing_is_done_and_that_is_said(office, thermos, database):
    olga = office()
    answer = tick(olga, "take")
    assert answer.status_code == 422
    assert "Tick the orders first" in answer.page.text
    rubbish = olga.post("/office/bulk", data={"csrf_token": form_token(answer.page), "do": "take", "order": ["x", "", "0" * 13]})
    assert rubbish.status_code in (200, 422)
    assert (
        olga.post("/office/bulk", data={"csrf_token": form_token(answer.page), "do": "drop", "order": ref(thermos.order_id)}).status_code
        == 404
    )
    assert steps_of(database, thermos) == ["accepted", "reserved"]


def test_what_was_given_up_meanwhile_is_told_among_the_others(office, database, cast, store):
    with database.writing() as session:
        first, second = many_orders(session, cast.alice, 2)
        cancel_order(session, cast.alice.customer_id, second.order_id, actor=f"party:{cast.alice.party_id}", reason="by_customer", now=NOW)
    assert "1 done, 1 finished or cancelled meanwhile" in tick(office(), "take", first, second).page.text


# Sent under their numbers


def test_a_list_of_numbers_sends_each_parcel_once_and_says_what_came_of_each(office, parcels, database, thermos):
    first, second, third = parcels
    olga = office()
    text = (
        f"Order\tTracking\n{first.reference}\tSF1034567890\n{second.reference.lower().replace('-', '')}, SF2\n"
        f"{third.reference}\nrubbish here\nZZZZ-ZZZZ SF9\n{thermos.reference} SF4"
    )
    answer = send(olga, text)
    assert answer.status_code == 200
    said = {row[0].replace("SF1034567890", "").replace("SF2", "").strip(): row[1] for row in outcomes(answer)}
    assert said[first.reference] == said[second.reference] == "Done"
    assert said[third.reference] == "No tracking number"
    assert said["rubbish here"] == "Not a reference and a number"
    assert "Not taken by you" in {row[1] for row in outcomes(answer)}, "the flask is nobody's"
    assert "2 done, 1 not taken by you" in answer.page.text
    assert [steps_of(database, each)[-1] for each in parcels] == ["shipped", "shipped", "taken"]
    assert "2 done before" in send(olga, f"{first.reference} SF1\n{second.reference} SF2").page.text
    assert steps_of(database, first).count("shipped") == 1


def test_a_file_as_a_spreadsheet_saves_it_is_read_whatever_its_encoding(office, parcels, database):
    olga = office()
    first, second, third = parcels
    for placed, encoding, heading in ((first, "utf-8-sig", "订单,运单号"), (second, "gb18030", "订单,运单号"), (third, "utf-16", "x")):
        raw = f"{heading}\r\n{placed.reference},SF100\r\n".encode(encoding)
        answer = send(olga, file=(io.BytesIO(raw), "list.csv"))
        if encoding == "utf-16":
            assert answer.page.errors == {"file": "This file is no text. Save the table as CSV and choose that."}
        else:
            assert "1 done" in answer.page.text, encoding
    assert steps_of(database, third)[-1] == "taken"
    big = send(olga, file=(io.BytesIO(b"a,b\n" * 60_000), "list.csv"))
    assert big.page.errors == {"file": "The file is larger than 100 kB."}


def test_two_numbers_for_one_order_send_nothing(office, parcels, database):
    first = parcels[0]
    olga = office()
    answer = send(olga, f"{first.reference} SF1\n{first.reference} SF2")
    assert [row[1] for row in outcomes(answer)] == ["Twice in the list, with different numbers"]
    assert steps_of(database, first)[-1] == "taken"
    same = send(olga, f"{first.reference} SF1\n{first.reference} SF1")
    assert [row[1] for row in outcomes(same)] == ["Done"]


def test_numbers_beside_those_ticked_send_them(office, parcels, database):
    olga = office()
    page = tick(olga, "ship", *parcels[:2])
    assert page.request.path == "/office/bulk/ship"
    beside = [f"tracking-{each.reference}" for each in parcels[:2]]
    assert {node.get("name") for node in page.page.root.all("input") if node.get("name").startswith("tracking-")} == set(beside)
    answer = olga.post_form(page, "/office/bulk/ship", **{beside[0]: "SF77"})
    assert "1 done" in answer.page.text
    nothing = olga.post_form(page, "/office/bulk/ship", **{beside[1]: " "})
    assert nothing.page.errors == {"list": "Enter at least one tracking number."}
    assert steps_of(database, parcels[1])[-1] == "taken"


def test_a_list_is_bounded_and_its_signs_are_only_text(office, parcels):
    olga = office()
    answer = send(olga, "\n".join("R7KM-4XAC SF1" for _ in range(201)))
    assert answer.page.errors == {"list": "At most 200 lines at once."}
    said = send(olga, "<script>alert(1)</script>, SF1\n" + "x" * 5000).page
    assert "<script>alert" not in said.html
    long = send(olga, f"{parcels[0].reference} {'9' * 61}")
    assert [row[1] for row in outcomes(long)] == ["Longer than 60 signs"]
    assert read_lines("", field="list") == []


def test_several_are_handed_over_with_one_note(office, database, cast, store, staff, shop):
    at_home = paid(shop, BANK)
    picked_up = paid(shop, replace(BANK), delivery=None, outlet="xihu")
    for placed in (at_home, picked_up):
        with database.writing() as session:
            take_order(session, staff.olga.staff_id, placed.order_id, now=NOW)
    olga = office()
    page = tick(olga, "hand_over", at_home, picked_up)
    assert picked_up.reference in page.page.text
    assert at_home.reference not in page.page.text, "it is sent"
    empty = olga.post_form(page, "/office/bulk/hand-over", note=" ")
    assert empty.page.errors == {"note": "Say how they were handed over; the customers read it."}
    answer = olga.post_form(empty, "/office/bulk/hand-over", note="at the shop")
    assert "1 done" in answer.page.text
    assert steps_of(database, picked_up)[-1] == "completed"


# Printed


def test_the_pick_list_and_the_labels_hold_what_was_ticked_of_ones_own(office, parcels, thermos, database, cast):
    olga = office()
    one = tick(olga, "pick_list", parcels[0], thermos)
    assert one.request.path == "/office/pick-list"
    assert parcels[0].reference in one.page.text
    assert parcels[1].reference not in one.page.text
    labels = tick(olga, "labels", *parcels).page
    assert labels.text.count(HOME.address) == 3
    others = tick(olga, "labels", thermos).page
    assert HOME.address not in others.html, "nobody took it"


# Narrowed


def test_the_list_is_narrowed_by_task_channel_outlet_and_turn(office, shop, thermos, handset, database):
    ship, collect = paid(shop, BANK), paid(shop, PHONE, delivery=None, outlet="binjiang")
    unpaid = shop.sell(BANK)
    olga = office()

    def shown(**asked):
        return {node.text for node in olga.get("/office/", query_string=asked).page.root.all("a") if node.has("data-result")}

    assert shown() == {ship.reference, collect.reference, thermos.reference, handset.reference}
    assert shown(task="ship") == {ship.reference}
    assert shown(place="binjiang") == {collect.reference}
    assert shown(place="sent") == {ship.reference, thermos.reference, handset.reference}
    assert shown(channel="ministore") == {handset.reference}
    assert shown(role="customer") == {unpaid.reference}
    assert shown(task="ship", channel="ministore") == set()
    assert "No order fits" in olga.get("/office/?task=ship&channel=ministore").page.text
    for asked in ({"task": "x"}, {"role": "x"}, {"channel": "'"}, {"place": "x"}, {"late": "x"}):
        assert len(shown(**asked)) == 4, asked


def test_an_order_is_found_by_the_end_of_its_reference_or_of_the_customers_number(office, thermos, handset, cast):
    olga = office()

    def shown(typed):
        return {node.text for node in olga.get("/office/", query_string={"q": typed}).page.root.all("a") if node.has("data-result")}

    assert shown(thermos.reference[-4:].lower()) == {thermos.reference}
    assert shown(cast.alice.number[-4:]) >= {thermos.reference}
    assert handset.reference not in shown(cast.alice.number[-4:])
    for typed in ("%", "_" * 4, "' OR 1=1", "9" * 300):
        assert olga.get("/office/", query_string={"q": typed}).status_code == 200


def test_counts_are_exact_up_to_200_and_beyond_that_say_so(office, database, cast, store, staff):
    with database.writing() as session:
        add_stock(session, "device_redmi_note_13", 400, now=NOW)
        for _ in range(205):
            order_handset(session, cast)
    olga = office()
    assert [node.text for node in olga.get("/office/").page.root.all("span") if node.get("class") == "count"] == ["200+", "200+", "0"]
    seen, url = set(), "/office/"
    while url:
        page = olga.get(url).page
        found = [node.get("href") for node in page.root.all("a") if node.has("data-result")]
        assert not seen & set(found)
        seen |= set(found)
        url = next((node.get("href") for node in page.root.all("a") if node.text == "Due later"), None)
    assert len(seen) == 205, "the list goes on beyond what is counted"
    with database.reading() as session:
        counts = count_work(session, WorkFilter(staff.olga.staff_id), now=NOW + timedelta(days=9))
        assert (counts.everything, counts.free, counts.mine, counts.late) == (201, 201, 0, 201)
        assert len(list_work_page(session, WorkFilter(staff.olga.staff_id, taken="mine"), now=NOW)) == 0


def test_a_narrowed_list_costs_few_statements_however_much_waits(office, cast, database, store):
    with database.writing() as session:
        many_orders(session, cast.alice, 30)
    olga = office()
    for url, most in (("/office/?task=prepare&view=free&late=1&place=sent", 5), ("/office/?q=1234", 7)):
        with statements(database) as sent:
            assert olga.get(url).status_code == 200
        assert len(sent) <= most, "\n".join(sent)


# Taken along


def test_the_export_wants_a_reason_keeps_it_and_holds_nobodys_data(office, thermos, handset, database, staff):
    olga = office()
    page = olga.get("/office/export?task=prepare")
    refused = olga.post_form(page, "/office/export.csv", reason=" x ")
    assert refused.page.errors == {"reason": "Say in a few words what the file is for."}
    answer = olga.post_form(refused, "/office/export.csv", reason="Monday's round")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["Order", thermos.reference, handset.reference]
    for words in (HOME.name, HOME.phone, HOME.address, "王爱丽"):
        assert words not in answer.text
    with database.reading() as session:
        noted = session.execute(sa.select(AuditEntry.actor, AuditEntry.detail).where(AuditEntry.action == "worklist.exported")).all()
    assert [(actor, detail["reason"], detail["rows"]) for actor, detail in noted] == [(f"staff:{staff.olga.staff_id}", "Monday's round", 2)]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "＝1", " =1", "\u3000=1", "\r=1"])
def test_a_cell_that_would_be_a_formula_is_text(cell):
    assert plain_cell(cell) == f"'{cell}"
    assert plain_cell("Thermos - 0.5 l") == "Thermos - 0.5 l"


# Returns


def test_of_a_return_what_came_is_counted_and_only_that_is_paid_back(office, shop, database, staff, cast):
    placed = paid(shop, replace(BANK, quantity=3))
    shop.ship(placed)
    with database.writing() as session:
        note_delivered(session, placed.order_id, actor="system", customer_id=cast.alice.customer_id, now=shop.now)
        wanted = ask_return(
            session, cast.alice.customer_id, placed.order_id, {1: 3}, reason="too many", key="r", actor=shop.actor, now=shop.now
        )  # fmt: skip
        approve_return(session, cast.alice.customer_id, wanted.id, actor=f"staff:{staff.oskar.staff_id}", now=shop.now)
    olga = office()
    page = take(olga, placed)
    for typed in ("4", "-1", "x", "0"):
        wrong = olga.post_form(page, "receive", **{"pieces-1": typed})
        assert wrong.status_code == 422, typed
        assert wrong.page.id("f-pieces").get("value") == "3" or wrong.page.errors
    done = olga.post_form(page, "receive", **{"pieces-1": "2"})
    assert done.status_code == 200
    with database.reading() as session:
        returned = list_returns(session, cast.alice.customer_id, placed.order_id)[0]
    assert (returned.status, returned.items, returned.refund_minor) == ("received", {"1": 2}, 2 * 9_900)
    assert olga.get(to(olga, placed, cast.alice.customer_id)).status_code == 200
