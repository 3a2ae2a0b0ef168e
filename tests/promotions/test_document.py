"""A campaign that contradicts itself, loops, costs more than its budget or gives goods away is refused with the place named."""

from __future__ import annotations

from typing import Any

import pytest

from portal.promotions import DocumentFaults, Fault, LiveDocument, check_document, read_document, write_document
from tests.promotions.baskets import KNOWN, raw

OFF = {"kind": "amount", "amount_minor": 100}
PHONE, CASE = {"offerings": ["phone"]}, {"offerings": ["case"]}
BUNDLE = {"kind": "bundle_price", "price_minor": 1_000, "parts": [{"target": PHONE}, {"target": CASE}]}


def places(document: Any, *, code: str = "mine", others: dict[str, Any] | None = None) -> list[str]:
    """Give the places that are wrong."""
    standing = [LiveDocument(number, name, 1, read_document(each)) for number, (name, each) in enumerate((others or {}).items(), 9)]
    found: list[Fault] = []
    try:
        check_document(document, code=code, known=KNOWN, others=standing)
    except DocumentFaults as faults:
        found += faults.faults
    return sorted({fault.place for fault in found if fault.sentence})


def when(*conditions: dict[str, Any], **entries: Any) -> dict[str, Any]:
    return raw(OFF, when={"kind": "all", "of": list(conditions)}, **entries)


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        (raw(OFF), []),
        (None, [""]),
        ([], [""]),
        ({}, ["currency", "effects", "name"]),
        (raw(), ["effects"]),
        (raw(OFF, name={"zh": "活动"}), ["name.en"]),
        (raw(OFF, currency="yuan"), ["currency"]),
        (raw(OFF, tenant=7), ["tenant"]),
        (raw(OFF, starts_at="2026-11-11T00:00:00"), ["starts_at"]),
        (raw({"kind": "amount", "amount_minor": 0}), ["effects.0.amount_minor"]),
        (raw({"kind": "amount", "amount_minor": -5}), ["effects.0.amount_minor"]),
        (raw({"kind": "amount", "amount_minor": 1.5}), ["effects.0.amount_minor"]),
        (raw({"kind": "amount", "amount_minor": "100"}), ["effects.0.amount_minor"]),
        (raw({"kind": "amount", "amount_minor": True}), ["effects.0.amount_minor"]),
        (raw({"kind": "amount", "amount_minor": 10**12 + 1}), ["effects.0.amount_minor"]),
        (raw({"kind": "percentage", "basis_points": 10_001}), ["effects.0.basis_points"]),
        (raw({"kind": "discount"}), ["effects.0"]),
        (raw(OFF, {"amount_minor": 5}), ["effects.1"]),
        (raw(OFF, when={"kind": "all", "of": []}), ["when.of"]),
        (when({"kind": "any", "of": [{"kind": "tier", "one_of": []}]}), ["when.of.0.of.0.one_of"]),
        (raw(OFF, caps={"uses": 0}), ["caps.uses"]),
        (raw(OFF, hold_out_percent=51), ["hold_out_percent"]),
    ],
    ids=str,
)
def test_the_shape_is_judged_place_by_place(document: Any, wrong: list[str]) -> None:
    assert places(document) == wrong


