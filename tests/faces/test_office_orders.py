"""An order at the desk: taken, finished and given up, each once; and what is noted before anything shows."""

from __future__ import annotations

import re

import pytest

from portal.base.audit import verify
from portal.base.ids import new_id
from portal.base.ids import to_ref as ref
from portal.catalog import count_stock
from portal.orders import cancel_order, fulfil_order, take_order
from tests.cast import NOW
from tests.door import deliver
from tests.faces.desk import finish, form_token, noted, path, steps_of, take, to
from tests.ordering import HOME, balances, redeem

NOWHERE = new_id(NOW)


def test_until_it_is_taken_an_order_hides_where_it_goes(office, thermos, cast):
    olga = office()
    page = olga.get(to(olga, thermos)).page
    for words in (HOME.name, "138 5710 1234", "文三路", cast.alice.name):
        assert words not in page.html, words
    for words in ("王**", "138****1234", "Thermos flask", "600 points", "Reserved", "59 more in stock", "the customer"):
        assert words in page.text, words


def test_what_is_next_is_never_the_order_one_is_at_nor_one_that_somebody_else_has(office, thermos, handset, database, staff):
    olga = office()
    assert to(olga, handset) in set(olga.get(to(olga, thermos)).page.links())
    with database.writing() as session:
        take_order(session, staff.oskar.staff_id, handset.order_id, now=NOW)
    page = olga.get(to(olga, thermos)).page
    assert not {to(olga, handset), to(olga, thermos)} & set(page.links())
    assert "To the worklist" in page.id("next-step").text


def test_several_pieces_cost_what_they_cost_together(office, database, cast, store):
    with database.writing() as session:
        placed = redeem(session, cast.alice, quantity=3)
    olga = office()
    text = olga.get(to(olga, placed)).page.id("order-items").text
    assert "1,800 points" in text
    assert "600 points each" in text
    assert "57 more in stock" in text


def test_the_desks_own_reason_opens_nobody_at_the_counter(counter, cast):
    dora = counter()
    url = dora.url("counter.show_customer", customer_id=cast.alice.customer_id)
    token = form_token(dora.get(url).page)
    answer = dora.post(url + "/openings/by-reason", data={"csrf_token": token, "reason": "order"})
    assert answer.status_code == 422
    assert "王爱丽" not in answer.text


def test_a_supervisor_finds_the_desk_from_the_counter_and_back(counter, staff):
    sam = counter(staff.sam)
    assert "/office/" in set(sam.get("/counter/").page.links())
    assert "/counter/" in set(sam.get("/office/").page.links())
    assert "/office/" not in set(counter(staff.dora).get("/counter/").page.links())


def test_who_takes_it_sees_where_it_goes_and_the_others_do_not(office, thermos, staff):
    olga, oskar = office(), office(staff.oskar)
    page = take(olga, thermos).page
    for words in (HOME.name, "138 5710 1234", HOME.address):
        assert words in page.text, words
    other = oskar.get(to(oskar, thermos)).page
    assert HOME.address not in other.html
    assert f"{staff.olga.name} has it since" in other.text
    assert not other.can_send(path(oskar, thermos, "take"))
    assert not other.can_send(path(oskar, thermos, "fulfil"))


def test_every_look_is_noted_before_it_shows_and_the_customer_reads_it(office, thermos, database, cast, sign_in, keys):
    olga = office()
    olga.get(to(olga, thermos))
    assert noted(database, cast.alice.customer_id)[-1] == ("customer.viewed", "order", False, "order_desk")
    page = take(olga, thermos).page
    assert noted(database, cast.alice.customer_id)[-1] == ("customer.viewed", "order", True, "order_desk")
    before = len(noted(database, cast.alice.customer_id))
    finish(olga, page, thermos)
    assert noted(database, cast.alice.customer_id)[-1][2] is False, "a closed order no longer shows where it went"
    assert len(noted(database, cast.alice.customer_id)) == before + 1
    olga.get("/office/")
    assert len(noted(database, cast.alice.customer_id)) == before + 1, "the list shows nobody"
    looks = sign_in(cast.alice).get("/me/looks").page
    for words in ("Saw where your order goes", "Order desk no. 1003", "An order of yours is being prepared", "杭州订单中心"):
        assert words in looks.text, words
    assert "欧佳" not in looks.html
    with database.snapshot() as session:
        assert list(verify(session, [keys.audit[0]])) == []


