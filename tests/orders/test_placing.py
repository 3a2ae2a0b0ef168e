"""Placing an order: what it writes and reserves, what it refuses, and what a repeated request is told."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.base.errors import Invalid, NotFound, PortalError
from portal.base.idempotency import KeyReused
from portal.base.money import MAX_MINOR
from portal.catalog import POINTS, STANDARD, SoldOut, StockCount, create_price_list, set_price
from portal.catalog.models import Offering
from portal.orders import NO_CURRENCY, Delivery, Item, NotOffered, OrderPlaced, PriceChanged
from portal.points import NotEnoughPoints
from tests.orders.till import COFFEE, DATA, HOME, PHONE, THERMOS, Till
from tests.statements import statements

WRONG = [0, -1, 1.0, 2.5, True, "1", None, 10**40, float("nan"), float("inf")]


def price(till: Till, code: str, amount: int, unit: str = POINTS) -> None:
    with till.database.writing() as session:
        set_price(session, STANDARD, code, unit, amount)


def refused(till: Till, error: type[PortalError], *items: Item, **changes: Any) -> Any:
    """Place an order that is refused; nothing may have changed."""
    before = till.everything()
    with pytest.raises(error) as refusal:
        till.place(*items, **changes)
    assert till.everything() == before
    return refusal.value


def test_a_redemption_holds_the_points_and_the_piece_and_stands_in_every_book(till: Till) -> None:
    placed = till.place(THERMOS)
    assert placed.is_new
    assert till.points() == {"points": 1_400, "points_held": 600, "points_spent": 0}
    assert till.stocked("gift_thermos") == StockCount(2, 2, 0), "one of the two is Charlie's"
    order = till.look(placed.order_id)
    assert (order.summary.status, order.summary.reference, order.summary.total_points) == ("reserved", placed.reference, 600)
    assert (order.summary.currency, order.summary.total_minor) == (NO_CURRENCY, 0)
    assert [(step.kind, step.actor) for step in order.steps] == [("accepted", till.actor), ("reserved", till.actor)]
    assert [(item.position, item.name["zh"], item.quantity, item.price_points) for item in order.items] == [(1, "保温杯", 1, 600)]
    assert order.delivery == HOME
    assert till.told() == [("order_placed", "web", {"item": dict(order.items[0].name), "reference": placed.reference})]
    assert till.events()[-1] == (OrderPlaced.type, placed.order_id)


def test_goods_come_to_the_desk_and_are_due_in_forty_eight_hours(till: Till) -> None:
    placed = till.place(replace(THERMOS, quantity=2))
    (work,) = [each for each in till.work() if each.order_id == placed.order_id]
    assert (work.reference, work.channel, work.summary["en"], work.quantity) == (placed.reference, "web", "Thermos flask", 2)
    assert (work.placed_at, work.due_at, work.is_late) == (till.now, till.now + timedelta(hours=48), False)
    assert (work.taken_by, work.taken_at) == (None, None)


@pytest.mark.parametrize("item", [COFFEE, DATA])
def test_what_the_worker_fulfils_never_comes_to_the_desk(till: Till, item: Item) -> None:
    placed = till.place(item)
    assert placed.order_id not in {each.order_id for each in till.work()}


def test_a_handset_is_ordered_for_money_at_the_price_of_the_companys_list(till: Till) -> None:
    with till.database.writing() as session:
        create_price_list(session, "acme", {"zh": "Acme", "en": "Acme"})
        set_price(session, "acme", PHONE.offering_code, "CNY", 88_800)
    placed = till.place(
        replace(PHONE, quantity=2, expected_amount=88_800), price_list="acme", unit="CNY", channel="ministore", placed_for="E-100",
        party_id=None, actor="employee:E-100", delivery=None, subscription_id=None,
    )  # fmt: skip
    order = till.look(placed.order_id)
    assert (order.summary.total_minor, order.summary.currency, order.summary.total_points) == (177_600, "CNY", 0)
    assert (order.summary.channel, order.summary.placed_for, order.delivery) == ("ministore", "E-100", None)
    assert [(item.price_minor, item.price_points) for item in order.items] == [(88_800, 0)]
    assert till.points()["points_held"] == 0
    assert till.stocked(PHONE.offering_code) == StockCount(1, 2, 0)


def test_an_order_of_several_things_is_one_order(till: Till) -> None:
    placed = till.place(THERMOS, replace(COFFEE, quantity=2), DATA)
    order = till.look(placed.order_id)
    assert (order.summary.total_points, order.summary.quantity, order.summary.more) == (1_400, 4, 2)
    assert [(item.position, item.offering_code, item.fulfilment) for item in order.items] == [
        (1, "gift_thermos", "goods"),
        (2, "gift_coffee", "voucher"),
        (3, "gift_data_5gb", "data_pack"),
    ]
    assert till.points()["points_held"] == 1_400


def test_a_gift_may_cost_nothing(till: Till) -> None:
    price(till, "gift_thermos", 0)
    till.place(replace(THERMOS, expected_amount=0))
    assert till.points() == {"points": 2_000, "points_held": 0, "points_spent": 0}


# What comes again.


def test_the_same_request_again_is_the_same_order_and_touches_nothing(till: Till) -> None:
    new = till.order(THERMOS)
    first = till.send(new)
    before = till.everything()
    again = till.send(new)
    assert (again.order_id, again.reference, again.is_new) == (first.order_id, first.reference, False)
    assert till.everything() == before


@pytest.mark.parametrize("meanwhile", ["re-priced", "sold out", "off sale", "points spent", "cancelled", "off the list"])
def test_a_repeated_request_is_told_of_its_order_whatever_happened_meanwhile(till: Till, meanwhile: str) -> None:
    new = till.order(THERMOS)
    first = till.send(new)
    if meanwhile == "re-priced":
        price(till, "gift_thermos", 700)
    elif meanwhile == "sold out":
        till.place(replace(THERMOS, quantity=2))
    elif meanwhile == "points spent":
        till.place(Item("gift_power_bank", 1, 900))
    elif meanwhile == "cancelled":
        till.cancel(first.order_id)
    else:
        with till.database.writing() as session:
            session.get_one(Offering, "gift_thermos").on_sale = False
    before = till.everything()
    again = till.send(new)
    assert (again.order_id, again.reference, again.is_new) == (first.order_id, first.reference, False)
    assert till.everything() == before


@pytest.mark.parametrize(
    "other",
    [
        {"items": (replace(THERMOS, quantity=2),)},
        {"items": (COFFEE,)},
        {"items": (THERMOS, COFFEE)},
        {"items": (replace(THERMOS, expected_amount=1),)},
        {"items": (Item("no_such", 1, 600),)},
        {"delivery": replace(HOME, address="别处")},
        {"delivery": None},
        {"placed_for": "E-1"},
        {"unit": "CNY"},
        {"subscription_id": None},
    ],
)
def test_the_same_key_with_another_order_is_refused_and_changes_nothing(till: Till, other: dict[str, Any]) -> None:
    new = till.order(THERMOS)
    till.send(new)
    before = till.everything()
    with pytest.raises(KeyReused):
        till.send(replace(new, **other))
    assert till.everything() == before


def test_the_same_key_of_another_customer_is_another_order(till: Till) -> None:
    assert till.place(THERMOS, key="key-0").is_new, "Charlie has used this key"


def test_a_refused_request_leaves_its_key_free(till: Till) -> None:
    new = till.order(replace(THERMOS, expected_amount=500))
    with pytest.raises(PriceChanged):
        till.send(new)
    assert till.send(replace(new, items=(THERMOS,))).is_new


# What is refused.


def test_a_price_that_changed_is_told_and_nothing_is_ordered(till: Till) -> None:
    price(till, "gift_thermos", 650)
    refusal = refused(till, PriceChanged, COFFEE, THERMOS)
    assert (refusal.offering_code, refusal.amount, refusal.status) == ("gift_thermos", 650, 409)
    price(till, "gift_thermos", 550)
    assert refused(till, PriceChanged, THERMOS).amount == 550, "neither may it be cheaper than what was agreed to"


def test_points_that_do_not_reach_are_refused(till: Till) -> None:
    refused(till, NotEnoughPoints, replace(THERMOS, quantity=3), COFFEE)
    assert till.place(replace(THERMOS, quantity=3)).is_new


def test_more_than_there_is_is_refused(till: Till) -> None:
    price(till, "gift_thermos", 1)
    refused(till, SoldOut, replace(THERMOS, quantity=4, expected_amount=1))
    till.place(replace(THERMOS, quantity=3, expected_amount=1))
    refused(till, SoldOut, replace(THERMOS, expected_amount=1))
    refused(till, SoldOut, COFFEE, replace(THERMOS, expected_amount=1))


@pytest.mark.parametrize(
    ("item", "changes"),
    [
        (Item("no_such", 1, 600), {}),
        (THERMOS, {"price_list": "acme"}),
        (THERMOS, {"unit": "CNY"}),
        (THERMOS, {"unit": "USD"}),
        (PHONE, {}),
        (Item("voice_standard", 1, 2_000), {"unit": "CNY"}),
    ],
)
def test_what_the_list_does_not_offer_is_refused(till: Till, item: Item, changes: dict[str, Any]) -> None:
    refused(till, NotOffered, item, **changes)


@pytest.mark.parametrize("quantity", [*WRONG, 100])
def test_a_quantity_is_a_whole_number_from_1_to_99(till: Till, quantity: Any) -> None:
    assert set(refused(till, Invalid, Item("gift_thermos", quantity, 600)).fields) == {"quantity"}


@pytest.mark.parametrize("amount", [*WRONG[1:], MAX_MINOR + 1])
def test_the_price_one_was_shown_is_a_whole_number_of_zero_or_more(till: Till, amount: Any) -> None:
    assert set(refused(till, Invalid, Item("gift_thermos", 1, amount)).fields) == {"amount"}


def test_an_order_larger_than_can_be_booked_is_refused(till: Till) -> None:
    assert set(refused(till, Invalid, Item("gift_thermos", 99, MAX_MINOR)).fields) == {"amount"}


@pytest.mark.parametrize("items", [(), (THERMOS, THERMOS), tuple(Item(f"gift_{number}", 1, 1) for number in range(21))])
def test_an_order_is_of_one_to_twenty_different_things(till: Till, items: tuple[Item, ...]) -> None:
    assert set(refused(till, Invalid, items=items).fields) == {"items"}


@pytest.mark.parametrize("field", ["name", "phone", "address"])
@pytest.mark.parametrize("text", ["", " \t", "字" * 201])
def test_where_goods_go_is_complete_and_no_novel(till: Till, field: str, text: str) -> None:
    delivery: Delivery = replace(HOME, **{field: text})
    assert set(refused(till, Invalid, THERMOS, delivery=delivery).fields) == {field}


def test_a_data_pack_wants_to_know_its_line_which_must_be_the_customers(till: Till, cast: Any) -> None:
    assert set(refused(till, Invalid, DATA, subscription_id=None).fields) == {"subscription"}
    refused(till, NotFound, DATA, subscription_id=cast.charlie.subscription_id)
    refused(till, NotFound, THERMOS, DATA, subscription_id=4711)
    assert till.place(DATA, subscription_id=cast.bob.subscription_id).is_new, "Bob uses a line of Alice's"


@pytest.mark.parametrize("changes", [{"channel": "telegraph"}, {"key": ""}, {"key": "k" * 101}])
def test_a_channel_we_do_not_have_or_a_key_that_is_none_is_our_mistake(till: Till, changes: dict[str, str]) -> None:
    before = till.everything()
    with pytest.raises(ValueError, match="through a channel"):
        till.place(THERMOS, **changes)
    assert till.everything() == before


# What it costs, and what it is called.


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_redemption_is_few_statements(till: Till) -> None:
    till.place(COFFEE)  # the customer's accounts are open from now on
    with statements(till.database) as sent:
        till.place(THERMOS)
    assert len(sent) == 2, sent
    assert "FOR NO KEY UPDATE" in sent[0]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_any_other_order_is_few_statements_too_and_takes_what_others_wait_for_last(till: Till) -> None:
    till.place(COFFEE)
    with statements(till.database) as sent:
        till.place(THERMOS, COFFEE)
    assert len(sent) <= 8, sent
    assert all("stock_unit" in each for each in sent[-2:])


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_repeated_request_stops_before_points_and_stock(till: Till) -> None:
    new = till.order(THERMOS)
    till.send(new)
    with statements(till.database) as sent:
        till.send(new)
    assert len(sent) <= 3
    counts = till.everything()
    till.send(new)
    assert till.everything() == counts


def test_references_are_told_apart_by_people(till: Till) -> None:
    references = {till.place(COFFEE).reference for _ in range(3)}
    assert len(references) == 3
    assert all(re.fullmatch("[34679ACDEFGHJKMNPRTVWXY]{4}-[34679ACDEFGHJKMNPRTVWXY]{4}", each) for each in references)
