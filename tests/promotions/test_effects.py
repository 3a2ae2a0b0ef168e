"""Each effect: what it takes off, of which pieces, to the minor unit."""

from __future__ import annotations

from typing import Any

import pytest

from portal.promotions import ExtraPoints, FreeMonths, Gift
from tests.promotions.baskets import ALL, basket, item, live, price, raw

PHONES, EXTRAS = {"kinds": ["device"]}, {"categories": ["accessories"]}


def off(effect: dict[str, Any], *items: Any, **more: Any) -> dict[int, int]:
    """Give what one campaign takes off each item."""
    return {each.position: each.amount_minor for each in price(live(one=raw(effect)), basket(*items, **more)).lines}


@pytest.mark.parametrize(
    ("effect", "taken"),
    [
        ({"kind": "percentage", "basis_points": 1500}, {1: 60_000, 2: 2_250}),
        ({"kind": "percentage", "basis_points": 1500, "target": PHONES}, {1: 60_000}),
        ({"kind": "percentage", "basis_points": 1500, "most_minor": 10_000, "target": PHONES}, {1: 10_000}),
        ({"kind": "percentage", "basis_points": 1500, "most_pieces": 1}, {1: 30_000}),
        ({"kind": "amount", "amount_minor": 500, "target": EXTRAS}, {2: 500}),
        ({"kind": "amount", "amount_minor": 500, "target": EXTRAS, "each": True}, {2: 1_500}),
        ({"kind": "amount", "amount_minor": 500, "target": EXTRAS, "each": True, "most_pieces": 2}, {2: 1_000}),
        ({"kind": "amount", "amount_minor": 99_999_999, "target": EXTRAS}, {2: 15_000}),
        ({"kind": "fixed_price", "price_minor": 150_000, "target": PHONES}, {1: 100_000}),
        ({"kind": "fixed_price", "price_minor": 150_000, "target": PHONES, "most_pieces": 1}, {1: 50_000}),
        ({"kind": "fixed_price", "price_minor": 250_000, "target": PHONES}, {}),
        ({"kind": "n_for_m", "take": 3, "pay": 2, "target": EXTRAS}, {2: 5_000}),
        ({"kind": "n_for_m", "take": 2, "pay": 1, "target": ALL}, {2: 10_000}),
        ({"kind": "n_for_m", "take": 2, "pay": 1, "target": ALL, "most_times": 1}, {2: 5_000}),
        ({"kind": "n_for_m", "take": 6, "pay": 5, "target": ALL}, {}),
    ],
    ids=str,
)
def test_what_is_taken_off_two_handsets_and_three_cases(effect: dict[str, Any], taken: dict[int, int]) -> None:
    assert off(effect, item(1, "phone", 2), item(2, "case", 3)) == taken


def test_a_percentage_is_rounded_half_up_once_and_the_parts_add_up() -> None:
    assert off({"kind": "percentage", "basis_points": 5000}, item(1, "case", 1, 1)) == {1: 1}
    assert off({"kind": "percentage", "basis_points": 4999}, item(1, "case", 1, 1)) == {}
    assert off({"kind": "percentage", "basis_points": 1000}, *(item(place, "case", 1, 5) for place in (1, 2, 3))) == {1: 1, 2: 1}


def test_of_n_for_m_the_cheapest_pieces_of_all_are_free() -> None:
    effect = {"kind": "n_for_m", "take": 3, "pay": 2, "target": EXTRAS}
    assert off(effect, item(1, "case", 4), item(2, "cable", 2)) == {2: 4_000}
    assert off(effect, item(1, "case", 5), item(2, "cable", 1)) == {1: 5_000, 2: 2_000}


def test_a_bundle_costs_what_it_costs_as_often_as_it_is_whole() -> None:
    parts = [{"target": {"offerings": ["phone"]}}, {"target": EXTRAS, "quantity": 2}]
    effect = {"kind": "bundle_price", "parts": parts, "price_minor": 200_000}
    assert off(effect, item(1, "phone", 1), item(2, "case", 1)) == {}
    assert sum(off(effect, item(1, "phone", 1), item(2, "case", 2)).values()) == 10_000
    assert sum(off(effect, item(1, "phone", 3), item(2, "case", 3), item(3, "cable", 1)).values()) == 17_000
    assert sum(off(effect | {"most_times": 1}, item(1, "phone", 3), item(2, "case", 4)).values()) == 10_000


def test_a_piece_serves_in_one_bundle_alone_even_where_two_parts_mean_it() -> None:
    parts = [{"target": EXTRAS}, {"target": {"offerings": ["case"]}}]
    effect = {"kind": "bundle_price", "parts": parts, "price_minor": 4_000}
    assert off(effect, item(1, "case", 1)) == {}
    assert off(effect, item(1, "case", 1_000_001)) == {1: 500_000 * 6_000}


def test_a_gift_is_given_and_costs_what_it_costs() -> None:
    done = price(
        live(one=raw({"kind": "gift", "one_of": ["gift_thermos"], "quantity": 2, "cost_minor": 1_200})), basket(item(1, "case", 1))
    )
    assert done.gifts == (Gift(1, "one", "gift_thermos", 2),)
    assert (done.total_discount_minor, done.uses[0].amount_minor) == (0, 2_400)


def test_of_several_gifts_the_customer_chooses_and_nothing_else_counts() -> None:
    campaigns = live(one=raw({"kind": "gift", "one_of": ["gift_thermos", "gift_coffee"]}))
    for choice, given in (({}, ""), ({"one": "gift_coffee"}, "gift_coffee"), ({"one": "phone"}, "")):
        done = price(campaigns, basket(item(1, "case", 1), choices=choice))
        assert done.gifts == (Gift(1, "one", given, 1, ("gift_thermos", "gift_coffee")),)
        assert ("missing" in [reason.kind for reason in done.reasons]) is (given == "")


def test_shipping_is_free_or_that_much_cheaper() -> None:
    for effect, taken in (({"kind": "free_shipping"}, 1_500), ({"kind": "free_shipping", "most_minor": 900}, 900)):
        assert price(live(one=raw(effect)), basket(item(1, "case", 1), shipping=1_500)).shipping_discount_minor == taken


def test_extra_points_come_once_or_by_what_is_spent() -> None:
    for effect, points in (({"points": 50}, 50), ({"points": 2, "per_minor": 100, "cost_minor": 100}, 100)):
        done = price(live(one=raw({"kind": "points", **effect})), basket(item(1, "case", 1)))
        assert done.points == (ExtraPoints(1, points),)
    assert done.uses[0].amount_minor == 100


def test_free_months_are_of_what_costs_something_every_month() -> None:
    done = price(live(one=raw({"kind": "free_months", "months": 3, "most_pieces": 1})), basket(item(1, "case", 1), item(2, "plan", 2)))
    assert done.free_months == (FreeMonths(1, 2, "plan", 3, 1),)
    assert (done.total_discount_minor, done.uses[0].amount_minor) == (0, 18_000)


def test_deposits_and_monthly_charges_are_never_taken_off() -> None:
    campaigns = live(one=raw({"kind": "percentage", "basis_points": 10_000}))
    done = price(campaigns, basket(item(1, "plan", 1, deposit_minor=20_000), item(2, "case", 1, deposit_minor=20_000)))
    assert done.total_discount_minor == 5_000