def test_when_the_note_cannot_be_written_nothing_shows(office, thermos, monkeypatch):
    olga = office()
    take(olga, thermos)
    olga.checking = False

    def refuse(*_, **__):
        raise RuntimeError("the log is full")

    monkeypatch.setattr("portal.faces.office.desk.note_orders_seen", refuse)
    monkeypatch.setattr("portal.faces.office.picklist.note_orders_seen", refuse)
    for url in (to(olga, thermos), "/office/pick-list"):
        answer = olga.get(url)
        assert answer.status_code == 500
        assert HOME.address not in answer.text


def test_an_order_that_was_taken_is_finished_and_the_customer_sees_it(office, thermos, database, cast, sign_in):
    olga = office()
    done = finish(olga, take(olga, thermos), thermos, " SF 1034567890 ")
    assert done.status_code == 200
    assert re.search(r"Done on 22 Nov 2026,? 10:0\d, by you", done.page.text), done.page.text
    assert HOME.address not in done.page.html
    assert steps_of(database, thermos) == ["accepted", "reserved", "taken", "completed"]
    alice = sign_in(cast.alice)
    assert "SF 1034567890" in alice.get(alice.url("site.show_order", order_id=thermos.order_id)).page.text
    with database.reading() as session:
        assert balances(session, cast.alice) == (49_400, 0)
        assert count_stock(session, "gift_thermos").used == 1


def test_the_next_order_has_the_focus_once_one_is_done(office, thermos, handset, database, staff):
    olga = office()
    done = finish(olga, take(olga, thermos), thermos)
    waiting = [node for node in done.page.root.all("a") if node.has("autofocus")]
    assert [node.get("href") for node in waiting] == [to(olga, handset)]
    last = finish(olga, take(olga, handset), handset)
    assert [node.get("href") for node in last.page.root.all("a") if node.has("autofocus")] == ["/office/"]


def test_goods_are_not_finished_without_a_word_of_where_they_are(office, thermos, database):
    olga = office()
    page = take(olga, thermos)
    for note in ("", "   ", "\u3000"):
        answer = finish(olga, page, thermos, note)
        assert answer.status_code == 422
        assert answer.page.errors == {"note": "Enter the tracking number, or say how it was handed over."}
        assert HOME.address in answer.page.text, "what was on the page stays"
    long = finish(olga, page, thermos, "x" * 61)
    assert long.page.errors == {"note": "Keep it under 60 signs."}
    assert long.page.id("f-note").get("value") == "x" * 61
    assert steps_of(database, thermos) == ["accepted", "reserved", "taken"]


def test_what_is_not_taken_is_not_finished_and_not_given_up(office, thermos, handset, staff, database, cast):
    olga, oskar = office(), office(staff.oskar)
    take(oskar, handset)
    token = form_token(olga.get("/office/").page)
    for placed in (thermos, handset):
        for verb, typed in (("fulfil", {"note": "SF1"}), ("cancel", {"reason": "customer_asked"})):
            answer = olga.post(path(olga, placed, verb), data={"csrf_token": token} | typed)
            assert answer.status_code == 409
            assert "Take the order first" in answer.page.text
        assert olga.get(path(olga, placed, "ask_reason")).status_code == 409
    assert steps_of(database, thermos) == ["accepted", "reserved"]


def test_a_supervisor_may_finish_and_give_up_what_somebody_else_has_taken(office, counter, thermos, handset, staff, database):
    olga, sam = office(), counter(staff.sam)
    for placed in (thermos, handset):
        take(olga, placed)
    page = sam.get(to(sam, thermos)).page
    assert HOME.address not in page.html, "a supervisor did not take it"
    assert finish(sam, page, thermos).status_code == 200
    assert steps_of(database, thermos)[-1] == "completed"
    check = sam.get(path(sam, handset, "ask_reason"))
    assert sam.post_form(check, path(sam, handset, "cancel"), reason="out_of_stock").status_code == 200
    assert steps_of(database, handset)[-1] == "cancelled"


