"""Flash sales and pre-sales through the pages: what anybody sees, standing in line, ordering, and what is refused."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from icalendar import Calendar

from portal.base.ids import new_id
from portal.customers import keep_papers
from portal.flashsales import verify_places
from tests.cast import NOW
from tests.door import deliver
from tests.flashsales.hall import PRICE, Hall
from tests.pages import HTMX
from tests.presales.queue import PHONE, Queue
from tests.ruling import rule
from tests.statements import statements

HOME = {"name": "王爱丽", "phone": "0571 8888 6666", "address": "杭州市滨江区网商路 699 号前台"}


@pytest.fixture
def hall(database, cast, keys):
    hall = Hall(database, keys, NOW)
    hall.hire()
    return hall


@pytest.fixture
def queue(database, cast, keys):
    queue = Queue(database, keys, NOW)
    queue.hire()
    return queue


def page_of(browser, hall):
    return browser.url("site.show_sale", sale_id=hall.sale_id)


def enter(browser, hall):
    return browser.post_form(browser.get(page_of(browser, hall)), browser.url("site.enter_one_sale", sale_id=hall.sale_id))


def start(hall, shift, *, minutes=1.0):
    """Go to so many minutes after the start."""
    shift((timedelta(hours=2, minutes=minutes)).total_seconds())
    hall.at(minutes=minutes)


# what anybody sees


def test_anybody_sees_what_when_and_by_which_rule(site, hall):
    hall.announce()
    page = site.get(page_of(site, hall)).page
    for words in (
        "Handset rush",
        "¥499.00",
        "5 pieces",
        "22 Nov 2026 12:00",
        "One piece for each customer",
        "for 10 minutes",
        "Not open yet",
    ):
        assert words in page.text, words
    assert hall.state().sale.seed_hash in page.text
    assert page_of(site, hall) in site.get("/sales").page.links()


def test_a_draft_is_nothing_to_anybody(site, hall):
    from portal.flashsales import draft_sale

    with hall.database.writing() as session:
        drafted = draft_sale(session, hall.new(), staff_id=hall.staff[0], now=NOW)
    for sale_id in (drafted, new_id(NOW)):
        for name in ("show_sale", "tell_sale_state", "give_calendar", "give_draw"):
            assert site.get(site.url(f"site.{name}", sale_id=sale_id)).status_code == 404, name


def test_the_figures_cost_lookers_no_question_within_a_second_and_nothing_when_unchanged(site, hall):
    hall.announce()
    url = site.url("site.tell_sale_state", sale_id=hall.sale_id)
    first = site.get(url)
    assert first.json == {"phase": "announced", "free": 5, "kept": 0, "sold": 0, "waiting": 0, "entered": 0}
    assert "public" in first.headers["Cache-Control"]
    with statements(hall.database) as sent:
        answers = [site.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code for _ in range(20)]
    assert set(answers) == {304}
    assert len(sent) <= 4, "two statements for each second that passes meanwhile"


def test_the_start_goes_into_a_calendar_with_a_reminder(site, hall):
    hall.announce()
    answer = site.get(site.url("site.give_calendar", sale_id=hall.sale_id))
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event.decoded("dtstart") == hall.starts_at
    assert [alarm.decoded("trigger") for alarm in event.walk("VALARM")] == [timedelta(minutes=-10)]
    assert answer.mimetype == "text/calendar"


def test_anybody_can_do_the_draw_again_from_what_is_published(site, hall, buyers, shift):
    hall.announce(rule="draw")
    assert site.get(site.url("site.give_draw", sale_id=hall.sale_id)).status_code == 404
    hall.at(minutes=-30)
    hall.enter(*buyers)
    start(hall, shift)
    hall.settle()
    page = site.get(page_of(site, hall)).page
    published = hall.state().sale
    assert published.seed in page.text
    rows = list(csv.DictReader(io.StringIO(site.get(site.url("site.give_draw", sale_id=hall.sale_id)).text)))
    assert hashlib.sha256(bytes.fromhex(published.seed)).hexdigest() == published.seed_hash
    assert list(verify_places(published.seed_hash, published.seed, [(int(row["place"]), row["ticket"]) for row in rows])) == []
    assert str(buyers[0]) not in page.text


@pytest.fixture
def buyers(cast):
    return [each.customer_id for each in (*cast.noise, cast.charlie)]


# standing in line


def test_who_is_not_signed_in_is_led_there_and_back(site, hall, shift):
    hall.announce()
    start(hall, shift)
    page = site.get(page_of(site, hall)).page
    assert any("/login" in link and hall_ref(hall) in link for link in page.links())


def hall_ref(hall):
    from portal.base.ids import to_ref

    return to_ref(hall.sale_id)


def test_the_first_in_line_orders_at_the_sales_price_and_is_led_to_paying(sign_in, cast, hall, shift):
    hall.announce()
    start(hall, shift)
    alice = sign_in(cast.alice)
    page = enter(alice, hall).page
    assert "A piece is kept for you" in page.text
    order = alice.url("site.ask_piece", sale_id=hall.sale_id)
    made_up = {"price": "1", "amount_minor": "1", "customer_id": "7", "place": "central", "quantity": "9"}
    paying = alice.post(order, data=HOME | made_up | {"csrf_token": alice.token()}, follow_redirects=True)
    (placed,) = hall.rows("customer_order")
    assert (placed["total_minor"], placed["customer_id"], placed["status"]) == (PRICE, cast.alice.customer_id, "accepted")
    assert "¥499.00" in paying.page.text
    again = alice.get(page_of(alice, hall)).page
    assert "Ordered" in again.text
    assert alice.get(order).status_code == 303


def test_what_is_missing_to_deliver_it_is_said_beside_the_field(sign_in, cast, hall, shift):
    hall.announce()
    start(hall, shift)
    alice = sign_in(cast.alice)
    enter(alice, hall)
    order = alice.url("site.ask_piece", sale_id=hall.sale_id)
    answer = alice.post_form(alice.get(order), order, **HOME | {"phone": "1", "address": ""})
    assert (answer.status_code, set(answer.page.errors)) == (422, {"phone", "address"})
    assert hall.rows("customer_order") == []


def test_who_waits_reads_place_and_chance_and_the_page_asks_again_by_itself(sign_in, cast, hall, buyers, shift):
    hall.announce(pieces=2)
    start(hall, shift)
    hall.enter(*buyers[:3])
    hall.settle()
    alice = sign_in(cast.alice)
    page = enter(alice, hall).page
    for words in ("You are number 4 in line", "1 are before you", "2 pieces are not paid yet"):
        assert words in page.text, words
    assert page.id("place").get("hx-trigger").startswith("load delay:")
    region = alice.get(alice.url("site.show_sale_place", sale_id=hall.sale_id), headers=HTMX | {"HX-Target": "section#place"})
    assert "You are number 4 in line" in region.page.text
    assert alice.get(alice.url("site.show_sale_place", sale_id=hall.sale_id)).status_code == 303


def test_entering_twice_is_entering_once(sign_in, cast, hall, shift):
    hall.announce()
    start(hall, shift)
    alice = sign_in(cast.alice)
    page = alice.get(page_of(alice, hall))
    for _ in range(2):
        alice.post_form(page, alice.url("site.enter_one_sale", sale_id=hall.sale_id))
    assert len(hall.rows("flash_entry")) == 1


def test_nobody_enters_before_it_opens_and_nothing_is_written(sign_in, cast, hall):
    hall.announce()
    alice = sign_in(cast.alice)
    answer = alice.post(alice.url("site.enter_one_sale", sale_id=hall.sale_id), data={"csrf_token": alice.token()})
    assert (answer.status_code, hall.rows("flash_entry")) == (409, [])


def test_sold_out_is_answered_without_a_write(sign_in, cast, hall, buyers, shift):
    hall.announce(pieces=1)
    start(hall, shift)
    hall.enter(buyers[0])
    hall.settle()
    hall.pay(buyers[0], hall.order(buyers[0]).order_id)
    hall.run_worker()
    alice = sign_in(cast.alice)
    shift(2)
    token = alice.token()
    with statements(hall.database) as sent:
        answer = alice.post(alice.url("site.enter_one_sale", sale_id=hall.sale_id), data={"csrf_token": token})
    assert answer.status_code == 409
    assert "Sold out" in answer.page.text
    assert not [each for each in sent if not each.lstrip().upper().startswith("SELECT")]


def test_who_gives_up_makes_room_at_once(sign_in, cast, hall, buyers, shift):
    hall.announce(pieces=1)
    start(hall, shift)
    alice = sign_in(cast.alice)
    enter(alice, hall)
    hall.enter(buyers[0])
    hall.settle()
    alice.post_form(alice.get(page_of(alice, hall)), alice.url("site.leave_one_sale", sale_id=hall.sale_id))
    assert hall.entry(buyers[0]).status == "admitted"


def test_a_browser_that_brings_many_is_braked_and_nobody_else(sign_in, browser, cast, hall, shift):
    from portal.identity import sale_entries

    hall.announce()
    start(hall, shift)
    assert sale_entries.ENTRIES_PER_DEVICE == ((5, 86_400),)
    farm = browser()
    people = [cast.charlie, *cast.noise[:5]]
    answers = []
    for person in people:
        signed_in = sign_in(person, on=farm)
        answers.append(enter(signed_in, hall).status_code)
        signed_in.post_form(signed_in.get("/me"), signed_in.url("site.sign_out"))
    assert answers == [200] * 5 + [429]
    assert enter(sign_in(cast.alice), hall).status_code == 200


def test_the_worker_starts_a_sale_that_nobody_looks_at(app, hall, buyers, shift):
    hall.announce()
    hall.at(minutes=-30)
    hall.enter(*buyers[:6])
    start(hall, shift)
    deliver(app)
    assert hall.statuses() == {"admitted": 5, "waiting": 1}


# pre-sales


def test_a_deposit_gives_a_number_and_later_the_rest_is_paid(sign_in, cast, queue, shift):
    queue.announce()
    alice = sign_in(cast.alice)
    url = alice.url("site.show_presale", presale_id=queue.presale_id)
    page = alice.get(url)
    for words in ("¥1,099.00", "¥99.00", "¥1,000.00", "48 hours", "goes back to you"):
        assert words in page.page.text, words
    made_up = {"amount": "1", "deposit_minor": "1", "number": "1", "customer_id": "7", "csrf_token": alice.token()}
    alice.post(alice.url("site.take_one_place", presale_id=queue.presale_id), data=made_up)
    queue.now += timedelta(minutes=1)
    (deposit,) = queue.rows("customer_order")
    assert deposit["total_minor"] == 9_900
    queue.pay(cast.alice.customer_id, deposit["id"])
    assert "You have number 1" in alice.get(url).page.text
    queue.release(1)
    rest = alice.url("site.ask_rest", presale_id=queue.presale_id)
    assert rest in alice.get(url).page.links()
    alice.post_form(alice.get(rest), rest, **HOME)
    assert [row["total_minor"] for row in queue.rows("customer_order")] == [9_900, 100_000]
    assert "The rest is not paid yet" in alice.get(url).page.text


def test_a_place_is_given_up_before_the_release(sign_in, cast, queue):
    queue.announce(keeps_deposit=True)
    alice = sign_in(cast.alice)
    url = alice.url("site.show_presale", presale_id=queue.presale_id)
    assert "stays with us" in alice.get(url).page.text
    alice.post_form(alice.get(url), alice.url("site.take_one_place", presale_id=queue.presale_id))
    queue.now += timedelta(minutes=1)
    queue.pay(cast.alice.customer_id, queue.rows("customer_order")[0]["id"])
    page = alice.post_form(alice.get(url), alice.url("site.give_up_one_place", presale_id=queue.presale_id)).page
    assert "You gave your place up" in page.text
    assert queue.place(cast.alice.customer_id).status == "given_up"


def test_whom_a_presale_is_not_for_gets_no_place_and_is_told_why(sign_in, cast, queue):
    queue.announce()
    rule(queue.database, PHONE, eligibility={"tiers": ["gold"]})
    charlie = sign_in(cast.charlie)
    url = charlie.url("site.show_presale", presale_id=queue.presale_id)
    refused = charlie.post_form(charlie.get(url), charlie.url("site.take_one_place", presale_id=queue.presale_id))
    assert (refused.status_code, "It is for members of another level." in refused.page.text) == (409, True)
    assert (queue.rows("presale_place"), queue.rows("customer_order")) == ([], [])


def test_a_place_that_is_not_one_s_turn_has_no_form_for_the_rest(sign_in, cast, queue):
    queue.announce()
    charlie = sign_in(cast.charlie)
    assert charlie.get(charlie.url("site.ask_rest", presale_id=queue.presale_id)).status_code == 303
    assert charlie.get(charlie.url("site.show_presale", presale_id=new_id(NOW))).status_code == 404


def sell_to(hall, **eligibility):
    """Have the offering of the sale be for these alone."""
    rule(hall.database, hall.state().sale.offering_code, eligibility=eligibility)


def test_whom_it_is_not_for_cannot_enter_and_is_told_so(sign_in, cast, hall, shift):
    hall.announce()
    sell_to(hall, tiers=["gold"])
    start(hall, shift)
    refused = enter(sign_in(cast.charlie), hall)
    assert (refused.status_code, "It is for members of another level." in refused.page.text) == (409, True)
    assert hall.rows("flash_entry") == []
    assert enter(sign_in(cast.alice), hall).status_code == 200


def test_who_lacks_a_paper_is_told_which_and_enters_once_it_was_shown(sign_in, cast, hall, shift):
    hall.announce()
    sell_to(hall, documents=["id_card", "student_card"])
    start(hall, shift)
    with hall.database.writing() as session:
        keep_papers(session, cast.alice.customer_id, ["id_card"], seen_by="staff:7", now=NOW)
    alice = sign_in(cast.alice)
    refused = enter(alice, hall)
    assert (refused.status_code, "Show your student card at an outlet once." in refused.page.text) == (409, True)
    assert "identity card" not in refused.page.text
    with hall.database.writing() as session:
        keep_papers(session, cast.alice.customer_id, ["student_card"], seen_by="staff:7", now=NOW)
    assert enter(alice, hall).status_code == 200
    assert len(hall.rows("flash_entry")) == 1
