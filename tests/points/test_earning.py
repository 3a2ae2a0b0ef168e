"""Points come in: amounts, references, lots, rules and caps."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.base.db import Base, Database
from portal.base.errors import Invalid
from portal.base.ledger import MAX_BALANCE, ReferenceReused, TooLarge
from portal.base.money import MAX_MINOR
from portal.points import RULES, load_earning_rules
from portal.points.earning import expiry_day
from tests.cast import Cast
from tests.points.purse import Purses

WRONG_AMOUNTS = [0, -1, 1.0, 2.5, True, "5", None, MAX_MINOR + 1, 2**63, 10**40, float("nan"), float("inf")]
DAY = date(2026, 11, 22)


def change_rule(database: Database, code: str, **values: Any) -> None:
    rule = Base.metadata.tables["earning_rule"]
    with database.writing() as session:
        session.execute(sa.update(rule).where(rule.c.code == code).values(**values))


def test_what_is_earned_can_be_spent_and_stands_in_the_ledger(alice: Purses) -> None:
    assert alice.give(120, days=40)
    card = alice.card()
    assert (card.available, card.held, card.service, card.lots) == (120, 0, 0, 1)
    assert [(each.amount, each.on) for each in card.expiring] == [(120, DAY + timedelta(days=39))]
    assert alice.books() == {"points": 120, "held": 0, "issued": -120, "spent": 0, "expired": 0}


def test_service_points_lie_in_a_purse_of_their_own(alice: Purses) -> None:
    alice.give(30, purse="service")
    alice.give(7)
    card = alice.card()
    assert (card.available, card.service, card.lots) == (7, 30, 1)
    assert [each.amount for each in card.expiring] == [7]
    assert alice.books("service")["points"] == 30


@pytest.mark.parametrize("amount", WRONG_AMOUNTS)
def test_an_amount_that_is_no_number_of_points_is_refused_and_leaves_nothing(alice: Purses, amount: Any) -> None:
    with pytest.raises(Invalid) as refused:
        alice.give(amount)
    assert set(refused.value.fields) == {"points"}
    assert (alice.rows("points_lot"), alice.books()["issued"]) == ([], 0)


def test_the_largest_amount_there_is_is_one(alice: Purses) -> None:
    assert alice.give(MAX_MINOR)
    assert alice.card().available == MAX_MINOR


def test_more_than_an_account_holds_is_refused_whole(alice: Purses, database: Database) -> None:
    account = Base.metadata.tables["ledger_account"]
    alice.give(5)
    mine = (account.c.owner == f"customer:{alice.customer_id}", account.c.book == "points")
    with database.writing() as session:
        session.execute(sa.update(account).where(*mine).values(balance=MAX_BALANCE - 3))
    with pytest.raises(TooLarge):
        alice.give(5)
    with database.writing() as session:
        session.execute(sa.update(account).where(*mine).values(balance=5))
    assert alice.lots() == [(100, 5)]


@pytest.mark.parametrize("days", [0, -1, -400])
def test_points_that_could_never_be_spent_are_refused(alice: Purses, days: int) -> None:
    with pytest.raises(Invalid) as refused:
        alice.give(5, days=days)
    assert set(refused.value.fields) == {"expires_on"}


def test_points_that_can_be_spent_today_alone_are_some(alice: Purses) -> None:
    alice.give(5, days=1)
    assert (alice.card().available, alice.card(on=1).available) == (5, 0)


def test_the_same_reference_is_earned_once(alice: Purses) -> None:
    assert alice.give(50, reference="r")
    assert not alice.give(50, reference="r")
    assert not alice.give(50, reference="r", on=3)
    assert (alice.card().available, alice.books()["issued"]) == (50, -50)


def test_a_reference_of_another_amount_is_refused(alice: Purses) -> None:
    alice.give(50, reference="r")
    with pytest.raises(ReferenceReused):
        alice.give(51, reference="r")
    assert alice.card().available == 50


def test_references_are_each_customers_own_and_each_reasons(alice: Purses, cast: Cast) -> None:
    acme = Purses(alice.database, cast.acme.customer_id, alice.now)
    assert alice.give(50, reference="r")
    assert acme.give(60, reference="r")
    assert alice.give(70, reference="r", reason="visit")
    assert (alice.card().available, acme.card().available) == (120, 60)


def test_what_expires_together_and_was_earned_alike_lies_in_one_lot(alice: Purses) -> None:
    for _ in range(30):
        alice.give(5, days=40, reason="visit")
    alice.give(5, days=40, reason="payment")
    alice.give(5, days=41, reason="visit")
    alice.give(5, days=40, reason="visit", purse="service")
    assert sorted(alice.lots()) == [(40, 5), (40, 150), (41, 5)]
    assert alice.card().lots == 3


# rules


@pytest.mark.parametrize(
    ("paid", "points"), [(0, 0), (1, 0), (99, 0), (100, 1), (199, 1), (2_990, 29), (12_860, 128), (MAX_MINOR, MAX_MINOR // 100)]
)
def test_paying_earns_a_point_for_each_whole_hundred(rules: None, alice: Purses, paid: int, points: int) -> None:
    assert alice.earn("payment", paid, "p1") == points
    assert alice.card().available == points


def test_what_is_paid_at_a_counter_earns_service_points(rules: None, alice: Purses) -> None:
    assert alice.earn("counter_payment", 5_000, "p1") == 50
    assert (alice.card().available, alice.card().service) == (0, 50)


@pytest.mark.parametrize("quantity", [-1, 1.0, True, "5", None, MAX_MINOR + 1, float("nan")])
def test_a_quantity_that_is_none_is_refused(rules: None, alice: Purses, quantity: Any) -> None:
    with pytest.raises(Invalid):
        alice.earn("payment", quantity, "p1")


def test_three_visits_a_day_earn_two_visits_points(rules: None, alice: Purses) -> None:
    assert [alice.earn("visit", 1, channel) for channel in ("web", "mobile", "sms", "kiosk")] == [5, 5, 0, 0]
    assert alice.earn("visit", 1, "web tomorrow", on=1) == 5
    assert alice.card().available == 15


def test_a_visit_that_is_told_late_counts_on_its_own_day(rules: None, alice: Purses) -> None:
    yesterday = DAY - timedelta(days=1)
    assert [alice.earn("visit", 1, f"late {each}", day=yesterday) for each in range(3)] == [5, 5, 0]
    assert [alice.earn("visit", 1, f"today {each}") for each in range(3)] == [5, 5, 0]


def test_a_cap_that_is_nearly_reached_gives_the_rest(rules: None, alice: Purses, database: Database) -> None:
    change_rule(database, "payment", daily_cap=100)
    assert [alice.earn("payment", each, f"p{each}") for each in (7_000, 7_001, 50_000)] == [70, 30, 0]
    assert alice.earn("payment", 900_000, "tomorrow", on=1) == 100


def test_a_cap_of_one_rule_or_customer_is_no_others(rules: None, alice: Purses, cast: Cast) -> None:
    acme = Purses(alice.database, cast.acme.customer_id, alice.now)
    for each in range(3):
        alice.earn("visit", 1, f"v{each}")
    assert acme.earn("visit", 1, "v0") == 5
    assert alice.earn("payment", 300, "p") == 3


def test_a_fact_that_comes_again_earns_nothing_and_leaves_the_cap_alone(rules: None, alice: Purses) -> None:
    assert [alice.earn("visit", 1, "web") for _ in range(4)] == [5, 0, 0, 0]
    assert alice.earn("visit", 1, "mobile") == 5
    assert [row["points"] for row in alice.rows("points_earned")] == [10]


def test_a_fact_that_comes_again_under_another_rule_earns_nothing_more(rules: None, alice: Purses, database: Database) -> None:
    assert alice.earn("payment", 5_000, "p1") == 50
    change_rule(database, "payment", points=3)
    assert alice.earn("payment", 5_000, "p1") == 0
    assert (alice.card().available, alice.earn("payment", 5_000, "p2")) == (50, 150)


def test_a_rule_that_is_off_or_not_there_earns_nothing(rules: None, alice: Purses, database: Database) -> None:
    change_rule(database, "visit", enabled=False)
    assert (alice.earn("visit", 1, "web"), alice.earn("a rule of tomorrow", 1, "x")) == (0, 0)
    assert alice.rows("points_earned") == []


def test_before_any_rule_is_loaded_nothing_is_earned_and_nothing_fails(alice: Purses) -> None:
    assert alice.earn("visit", 1, "web") == 0


def test_loading_the_rules_again_leaves_what_the_operator_has_set(rules: None, alice: Purses, database: Database) -> None:
    change_rule(database, "visit", points=7)
    with database.writing() as session:
        load_earning_rules(session)
        kept = session.execute(sa.select(sa.func.count()).select_from(Base.metadata.tables["earning_rule"])).scalar_one()
    assert (alice.earn("visit", 1, "web"), kept) == (7, len(RULES))


def test_a_fact_told_so_late_that_its_points_are_past_their_time_earns_none_and_fails_nobody(rules: None, alice: Purses) -> None:
    assert alice.earn("visit", 1, "long ago", day=date(2024, 10, 31)) == 0
    assert alice.earn("visit", 1, "just in time", day=date(2024, 11, 1)) == 5
    assert alice.card().expiring[0].on == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("earned", "months", "first_day_without"),
    [
        (date(2026, 11, 22), 24, date(2028, 12, 1)),
        (date(2026, 11, 1), 24, date(2028, 12, 1)),
        (date(2026, 11, 30), 24, date(2028, 12, 1)),
        (date(2026, 12, 31), 24, date(2029, 1, 1)),
        (date(2028, 2, 29), 36, date(2031, 3, 1)),
        (date(2026, 11, 22), 0, date(2026, 12, 1)),
    ],
)
def test_points_are_kept_to_the_end_of_the_last_month_of_the_rule(earned: date, months: int, first_day_without: date) -> None:
    assert expiry_day(earned, months) == first_day_without


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paid=st.lists(st.integers(0, 30_000), min_size=1, max_size=6),
    cap=st.none() | st.integers(0, 300),
    points=st.integers(0, 3),
    per=st.integers(1, 700),
)
def test_a_days_points_are_each_facts_own_up_to_the_cap(
    rules: None, alice: Purses, database: Database, paid: list[int], cap: int | None, points: int, per: int
) -> None:
    run = next(alice.numbers)
    change_rule(database, "payment", daily_cap=cap, points=points, per=per)
    day = DAY - timedelta(days=run)
    given_points = [alice.earn("payment", each, f"{run}:{number}", day=day) for number, each in enumerate(paid)]
    wanted = [each // per * points for each in paid]
    assert sum(given_points) == (sum(wanted) if cap is None else min(cap, sum(wanted)))
    assert all(0 <= got <= most for got, most in zip(given_points, wanted, strict=True))


def test_the_day_is_the_operators_own(rules: None, alice: Purses, now: datetime) -> None:
    late = Purses(alice.database, alice.customer_id, now.replace(hour=23, minute=59))
    early = Purses(alice.database, alice.customer_id, now.replace(hour=0, minute=1) + timedelta(days=1))  # the same day in London
    assert [late.earn("visit", 1, f"late {each}") for each in range(3)] == [5, 5, 0]
    assert early.earn("visit", 1, "early") == 5