def test_not_even_a_supervisor_finishes_what_nobody_has_taken(counter, thermos, staff, database):
    sam = counter(staff.sam)
    page = sam.get(to(sam, thermos)).page
    assert not page.can_send(path(sam, thermos, "fulfil"))
    assert page.can_send(path(sam, thermos, "take"))
    assert any("/cancel" in link for link in page.links()), "but it can be given up"
    answer = sam.post(path(sam, thermos, "fulfil"), data={"csrf_token": form_token(page), "note": "SF1"})
    assert answer.status_code == 409
    assert steps_of(database, thermos) == ["accepted", "reserved"]


def test_a_cancelled_order_gives_points_and_stock_back_as_the_page_said(office, thermos, database, cast):
    olga = office()
    take(olga, thermos)
    check = olga.get(path(olga, thermos, "ask_reason"))
    for words in ("600 points go back to the customer.", "goes back into the stock", "It cannot be undone."):
        assert words in check.page.text, words
    wrong = olga.post_form(check, path(olga, thermos, "cancel"))
    assert wrong.status_code == 422
    assert wrong.page.errors == {"reason": "Choose why it is cancelled."}
    with database.reading() as session:
        assert balances(session, cast.alice) == (49_400, 600), "nothing was done yet"
    done = olga.post_form(check, path(olga, thermos, "cancel"), reason="undeliverable")
    assert "Cancelled on" in done.page.text
    assert "It cannot be delivered to the address given" in done.page.id("order-steps").text
    assert "Put back" in done.page.text
    with database.reading() as session:
        assert balances(session, cast.alice) == (50_000, 0)
        stock = count_stock(session, "gift_thermos")
        assert (stock.free, stock.reserved, stock.used) == (60, 0, 0)


def test_an_order_of_money_says_that_nothing_is_charged(office, handset):
    olga = office()
    take(olga, handset)
    check = olga.get(path(olga, handset, "ask_reason")).page
    assert "¥2,198.00 are not charged." in check.text
    assert "points" not in check.id("effects").text


# Twice, and at once


def test_a_second_click_acts_once_and_leads_where_the_first_one_led(office, thermos, database, cast):
    olga = office()
    free = olga.get(to(olga, thermos))
    first, second = (olga.post_form(free, path(olga, thermos, "take"), follow=False) for _ in range(2))
    assert (first.status_code, first.headers["Location"]) == (303, second.headers["Location"])
    mine = olga.get(to(olga, thermos))
    first, second = (olga.post_form(mine, path(olga, thermos, "fulfil"), note="SF1", follow=False) for _ in range(2))
    assert (first.status_code, first.headers["Location"]) == (303, second.headers["Location"])
    assert steps_of(database, thermos) == ["accepted", "reserved", "taken", "completed"]
    with database.reading() as session:
        assert balances(session, cast.alice) == (49_400, 0)


def test_giving_up_twice_gives_back_once(office, thermos, database, cast):
    olga = office()
    take(olga, thermos)
    check = olga.get(path(olga, thermos, "ask_reason"))
    for _ in range(2):
        answer = olga.post_form(check, path(olga, thermos, "cancel"), reason="ordered_twice")
        assert answer.status_code == 200
        assert "by you" in answer.page.text
    with database.reading() as session:
        assert balances(session, cast.alice) == (50_000, 0)
        assert count_stock(session, "gift_thermos").free == 60
    assert steps_of(database, thermos).count("cancelled") == 1


def test_of_two_who_take_one_order_the_second_is_told_who_has_it(office, thermos, staff, database):
    olga, oskar = office(), office(staff.oskar)
    both_see = [(each, each.get(to(each, thermos))) for each in (olga, oskar)]
    answers = [each.post_form(page, path(each, thermos, "take")) for each, page in both_see]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert "Somebody is already preparing this order." in answers[1].page.text
    assert f"{staff.olga.name} has it since" in answers[1].page.text
    assert HOME.address not in answers[1].page.html
    assert steps_of(database, thermos).count("taken") == 1


