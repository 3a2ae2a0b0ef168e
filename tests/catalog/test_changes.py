"""Changes: drafted by one, approved by another, published once, at their time, from the version they were drawn from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound
from portal.catalog import (
    STANDARD,
    ChangeClosed,
    ChangedMeanwhile,
    OwnChange,
    approve_change,
    compare_documents,
    draft_change,
    edit_change,
    find_published,
    get_change,
    get_preview,
    get_version,
    list_changes,
    list_shelf,
    list_versions,
    price_offerings,
    publish_due,
    reject_change,
    set_price,
    submit_change,
    withdraw_change,
    write_document,
)
from tests.cast import NOW
from tests.catalog.race import STEPS, approve, approve_unguarded, look_from_memory, raise_and_look
from tests.points.race import RACERS, Race

Submitted = Callable[..., int]
LATER = NOW + timedelta(days=3)
CASE: dict[str, Any] = {
    "code": "case", "kind": "accessory", "name": {"zh": "手机壳", "en": "Phone case"}, "prices": [{"unit": "CNY", "amount": 1000}],
}  # fmt: skip


def case(amount: int, **changed: Any) -> dict[str, Any]:
    return CASE | {"prices": [{"unit": "CNY", "amount": amount}]} | changed


def price(shop: Database, at: Any = NOW) -> int | None:
    with shop.reading() as session:
        found = price_offerings(session, STANDARD, {"case": 1}, shopper=None, channel="web", now=at)
    return found["case"].charges.once_minor if found else None


def approved(shop: Database, change_id: int, staff_id: int) -> str:
    with shop.writing() as session:
        return approve_change(session, change_id, staff_id, now=NOW).status


def test_what_one_drafts_and_another_approves_is_published_at_once(shop: Database, two: tuple[int, int], submitted: Submitted) -> None:
    change_id = submitted(CASE)
    assert price(shop) is None
    assert approved(shop, change_id, two[1]) == "published"
    assert price(shop) == 1000
    with shop.reading() as session:
        (version,) = list_versions(session, "case")
    assert (version.version, version.made_by, version.approved_by) == (1, *two)


def test_nobody_approves_what_is_his_own(shop: Database, two: tuple[int, int], submitted: Submitted) -> None:
    change_id = submitted(CASE)
    with pytest.raises(OwnChange):
        approved(shop, change_id, two[0])
    assert price(shop) is None


def test_a_change_waits_for_its_time_and_is_published_once(shop: Database, two: tuple[int, int], submitted: Submitted) -> None:
    change_id = submitted(CASE, publish_at=LATER)
    assert approved(shop, change_id, two[1]) == "approved"
    for moment, count in ((LATER - timedelta(seconds=1), 0), (LATER, 1), (LATER, 0)):
        with shop.writing() as session:
            assert len(publish_due(session, now=moment)) == count
    assert price(shop) == 1000


def test_what_was_sold_stays_as_it_was_sold(shop: Database, two: tuple[int, int], submitted: Submitted) -> None:
    for amount in (1000, 1200):
        approved(shop, submitted(case(amount)), two[1])
    assert price(shop) == 1200
    with shop.reading() as session:
        assert get_version(session, "case", 1).document.prices[0].amount == 1000
        with pytest.raises(NotFound):
            get_version(session, "case", 3)


def test_a_change_drawn_from_a_version_that_is_no_longer_published_is_refused(
    shop: Database, two: tuple[int, int], submitted: Submitted
) -> None:
    first, second = submitted(case(1000)), submitted(case(900))
    approved(shop, first, two[1])
    with pytest.raises(ChangedMeanwhile):
        approved(shop, second, two[1])
    assert price(shop) == 1000
    with shop.writing() as session:
        reject_change(session, second, two[1], "Draw it anew.", now=NOW)
        edit_change(session, second, two[0], case(900), now=NOW)
        submit_change(session, second, two[0], now=NOW)
    assert approved(shop, second, two[1]) == "published"
    assert price(shop) == 900


def test_a_scheduled_change_that_no_longer_fits_is_given_back_with_the_reason(
    shop: Database, two: tuple[int, int], submitted: Submitted
) -> None:
    waiting = submitted(case(900), publish_at=LATER)
    approved(shop, waiting, two[1])
    approved(shop, submitted(case(1000)), two[1])
    with shop.writing() as session:
        assert publish_due(session, now=LATER) == []
        change = get_change(session, waiting)
    assert change.status == "rejected"
    assert "meanwhile" in str(change.note)
    assert price(shop, LATER) == 1000


@pytest.mark.parametrize("act", ["edit", "submit", "approve", "reject", "withdraw"])
def test_what_is_published_is_not_moved_any_more(shop: Database, two: tuple[int, int], submitted: Submitted, act: str) -> None:
    change_id = submitted(CASE)
    approved(shop, change_id, two[1])
    acts: dict[str, Callable[[Any], Any]] = {
        "edit": lambda session: edit_change(session, change_id, two[0], CASE, now=NOW),
        "submit": lambda session: submit_change(session, change_id, two[0], now=NOW),
        "approve": lambda session: approve_change(session, change_id, two[1], now=NOW),
        "reject": lambda session: reject_change(session, change_id, two[1], "no", now=NOW),
        "withdraw": lambda session: withdraw_change(session, change_id, now=NOW),
    }
    with shop.writing() as session, pytest.raises(ChangeClosed):
        acts[act](session)


def test_a_draft_that_contradicts_the_catalogue_is_refused_with_the_place(shop: Database, two: tuple[int, int]) -> None:
    with shop.writing() as session, pytest.raises(Invalid) as refused:
        draft_change(session, two[0], CASE | {"requires": ["nowhere"]}, now=NOW)
    assert set(refused.value.fields) == {"requires.0"}


def test_a_change_that_was_withdrawn_is_out_of_the_way(shop: Database, two: tuple[int, int], submitted: Submitted) -> None:
    change_id = submitted(CASE)
    with shop.writing() as session:
        withdraw_change(session, change_id, now=NOW)
        assert list_changes(session) == []
    with pytest.raises(ChangeClosed):
        approved(shop, change_id, two[1])


def test_a_preview_holds_what_is_due_by_then_and_a_draft_one_asks_for(shop: Database, two: tuple[int, int], submitted: Submitted) -> None:
    approved(shop, submitted(case(1000)), two[1])
    approved(shop, submitted(case(800), publish_at=LATER), two[1])
    draft = submitted(case(700))
    with shop.reading() as session:
        seen = {
            name: next(
                each.charges.once_minor
                for each in list_shelf(session, STANDARD, shopper=None, channel="web", now=NOW, preview=preview)
                if each.code == "case"
            )
            for name, preview in {
                "today": get_preview(session, at=NOW),
                "then": get_preview(session, at=LATER),
                "draft": get_preview(session, at=NOW, change_ids=[draft]),
            }.items()
        }
    assert seen == {"today": 1000, "then": 800, "draft": 700}


def test_a_document_is_edited_with_the_prices_that_stand(shop: Database, two: tuple[int, int], submitted: Submitted) -> None:
    approved(shop, submitted(CASE), two[1])
    with shop.writing() as session:
        set_price(session, STANDARD, "case", "CNY", 1234)
        found = find_published(session, "case")
    assert found is not None
    assert found[0].prices[0].amount == 1234


def test_a_price_list_that_is_no_longer_named_offers_it_no_longer(shop: Database, two: tuple[int, int], submitted: Submitted) -> None:
    two_prices = [*CASE["prices"], {"kind": "deposit", "unit": "CNY", "amount": 5}]
    approved(shop, submitted(CASE | {"prices": two_prices}), two[1])
    approved(shop, submitted(CASE | {"on_sale": False, "prices": []}), two[1])
    assert price(shop) is None
    with shop.reading() as session:
        found = find_published(session, "case")
    assert found is not None
    assert found[1] == 2


def test_a_difference_names_each_place(shop: Database, two: tuple[int, int], submitted: Submitted) -> None:
    approved(shop, submitted(CASE), two[1])
    change_id = submitted(case(900, category="cases"))
    with shop.reading() as session:
        found = find_published(session, "case")
        change = get_change(session, change_id)
    assert found is not None
    changed = compare_documents(found[0], change.document)
    assert {(each.place, each.before, each.after) for each in changed} == {("category", None, "cases"), ("prices.0.amount", 1000, 900)}
    assert compare_documents(found[0], found[0]) == []
    assert write_document(found[0])["code"] == "case"


def test_of_changes_drawn_from_one_version_one_is_published_however_close_the_race(
    shop: Database, two: tuple[int, int], submitted: Submitted, race: Race
) -> None:
    changes = [submitted(case(1000 + number)) for number in range(RACERS)]
    assert sorted(race.run(approve, changes, two[1], NOW)) == ["changed_meanwhile"] * (RACERS - 1) + ["published"]
    with shop.reading() as session:
        assert len(list_versions(session, "case")) == 1


def test_looking_before_the_transaction_does_not_keep_that_claim(two: tuple[int, int], submitted: Submitted, race: Race) -> None:
    changes = [submitted(case(1000 + number)) for number in range(RACERS)]
    assert sorted(race.run(approve_unguarded, changes, two[1], NOW)) != ["changed_meanwhile"] * (RACERS - 1) + ["published"]


def test_a_change_is_priced_by_every_process_as_soon_as_it_is_committed(
    shop: Database, two: tuple[int, int], submitted: Submitted, race: Race
) -> None:
    approved(shop, submitted(case(1)), two[1])
    assert race.run(raise_and_look, "case", NOW) == [0] * RACERS
    assert price(shop) == STEPS


def test_a_memory_that_is_trusted_does_not_keep_that_claim(shop: Database, two: tuple[int, int], submitted: Submitted, race: Race) -> None:
    approved(shop, submitted(case(1)), two[1])
    assert sum(race.run(look_from_memory, "case", NOW)) > 0
