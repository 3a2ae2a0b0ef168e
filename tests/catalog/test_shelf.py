"""The shelf: prices as of a quantity and a moment, what is missing and what is barred, and a memory that is never stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from portal.base.db import Database
from portal.catalog import (
    STANDARD,
    OfferView,
    Preview,
    add_stock,
    create_price_list,
    find_conflicts,
    list_shelf,
    price_offerings,
    read_document,
    set_price,
)
from portal.catalog.publishing import publish_document
from portal.customers import Shopper, ShopperLine
from tests.cast import NOW
from tests.statements import statements

ANNE = Shopper(
    customer_id=7, kind="individual", tier="gold", region="浙江省", since=date(2024, 3, 5), birth_date=date(1988, 4, 17),
    products=frozenset({"voice_standard"}), enterprise=None, documents=frozenset(), lines=(ShopperLine(1, "mobile", "13857101234"),),
)  # fmt: skip
CASE: dict[str, Any] = {
    "code": "case", "kind": "accessory", "name": {"zh": "手机壳", "en": "Phone case"}, "fulfilment": "goods", "stocked": True,
    "prices": [{"unit": "CNY", "amount": 1000}, {"unit": "CNY", "amount": 900, "from_quantity": 3}],
}  # fmt: skip


def publish(shop: Database, version: int = 1, **changed: Any) -> None:
    with shop.writing() as session:
        publish_document(session, read_document(CASE | changed), version, now=NOW)


def price(shop: Database, code: str, quantity: int = 1, shopper: Shopper | None = ANNE, **asked: Any) -> OfferView | None:
    asked = {"channel": "web", "now": NOW, "price_list": STANDARD} | asked
    price_list = asked.pop("price_list")
    with shop.reading() as session:
        return price_offerings(session, price_list, {code: quantity}, shopper=shopper, **asked).get(code)


def case(shop: Database, quantity: int = 1, **asked: Any) -> OfferView:
    found = price(shop, "case", quantity, **asked)
    assert found is not None
    return found


def test_a_piece_costs_less_from_so_many_on(shop: Database) -> None:
    publish(shop)
    assert [case(shop, quantity).charges.once_minor for quantity in (1, 2, 3, 100)] == [1000, 1000, 900, 900]
    assert case(shop).charges.tiers == ((1, 1000), (3, 900))


def test_a_price_for_a_time_stands_before_the_one_that_always_holds(shop: Database) -> None:
    start, end = NOW, NOW + timedelta(days=1)
    sale = {"unit": "CNY", "amount": 500, "valid_from": start.isoformat(), "valid_to": end.isoformat()}
    publish(shop, prices=[*CASE["prices"], sale])
    moments = (start - timedelta(seconds=1), start, end - timedelta(seconds=1), end)
    assert [case(shop, now=moment).charges.once_minor for moment in moments] == [1000, 500, 500, 1000]


def test_every_part_of_the_price_is_told(shop: Database) -> None:
    router = price(shop, "router_fibre")
    assert router is not None
    assert (router.charges.once_minor, router.charges.monthly_minor, router.charges.deposit_minor) == (0, 500, 20_000)
    plan = price(shop, "voice_standard")
    assert plan is not None
    assert plan.charges.usage == {"minute": 17, "message": 10}
    assert plan.charges.currency == "CNY"


def test_gifts_for_points_stand_in_no_shop_for_money(shop: Database) -> None:
    with shop.reading() as session:
        listed = list_shelf(session, STANDARD, shopper=None, channel="web", now=NOW)
    assert {each.kind for each in listed} >= {"plan", "bundle", "add_on", "device", "accessory"}
    assert not [each for each in listed if each.kind == "gift"]


def test_a_shelf_is_asked_by_kind_and_by_category(shop: Database) -> None:
    with shop.reading() as session:
        by_kind = list_shelf(session, STANDARD, shopper=None, channel="web", now=NOW, kinds=["sim"])
        by_shelf = list_shelf(session, STANDARD, shopper=None, channel="web", now=NOW, category="broadband")
    assert [each.code for each in by_kind] == ["sim_card"]
    assert {each.category for each in by_shelf} == {"broadband"}


def test_once_in_memory_a_shelf_takes_one_statement_and_a_price_too(shop: Database) -> None:
    with shop.reading() as session:
        list_shelf(session, STANDARD, shopper=ANNE, channel="web", now=NOW)
    with shop.reading() as session, statements(shop) as sent:
        listed = list_shelf(session, STANDARD, shopper=ANNE, channel="web", now=NOW)
        assert len(sent) == 1
        price_offerings(session, STANDARD, {"accessory_cable": 3, "sim_card": 1}, shopper=ANNE, channel="web", now=NOW)
    assert len(listed) >= 20
    assert len(sent) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"on_sale": False},
        {"channels": ["counter"]},
        {"valid_from": (NOW + timedelta(seconds=1)).isoformat()},
        {"valid_to": NOW.isoformat()},
        {"eligibility": {"enterprise": True}},
        {"eligibility": {"enterprise": True, "enterprises": [99]}},
    ],
)
def test_what_is_not_offered_is_missing(shop: Database, changed: dict[str, Any]) -> None:
    publish(shop)
    assert price(shop, "case") is not None
    publish(shop, 2, **changed)
    assert price(shop, "case") is None
    assert price(shop, "case", shopper=None) is None


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ({"kinds": ["organisation"]}, "kind"),
        ({"tiers": ["silver"]}, "tier"),
        ({"regions": ["上海"]}, "region"),
        ({"tenure_months_min": 33}, "tenure"),
        ({"age_max": 25}, "age"),
        ({"documents": ["student_card"]}, "documents"),
        ({"customers": "new"}, "new_only"),
    ],
)
def test_who_cannot_have_it_is_told_why(shop: Database, who: dict[str, Any], reason: str) -> None:
    publish(shop, eligibility=who)
    assert case(shop).barred == (reason,)
    assert case(shop, shopper=None).barred == ("sign_in",)


@pytest.mark.parametrize(
    "who", [{"tiers": ["gold"]}, {"regions": ["浙江"]}, {"tenure_months_min": 32}, {"age_min": 38}, {"customers": "existing"}]
)
def test_whom_it_is_for_is_not_barred(shop: Database, who: dict[str, Any]) -> None:
    publish(shop, eligibility=who)
    assert case(shop).barred == ()


def test_each_paper_that_is_still_to_be_shown_is_named_and_all_of_them_open_the_offer(shop: Database) -> None:
    publish(shop, eligibility={"documents": ["student_card", "id_card"]})
    shown = [frozenset(each) for each in ((), ("id_card", "authorisation"), ("id_card", "student_card"))]
    found = [case(shop, shopper=replace(ANNE, documents=each)) for each in shown]
    assert [each.papers for each in found] == [("student_card", "id_card"), ("student_card",), ()]
    assert [each.barred for each in found] == [("documents",), ("documents",), ()]
    assert case(shop, shopper=None).papers == ()


def test_an_enterprises_offer_is_seen_by_those_who_work_there(shop: Database) -> None:
    publish(shop, eligibility={"enterprise": True, "enterprises": [99]})
    assert case(shop, shopper=replace(ANNE, enterprise=99)).barred == ()
    assert price(shop, "case", shopper=replace(ANNE, enterprise=98)) is None


def test_an_age_that_is_not_known_fits_no_age(shop: Database) -> None:
    publish(shop, eligibility={"age_min": 18})
    assert case(shop, shopper=replace(ANNE, birth_date=None)).barred == ("age",)


def test_what_is_left_is_what_is_at_the_place(shop: Database) -> None:
    publish(shop)
    with shop.writing() as session:
        add_stock(session, "case", 3, now=NOW)
        add_stock(session, "case", 5, place="flash:7", now=NOW)
    assert [case(shop).left, case(shop, place="flash:7").left, case(shop, place="nowhere").left] == [3, 5, 0]
    plan = price(shop, "voice_standard")
    assert plan is not None
    assert plan.left is None


def test_a_price_list_offers_what_stands_on_it_at_its_own_prices(shop: Database) -> None:
    publish(shop)
    with shop.writing() as session:
        create_price_list(session, "acme", {"zh": "一", "en": "Acme"})
    assert price(shop, "case", price_list="acme") is None
    with shop.writing() as session:
        set_price(session, "acme", "case", "CNY", 700)
    assert case(shop, price_list="acme").charges.once_minor == 700
    assert case(shop).charges.once_minor == 1000


def test_a_change_is_live_with_its_commit_and_one_that_was_rolled_back_never_was(shop: Database) -> None:
    publish(shop)
    assert case(shop).charges.once_minor == 1000
    with pytest.raises(ZeroDivisionError), shop.writing() as session:  # noqa: PT012 - it is the way out that is tried
        set_price(session, STANDARD, "case", "CNY", 5)
        seen = price_offerings(session, STANDARD, {"case": 1}, shopper=None, channel="web", now=NOW)
        assert seen["case"].charges.once_minor == 5
        raise ZeroDivisionError
    assert case(shop).charges.once_minor == 1000
    with shop.writing() as session:
        set_price(session, STANDARD, "case", "CNY", 950)
    assert case(shop).charges.once_minor == 950


def test_a_preview_shows_the_day_to_come_and_changes_nothing(shop: Database) -> None:
    publish(shop)
    then = NOW + timedelta(days=30)
    coming = read_document(CASE | {"prices": [{"unit": "CNY", "amount": 800}], "valid_from": then.isoformat()})
    preview = Preview(then, (coming,))
    assert case(shop, 3, preview=preview).charges.once_minor == 800
    assert case(shop, preview=preview).charges.tiers == ()
    assert case(shop, 3).charges.once_minor == 900


def test_an_add_on_needs_any_one_of_what_it_is_an_add_on_of(shop: Database) -> None:
    with shop.reading() as session:
        found = price_offerings(
            session, STANDARD, dict.fromkeys(("add_on_roaming", "voice_large", "router_fibre", "bundle_family"), 1),
            shopper=ANNE, channel="web", now=NOW,
        )  # fmt: skip
    roaming = found["add_on_roaming"]
    (missing,) = find_conflicts([roaming], frozenset())
    assert (missing.kind, missing.code) == ("requires", "add_on_roaming")
    assert {"voice_standard", "voice_large", "plan_student"} <= set(missing.any_of)
    assert find_conflicts([roaming], frozenset({"voice_standard"})) == []
    assert find_conflicts([roaming, found["voice_large"]], frozenset()) == []
    assert find_conflicts([found["router_fibre"], found["bundle_family"]], frozenset()) == []


def test_what_excludes_another_is_told_once_in_the_basket_and_against_what_is_held(shop: Database) -> None:
    with shop.reading() as session:
        wanted = dict.fromkeys(("internet_dsl", "internet_fibre"), 1)
        found = price_offerings(session, STANDARD, wanted, shopper=ANNE, channel="web", now=NOW)
    both = find_conflicts(list(found.values()), frozenset())
    assert [(each.kind, each.code, each.other) for each in both] == [("excludes", "internet_dsl", "internet_fibre")]
    held = find_conflicts([found["internet_dsl"]], frozenset({"internet_fibre"}))
    assert [(each.code, each.other) for each in held] == [("internet_dsl", "internet_fibre")]
