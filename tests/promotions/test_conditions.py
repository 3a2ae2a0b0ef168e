"""Each condition: for whom, for what and when a campaign holds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.base.money import Money
from portal.promotions import History
from tests.promotions.baskets import AT, basket, item, kinds, live, price, raw, shopper

OFF = {"kind": "amount", "amount_minor": 100}
BOUGHT = basket(item(1, "phone", 1), item(2, "case", 3))


def holds(condition: dict[str, Any], *, who: Any = None, bought: Any = BOUGHT, history: History | None = None) -> bool:
    """Say whether a campaign with this condition is applied."""
    return bool(price(live(one=raw(OFF, when=condition)), bought, who or shopper(), history).uses)


@pytest.mark.parametrize(
    ("condition", "does"),
    [
        ({"kind": "tier", "one_of": ["gold"]}, True),
        ({"kind": "tier", "one_of": ["silver", "platinum"]}, False),
        ({"kind": "customer_kind", "one_of": ["organisation"]}, False),
        ({"kind": "tenure", "min": 32}, True),
        ({"kind": "tenure", "min": 33}, False),
        ({"kind": "region", "one_of": ["浙江省", "上海"]}, True),
        ({"kind": "region", "one_of": ["上海"]}, False),
        ({"kind": "age", "max": 22}, True),  # the birthday is that day
        ({"kind": "age", "max": 21}, False),
        ({"kind": "new", "days": 30}, False),
        ({"kind": "enterprise"}, False),
        ({"kind": "holds", "one_of": ["plan", "case"]}, True),
        ({"kind": "holds", "one_of": ["case"]}, False),
        ({"kind": "not", "of": {"kind": "holds", "one_of": ["case"]}}, True),
        ({"kind": "share", "salt": "x", "min": 0, "max": 100}, True),
        ({"kind": "subtotal", "min": 215_000}, True),
        ({"kind": "subtotal", "min": 215_001}, False),
        ({"kind": "subtotal", "max": 14_999, "target": {"offerings": ["case"]}}, False),
        ({"kind": "quantity", "min": 3, "target": {"categories": ["accessories"]}}, True),
        ({"kind": "quantity", "min": 4, "target": {"kinds": ["accessory"]}}, False),
        ({"kind": "channel", "one_of": ["web"]}, True),
        ({"kind": "channel", "one_of": ["counter"]}, False),
        ({"kind": "place", "one_of": ["hall-1"]}, False),
        ({"kind": "code"}, False),
        ({"kind": "all", "of": [{"kind": "tier", "one_of": ["gold"]}, {"kind": "code"}]}, False),
        ({"kind": "any", "of": [{"kind": "tier", "one_of": ["gold"]}, {"kind": "code"}]}, True),
    ],
    ids=str,
)
def test_a_condition_holds_or_not(condition: dict[str, Any], does: bool) -> None:
    assert holds(condition) is does


@pytest.mark.parametrize(
    ("condition", "before", "does"),
    [
        ({"kind": "orders", "max": 0}, History(), True),
        ({"kind": "orders", "max": 0}, History(orders=1), False),
        ({"kind": "spent", "min": 1_000}, History(spent_minor=1_000), True),
        ({"kind": "bought", "one_of": ["case"]}, History(bought={"case": 1}), True),
        ({"kind": "bought", "one_of": ["case"], "min": 2}, History(bought={"case": 1}), False),
        ({"kind": "bought", "one_of": ["case"], "max": 0}, History(), True),
        ({"kind": "used", "max": 0}, History(uses={1: 1}), False),
        ({"kind": "used", "min": 1}, History(uses={1: 1}), True),
    ],
    ids=str,
)
def test_what_a_customer_did_before_counts(condition: dict[str, Any], before: History, does: bool) -> None:
    assert holds(condition, history=before) is does


@pytest.mark.parametrize(
    ("at", "condition", "does"),
    [
        ("2026-11-23T15:59:59+00:00", {"kind": "dates", "max": "2026-11-23"}, True),
        ("2026-11-23T16:00:00+00:00", {"kind": "dates", "max": "2026-11-23"}, False),  # the 24th, where the operator is
        ("2026-11-22T16:00:00+00:00", {"kind": "weekdays", "one_of": [1]}, True),
        ("2026-11-22T15:59:59+00:00", {"kind": "weekdays", "one_of": [1]}, False),
        ("2026-11-23T10:00:00+00:00", {"kind": "hours", "begin": "18:00", "end": "22:00"}, True),
        ("2026-11-23T14:00:00+00:00", {"kind": "hours", "begin": "18:00", "end": "22:00"}, False),
        ("2026-11-23T17:00:00+00:00", {"kind": "hours", "begin": "22:00", "end": "02:00"}, True),
        ("2026-11-23T18:00:00+00:00", {"kind": "hours", "begin": "22:00", "end": "02:00"}, False),
    ],
)
def test_days_and_hours_are_those_where_the_operator_does_business(at: str, condition: dict[str, Any], does: bool) -> None:
    assert holds(condition, bought=basket(item(1, "phone", 1), at=datetime.fromisoformat(at))) is does


def test_a_campaign_holds_from_its_start_up_to_its_end() -> None:
    campaigns = live(one=raw(OFF, starts_at="2026-11-23T02:00:00Z", ends_at="2026-11-23T03:00:00Z"))
    held = [bool(price(campaigns, basket(item(1, "phone", 1), at=datetime(2026, 11, 23, hour, minute, tzinfo=UTC))).uses)
            for hour, minute in ((1, 59), (2, 0), (2, 59), (3, 0))]  # fmt: skip
    assert held == [False, True, True, False]


def test_of_somebody_unknown_nothing_holds_about_a_customer_and_nothing_is_denied_either() -> None:
    """Who is not signed in is not promised what signing in takes away."""
    for condition in ({"kind": "tier", "one_of": ["gold"]}, {"kind": "not", "of": {"kind": "holds", "one_of": ["case"]}}):
        assert price(live(one=raw(OFF, when=condition)), BOUGHT).uses == ()
    assert not holds({"kind": "age", "min": 1}, who=shopper(birth_date=None))


def test_new_means_joined_within_so_many_days() -> None:
    assert holds({"kind": "new", "days": 2}, who=shopper(since=date(2026, 11, 22)))
    assert not holds({"kind": "new", "days": 1}, who=shopper(since=date(2026, 11, 22)))


def test_an_employee_and_the_enterprise_itself_are_of_the_enterprise() -> None:
    assert holds({"kind": "enterprise", "one_of": [5]}, who=shopper(enterprise=5))
    assert not holds({"kind": "enterprise", "one_of": [5]}, who=shopper(enterprise=6))


def test_a_share_of_customers_is_about_that_share_and_always_the_same_ones() -> None:
    chosen = [number for number in range(2_000) if holds({"kind": "share", "salt": "x", "max": 20}, who=shopper(number))]
    assert 320 < len(chosen) < 480
    assert chosen == [number for number in range(2_000) if holds({"kind": "share", "salt": "x", "max": 20}, who=shopper(number))]
    rest = [number for number in range(2_000) if holds({"kind": "share", "salt": "x", "min": 20, "max": 100}, who=shopper(number))]
    assert sorted(chosen + rest) == list(range(2_000))


def test_those_held_out_get_nothing_and_are_noted() -> None:
    campaigns = live(one=raw(OFF, hold_out_percent=50))
    done = [price(campaigns, BOUGHT, shopper(number)) for number in range(400)]
    out = [each for each in done if each.held_out == ("one",)]
    assert 150 < len(out) < 250
    assert all((each.uses, each.reasons) == ((), ()) for each in out)
    assert all(each.uses for each in done if not each.held_out)
    assert price(campaigns, BOUGHT).uses == ()


def test_another_currency_is_another_world() -> None:
    assert price(live(one=raw(OFF, currency="EUR")), BOUGHT).uses == ()


def test_what_is_missing_is_said_to_the_minor_unit_to_who_has_begun() -> None:
    """12.00 more for the thermos flask."""
    reward = {"zh": "保温杯", "en": "a thermos flask"}
    flask = raw({"kind": "gift", "one_of": ["gift_thermos"]}, when={"kind": "subtotal", "min": 16_200}, reward=reward)
    (reason,) = price(live(flask=flask), basket(item(1, "case", 3))).reasons
    assert (reason.kind, reason.sentence, reason.params) == (
        "missing", "%(more)s more and you get: %(what)s.", {"more": Money(1_200, "CNY"), "what": reward},
    )  # fmt: skip
    assert price(live(flask=flask), basket()).reasons == ()


def test_missing_pieces_are_counted_and_two_things_missing_are_not_told() -> None:
    two = {"kind": "quantity", "min": 4, "target": {"offerings": ["case"]}}
    (reason,) = price(live(one=raw(OFF, when=two)), BOUGHT).reasons
    assert (reason.kind, reason.params["more"]) == ("missing", 1)
    both = {"kind": "all", "of": [two, {"kind": "tier", "one_of": ["none"]}]}
    assert price(live(one=raw(OFF, when=both)), BOUGHT, shopper()).reasons == ()


def test_a_code_that_does_nothing_says_so() -> None:
    for_gold = {"kind": "all", "of": [{"kind": "code"}, {"kind": "tier", "one_of": ["platinum"]}]}
    campaigns = live(one=raw(OFF, when=for_gold), over=raw(OFF, when={"kind": "code"}, ends_at="2026-11-01T00:00:00Z"))
    done = price(campaigns, basket(item(1, "phone", 1), codes=("one", "over", "unknown")), shopper())
    assert kinds(done) == {"one": "barred", "over": "barred", "unknown": "barred"}
    assert len({reason.sentence for reason in done.reasons}) == 2


def test_a_code_with_nothing_left_to_take_it_off_says_so() -> None:
    free = raw({"kind": "percentage", "basis_points": 10_000}, priority=1)
    done = price(live(free=free, late=raw(OFF, when={"kind": "code"})), basket(item(1, "case", 1), codes=("late",)))
    assert kinds(done) == {"free": "applied", "late": "beaten"}


def test_the_time_is_the_baskets() -> None:
    assert AT.tzinfo is not None
    assert holds({"kind": "weekdays", "one_of": [1]})
