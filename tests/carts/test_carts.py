"""Carts: what lies in one, what it comes to, what stands against ordering it, and ordering it once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.base.errors import Invalid, NotFound
from portal.carts import (
    CartBlocked,
    CartChanged,
    CartEmpty,
    CartFull,
    count_cart,
    mark_seen,
    order_quote,
    put_in,
    set_quantity,
    take_out,
)
from portal.catalog import claim_stock, count_stock, set_price
from portal.orders import MostReached
from tests.carts.stall import CABLE, EARPHONES, HOME, PHONE, ROUTER, SIM, Stall


def test_the_same_thing_put_in_twice_is_one_line_of_both(stall: Stall) -> None:
    stall.put(CABLE, 1)
    stall.put(CABLE, 2)
    view = stall.look()
    assert [(line.offer.code, line.quantity) for line in view.basket.lines] == [(CABLE, 3)]
    with stall.database.reading() as session:
        assert count_cart(session, stall.whose, now=stall.now) == 3


def test_tiers_shipping_tax_and_total_add_up(stall: Stall) -> None:
    stall.put(CABLE, 3)
    basket = stall.look().basket
    (line,) = basket.lines
    assert (line.price_minor, line.charged_minor, line.tax_minor) == (3500, 10_500, 1208)
    assert (basket.sums.shipping_minor, basket.sums.total_minor) == (0, 10_500)
    with stall.database.writing() as session:
        set_quantity(session, stall.whose, 1, 1, now=stall.now)
    basket = stall.look().basket
    assert (basket.sums.goods_minor, basket.sums.shipping_minor, basket.sums.total_minor) == (3900, 1000, 4900)
    assert basket.to_free_shipping_minor == 6000
    assert basket.sums.tax_minor == 449 + 57


def test_a_deposit_is_paid_and_what_comes_every_month_stands_apart(stall: Stall) -> None:
    stall.put(ROUTER)
    basket = stall.look().basket
    assert (basket.sums.deposit_minor, basket.sums.monthly_minor) == (20_000, 500)
    assert basket.sums.total_minor == 20_000 + basket.sums.shipping_minor


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**12])
def test_a_quantity_that_is_none_is_refused_by_its_field(stall: Stall, quantity: int) -> None:
    with pytest.raises(Invalid) as refused:
        stall.put(CABLE, quantity)
    assert set(refused.value.fields) == {"quantity"}
    stall.put(CABLE, 99)
    with pytest.raises(Invalid):
        stall.put(CABLE, 1)
    with stall.database.writing() as session, pytest.raises(Invalid):
        set_quantity(session, stall.whose, 1, quantity, now=stall.now)
    assert stall.look().basket.lines[0].quantity == 99


def test_what_is_not_there_is_not_changed_and_not_taken_out_twice(stall: Stall) -> None:
    stall.put(CABLE)
    with stall.database.writing() as session, pytest.raises(NotFound):
        set_quantity(session, stall.whose, 9, 2, now=stall.now)
    with stall.database.writing() as session:
        assert take_out(session, stall.whose, 1, now=stall.now)
        assert not take_out(session, stall.whose, 1, now=stall.now)
    assert not stall.look().basket.has_started


def test_a_cart_takes_twenty_things(stall: Stall) -> None:
    with stall.database.writing() as session:
        for line in range(20):
            put_in(session, stall.whose, CABLE, 1, line=line + 1, now=stall.now)
    with pytest.raises(CartFull):
        stall.put(EARPHONES)


def test_a_cart_nobody_touches_for_a_week_is_empty(stall: Stall) -> None:
    stall.put(CABLE)
    assert stall.look(stall.now + timedelta(days=6)).basket.has_started
    assert not stall.look(stall.now + timedelta(days=8)).basket.has_started
    stall.now += timedelta(days=8)
    stall.put(EARPHONES)
    assert [line.offer.code for line in stall.look().basket.lines] == [EARPHONES]


def test_a_stale_cart_is_priced_anew_and_tells_the_difference_once(stall: Stall) -> None:
    stall.put(EARPHONES)
    first = stall.look()
    with stall.database.writing() as session:
        mark_seen(session, stall.whose, first)
    assert stall.look().difference_minor == 0
    with stall.database.writing() as session:
        set_price(session, "standard", EARPHONES, "CNY", 35_000)
    second = stall.look()
    assert (second.difference_minor, second.basket.lines[0].is_changed) == (-4_900, True)
    with pytest.raises(CartChanged) as refused:
        stall.order(stall.decided(first.basket.sums.total_minor))
    assert refused.value.difference_minor == -4_900
    with stall.database.writing() as session:
        mark_seen(session, stall.whose, second)
    assert stall.look().difference_minor == 0


def test_an_order_is_what_was_shown_and_leaves_the_cart_empty(stall: Stall) -> None:
    stall.put(PHONE)
    stall.put(CABLE, 2)
    total = stall.look().basket.sums.total_minor
    placed = stall.order()
    (order,) = stall.rows("customer_order")
    assert placed.is_new
    assert (order["total_minor"], order["status"], order["payment"], order["delivery"]["name"]) == (total, "accepted", "online", "王爱丽")
    assert order["pay_by"] == stall.now + timedelta(minutes=30)
    items = sorted(stall.rows("order_item"), key=lambda row: row["position"])
    assert [(row["offering_code"], row["quantity"]) for row in items] == [(PHONE, 1), (CABLE, 2)]
    assert sum(row["price_minor"] * row["quantity"] - row["discount_minor"] for row in items) + order["shipping_minor"] == total
    assert not stall.look().basket.has_started
    with stall.database.reading() as session:
        assert count_stock(session, CABLE).free == 28


def test_the_same_key_again_is_the_same_order(stall: Stall) -> None:
    stall.put(CABLE)
    decided = stall.decided()
    first, again = stall.order(decided), stall.order(decided)
    assert (again.order_id, again.is_new) == (first.order_id, False)
    assert len(stall.rows("customer_order")) == 1


def test_nothing_is_ordered_of_an_empty_cart_without_consent_or_without_a_place(stall: Stall) -> None:
    with pytest.raises(CartEmpty):
        stall.order()
    stall.put(CABLE)
    for decided, field in ((stall.decided(agreed=False), "agreed"), (stall.decided(payment="gold"), "payment")):
        with pytest.raises(Invalid) as refused:
            stall.order(decided)
        assert set(refused.value.fields) == {field}
    stall.say(delivery=None)
    with pytest.raises(Invalid) as refused:
        stall.order()
    assert set(refused.value.fields) == {"delivery"}
    assert stall.rows("customer_order") == []


def test_what_is_barred_gone_or_more_than_there_is_cannot_be_ordered(stall: Stall) -> None:
    stall.put("plan_student")
    (line,) = stall.look().basket.lines
    assert ("barred", ("age", "documents"), ("student_card",)) in [(fault.kind, fault.reasons, fault.papers) for fault in line.faults]
    with pytest.raises(CartBlocked):
        stall.order()
    with stall.database.writing() as session:
        take_out(session, stall.whose, 1, now=stall.now)
    stall.put(CABLE, 31)
    assert [(fault.kind, fault.limit) for fault in stall.look().basket.lines[0].faults] == [("left", 30)]
    with pytest.raises(CartBlocked):
        stall.order()


def test_the_last_piece_that_goes_while_one_looks_is_not_sold(stall: Stall) -> None:
    stall.put(CABLE, 30)
    decided = stall.decided()
    with stall.database.writing() as session:
        claim_stock(session, CABLE, 1, holder="somebody", now=stall.now)
    with pytest.raises(CartBlocked):
        stall.order(decided)
    assert stall.rows("customer_order") == []


def test_as_many_as_one_customer_may_have(stall: Stall) -> None:
    stall.stock(SIM, 9)
    stall.put(SIM, 6)
    assert [(fault.kind, fault.limit) for fault in stall.look().basket.lines[0].faults] == [("most", 5)]


def test_two_quotes_are_no_way_round_what_one_customer_may_have(stall: Stall) -> None:
    stall.stock(SIM, 9)
    quotes = []
    for _ in range(2):
        stall.put(SIM, 3)
        stall.say(delivery=HOME, payment="online")
        quotes.append(stall.quote())
    one, other = quotes

    def order(number: str) -> None:
        with stall.database.writing() as session:
            order_quote(session, stall.whose, stall.rules, number, stall.decided(0), now=stall.now)

    order(one.number)
    with pytest.raises(MostReached):
        order(other.number)
    assert [row["quantity"] for row in stall.rows("order_item")] == [3]


def test_a_pack_for_a_line_is_not_ordered_without_one_nor_for_a_strangers(stall: Stall, cast) -> None:
    stall.put("add_on_roaming")
    with pytest.raises(Invalid) as refused:
        stall.order()
    assert set(refused.value.fields) == {"line"}
    with stall.database.writing() as session:
        take_out(session, stall.whose, 1, now=stall.now)
    stall.put("add_on_roaming", line=cast.charlie.subscription_id)
    with pytest.raises(Invalid):
        stall.order()
