"""Orders for money, from the cart's prices to the door: what is claimed, when it goes on, and what comes back when it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.base.errors import Invalid, NotFound
from portal.base.idempotency import KeyReused
from portal.catalog import SoldOut, StockCount
from portal.customers import get_shopper, list_papers
from portal.orders import (
    AlreadyTaken,
    MostReached,
    OrderClosed,
    expire_unpaid,
    list_history,
    mark_paid,
    note_papers,
    request_payment,
)
from portal.orders.handlers import note_payment
from portal.payments import Notice, find_payment_of, receive_notice
from portal.payments.events import PaymentPaid
from tests.cast import Cast
from tests.orders.shop import BANK, BANK_PRICE, COFFEE, COFFEE_PRICE, PHONE, PHONE_PRICE, Shop


def test_an_order_waits_for_its_money_with_its_stock_held(shop: Shop) -> None:
    placed = shop.sell()
    order = shop.look(placed.order_id)
    assert (order.summary.status, order.summary.payment, order.summary.waits_for_payment) == ("accepted", "online", True)
    assert order.summary.can_cancel
    assert shop.kinds(placed) == ["accepted"]
    assert shop.stocked("device_redmi_note_13") == StockCount(2, 1, 0)
    assert shop.task(placed) == ("pay", "customer")
    assert placed.order_id not in {work.order_id for work in shop.work()}, "the desk sees nothing of it yet"
    assert order.money.tax_minor == 12_643
    assert shop.rows("payment") == [], "nothing is asked of a provider by placing"


def test_what_is_paid_is_in_preparation_at_once(shop: Shop) -> None:
    placed = shop.sell()
    assert shop.pay(placed) == "applied"
    assert shop.kinds(placed) == ["accepted", "paid", "reserved"]
    assert shop.task(placed) == ("ship", "order_desk")
    assert shop.look(placed.order_id).money.paid_minor == PHONE_PRICE
    assert placed.order_id in {work.order_id for work in shop.work()}


def test_the_same_money_told_twice_pays_once(shop: Shop) -> None:
    placed = shop.sell()
    shop.pay(placed, event="same")
    with shop.database.reading() as session:
        payment = find_payment_of(session, f"order:{placed.order_id}")
    assert payment is not None
    shop.say_paid(payment.merchant_ref, payment.amount_minor, "same")
    shop.say_paid(payment.merchant_ref, payment.amount_minor, "another id")
    assert shop.mark(placed, PHONE_PRICE, "system") is False
    assert shop.kinds(placed) == ["accepted", "paid", "reserved"]


@pytest.mark.parametrize(("amount", "currency"), [(PHONE_PRICE - 1, "CNY"), (PHONE_PRICE + 1, None), (PHONE_PRICE, "USD")])
def test_money_that_is_not_what_an_order_costs_changes_nothing_of_it(shop: Shop, amount: int, currency: str | None) -> None:
    placed = shop.sell()
    with shop.database.writing() as session:
        with pytest.raises(Invalid) as refusal:
            mark_paid(session, shop.person.customer_id, placed.order_id, amount, currency=currency, actor="staff:1", now=shop.now)
        assert set(refusal.value.fields) == {"amount"}
    assert (shop.status(placed), shop.look(placed.order_id).money.paid_minor) == ("accepted", 0), "whoever commits all the same"
    assert shop.kinds(placed) == ["accepted"]
    assert shop.mark(placed, PHONE_PRICE)


def test_the_word_of_other_money_sends_it_back_and_leaves_the_order_unpaid(shop: Shop) -> None:
    placed = shop.sell()
    with shop.database.writing() as session:
        asked = request_payment(session, shop.person.customer_id, placed.order_id, now=shop.now)
    with shop.database.writing() as session:
        receive_notice(session, "sandbox", Notice("one", "paid", asked.merchant_ref, PHONE_PRICE, "CNY", shop.now), now=shop.now)
    with shop.database.writing() as session:
        note_payment(session, PaymentPaid(asked.customer_id, asked.subject, asked.merchant_ref, PHONE_PRICE, "USD", late=False), shop.now)
    assert (shop.status(placed), shop.look(placed.order_id).money.paid_minor) == ("accepted", 0)
    assert shop.refunds() == {f"order:{placed.order_id}:unwanted": PHONE_PRICE}


def test_the_same_key_is_the_same_order_and_another_one_under_it_is_refused(shop: Shop) -> None:
    new = shop.priced(PHONE)
    first = shop.send_priced(new)
    before = shop.everything()
    assert shop.send_priced(new) == replace(first, is_new=False)
    dearer = replace(new, items=(replace(PHONE, price_minor=PHONE_PRICE + 100),))
    assert shop.send_priced(dearer).order_id == first.order_id, "what it costs meanwhile is no other order"
    with pytest.raises(KeyReused):
        shop.send_priced(replace(new, items=(replace(PHONE, quantity=2),)))
    assert shop.everything() == before


def test_one_customer_gets_as_many_as_one_can_have_of_all_orders_that_stand(shop: Shop) -> None:
    limited = replace(BANK, quantity=2, most=3)
    placed = shop.sell(limited)
    with pytest.raises(MostReached) as refusal:
        shop.sell(limited)
    assert (refusal.value.offering_code, refusal.value.limit) == ("gift_power_bank", 3)
    assert len([row for row in shop.rows("order_item") if row["offering_code"] == "gift_power_bank"]) == 1
    shop.sell(replace(limited, quantity=1))
    shop.cancel(placed.order_id)
    shop.sell(limited)


def test_what_is_not_there_leaves_nothing_behind(shop: Shop) -> None:
    before = shop.everything()
    with pytest.raises(SoldOut):
        shop.sell(BANK, replace(PHONE, quantity=4))
    assert shop.everything() == before


def test_a_line_of_somebody_else_is_not_found(shop: Shop, cast: Cast) -> None:
    before = shop.everything()
    with pytest.raises(NotFound):
        shop.sell(replace(PHONE, subscription_id=cast.charlie.subscription_id))
    assert shop.everything() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"discount_minor": PHONE_PRICE + 1},
        {"price_minor": -1},
        {"tax_minor": 1.5},
        {"deposit_minor": -1},
    ],
)
def test_prices_no_cart_can_have_computed_are_our_mistake(shop: Shop, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        shop.sell(replace(PHONE, **wrong))


@pytest.mark.parametrize("quantity", [0, -1, 100, True])
def test_a_quantity_is_1_to_99(shop: Shop, quantity: int) -> None:
    with pytest.raises(Invalid) as refusal:
        shop.sell(replace(PHONE, quantity=quantity))
    assert set(refusal.value.fields) == {"quantity"}


def test_an_order_not_paid_in_time_is_given_up_with_all_it_held(shop: Shop) -> None:
    placed, kept = shop.sell(), shop.sell(BANK)
    with shop.database.writing() as session:
        request_payment(session, shop.person.customer_id, placed.order_id, now=shop.now)
    shop.pay(kept)
    shop.now += timedelta(minutes=31)
    with shop.database.writing() as session:
        assert expire_unpaid(session, now=shop.now) == 1
        assert expire_unpaid(session, now=shop.now) == 0
    assert (shop.status(placed), shop.status(kept)) == ("cancelled", "reserved")
    assert shop.look(placed.order_id).steps[-1].note == "not_paid_in_time"
    assert shop.stocked("device_redmi_note_13") == StockCount(3, 0, 0)
    with shop.database.reading() as session:
        payment = find_payment_of(session, f"order:{placed.order_id}")
    assert payment is not None
    assert not payment.is_open
    with shop.database.writing() as session, pytest.raises(OrderClosed):
        request_payment(session, shop.person.customer_id, placed.order_id, now=shop.now)


def test_money_whose_word_is_on_its_way_keeps_the_order(shop: Shop) -> None:
    placed = shop.sell()
    with shop.database.writing() as session:
        payment = request_payment(session, shop.person.customer_id, placed.order_id, now=shop.now)
    worker, shop.run_worker = shop.run_worker, lambda: None  # type: ignore[method-assign]
    shop.say_paid(payment.merchant_ref, payment.amount_minor)
    shop.now += timedelta(minutes=31)
    with shop.database.writing() as session:
        assert expire_unpaid(session, now=shop.now) == 0
    worker()
    assert shop.status(placed) == "reserved"


def test_money_that_comes_for_a_cancelled_order_goes_back_once(shop: Shop) -> None:
    placed = shop.sell()
    with shop.database.writing() as session:
        payment = request_payment(session, shop.person.customer_id, placed.order_id, now=shop.now)
    shop.cancel(placed.order_id)
    assert shop.say_paid(payment.merchant_ref, payment.amount_minor) == "late"
    assert shop.status(placed) == "cancelled"
    assert sum(shop.refunds().values()) == PHONE_PRICE
    assert shop.do_refunds() == 1
    assert shop.books() == []


def test_a_paid_order_given_up_gives_its_money_back_once(shop: Shop) -> None:
    placed = shop.sell(BANK, COFFEE)
    shop.pay(placed)
    assert shop.cancel(placed.order_id)
    assert shop.cancel(placed.order_id) is False
    assert shop.refunds() == {f"order:{placed.order_id}:cancel": BANK_PRICE + COFFEE_PRICE}
    assert shop.stocked("gift_power_bank") == StockCount(3, 0, 0)
    assert shop.stocked("gift_coffee") == StockCount(3, 0, 0)
    assert shop.do_refunds() == 1
    assert shop.kinds(placed)[-2:] == ["cancelled", "refunded"]
    assert shop.task(placed) is None
    assert shop.books() == []


def test_what_was_paid_at_the_counter_goes_back_there(shop: Shop) -> None:
    placed = shop.sell(payment="counter")
    assert shop.mark(placed, PHONE_PRICE)
    assert shop.cancel(placed.order_id)
    assert shop.refunds() == {}
    assert shop.task(placed) == ("refund", "order_desk")


@pytest.mark.parametrize("payment", ["bill", "company"])
def test_what_goes_on_a_bill_is_prepared_at_once(shop: Shop, payment: Any) -> None:
    placed = shop.sell(payment=payment)
    assert shop.kinds(placed) == ["accepted", "reserved"]
    assert shop.task(placed) == ("ship", "order_desk")


def test_vouchers_alone_need_no_desk_once_they_are_paid(shop: Shop) -> None:
    placed = shop.sell(COFFEE, delivery=None)
    shop.run_worker()
    assert shop.status(placed) == "accepted"
    shop.pay(placed)
    shop.run_worker()
    order = shop.look(placed.order_id)
    assert order.summary.status == "completed"
    assert len(order.items[0].contents) == 1
    assert shop.task(placed) is None


def test_what_costs_nothing_waits_for_no_money(shop: Shop) -> None:
    placed = shop.sell(replace(COFFEE, discount_minor=COFFEE_PRICE), delivery=None)
    shop.run_worker()
    assert shop.status(placed) == "completed"


def test_what_is_picked_up_waits_at_its_outlet(shop: Shop) -> None:
    placed = shop.sell(payment="bill", delivery=None, outlet="hz-01")
    assert shop.task(placed) == ("collect", "order_desk")
    assert shop.fulfil(placed.order_id)
    assert shop.stocked("device_redmi_note_13") == StockCount(2, 0, 1)


def test_extra_points_come_when_the_order_is_completed_and_once(shop: Shop) -> None:
    placed = shop.sell(payment="bill", points=50)
    assert shop.points()["points"] == 2_000
    shop.fulfil(placed.order_id)
    assert shop.fulfil(placed.order_id) is False
    assert shop.points()["points"] == 2_050


def test_points_and_money_together_are_both_held_and_both_given_back(shop: Shop) -> None:
    placed = shop.sell(replace(PHONE, price_points=500))
    assert shop.points() == {"points": 1_500, "points_held": 500, "points_spent": 0}
    shop.cancel(placed.order_id)
    assert shop.points() == {"points": 2_000, "points_held": 0, "points_spent": 0}


# Papers.


def test_an_order_waits_until_somebody_has_seen_the_papers(shop: Shop) -> None:
    placed = shop.sell(documents={"wanted": ["id_card"], "seen": {}})
    shop.pay(placed)
    assert (shop.status(placed), shop.task(placed)) == ("paid", ("check", "order_desk"))
    assert shop.look(placed.order_id).papers_missing == ("id_card",)
    with shop.database.writing() as session, pytest.raises(Invalid):
        note_papers(session, placed.order_id, [], actor="staff:1", now=shop.now)
    with shop.database.writing() as session:
        assert note_papers(session, placed.order_id, ["id_card"], actor="staff:1", now=shop.now)
    with shop.database.writing() as session:
        assert not note_papers(session, placed.order_id, ["id_card"], actor="staff:1", now=shop.now)
    assert (shop.status(placed), shop.task(placed)) == ("reserved", ("ship", "order_desk"))
    assert shop.kinds(placed) == ["accepted", "paid", "checked", "reserved"]


def test_papers_seen_for_an_order_count_for_the_customer_and_those_that_were_not_do_not(shop: Shop) -> None:
    placed = shop.sell(documents={"wanted": ["id_card"], "seen": {}})
    shop.pay(placed)

    def shown() -> frozenset[str]:
        with shop.database.reading() as session:
            return get_shopper(session, shop.person.customer_id, now=shop.now).documents

    with shop.database.writing() as session, pytest.raises(Invalid):
        note_papers(session, placed.order_id, ["student_card"], actor="staff:1", now=shop.now)
    assert shown() == frozenset()
    with shop.database.writing() as session:
        note_papers(session, placed.order_id, ["id_card", "student_card"], actor="staff:1", now=shop.now)
    assert shown() == {"id_card"}, "what nobody asked for is not kept"
    with shop.database.reading() as session:
        (paper,) = list_papers(session, shop.person.customer_id, now=shop.now)
    assert (paper.seen_by, paper.seen_at) == ("staff:1", shop.now)


def test_papers_are_no_way_round_the_money(shop: Shop) -> None:
    placed = shop.sell(documents={"wanted": ["id_card"], "seen": {}})
    with shop.database.writing() as session, pytest.raises(OrderClosed):
        note_papers(session, placed.order_id, ["id_card"], actor="staff:1", now=shop.now)


# The desk.


def test_an_order_taken_by_mistake_goes_back_to_the_queue(shop: Shop, clerks: tuple[int, int]) -> None:
    from portal.orders import release_order

    placed = shop.sell(payment="bill")
    shop.take(placed.order_id, clerks[0])
    with pytest.raises(AlreadyTaken):
        shop.cancel(placed.order_id)
    with shop.database.writing() as session:
        assert release_order(session, placed.order_id, actor=f"staff:{clerks[0]}", now=shop.now)
        assert not release_order(session, placed.order_id, actor=f"staff:{clerks[0]}", now=shop.now)
    assert shop.take(placed.order_id, clerks[1])
    assert shop.kinds(placed)[-3:] == ["taken", "released", "taken"]


# What promotions ask.


def test_the_history_counts_what_stands(shop: Shop) -> None:
    first, second, third = shop.sell(), shop.sell(replace(BANK, quantity=2)), shop.sell(BANK)
    shop.pay(first)
    shop.cancel(third.order_id)
    with shop.database.reading() as session:
        facts = list_history(session, shop.person.customer_id, now=shop.now)
    assert (facts.orders, facts.spent_minor, facts.first_at) == (2, PHONE_PRICE + 2 * BANK_PRICE, shop.now)
    assert facts.bought == {"device_redmi_note_13": 1, "gift_power_bank": 2}
    assert second.is_new


def test_who_never_ordered_has_no_history(shop: Shop, cast: Cast) -> None:
    with shop.database.reading() as session:
        facts = list_history(session, cast.bob.customer_id + 1, now=shop.now)
    assert (facts.orders, facts.spent_minor, facts.bought, facts.first_at) == (0, 0, {}, None)
