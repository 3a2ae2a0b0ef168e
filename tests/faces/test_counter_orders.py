"""An open customer's orders at the counter: paid at the till, handed over, given back, each once and audited; and the pick-up list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.ids import to_ref as ref
from portal.orders import cancel_order, get_order, list_returns, note_delivered, request_payment
from portal.payments import find_payment_of
from tests.cast import NOW
from tests.faces.desk import form_token, steps_of
from tests.orders.shop import BANK, BANK_PRICE, PHONE, Shop


@pytest.fixture
def shop(database, cast, keys, store):
    """Alice's orders for money, an hour ago and kept for two."""
    return Shop(database, cast.alice, keys, NOW - timedelta(hours=1))


@pytest.fixture
def unpaid(shop):
    return shop.sell(BANK, delivery=None, outlet="xihu", pay_by=NOW + timedelta(hours=2))


@pytest.fixture
def dora(counter, cast):
    """Dora, who has Alice open."""
    here = counter()
    page = here.get(here.url("counter.show_customer", customer_id=cast.alice.customer_id)).page
    here.post_form(page, page.url + "/openings/by-reason", reason="document_shown")
    return here


def at(here, cast, placed, step=""):
    return f"/counter/customers/{ref(cast.alice.customer_id)}/orders/{ref(placed.order_id)}" + (f"/{step}" if step else "")


def audited(database, cast):
    query = sa.select(AuditEntry.action).where(AuditEntry.customer_id == cast.alice.customer_id, AuditEntry.action.like("order.%"))
    with database.reading() as session:
        return list(session.execute(query).scalars())


def standing(database, shop, placed):
    with database.reading() as session:
        return get_order(session, shop.viewer, placed.order_id)


def test_what_is_paid_at_the_till_goes_on_under_its_receipt_once(dora, cast, shop, unpaid, database):
    page = dora.get(at(dora, cast, unpaid))
    assert "¥99.00 are still to be paid." in page.page.text
    empty = dora.post_form(page, at(dora, cast, unpaid, "paid"), receipt="  ")
    assert empty.page.errors == {"receipt": "Enter the number on the till’s receipt, up to 40 signs."}
    done = dora.post_form(empty, at(dora, cast, unpaid, "paid"), receipt=" T-2026 1188 ")
    assert done.status_code == 200
    assert "Paid." in done.page.text
    assert "T-2026 1188" in done.page.id("order-steps").text
    dora.post_form(page, at(dora, cast, unpaid, "paid"), receipt="T-9")
    order = standing(database, shop, unpaid)
    assert (order.summary.status, order.summary.payment, order.money.paid_minor) == ("reserved", "counter", BANK_PRICE)
    assert steps_of(database, unpaid).count("paid") == 1
    assert audited(database, cast) == ["order.paid_at_counter"]


def test_who_pays_online_after_it_was_paid_at_the_till_gets_it_back(dora, cast, shop, unpaid, database):
    with database.writing() as session:
        payment = request_payment(session, cast.alice.customer_id, unpaid.order_id, now=NOW)
    page = dora.get(at(dora, cast, unpaid))
    dora.post_form(page, at(dora, cast, unpaid, "paid"), receipt="T-1")
    shop.now = NOW
    shop.say_paid(payment.merchant_ref, payment.amount_minor)
    with database.reading() as session:
        assert find_payment_of(session, f"order:{unpaid.order_id}").is_late
    order = standing(database, shop, unpaid)
    assert (order.money.paid_minor, order.money.refunded_minor) == (BANK_PRICE, 0), "the till's money stands"
    assert len(shop.refunds()) == 1


def test_what_was_paid_online_a_moment_ago_is_not_paid_at_the_till(dora, cast, shop, unpaid, database):
    page = dora.get(at(dora, cast, unpaid))
    shop.now = NOW
    shop.pay(unpaid)
    answer = dora.post_form(page, at(dora, cast, unpaid, "paid"), receipt="T-1")
    assert answer.status_code == 409
    assert "nothing was changed" in answer.page.text
    order = standing(database, shop, unpaid)
    assert (order.summary.payment, order.money.paid_minor) == ("online", BANK_PRICE)
    assert audited(database, cast) == []


def test_what_is_picked_up_is_handed_over_once(dora, cast, shop, unpaid, database):
    shop.pay(unpaid)
    page = dora.get(at(dora, cast, unpaid))
    assert "West Lake shop" in page.page.text
    for _ in range(2):
        done = dora.post_form(page, at(dora, cast, unpaid, "handed-over"))
        assert done.status_code == 200
    assert "Nothing of it waits" not in done.page.text, "it may come back"
    assert steps_of(database, unpaid).count("completed") == 1
    assert audited(database, cast) == ["order.handed_over"]


