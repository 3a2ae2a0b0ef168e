"""The published rules of an offering hold where it is ordered without a cart, too: in the points store and in a company's store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.base.db import Database
from portal.catalog import STANDARD, add_stock, load_catalog
from portal.customers import keep_papers
from portal.orders import Item, MostReached, NewOrder, NotForYou, NotOffered, PriceChanged, place_order
from portal.orders.history import count_bought
from tests.cast import Cast
from tests.orders.race import PROCESSES, Race, _line, racing
from tests.orders.till import HOME, PHONE, THERMOS, Till
from tests.ruling import rule

MOST = 3


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    with racing() as made:
        yield made


def at_work(till: Till, cast: Cast, key: str, employee: str = "E-100", item: Item = PHONE) -> NewOrder:
    """Give an order as the company's store makes it."""
    return replace(
        till.order(item, key=key), customer_id=cast.acme.customer_id, unit="CNY", channel="ministore", placed_for=employee,
        party_id=None, subscription_id=None, actor=f"employee:{employee}",
    )  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"channels": ["counter"]},
        {"valid_to": "2026-01-01T00:00:00+00:00"},
        {"valid_from": "2036-01-01T00:00:00+00:00"},
        {"on_sale": False},
        {"eligibility": {"enterprise": True}},
    ],
    ids=["channel", "over", "not_yet", "off_sale", "others"],
)
def test_a_gift_that_is_not_sold_here_and_now_is_not_redeemed(till: Till, changed: dict[str, Any]) -> None:
    rule(till.database, "gift_thermos", **changed)
    with pytest.raises(NotOffered):
        till.place(THERMOS)
    assert till.points()["points_held"] == 0


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"eligibility": {"kinds": ["organisation"]}}, ("kind",)),
        ({"eligibility": {"age_min": 99}}, ("age",)),
        ({"eligibility": {"documents": ["student_card"]}}, ("documents",)),
        ({"eligibility": {"tenure_months_min": 600, "kinds": ["organisation"]}}, ("kind", "tenure")),
    ],
    ids=["kind", "age", "paper", "both"],
)
def test_a_gift_for_others_is_not_redeemed_and_the_refusal_says_why(till: Till, changed: dict[str, Any], why: tuple[str, ...]) -> None:
    rule(till.database, "gift_thermos", **changed)
    with pytest.raises(NotForYou) as refused:
        till.place(THERMOS)
    assert (refused.value.offering_code, refused.value.barred) == ("gift_thermos", why)
    assert till.points()["points_held"] == 0


def test_a_gift_that_goes_only_with_something_else_is_redeemed_by_those_who_have_it(till: Till) -> None:
    rule(till.database, "gift_thermos", requires=["plan_unlimited"])
    with pytest.raises(NotForYou) as refused:
        till.place(THERMOS)
    assert [(each.kind, each.other) for each in refused.value.conflicts] == [("requires", "plan_unlimited")]
    rule(till.database, "gift_thermos", requires=["gift_coffee"])
    till.place(THERMOS, Item("gift_coffee", 1, 300))


def test_a_paper_that_was_shown_opens_the_gift(till: Till) -> None:
    rule(till.database, "gift_thermos", eligibility={"documents": ["student_card"]})
    with till.database.writing() as session:
        keep_papers(session, till.person.customer_id, ["student_card"], seen_by="staff:1", now=till.now)
    assert till.place(THERMOS).is_new


def test_points_prices_go_by_how_many_and_by_the_day(till: Till) -> None:
    prices = [
        {"unit": "points", "amount": 600}, {"unit": "points", "amount": 500, "from_quantity": 2},
        {"unit": "points", "amount": 100, "valid_from": (till.now + timedelta(days=1)).isoformat()},
    ]  # fmt: skip
    rule(till.database, "gift_thermos", prices=prices)
    with pytest.raises(PriceChanged) as refused:
        till.place(replace(THERMOS, quantity=2))
    assert refused.value.amount == 500
    till.place(replace(THERMOS, quantity=2, expected_amount=500))
    later = replace(till, now=till.now + timedelta(days=1))
    later.place(replace(THERMOS, expected_amount=100))


def test_of_a_gift_one_customer_gets_as_many_as_one_can_have_and_what_was_cancelled_does_not_count(till: Till) -> None:
    rule(till.database, "gift_thermos", most_per_customer=2)
    first, second = till.order(THERMOS, key="one"), till.order(THERMOS, key="two")
    placed = till.send(first)
    till.send(second)
    with pytest.raises(MostReached) as refused:
        till.place(THERMOS)
    assert (refused.value.offering_code, refused.value.limit) == ("gift_thermos", 2)
    assert till.send(first) == replace(placed, is_new=False), "the same request again is told of its order, not refused"
    till.cancel(placed.order_id)
    till.place(THERMOS)
    assert till.points()["points_held"] == 1_200


def test_in_a_companys_store_every_employee_counts_for_himself(till: Till, cast: Cast) -> None:
    rule(till.database, PHONE.offering_code, most_per_customer=1)
    till.send(at_work(till, cast, "a"))
    with pytest.raises(MostReached):
        till.send(at_work(till, cast, "b"))
    till.send(at_work(till, cast, "c", employee="E-200"))


def order_limited(database: Database, index: int, customer_id: int) -> int:
    """Order a limited thing as one employee, twice; give how often it went through."""
    done = 0
    for number in range(2):
        new = NewOrder(
            customer_id,
            (PHONE,),
            STANDARD,
            "CNY",
            "ministore",
            f"{index}:{number}",
            placed_for="E-100",
            delivery=HOME,
            actor="employee:E-100",
        )
        try:
            with database.writing() as session:
                place_order(session, new, now=datetime.now(UTC))
            done += 1
        except MostReached:
            continue
    return done


def order_by_what_was_seen(database: Database, index: int, customer_id: int) -> int:
    """The mutant: counts before the transaction, when everybody counts."""
    from portal.orders import placing

    with database.reading() as session:
        seen = count_bought(session, customer_id, PHONE.offering_code, placed_for="E-100")
    _line[0].wait(60)
    kept = dict(vars(placing))
    vars(placing).update(lock_customer=lambda *_: None, count_bought=lambda *_, **__: seen)
    try:
        return order_limited(database, index, customer_id)
    finally:
        vars(placing).update(lock_customer=kept["lock_customer"], count_bought=kept["count_bought"])


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def limited_shop(database: Database, customer_id: int) -> None:
    with database.writing() as session:
        load_catalog(session)
        add_stock(session, PHONE.offering_code, PROCESSES * 2, now=datetime.now(UTC))
    rule(database, PHONE.offering_code, most_per_customer=MOST)


def test_of_eight_at_once_for_one_employee_as_many_go_through_as_one_may_have(race: Race, database: Database, cast: Cast) -> None:
    limited_shop(database, cast.acme.customer_id)
    assert sum(race.run(order_limited, url_of(database), cast.acme.customer_id)) == MOST


def test_the_claim_fails_where_the_limit_is_looked_up_before_the_transaction(race: Race, database: Database, cast: Cast) -> None:
    limited_shop(database, cast.acme.customer_id)
    assert sum(race.run(order_by_what_was_seen, url_of(database), cast.acme.customer_id)) > MOST