def test_a_tree_deeper_than_anybody_needs_is_refused_and_not_walked() -> None:
    deep: dict[str, Any] = {"kind": "code"}
    for _ in range(2_000):
        deep = {"kind": "not", "of": deep}
    assert places(raw(OFF, when=deep)) == [""]


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        (raw(OFF, starts_at="2026-11-11T00:00:00Z", ends_at="2026-11-11T00:00:00Z"), ["ends_at"]),
        (when({"kind": "subtotal", "min": 5, "max": 4}), ["when.of.0.max"]),
        (when({"kind": "orders"}), ["when.of.0"]),
        (when({"kind": "hours", "begin": "18:00", "end": "18:00"}), ["when.of.0.end"]),
        (when({"kind": "share", "salt": "x", "min": 5, "max": 5}), ["when.of.0.max"]),
        (when({"kind": "code"}, {"kind": "not", "of": {"kind": "code"}}), ["when.of.1"]),
        (when({"kind": "not", "of": {"kind": "code"}}, {"kind": "code"}), ["when.of.1"]),
        (when({"kind": "tier", "one_of": ["a"]}, {"kind": "tier", "one_of": ["b", "c"]}), ["when.of.1"]),
        (when({"kind": "tier", "one_of": ["a"]}, {"kind": "tier", "one_of": ["b", "a"]}), []),
        (when({"kind": "channel", "one_of": ["web"]}, {"kind": "channel", "one_of": ["counter"]}), ["when.of.1"]),
        (when({"kind": "orders", "max": 0}, {"kind": "orders", "min": 1}), ["when.of.1"]),
        (when({"kind": "subtotal", "max": 10}, {"kind": "subtotal", "min": 11, "target": PHONE}), []),
        (when({"kind": "age", "max": 20}, {"kind": "any", "of": [{"kind": "age", "min": 21}, {"kind": "code"}]}), ["when.of.1.of.0"]),
        (when({"kind": "dates", "max": "2026-11-10"}, starts_at="2026-11-11T00:00:00+08:00"), ["when.of.0"]),
        (when({"kind": "dates", "min": "2026-11-12"}, ends_at="2026-11-12T00:00:00+08:00"), ["when.of.0"]),
        (when({"kind": "dates", "min": "2026-11-21", "max": "2026-11-22"}, {"kind": "weekdays", "one_of": [1, 5]}), ["when.of.1"]),
        (when({"kind": "dates", "min": "2026-11-21", "max": "2026-11-23"}, {"kind": "weekdays", "one_of": [1, 5]}), []),
        (when({"kind": "all", "of": [{"kind": "code"}]}, {"kind": "not", "of": {"kind": "code"}}), ["when.of.0.of.0"]),
    ],
    ids=str,
)
def test_conditions_that_can_never_hold_are_refused(document: Any, wrong: list[str]) -> None:
    assert places(document) == wrong


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        (when({"kind": "holds", "one_of": ["plan", "nothing"]}), ["when.of.0.one_of.1"]),
        (when({"kind": "channel", "one_of": ["radio"]}), ["when.of.0.one_of.0"]),
        (when({"kind": "quantity", "min": 1, "target": {"kinds": ["ship"]}}), ["when.of.0.target"]),
        (raw({"kind": "gift", "one_of": ["gift_thermos", "gift_yacht"]}), ["effects.0.one_of.1"]),
        (raw(OFF | {"target": {"offerings": ["phone", "yacht"]}}), ["effects.0.target.offerings.1"]),
        (raw(BUNDLE | {"price_minor": 1_000, "parts": [{"target": {"offerings": ["no"]}}]}), ["effects.0.parts.0.target.offerings.0"]),
        (raw(OFF, caps={"per_code": 1}), ["caps.per_code"]),
        (raw({"kind": "n_for_m", "take": 2, "pay": 2, "target": PHONE}), ["effects.0.pay"]),
        (raw({"kind": "fixed_price", "price_minor": 200_000, "target": PHONE}), ["effects.0.price_minor"]),
        (raw(BUNDLE | {"price_minor": 205_000}), ["effects.0.price_minor"]),
        (raw(OFF | {"amount_minor": 6_000, "each": True, "target": CASE}, caps={"uses": 1}), ["effects.0.amount_minor"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_exist_or_does_nothing_is_refused(document: Any, wrong: list[str]) -> None:
    assert places(document) == wrong


@pytest.mark.parametrize(
    ("effect", "place"),
    [
        ({"kind": "percentage", "basis_points": 10_000}, "effects.0.basis_points"),
        ({"kind": "fixed_price", "price_minor": 0, "target": PHONE}, "effects.0.price_minor"),
        ({"kind": "bundle_price", "price_minor": 0, "parts": [{"target": PHONE}]}, "effects.0.price_minor"),
        ({"kind": "n_for_m", "take": 2, "pay": 0, "target": PHONE}, "effects.0.pay"),
        ({"kind": "amount", "amount_minor": 200_000, "target": PHONE}, "effects.0.amount_minor"),
    ],
    ids=str,
)
def test_goods_are_given_away_only_under_a_cap(effect: dict[str, Any], place: str) -> None:
    assert places(raw(effect)) == [place]
    assert places(raw(effect, caps={"uses": 10})) == []


def test_an_amount_below_what_has_to_be_bought_gives_nothing_away() -> None:
    effect = {"kind": "amount", "amount_minor": 5_000}
    assert places(raw(effect)) == ["effects.0.amount_minor"]
    assert places(raw(effect, when={"kind": "subtotal", "min": 20_000})) == []


@pytest.mark.parametrize(
    ("effect", "asked"),
    [
        ({"kind": "percentage", "basis_points": 1_000}, "most_minor"),
        ({"kind": "amount", "amount_minor": 100, "each": True}, "most_pieces"),
        ({"kind": "fixed_price", "price_minor": 100_000, "target": PHONE}, "most_pieces"),
        ({"kind": "n_for_m", "take": 3, "pay": 2, "target": PHONE}, "most_times"),
        ({"kind": "bundle_price", "price_minor": 100_000, "parts": [{"target": PHONE}]}, "most_times"),
        ({"kind": "gift", "one_of": ["gift_thermos"]}, "cost_minor"),
        ({"kind": "free_shipping"}, "most_minor"),
        ({"kind": "points", "points": 100}, "cost_minor"),
        ({"kind": "points", "points": 1, "per_minor": 100, "cost_minor": 10}, "per_minor"),
        ({"kind": "free_months", "months": 2, "target": {"kinds": ["plan"]}}, "most_pieces"),
    ],
    ids=str,
)
def test_with_a_budget_every_effect_says_what_it_can_cost_at_most(effect: dict[str, Any], asked: str) -> None:
    assert places(raw(effect, budget_minor=10**9)) == [f"effects.0.{asked}"]
    assert places(raw(effect)) == []


def test_what_one_use_or_all_of_them_can_cost_stays_within_the_budget() -> None:
    effect = {"kind": "percentage", "basis_points": 1_000, "most_minor": 1_000}
    assert places(raw(effect, budget_minor=999)) == ["budget_minor"]
    assert places(raw(effect, budget_minor=10_000, caps={"uses": 11})) == ["budget_minor"]
    assert places(raw(effect, budget_minor=10_000, caps={"uses": 10})) == []
    assert places(raw(effect, budget_minor=10_000)) == []
    assert places(raw(effect, caps={"per_customer_minor": 999, "per_day_minor": 10_000})) == ["caps.per_customer_minor"]


def waits(code: str, **entries: Any) -> dict[str, Any]:
    return raw(OFF, when={"kind": "campaign", "code": code}, **entries)


def test_campaigns_that_wait_for_each_other_are_refused() -> None:
    assert places(waits("mine")) == ["when.code"]
    assert places(waits("nobody")) == ["when.code"]
    assert places(waits("b"), code="a", others={"b": waits("a")}) == ["when.code"]
    assert places(waits("b"), code="a", others={"b": waits("c"), "c": waits("a")}) == ["when.code"]
    assert places(waits("a"), code="b", others={"a": raw(OFF)}) == []


def test_who_waits_comes_after_whom_it_waits_for_and_not_in_its_place() -> None:
    assert places(waits("b"), code="a", others={"b": raw(OFF)}) == ["when.code"]
    mode = {"group": {"code": "g", "mode": "best_single"}}
    assert places(waits("a", **mode), code="b", others={"a": raw(OFF, **mode)}) == ["when.code"]
    assert places(waits("a", exclusive="x"), code="b", others={"a": raw(OFF, exclusive="x")}) == ["when.code"]


def test_one_group_has_one_mode_and_one_rank() -> None:
    others = {"a": raw(OFF, group={"code": "g", "mode": "in_order", "rank": 5})}
    assert places(raw(OFF, group={"code": "g", "mode": "best_single", "rank": 5}), others=others) == ["group.mode"]
    assert places(raw(OFF, group={"code": "g", "mode": "in_order", "rank": 6}), others=others) == ["group.rank"]
    assert places(raw(OFF, group={"code": "g", "mode": "in_order", "rank": 5}), others=others) == []


def test_a_document_written_is_read_as_it_was() -> None:
    document = read_document(
        when({"kind": "hours", "begin": "18:00", "end": "22:00"}, {"kind": "dates", "min": "2026-11-11"}, budget_minor=5)
    )
    assert read_document(write_document(document)) == document
