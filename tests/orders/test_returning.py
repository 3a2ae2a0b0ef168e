"""What a customer gives back: how much of what was paid goes back, to whom, when, and never more than that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.base.errors import Invalid, NotFound
from portal.catalog import StockCount
from portal.orders import (
    NotReturnable,
    OrderClosed,
    Placed,
    SamePerson,
    approve_return,
    ask_return,
    find_returnable,
    list_returns,
    receive_return,
    refuse_return,
)
from tests.orders.shop import BANK, BANK_PRICE, COFFEE, PHONE, PHONE_PRICE, Shop


def bought(shop: Shop, *items: Any, **changes: Any) -> Placed:
    """Sell, have it paid, sent and received."""
    placed = shop.sell(*items, **changes)
    shop.pay(placed)
    shop.ship(placed)
    shop.now += timedelta(days=2)
    from portal.orders import note_delivered

    with shop.database.writing() as session:
        note_delivered(session, placed.order_id, actor="system", customer_id=shop.person.customer_id, now=shop.now)
    return placed


def ask(shop: Shop, placed: Placed, pieces: dict[int, int], *, key: str = "r", actor: str | None = None) -> int:
    with shop.database.writing() as session:
        return ask_return(
            session, shop.person.customer_id, placed.order_id, pieces, reason="too big", key=key, actor=actor or shop.actor, now=shop.now
        ).id


def test_what_comes_back_is_paid_back_put_back_and_ends_the_order(shop: Shop) -> None:
    placed = bought(shop, PHONE)
    shop.bring_back(placed, {1: 1})
    assert shop.refunds() == {f"order:{placed.order_id}:return:{returns(shop, placed)[0].id}": PHONE_PRICE}
    assert shop.stocked("device_redmi_note_13") == StockCount(3, 0, 0)
    assert shop.status(placed) == "returned"
    assert shop.do_refunds() == 1
    assert returns(shop, placed)[0].status == "refunded"
    assert shop.look(placed.order_id).money.refunded_minor == PHONE_PRICE
    assert shop.task(placed) is None


def returns(shop: Shop, placed: Placed) -> Any:
    with shop.database.reading() as session:
        return list_returns(session, shop.person.customer_id, placed.order_id)


def test_a_part_is_paid_back_by_what_was_paid_for_it(shop: Shop) -> None:
    placed = bought(shop, replace(BANK, quantity=3, discount_minor=1_000), shipping_minor=500)
    shop.bring_back(placed, {1: 1})
    assert list(shop.refunds().values()) == [(3 * BANK_PRICE - 1_000) // 3]
    assert shop.status(placed) == "completed"
    shop.bring_back(placed, {1: 2})
    assert sum(shop.refunds().values()) == 3 * BANK_PRICE - 1_000 + 500, "with the last piece the shipping goes back"
    assert shop.status(placed) == "returned"
    assert shop.stocked("gift_power_bank") == StockCount(3, 0, 0)


@given(price=st.integers(0, 5_000), discount=st.integers(0, 5_000), parts=st.permutations([1, 1, 1]), shipping=st.integers(0, 900))
@hypothesis_settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_parts_of_an_order_never_come_to_more_than_was_paid(
    shop: Shop, price: int, discount: int, parts: list[int], shipping: int
) -> None:
    shop.stock("gift_power_bank", 3)
    item = replace(BANK, quantity=3, price_minor=price + 1, discount_minor=min(discount, 3 * (price + 1)))
    before = sum(shop.refunds().values())
    placed = bought(shop, item, shipping_minor=shipping + 1)
    for part in parts:
        shop.bring_back(placed, {1: part})
    total = shop.look(placed.order_id).summary.total_minor
    assert sum(shop.refunds().values()) - before == total


def test_two_people_look_at_it(shop: Shop) -> None:
    placed = bought(shop, PHONE)
    wanted, who = ask(shop, placed, {1: 1}, actor="staff:1"), shop.person.customer_id
    with shop.database.writing() as session, pytest.raises(SamePerson):
        approve_return(session, who, wanted, actor="staff:1", now=shop.now)
    with shop.database.writing() as session, pytest.raises(OrderClosed):
        receive_return(session, who, wanted, actor="staff:3", now=shop.now)
    with shop.database.writing() as session:
        assert approve_return(session, who, wanted, actor="staff:2", now=shop.now)
        assert not approve_return(session, who, wanted, actor="staff:2", now=shop.now)
    with shop.database.writing() as session, pytest.raises(SamePerson):
        receive_return(session, who, wanted, actor="staff:2", now=shop.now)
    with shop.database.writing() as session:
        assert receive_return(session, who, wanted, actor="staff:3", now=shop.now)
        assert not receive_return(session, who, wanted, actor="staff:3", now=shop.now)
    assert sum(shop.refunds().values()) == PHONE_PRICE


def test_a_return_that_is_refused_changes_nothing_and_says_why(shop: Shop) -> None:
    placed = bought(shop, PHONE)
    wanted = ask(shop, placed, {1: 1})
    assert shop.task(placed) == ("return", "order_desk")
    with shop.database.writing() as session:
        assert refuse_return(session, shop.person.customer_id, wanted, "it was used", actor="staff:1", now=shop.now)
    (one,) = returns(shop, placed)
    assert (one.status, one.note, shop.refunds(), shop.task(placed)) == ("refused", "it was used", {}, None)


def test_the_same_wish_twice_is_one_and_another_waits_for_it(shop: Shop) -> None:
    placed = bought(shop, replace(BANK, quantity=2))
    assert ask(shop, placed, {1: 1}) == ask(shop, placed, {1: 1})
    with pytest.raises(NotReturnable):
        ask(shop, placed, {1: 1}, key="another")
    assert len(returns(shop, placed)) == 1


def test_after_its_days_nothing_comes_back(shop: Shop) -> None:
    placed, longer = bought(shop, PHONE), bought(shop, replace(BANK, terms={"return_days": 30}))
    shop.now += timedelta(days=7, seconds=1)
    with pytest.raises(NotReturnable):
        ask(shop, placed, {1: 1})
    assert ask(shop, longer, {1: 1}, key="longer")


@pytest.mark.parametrize("pieces", [{}, {1: 0}, {1: 2}, {1: -1}, {2: 1}, {9: 1}])
def test_only_what_was_sent_comes_back(shop: Shop, pieces: dict[int, int]) -> None:
    placed = bought(shop, PHONE, COFFEE)
    before = shop.everything()
    with pytest.raises(Invalid):
        ask(shop, placed, pieces)
    assert shop.everything() == before


def test_a_gift_stays_with_the_customer(shop: Shop) -> None:
    placed = bought(shop, PHONE, replace(BANK, price_minor=0, is_gift=True))
    with shop.database.reading() as session:
        assert find_returnable(session, shop.person.customer_id, placed.order_id, now=shop.now).pieces == {1: 1}
    shop.bring_back(placed, {1: 1})
    assert shop.status(placed) == "returned"


def test_nobody_returns_what_is_not_theirs_or_has_not_come(shop: Shop, cast: Any) -> None:
    placed = shop.sell()
    shop.pay(placed)
    with pytest.raises(NotReturnable):
        ask(shop, placed, {1: 1})
    with shop.database.writing() as session, pytest.raises(NotFound):
        ask_return(session, cast.charlie.customer_id, placed.order_id, {1: 1}, reason="x", key="k", actor="party:1", now=shop.now)
