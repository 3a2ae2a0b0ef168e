"""Giving something back: asked for in the hall, decided on and received at the desk by two of the staff, paid back once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.base.ids import to_ref as ref
from portal.orders import list_returns, note_delivered
from tests.cast import NOW
from tests.faces.desk import steps_of, take, to
from tests.faces.test_counter_orders import audited
from tests.faces.test_office_steps import step
from tests.orders.shop import ADD_ON, BANK, BANK_PRICE, PHONE, Shop


@pytest.fixture
def shop(database, cast, keys, store):
    """Alice's orders for money, an hour ago."""
    return Shop(database, cast.alice, keys, NOW - timedelta(hours=1))


@pytest.fixture
def bought(shop, database):
    """Two power banks, paid, sent and received."""
    placed = shop.sell(replace(BANK, quantity=2))
    shop.pay(placed)
    shop.ship(placed)
    with database.writing() as session:
        note_delivered(session, placed.order_id, actor="system", customer_id=shop.person.customer_id, now=shop.now)
    return placed


@pytest.fixture
def asked(bought, sign_in, cast):
    """One of them asked to be taken back, by its owner."""
    alice = sign_in(cast.alice)
    alice.post_form(alice.get(back(bought)), back(bought), **{"pieces-1": "1", "reason": "too big"})
    return bought


def back(placed):
    return f"/orders/{ref(placed.order_id)}/return"


def returns(database, cast, placed):
    with database.reading() as session:
        return list_returns(session, cast.alice.customer_id, placed.order_id)


# in the hall


def test_a_return_is_asked_for_on_its_page_and_once_however_often_it_is_sent(sign_in, cast, bought, database):
    alice = sign_in(cast.alice)
    assert back(bought) in set(alice.get(f"/orders/{ref(bought.order_id)}").page.links())
    page = alice.get(back(bought))
    assert "Up to 2" in page.page.text
    done = alice.post_form(page, back(bought), **{"pieces-1": "1", "reason": " too   big "})
    assert "We look at your return" in done.page.text
    alice.post_form(page, back(bought), **{"pieces-1": "1", "reason": "too big"})
    data = {"csrf_token": alice.token(), "key": "another", "pieces-1": "1", "reason": "both"}
    assert alice.post(back(bought), data=data).status_code == 409, "the first one is still open"
    (one,) = returns(database, cast, bought)
    assert (one.status, dict(one.items), one.reason, one.refund_minor) == ("asked", {"1": 1}, "too big", BANK_PRICE)


@pytest.mark.parametrize("typed", ["0", "3", "-1", "1.5", "", "x", "１", "1" * 30])
def test_only_what_was_sent_is_asked_back_and_what_was_typed_is_kept(sign_in, cast, bought, database, typed):
    alice = sign_in(cast.alice)
    page = alice.post_form(alice.get(back(bought)), back(bought), **{"pieces-1": typed, "reason": "broken on arrival"})
    assert (page.status_code, set(page.page.errors)) == (422, {"pieces-1"})
    assert "broken on arrival" in page.page.html
    assert returns(database, cast, bought) == []


def test_why_it_comes_back_is_said(sign_in, cast, bought, database):
    alice = sign_in(cast.alice)
    page = alice.post_form(alice.get(back(bought)), back(bought), **{"pieces-1": "1", "reason": " "})
    assert page.page.errors == {"reason": "Say in a few words why it comes back."}
    assert returns(database, cast, bought) == []


def test_what_is_open_or_too_old_or_somebody_elses_is_not_asked_back(sign_in, cast, shop, asked, database):
    alice = sign_in(cast.alice)
    assert "Nothing of this order can be returned here" in alice.get(back(asked)).page.text
    parcel = shop.sell(PHONE)
    page = alice.get(back(parcel))
    assert "Nothing of this order can be returned here" in page.page.text
    assert alice.post(back(parcel), data={"csrf_token": alice.token(), "pieces-1": "1", "reason": "x"}).status_code == 409
    charlie = sign_in(cast.charlie)
    assert charlie.get(back(asked)).status_code == 404
    assert charlie.post(back(asked), data={"csrf_token": charlie.token(), "pieces-1": "1", "reason": "x"}).status_code == 404
    assert len(returns(database, cast, asked)) == 1


def test_a_parcel_is_said_to_be_here_by_its_owner_once(sign_in, cast, shop, database):
    placed = shop.sell(BANK)
    shop.pay(placed)
    shop.ship(placed)
    alice, url = sign_in(cast.alice), f"/orders/{ref(placed.order_id)}"
    page = alice.get(url)
    assert "The order is complete" in alice.post_form(page, url + "/received").page.text
    assert "The order was complete before" in alice.post_form(page, url + "/received").page.text
    assert steps_of(database, placed).count("completed") == 1


# at the desk


