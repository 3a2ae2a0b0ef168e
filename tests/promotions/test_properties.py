"""Whatever campaigns and baskets: no total below nothing, no discount above what it applies to, no order that matters."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.promotions import (
    Basket,
    DocumentFaults,
    Evaluation,
    History,
    LiveCampaigns,
    LiveDocument,
    Shelf,
    compile_campaigns,
    read_document,
)
from tests.promotions.baskets import basket, item, price, raw, shopper

CODES = ("phone", "cheap_phone", "case", "cable", "plan")
targets = st.sampled_from(
    [
        {},
        {"kinds": ["device"]},
        {"categories": ["accessories"]},
        {"offerings": ["phone", "case"]},
        {"kinds": ["plan"], "offerings": ["cable"]},
    ]
)
amounts = st.one_of(st.integers(1, 500), st.integers(1, 10**12))
most = st.one_of(st.none(), st.integers(1, 6))


def effect(kind: str, **entries: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.just(kind), **entries}).map(lambda each: {k: v for k, v in each.items() if v is not None})


parts = st.lists(st.fixed_dictionaries({"target": targets, "quantity": st.integers(1, 3)}), min_size=1, max_size=3)
effects = st.one_of(
    effect("percentage", basis_points=st.integers(1, 10_000), target=targets, most_minor=st.one_of(st.none(), amounts), most_pieces=most),
    effect("amount", amount_minor=amounts, target=targets, each=st.booleans(), most_pieces=most),
    effect("fixed_price", price_minor=st.integers(0, 300_000), target=targets, most_pieces=most),
    effect("n_for_m", take=st.integers(2, 5), pay=st.integers(0, 4), target=targets, most_times=most),
    effect("bundle_price", parts=parts, price_minor=st.integers(0, 300_000), most_times=most),
    effect("gift", one_of=st.just(["gift_thermos"]), cost_minor=st.integers(0, 5_000)),
    effect("free_shipping", most_minor=st.one_of(st.none(), amounts)),
    effect("points", points=st.integers(1, 100), per_minor=st.one_of(st.none(), st.integers(1, 1000)), target=targets, cost_minor=most),
    effect("free_months", months=st.integers(1, 12), target=targets, most_pieces=most),
)
groups = st.sampled_from(
    [{"code": "s", "mode": "stackable", "rank": 1}, {"code": "o", "mode": "in_order", "rank": 2},
     {"code": "b", "mode": "best_single", "rank": 3}, {"code": "c", "mode": "best_combination", "rank": 0}]
)  # fmt: skip
conditions = st.sampled_from(
    [None, {"kind": "code"}, {"kind": "subtotal", "min": 10_000}, {"kind": "quantity", "min": 2, "target": {"kinds": ["accessory"]}},
     {"kind": "any", "of": [{"kind": "code"}, {"kind": "tier", "one_of": ["gold"]}]}, {"kind": "tier", "one_of": ["silver"]},
     {"kind": "all", "of": [{"kind": "subtotal", "min": 10_000}, {"kind": "channel", "one_of": ["app"]}]}]
)  # fmt: skip


@st.composite
def campaign_sets(draw: st.DrawFn) -> LiveCampaigns:
    documents = []
    for number in range(draw(st.integers(1, 7))):
        entries: dict[str, Any] = {"group": draw(groups), "priority": draw(st.integers(0, 3))}
        if (when := draw(conditions)) is not None:
            entries["when"] = when
        if draw(st.booleans()):
            entries["exclusive"] = draw(st.sampled_from(["x", "y"]))
        document = raw(*draw(st.lists(effects, min_size=1, max_size=2)), **entries)
        documents.append(LiveDocument(number + 1, f"c{number}", 1, read_document(document)))
    return compile_campaigns(documents)


@st.composite
def baskets(draw: st.DrawFn) -> Basket:
    pieces = draw(st.lists(st.tuples(st.sampled_from(CODES), st.integers(1, 7), st.one_of(st.none(), st.integers(0, 999))), max_size=6))
    items = [item(place, code, quantity, unit) for place, (code, quantity, unit) in enumerate(pieces, 1)]
    codes = tuple(draw(st.lists(st.sampled_from([f"c{number}" for number in range(7)]), unique=True, max_size=4)))
    return basket(*items, shipping=draw(st.integers(0, 3_000)), codes=codes)


def judge(done: Evaluation, bought: Basket) -> None:
    worth = {each.position: each.unit_minor * each.quantity for each in bought.items}
    assert all(line.amount_minor > 0 for line in done.lines)
    for position, price_minor in worth.items():
        assert 0 <= done.line_discount(position) <= price_minor
    assert {line.position for line in done.lines} <= set(worth)
    assert 0 <= done.shipping_discount_minor <= bought.shipping_minor
    assert done.total_discount_minor == sum(line.amount_minor for line in done.lines) + done.shipping_discount_minor
    assert done.total_discount_minor <= sum(worth.values()) + bought.shipping_minor
    assert sum(use.amount_minor for use in done.uses) >= done.total_discount_minor
    assert len({use.campaign_id for use in done.uses}) == len(done.uses)


@settings(max_examples=300)
@given(campaign_sets(), baskets())
def test_a_total_is_never_negative_and_a_discount_never_more_than_what_it_applies_to(campaigns: LiveCampaigns, bought: Basket) -> None:
    judge(price(campaigns, bought, shopper()), bought)


@settings(max_examples=150)
@given(campaign_sets(), baskets(), st.randoms())
def test_neither_the_order_of_codes_nor_that_of_items_nor_that_of_campaigns_matters(
    campaigns: LiveCampaigns, bought: Basket, chance: Any
) -> None:
    done = price(campaigns, bought, shopper())
    for codes in list(permutations(bought.codes))[:6]:
        assert price(campaigns, replace(bought, codes=codes), shopper()) == done
    items = list(bought.items)
    chance.shuffle(items)
    assert price(campaigns, replace(bought, items=tuple(items)), shopper()) == done
    documents = [LiveDocument(each.id, each.code, each.version, each.document) for each in campaigns.campaigns]
    chance.shuffle(documents)
    assert price(compile_campaigns(documents), bought, shopper()) == done


@settings(max_examples=150)
@given(campaign_sets(), baskets())
def test_the_index_leaves_out_no_campaign_that_would_give_something(campaigns: LiveCampaigns, bought: Basket) -> None:
    all_of_them = replace(campaigns, index={"": tuple(range(len(campaigns.campaigns)))})
    with_index, without = price(campaigns, bought, shopper()), price(all_of_them, bought, shopper())
    assert (with_index.lines, with_index.uses, with_index.gifts) == (without.lines, without.uses, without.gifts)


@settings(max_examples=100)
@given(campaign_sets(), baskets())
def test_an_exclusive_category_is_had_once_and_a_group_of_one_gives_one(campaigns: LiveCampaigns, bought: Basket) -> None:
    done = [campaigns.by_id[use.campaign_id].document for use in price(campaigns, bought, shopper()).uses]
    taken = [each.exclusive for each in done if each.exclusive]
    assert len(taken) == len(set(taken))
    for mode, at_most in (("in_order", 1), ("best_single", 1), ("best_combination", 5)):
        assert len([each for each in done if each.group.mode == mode]) <= at_most


discounts = st.one_of(
    effect("percentage", basis_points=st.integers(1, 10_000), target=targets, most_minor=st.one_of(st.none(), amounts), most_pieces=most),
    effect("amount", amount_minor=amounts, target=targets, each=st.booleans(), most_pieces=most),
    effect("fixed_price", price_minor=st.integers(0, 300_000), target=targets, most_pieces=most),
    effect("n_for_m", take=st.integers(2, 5), pay=st.integers(0, 4), target=targets, most_times=most),
)


@settings(max_examples=100)
@given(st.lists(discounts, min_size=2, max_size=6), baskets())
def test_no_other_combination_of_at_most_five_is_better_than_the_best(several: list[dict[str, Any]], bought: Basket) -> None:
    def total(chosen: tuple[int, ...], mode: str) -> int:
        group = {"code": "g", "mode": mode}
        documents = [
            LiveDocument(number, f"c{number}", 1, read_document(raw(several[number], group=group, priority=number))) for number in chosen
        ]
        return price(compile_campaigns(documents), bought, shopper()).total_discount_minor

    everyone = range(len(several))
    best = max(total(chosen, "stackable") for count in range(6) for chosen in combinations(everyone, count))
    assert total(tuple(everyone), "best_combination") == best


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["kind", "of", "name", "when", "effects", "min", "zh"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=200)
@given(json_values)
def test_whatever_is_no_document_is_refused_with_its_places_named(value: Any) -> None:
    with pytest.raises(DocumentFaults) as refused:
        read_document(value)
    assert refused.value.faults


counts = st.tuples(
    st.frozensets(st.integers(1, 6), max_size=2), st.dictionaries(st.integers(1, 6), st.sampled_from([0, 50, 1_000_000]), max_size=2)
)


@settings(max_examples=250)
@given(campaign_sets(), st.lists(baskets(), min_size=1, max_size=3), st.data())
def test_what_was_remembered_for_one_customer_is_what_the_next_is_told_afresh(
    campaigns: LiveCampaigns, bought: list[Basket], data: st.DataObject
) -> None:
    for _ in range(5):
        who = data.draw(st.sampled_from([None, shopper(), shopper(8), shopper(9, tier="silver")]))
        past = data.draw(st.sampled_from([History(), History(orders=2, uses={1: 1}, given_minor={1: 500}), History(held={2: 100})]))
        used_up, room = data.draw(counts)
        live = replace(campaigns, used_up=used_up, room=room)  # as counters are looked at anew: what is remembered stays
        each = data.draw(st.sampled_from(bought))
        shelf = Shelf(live, replace(each, items=(), shipping_minor=0), who, past)
        assert shelf.evaluate(each.items, each.shipping_minor) == price(live, each, who, past)


def test_who_is_held_out_and_who_used_up_his_own_are_not_told_what_others_are() -> None:
    held_out = raw({"kind": "percentage", "basis_points": 1000}, hold_out_percent=50)
    capped = raw({"kind": "amount", "amount_minor": 100}, caps={"per_customer": 1})
    for document, past in ((held_out, History()), (capped, History(uses={1: 1}))):
        campaigns = compile_campaigns([LiveDocument(1, "c0", 1, read_document(document))])
        bought = basket(item(1, "case", 1))
        told = set()
        for number in range(1, 40):
            who, before = shopper(number), past if number % 2 else History()
            found = Shelf(campaigns, replace(bought, items=()), who, before).evaluate(bought.items)
            assert found == price(campaigns, bought, who, before)
            told.add(found.total_discount_minor)
        assert len(told) == 2


def test_a_thing_is_worked_out_once_for_all_customers_the_same_campaigns_hold_for(monkeypatch: pytest.MonkeyPatch) -> None:
    gold = raw({"kind": "percentage", "basis_points": 1000}, when={"kind": "tier", "one_of": ["gold"]})
    all_of_them = raw({"kind": "amount", "amount_minor": 100})
    campaigns = compile_campaigns([LiveDocument(at, f"c{at}", 1, read_document(each)) for at, each in enumerate((gold, all_of_them))])
    worked_out = []
    afresh = Shelf._afresh
    monkeypatch.setattr(Shelf, "_afresh", lambda *given: worked_out.append(1) or afresh(*given))
    bought = basket(item(1, "case", 1))
    for number in range(30):
        who = shopper(number, tier=("gold", "silver", "standard")[number % 3])
        Shelf(campaigns, replace(bought, items=()), who, History()).evaluate(bought.items)
    assert len(worked_out) == 2