def test_of_two_in_the_list_the_second_is_told_too(office, thermos, staff):
    olga, oskar = office(), office(staff.oskar)
    lists = [(each, each.get("/office/")) for each in (olga, oskar)]
    answers = [each.post_form(page, path(each, thermos, "take")) for each, page in lists]
    assert [answer.status_code for answer in answers] == [200, 409]


@pytest.mark.parametrize("end", ["cancelled", "completed"])
def test_a_race_that_is_lost_says_how_the_order_stands(end, office, thermos, database, cast, staff):
    olga = office()
    mine = take(olga, thermos)
    check = olga.get(path(olga, thermos, "ask_reason") + f"?of={ref(cast.alice.customer_id)}")
    with database.writing() as session:
        actor = f"staff:{staff.sam.staff_id}"
        if end == "cancelled":
            cancel_order(session, None, thermos.order_id, actor=actor, reason="customer_asked", now=NOW)
        else:
            fulfil_order(session, thermos.order_id, actor=actor, note="by hand", now=NOW)
    for answer in (finish(olga, mine, thermos), olga.post_form(check, path(olga, thermos, "cancel"), reason="out_of_stock")):
        assert answer.status_code == 409
        assert "Somebody was faster" in answer.page.text
        assert f"{'Cancelled' if end == 'cancelled' else 'Done'} on" in answer.page.text
        assert staff.sam.name in answer.page.text
    assert steps_of(database, thermos)[-1] == end
    with database.reading() as session:
        assert balances(session, cast.alice) == ((50_000, 0) if end == "cancelled" else (49_400, 0))


def test_what_the_customer_gave_up_meanwhile_cannot_be_taken(office, thermos, database, cast):
    olga = office()
    seen, listed = olga.get(to(olga, thermos)), olga.get("/office/")
    with database.writing() as session:
        actor = f"party:{cast.alice.party_id}"
        cancel_order(session, cast.alice.customer_id, thermos.order_id, actor=actor, reason="by_customer", now=NOW)
    answer = olga.post_form(seen, path(olga, thermos, "take"))
    assert answer.status_code == 409
    assert "by the customer" in answer.page.text
    gone = olga.post_form(listed, path(olga, thermos, "take"))
    assert gone.status_code == 404
    assert "it was finished or cancelled meanwhile" in gone.page.text


def test_an_order_that_needs_no_desk_cannot_be_moved_here(office, database, cast, store, app):
    with database.writing() as session:
        coffee = redeem(session, cast.alice, "gift_coffee")
    olga = office()
    token = form_token(olga.get("/office/").page)
    of = ref(cast.alice.customer_id)
    for verb in ("take", "fulfil", "cancel"):
        address = olga.url(f"office.{verb}", order_id=coffee.order_id, of=of)
        assert olga.post(address, data={"csrf_token": token, "note": "x", "reason": "out_of_stock"}).status_code == 409
    assert steps_of(database, coffee)[2:] in ([], ["completed"])
    deliver(app)
    assert steps_of(database, coffee) == ["accepted", "reserved", "completed"]


def test_an_order_under_somebody_elses_name_is_nothing(office, thermos, database, cast, staff):
    olga = office()
    with database.writing() as session:
        cancel_order(session, None, thermos.order_id, actor=f"staff:{staff.oskar.staff_id}", reason="ordered_twice", now=NOW)
    assert olga.get(to(olga, thermos, cast.alice.customer_id)).status_code == 200
    for of in (cast.charlie.customer_id, NOWHERE):
        assert olga.get(to(olga, thermos, of)).status_code == 404
    for of in ("", "x", "zzzzzzzzzzzzz", "-1"):
        assert olga.get(to(olga, thermos) + f"?of={of}").status_code == 404
    before = noted(database, cast.charlie.customer_id)
    assert not before, "nobody was looked at"