def test_a_return_is_let_in_by_one_and_received_by_another_and_paid_back_once(office, staff, shop, asked, cast, database):
    olga, sam, before = office(), office(staff.sam), shop.stocked("gift_power_bank").free
    take(olga, asked)
    assert "too big" in olga.get(to(olga, asked)).page.text
    assert step(olga, asked, "approve").status_code == 303
    step(olga, asked, "approve")
    refused = step(olga, asked, "receive")
    assert (refused.status_code, shop.refunds()) == (409, {})
    take(sam, asked)
    for _ in range(2):
        step(sam, asked, "receive", **{"pieces-1": "1"})
    assert list(shop.refunds().values()) == [BANK_PRICE]
    assert (returns(database, cast, asked)[0].status, shop.status(asked)) == ("received", "completed"), "the other one stays"
    assert shop.stocked("gift_power_bank").free == before + 1
    assert [each for each in audited(database, cast) if each in ("order.approve", "order.receive")] == ["order.approve", "order.receive"]


@pytest.mark.parametrize("pieces", ["0", "2", "x", "-1"])
def test_what_came_is_counted_and_never_more_than_was_asked_for(office, staff, shop, asked, cast, database, pieces):
    olga, sam = office(), office(staff.sam)
    take(olga, asked)
    step(olga, asked, "approve")
    take(sam, asked)
    page = step(sam, asked, "receive", **{"pieces-1": pieces})
    assert (page.status_code, shop.refunds()) == (422, {})
    assert returns(database, cast, asked)[0].status == "approved"


def test_a_return_is_refused_with_a_reason_its_owner_reads(office, sign_in, shop, asked, cast, database):
    olga = office()
    take(olga, asked)
    assert set(step(olga, asked, "refuse", note=" ").page.errors) == {"note"}
    assert step(olga, asked, "refuse", note="It was used.").status_code == 303
    (one,) = returns(database, cast, asked)
    assert (one.status, one.note, shop.task(asked), shop.refunds()) == ("refused", "It was used.", None, {})
    assert "It was used." in sign_in(cast.alice).get(f"/orders/{ref(asked.order_id)}").page.text
    assert step(olga, asked, "approve").status_code in (404, 409)
    assert returns(database, cast, asked)[0].status == "refused"


def test_who_has_not_taken_it_decides_nothing(office, shop, asked, cast, database):
    olga = office()
    for name in ("approve", "refuse", "receive"):
        assert step(olga, asked, name, note="no").status_code == 409
    assert returns(database, cast, asked)[0].status == "asked"


# the desk's other acts


def test_money_at_the_counter_is_noted_once_and_never_what_is_paid_online(office, shop):
    olga = office()
    online, till = shop.sell(BANK), shop.sell(BANK, payment="counter", delivery=None, outlet="xihu")
    assert step(olga, online, "paid").status_code in (404, 409)
    assert shop.look(online.order_id).money.paid_minor == 0
    for _ in range(2):
        step(olga, till, "paid")
    assert shop.look(till.order_id).money.paid_minor == BANK_PRICE
    assert shop.kinds(till).count("paid") == 1


def test_papers_are_ticked_one_by_one_before_the_order_goes_on(office, shop):
    olga, placed = office(), shop.sell(BANK, payment="bill", documents={"wanted": ["id_card"]})
    take(olga, placed)
    assert shop.task(placed) == ("check", "order_desk")
    assert step(olga, placed, "check").status_code == 422
    assert step(olga, placed, "check", papers="passport").status_code == 422
    assert shop.task(placed) == ("check", "order_desk")
    for _ in range(2):
        step(olga, placed, "check", papers="id_card")
    assert shop.kinds(placed).count("checked") == 1
    assert shop.task(placed) == ("ship", "order_desk")


def test_what_was_set_up_is_undone_before_the_money_goes_back(office, shop):
    olga, placed = office(), shop.sell(BANK, ADD_ON)
    shop.pay(placed)
    shop.set_up(placed)
    shop.cancel(placed.order_id, actor="staff:1")
    assert shop.task(placed) == ("undo", "order_desk")
    take(olga, placed)
    for _ in range(2):
        step(olga, placed, "undone")
    assert shop.task(placed) is None
    assert shop.status(placed) == "cancelled"
    assert list(shop.refunds().values()) == [BANK_PRICE]


def test_a_return_of_which_nothing_came_is_closed_with_a_reason_and_may_be_asked_for_again(office, sign_in, shop, asked, cast, database):
    olga, alice = office(), sign_in(cast.alice)
    take(olga, asked)
    assert step(olga, asked, "close", note="Nothing came.").status_code == 409, "it was not approved yet"
    step(olga, asked, "approve")
    take(olga, asked)
    assert set(step(olga, asked, "close", note=" ").page.errors) == {"note"}
    for _ in range(2):
        step(olga, asked, "close", note="Nothing came in 30 days.")
    (one,) = returns(database, cast, asked)
    assert (one.status, one.note, shop.task(asked), shop.refunds()) == ("closed", "Nothing came in 30 days.", None, {})
    assert shop.kinds(asked).count("return_closed") == 1
    assert "Nothing came in 30 days." in alice.get(f"/orders/{ref(asked.order_id)}").page.text
    assert step(olga, asked, "receive").status_code in (404, 409)
    alice.post_form(alice.get(back(asked)), back(asked), **{"pieces-1": "2", "reason": "too big"})
    assert [each.status for each in returns(database, cast, asked)] == ["closed", "asked"]
