"""Documents: what contradicts itself is refused with its place named, and what is written is read back as it was."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.errors import Invalid
from portal.catalog import read_document, write_document
from portal.catalog.checks import Surroundings, check_document
from portal.catalog.shop_data import shipped_documents

TEXT = {"zh": "套餐", "en": "Plan"}
PRICE = {"kind": "monthly", "unit": "CNY", "amount": 100}
ONCE = {"unit": "CNY", "amount": 1000}
EARLY, LATE = "2026-12-01T00:00:00+08:00", "2026-12-31T00:00:00+08:00"


def plan(**changed: Any) -> dict[str, Any]:
    return {"code": "plan_a", "kind": "plan", "name": TEXT, "prices": [PRICE], **changed}


def goods(**changed: Any) -> dict[str, Any]:
    return {"code": "case", "kind": "accessory", "name": TEXT, "fulfilment": "goods", "stocked": True, "prices": [ONCE], **changed}


def places(data: object) -> set[str]:
    with pytest.raises(Invalid) as refused:
        read_document(data)
    return set(refused.value.fields)


@pytest.mark.parametrize("data", shipped_documents(), ids=lambda each: each["code"])
def test_what_is_shipped_is_read_and_written_as_it_is(data: dict[str, Any]) -> None:
    document = read_document(data)
    assert read_document(write_document(document)) == document
    everything = {each.code: each for each in map(read_document, shipped_documents())}
    assert check_document(document, Surroundings(everything, {"standard"})) == {}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (plan(colour="red"), "colour"),
        (plan(code="Plan A"), "code"),
        (plan(name={"zh": "套餐"}), "name.en"),
        (plan(name={"zh": "套餐", "en": "  "}), "name.en"),
        (plan(kind="thing"), "kind"),
        (plan(channels=["web", "moon"]), "channels.1"),
        (plan(channels=[]), "channels"),
        (plan(eligibility={"documents": ["id_card", "student card"]}), "eligibility.documents.1"),
        (plan(requires=["plan_a"]), "requires.0"),
        (plan(requires=["x"], excludes=["x"]), "excludes.0"),
        (plan(excludes=["x", "x"]), "excludes.1"),
        (plan(add_on_of=["x"], excludes=["x"]), "excludes.0"),
        (plan(valid_from=LATE, valid_to=EARLY), "valid_to"),
        (plan(valid_from="2026-12-01T00:00:00"), "valid_from"),
        (plan(prices=[]), "prices"),
        (plan(prices=[PRICE | {"valid_from": EARLY}]), "prices"),
        (plan(prices=[PRICE | {"amount": -1}]), "prices.0.amount"),
        (plan(prices=[PRICE | {"amount": 1.5}]), "prices.0.amount"),
        (plan(prices=[PRICE | {"amount": "100"}]), "prices.0.amount"),
        (plan(prices=[PRICE | {"amount": 10**15 + 1}]), "prices.0.amount"),
        (plan(prices=[PRICE | {"unit": "yuan"}]), "prices.0.unit"),
        (plan(prices=[PRICE, PRICE]), "prices.1.valid_from"),
        (plan(prices=[PRICE, ONCE | {"unit": "USD"}]), "prices.1.unit"),
        (plan(prices=[PRICE | {"unit": "points"}]), "prices.0.unit"),
        (plan(prices=[PRICE, {"kind": "usage", "unit": "CNY", "amount": 1}]), "prices.1.usage_unit"),
        (plan(prices=[PRICE, PRICE | {"valid_from": EARLY}, PRICE | {"valid_to": LATE}]), "prices.2.valid_from"),
        (plan(prices=[PRICE, PRICE | {"valid_from": LATE, "valid_to": EARLY}]), "prices.1.valid_to"),
        (goods(prices=[ONCE, ONCE | {"from_quantity": 3, "amount": 1000}]), "prices.1.amount"),
        (goods(prices=[ONCE, ONCE | {"from_quantity": 3, "amount": 900}, ONCE | {"from_quantity": 9, "amount": 950}]), "prices.2.amount"),
        (goods(prices=[ONCE, ONCE | {"from_quantity": 0}]), "prices.1.from_quantity"),
        (goods(prices=[ONCE, ONCE | {"from_quantity": 2, "amount": 9, "valid_from": EARLY}]), "prices.1.from_quantity"),
        (goods(fulfilment="service"), "fulfilment"),
        (plan(eligibility={"age_min": 20, "age_max": 18}), "eligibility.age_max"),
        (plan(eligibility={"customers": "new", "tenure_months_min": 3}), "eligibility.customers"),
        (plan(eligibility={"enterprises": [7]}), "eligibility.enterprise"),
        (plan(eligibility={"kinds": ["organisation"], "age_min": 18}), "eligibility.kinds"),
        (plan(members=[{"code": "x"}]), "members"),
        (plan(kind="bundle"), "members"),
        (plan(kind="bundle", members=[{"code": "plan_a"}]), "members.0.code"),
        (plan(kind="bundle", members=[{"code": "x"}, {"code": "x"}]), "members.1.code"),
        (plan(terms={"early_end_minor": 5}), "terms.early_end_minor"),
        (plan(tax_basis_points=10_001), "tax_basis_points"),
        (plan(most_per_customer=0), "most_per_customer"),
        (plan(pictures=["../../etc/passwd"]), "pictures.0"),
        (goods(presale={"deposit_minor": 1, "available_from": "2026-12-01", "opens_at": EARLY, "closes_at": LATE}), "presale.closes_at"),
        (plan(presale={"deposit_minor": 1, "available_from": "2027-12-01"}), "presale"),
        ([], ""),
        ("plan", ""),
    ],
)  # fmt: skip
def test_a_contradiction_is_refused_with_its_place_named(data: object, place: str) -> None:
    assert place in places(data)


@pytest.mark.parametrize(
    ("others", "data", "place"),
    [
        ({}, plan(requires=["nowhere"]), "requires.0"),
        ({}, plan(add_on_of=["kind:internet"]), "add_on_of.0"),
        ({}, plan(kind="bundle", members=[{"code": "nowhere"}]), "members.0.code"),
        ({}, plan(prices=[PRICE, PRICE | {"price_list": "acme"}]), "prices.1.price_list"),
        ({}, plan(pictures=["0" * 64]), "pictures.0"),
        ({"b": {"requires": ["c"]}, "c": {}}, plan(requires=["b"], excludes=["c"]), "excludes.0"),
        ({"b": {"excludes": ["plan_a"]}}, plan(requires=["b"]), "requires.0"),
        ({"b": {"excludes": ["c"]}, "c": {}}, plan(kind="bundle", members=[{"code": "b"}, {"code": "c"}]), "members.0.code"),
        (
            {"b": {"kind": "bundle", "members": [{"code": "c"}]}, "c": {"kind": "bundle", "members": [{"code": "plan_a"}]}},
            plan(kind="bundle", members=[{"code": "b"}]),
            "members.0.code",
        ),
    ],
)
def test_what_contradicts_the_rest_of_the_catalogue_is_refused_with_its_place_named(
    others: dict[str, dict[str, Any]], data: dict[str, Any], place: str
) -> None:
    document = read_document(data)
    around = {code: read_document(plan(**({"code": code} | changed))) for code, changed in others.items()}
    assert place in check_document(document, Surroundings({**around, document.code: document}, {"standard"}, frozenset()))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["code", "kind", "name", "prices", "terms", "members", "zh", "en", "amount"]), inner), max_leaves=20))  # fmt: skip
def test_whatever_is_sent_is_read_or_refused_by_name(data: object) -> None:
    with contextlib.suppress(Invalid):
        document = read_document(data)
        assert read_document(write_document(document)) == document
