"""Campaigns beside each other: stackable, in order, the best single one, the best together; exclusive categories."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.promotions.baskets import basket, item, kinds, live, price, raw

TENTH = {"kind": "percentage", "basis_points": 1000}
PHONE, CASE = {"offerings": ["phone"]}, {"offerings": ["case"]}


def off(amount: int, **target: list[str]) -> dict:
    return {"kind": "amount", "amount_minor": amount, **({"target": target} if target else {})}


def group(mode: str, code: str = "g", rank: int = 100) -> dict:
    return {"group": {"code": code, "mode": mode, "rank": rank}}


def test_stackable_campaigns_each_take_from_what_the_former_left_in_order_of_priority() -> None:
    first = live(a=raw(TENTH, priority=2), b=raw(off(50_000), priority=1))
    other = live(a=raw(TENTH, priority=1), b=raw(off(50_000), priority=2))
    assert price(first, basket(item(1, "phone", 1))).total_discount_minor == 50_000 + 15_000
    assert price(other, basket(item(1, "phone", 1))).total_discount_minor == 20_000 + 50_000


def test_a_percentage_is_applied_once_and_not_once_more_for_each_item() -> None:
    """Saleor 18627: a sale of 15 % was applied two or three times."""
    campaigns = live(sale=raw({"kind": "percentage", "basis_points": 1500}))
    assert price(campaigns, basket(item(1, "phone", 1), item(2, "phone", 1), item(3, "phone", 1))).total_discount_minor == 90_000


def test_in_order_the_first_that_holds_wins_whatever_it_is_worth() -> None:
    mode = group("in_order")
    campaigns = live(
        a=raw(off(100), priority=1, **mode), b=raw(off(900), priority=2, **mode), c=raw(off(5, kinds=["plan"]), priority=0, **mode)
    )
    done = price(campaigns, basket(item(1, "phone", 1)))
    assert done.total_discount_minor == 100
    assert kinds(done) == {"a": "applied", "b": "beaten"}


def test_the_best_single_is_the_best_for_the_customer_and_says_whom_it_beat() -> None:
    mode = group("best_single")
    campaigns = live(a=raw(off(100), **mode), b=raw(off(900), **mode), c=raw(off(900), **mode))
    done = price(campaigns, basket(item(1, "phone", 1)))
    assert done.total_discount_minor == 900
    assert kinds(done) == {"a": "beaten", "b": "applied", "c": "beaten"}


def test_the_best_combination_is_better_than_every_other_of_at_most_five() -> None:
    mode = group("best_combination")
    fixed = {"kind": "fixed_price", "price_minor": 150_000, "target": PHONE}
    capped = {"kind": "percentage", "basis_points": 2_000, "target": CASE, "most_minor": 800}
    effects = [off(700), TENTH, fixed, off(300, offerings=["case"]), off(50), off(1), capped]
    documents = {f"c{number}": raw(effect, priority=number, **mode) for number, effect in enumerate(effects)}
    bought = basket(item(1, "phone", 1), item(2, "case", 2))
    best = max(
        price(live(**{code: documents[code] | group("stackable") for code in chosen}), bought).total_discount_minor
        for count in range(6)
        for chosen in combinations(documents, count)
    )
    done = price(live(**documents), bought)
    assert done.total_discount_minor == best
    assert len(done.uses) <= 5


def test_two_of_an_exclusive_category_are_never_applied_together() -> None:
    mode = group("best_combination")
    campaigns = live(
        a=raw(off(500), exclusive="sale", **mode), b=raw(off(600), exclusive="sale", **mode), c=raw(off(70), **mode),
        d=raw(off(10_000), exclusive="sale", group={"code": "later", "rank": 500}),
    )  # fmt: skip
    done = price(campaigns, basket(item(1, "phone", 1)))
    assert done.total_discount_minor == 670
    assert kinds(done) == {"a": "beaten", "b": "applied", "c": "applied", "d": "beaten"}


def test_groups_are_applied_by_rank_each_on_what_is_left() -> None:
    campaigns = live(z=raw(off(100_000), **group("stackable", "first", 1)), a=raw(TENTH, **group("best_single", "second", 2)))
    assert price(campaigns, basket(item(1, "phone", 1))).total_discount_minor == 100_000 + 10_000


def test_a_campaign_can_wait_for_another_to_have_been_applied() -> None:
    campaigns = live(a=raw(off(100), when={"kind": "channel", "one_of": ["web"]}), b=raw(off(7), when={"kind": "campaign", "code": "a"}))
    assert price(campaigns, basket(item(1, "phone", 1))).total_discount_minor == 107
    assert price(campaigns, basket(item(1, "phone", 1), channel="counter")).total_discount_minor == 0


@pytest.mark.parametrize("mode", ["stackable", "best_combination", "best_single", "in_order"])
def test_two_that_make_shipping_free_never_make_it_less_than_free(mode: str) -> None:
    """Vendure 3884 and 3140: two promotions of free shipping made shipping negative."""
    campaigns = live(**{code: raw({"kind": "free_shipping"}, **group(mode)) for code in ("a", "b")})
    done = price(campaigns, basket(item(1, "phone", 1), shipping=1_500))
    assert (done.shipping_discount_minor, done.total_discount_minor, len(done.uses)) == (1_500, 1_500, 1)


def test_a_price_never_goes_below_nothing() -> None:
    """Vendure 2385: a discount larger than the price made it negative."""
    assert price(live(a=raw(off(10**9))), basket(item(1, "case", 1))).total_discount_minor == 5_000


def test_two_codes_larger_than_the_order_make_it_free_and_no_more() -> None:
    """Spree 7734: two codes made an order negative."""
    code = {"when": {"kind": "code"}}
    done = price(live(a=raw(off(4_000), **code), b=raw(off(4_000), **code)), basket(item(1, "case", 1), codes=("a", "b")))
    assert [use.amount_minor for use in done.uses] == [4_000, 1_000]


def test_what_is_left_of_each_line_stays_taxable_and_never_below_nothing() -> None:
    """Medusa 14899: promotions of different kinds together made the taxable base of a line negative."""
    fixed = {"kind": "fixed_price", "price_minor": 100, "target": CASE}
    campaigns = live(a=raw({"kind": "percentage", "basis_points": 9_000}), b=raw(off(3_000, offerings=["case"])), c=raw(fixed))
    done = price(campaigns, basket(item(1, "case", 2), item(2, "cable", 1)))
    assert 0 <= done.line_discount(1) <= 10_000
    assert 0 <= done.line_discount(2) <= 2_000


def test_a_campaign_without_a_code_is_limited_like_any_other() -> None:
    """Vendure 4353: limits were ignored for promotions that apply by themselves."""
    from dataclasses import replace

    campaigns = live(a=raw(off(100), caps={"uses": 1}))
    done = price(replace(campaigns, used_up=frozenset({1})), basket(item(1, "phone", 1)))
    assert (done.uses, kinds(done)) == ((), {"a": "used_up"})


def test_what_would_cost_more_than_is_left_of_its_budget_is_used_up() -> None:
    from dataclasses import replace

    campaigns = replace(live(a=raw(off(100), budget_minor=1_000)), room={1: 99})
    assert kinds(price(campaigns, basket(item(1, "phone", 1)))) == {"a": "used_up"}
