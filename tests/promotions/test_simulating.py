"""The simulator: this would have cost …"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from portal.promotions import CampaignCost, LiveDocument, PastBasket, read_document, simulate
from tests.promotions.baskets import AT, basket, item, raw, shopper

OFF = {"kind": "amount", "amount_minor": 1_000}


def past(count: int, customers: int = 3) -> list[PastBasket]:
    return [
        PastBasket(basket(item(1, "case", 1), at=AT + timedelta(days=number)), shopper(number % customers + 1)) for number in range(count)
    ]


def cost(document: dict, orders: list[PastBasket]) -> CampaignCost:
    return simulate([LiveDocument(1, "one", 1, read_document(document))], orders).campaigns[0]


def test_what_it_would_have_cost_is_what_evaluating_each_order_gives() -> None:
    done = simulate([LiveDocument(1, "one", 1, read_document(raw(OFF)))], past(10))
    assert (done.orders, done.orders_reached, done.revenue_minor, done.discount_minor) == (10, 10, 50_000, 10_000)
    assert done.campaigns == (CampaignCost("one", 10, 10_000, 0),)


def test_caps_and_budgets_are_kept_in_the_order_the_orders_came() -> None:
    assert cost(raw(OFF, caps={"uses": 4}), past(10)).uses == 4
    assert cost(raw(OFF, budget_minor=3_500), past(10)).cost_minor == 3_000
    assert cost(raw(OFF, caps={"per_customer": 2}), past(10)).uses == 6
    assert cost(raw(OFF, caps={"per_customer_minor": 1_000}), past(10)).uses == 3


def test_a_campaign_counts_in_its_own_time() -> None:
    assert cost(raw(OFF, ends_at=(AT + timedelta(days=3)).isoformat()), past(10)).uses == 3


def test_those_held_out_are_counted_apart() -> None:
    done = cost(raw(OFF, hold_out_percent=50), past(200, customers=200))
    assert done.uses + done.held_out == 200
    assert 60 < done.held_out < 140


def test_simulating_twice_gives_the_same_and_changes_nothing() -> None:
    orders = past(20)
    documents = [LiveDocument(1, "one", 1, read_document(raw(OFF, caps={"per_customer": 1})))]
    first = simulate(documents, orders)
    assert simulate(documents, iter(orders)) == first
    assert simulate(documents, [replace(each) for each in orders]) == first