def test_what_is_sent_or_not_paid_is_not_handed_over(dora, cast, shop, unpaid, database):
    parcel = shop.sell(PHONE)
    shop.pay(parcel)
    token = form_token(dora.get(at(dora, cast, parcel)).page)
    for placed in (parcel, unpaid):
        assert dora.post(at(dora, cast, placed, "handed-over"), data={"csrf_token": token}).status_code == 409
        assert "completed" not in steps_of(database, placed)


def test_papers_shown_at_the_counter_let_the_order_go_on(dora, cast, shop, database):
    placed = shop.sell(BANK, documents={"wanted": ["id_card"]})
    shop.pay(placed)
    page = dora.get(at(dora, cast, placed))
    wrong = dora.post_form(page, at(dora, cast, placed, "papers"))
    assert wrong.status_code == 422
    assert "Tick each paper once you have seen it." in wrong.page.text
    assert dora.post_form(wrong, at(dora, cast, placed, "papers"), papers="id_card").status_code == 200
    assert "checked" in steps_of(database, placed)
    assert audited(database, cast) == ["order.papers_seen"]


def test_a_return_asked_for_here_is_decided_on_by_somebody_else(dora, cast, shop, database, office):
    placed = shop.sell(replace(BANK, quantity=2))
    shop.pay(placed)
    shop.ship(placed)
    with database.writing() as session:
        note_delivered(session, placed.order_id, actor="system", customer_id=cast.alice.customer_id, now=NOW)
    page = dora.get(at(dora, cast, placed))
    wrong = dora.post_form(page, at(dora, cast, placed, "return"), **{"pieces-1": "3", "reason": "too big"})
    assert wrong.page.errors["pieces-1"] == "Choose how many of what was sent come back."
    done = dora.post_form(wrong, at(dora, cast, placed, "return"), **{"pieces-1": "1", "reason": "too big"})
    assert done.status_code == 200
    dora.post_form(wrong, at(dora, cast, placed, "return"), **{"pieces-1": "1", "reason": "too big"})
    with database.reading() as session:
        asked = list_returns(session, cast.alice.customer_id, placed.order_id)
    assert [(each.status, each.items) for each in asked] == [("asked", {"1": 1})]
    assert placed.reference in office().get("/office/?task=return").page.text
    assert audited(database, cast)[0] == "order.return_asked"


def test_nothing_of_it_is_done_for_a_customer_who_is_not_open(counter, cast, unpaid, database):
    here = counter()
    token = form_token(here.get("/counter/").page)
    assert here.get(at(here, cast, unpaid)).status_code == 403
    assert here.get(f"/counter/customers/{ref(cast.alice.customer_id)}/orders").status_code == 403
    for step in ("paid", "papers", "handed-over", "return"):
        assert here.post(at(here, cast, unpaid, step), data={"csrf_token": token, "receipt": "T-1"}).status_code == 403
    assert steps_of(database, unpaid) == ["accepted"]


def test_the_card_leads_to_the_orders_and_each_order_once_the_customer_is_open(dora, counter, cast, unpaid, staff):
    home = f"/counter/customers/{ref(cast.alice.customer_id)}"
    links = set(dora.get(home).page.links())
    assert {f"{home}/orders", at(dora, cast, unpaid)} <= links
    assert unpaid.reference in dora.get(f"{home}/orders").page.text
    closed = counter(staff.sam)
    assert not {f"{home}/orders", at(closed, cast, unpaid)} & set(closed.get(home).page.links())


def test_the_outlets_own_list_shows_what_waits_there_and_nobodys_name(counter, office, cast, shop, unpaid, database):
    shop.pay(unpaid)
    elsewhere = shop.sell(BANK, delivery=None, outlet="binjiang")
    shop.pay(elsewhere)
    dora = counter()
    page = dora.get("/counter/pick-ups").page
    assert unpaid.reference in page.text
    assert elsewhere.reference not in page.text
    assert cast.alice.name not in page.html
    assert f"/counter/customers/{ref(cast.alice.customer_id)}" in set(page.links())
    assert elsewhere.reference in dora.get("/counter/pick-ups?outlet=binjiang").page.text
    assert unpaid.reference in dora.get("/counter/pick-ups?outlet=nowhere").page.text
    assert office().get("/counter/pick-ups").status_code == 403


def test_an_order_given_up_meanwhile_is_not_paid(dora, cast, shop, unpaid, database):
    page = dora.get(at(dora, cast, unpaid))
    with database.writing() as session:
        cancel_order(session, cast.alice.customer_id, unpaid.order_id, actor=shop.actor, reason="by_customer", now=NOW)
    assert dora.post_form(page, at(dora, cast, unpaid, "paid"), receipt="T-1").status_code == 409
    assert standing(database, shop, unpaid).money.paid_minor == 0
