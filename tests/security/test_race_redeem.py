"""Eight processes at one gift: exactly as many have it as there are, nothing is left reserved, every book agrees (guard.md 44).

The field's shops sold 11 of 5 and 20 of 1 (field/stores-and-promotions.md 3); a mutant shows that these tests can fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.books import check_books
from portal.base.db import Base, Database
from portal.base.keys import Keys
from portal.base.ledger import Account, balance
from portal.catalog import StockCount, add_stock, count_stock
from portal.identity import NewStaff, create_staff
from portal.orders import cancel_order, fulfil_order, place_order
from portal.points import check_points, earn_points
from tests.cast import Cast
from tests.orders.race import (
    GIFT,
    PRICE,
    PROCESSES,
    Race,
    end,
    mix,
    racing,
    redeem,
    redeem_same,
    redeem_unguarded,
    redeem_with_another,
    redemption,
    spend_last,
)

GRANTED = 60 * PRICE


@dataclass
class Rush:
    """A gift, and eight customers with points for many of it."""

    database: Database
    customers: Sequence[int]
    now: datetime
    race: Race

    def together(self, work: Any, *arguments: Any) -> list[Any]:
        return self.race.run(work, self.database.url.render_as_string(hide_password=False), *arguments)

    def stock(self, count: int) -> None:
        with self.database.writing() as session:
            add_stock(session, GIFT, count, now=self.now)

    def place(self, customer_id: int, key: str) -> tuple[int, int]:
        with self.database.writing() as session:
            return customer_id, place_order(session, redemption(customer_id, key), now=datetime.now(UTC)).order_id

    def counted(self) -> StockCount:
        with self.database.reading() as session:
            return count_stock(session, GIFT)

    def orders(self) -> Counter[str]:
        order = Base.metadata.tables["customer_order"]
        with self.database.reading() as session:
            return Counter(session.scalars(sa.select(order.c.status)))

    def sums(self) -> dict[str, int]:
        """Give what all customers have, hold and have spent, by the ledger."""
        with self.database.reading() as session:
            return {
                book: sum(balance(session, Account(book, f"customer:{each}", "channel_points")) for each in self.customers)
                for book in ("points", "points_held", "points_spent")
            }

    def settle(self) -> None:
        """Fulfil or cancel, in turns, every order that stands open."""
        order = Base.metadata.tables["customer_order"]
        with self.database.reading() as session:
            found = session.execute(sa.select(order.c.customer_id, order.c.id).where(order.c.status == "reserved")).all()
        for place, (customer_id, order_id) in enumerate(found):
            with self.database.writing() as session:
                if place % 2:
                    fulfil_order(session, order_id, actor="staff:1", customer_id=customer_id, now=self.now)
                else:
                    cancel_order(session, customer_id, order_id, actor="staff:1", reason="test", now=self.now)

    def check(self, stock: int) -> None:
        """Assert that every book agrees: orders, stock, points, ledger."""
        orders, counted, sums = self.orders(), self.counted(), self.sums()
        assert counted == StockCount(stock - orders["reserved"] - orders["completed"], orders["reserved"], orders["completed"])
        assert sums["points_held"] == orders["reserved"] * PRICE
        assert sums["points_spent"] == orders["completed"] * PRICE
        assert sum(sums.values()) == GRANTED * len(self.customers)
        with self.database.reading() as session:
            assert [*check_books(session), *check_points(session)] == []
        for each in ("order_item", "interaction", "outbox_event"):
            rows = self.rows(each)
            ours = [row for row in rows if row.get("kind", row.get("type")) in (None, "order_placed", "orders.order_placed")]
            assert len(ours) == sum(orders.values()), each

    def rows(self, name: str) -> list[dict[str, Any]]:
        with self.database.reading() as session:
            return [dict(row) for row in session.execute(sa.select(Base.metadata.tables[name])).mappings()]


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    with racing() as ready:
        yield ready


@pytest.fixture
def rush(database: Database, cast: Cast, now: datetime, race: Race) -> Rush:
    people = [cast.alice, cast.charlie, *cast.noise][:PROCESSES]
    with database.writing() as session:
        for person in people:
            until = date(2027, 1, 1)
            earn_points(
                session, person.customer_id, GRANTED, purse="channel", reason="grant", reference="g", expires_on=until, now=now
            )  # fmt: skip
    return Rush(database, [person.customer_id for person in people], now, race)


@pytest.mark.parametrize(("stock", "tries"), [(1, 3), (5, 3), (200, 30)])
def test_a_gift_of_which_there_are_some_is_had_by_exactly_so_many_of_eight_at_once(rush: Rush, stock: int, tries: int) -> None:
    rush.stock(stock)
    placed = rush.together(redeem, rush.customers, tries)
    assert sum(len(each) for each in placed) == stock
    assert len({order for each in placed for order in each}) == stock
    assert rush.orders() == {"reserved": stock}
    rush.check(stock)
    rush.settle()
    rush.check(stock)
    assert rush.counted().reserved == 0
    assert rush.sums()["points_held"] == 0


def test_a_gift_that_is_ordered_with_another_is_had_by_as_many(rush: Rush) -> None:
    rush.stock(5)
    with rush.database.writing() as session:
        add_stock(session, "gift_power_bank", 100, now=rush.now)
    placed = rush.together(redeem_with_another, rush.customers, 3)
    assert sum(len(each) for each in placed) == 5
    with rush.database.reading() as session:
        assert (count_stock(session, GIFT), count_stock(session, "gift_power_bank")) == (StockCount(0, 5, 0), StockCount(95, 5, 0))
        assert [*check_books(session), *check_points(session)] == []
    assert rush.sums()["points_held"] == 5 * (PRICE + 900)


def test_a_mutant_that_looks_before_it_takes_is_found_out(rush: Rush) -> None:
    rush.stock(1)
    placed = rush.together(redeem_unguarded, rush.customers, 2)
    assert sum(len(each) for each in placed) > 1
    with pytest.raises(AssertionError):
        rush.check(1)


def test_what_eight_send_under_one_key_is_one_order(rush: Rush) -> None:
    rush.stock(10)
    answers = rush.together(redeem_same, rush.customers[0], 4)
    by_key = list(zip(*answers, strict=True))
    assert all(len({placed.order_id for placed in same}) == 1 for same in by_key)
    assert [sum(placed.is_new for placed in same) for same in by_key] == [1] * 4
    assert rush.orders() == {"reserved": 4}
    rush.check(10)


def test_one_customers_last_points_are_spent_once_by_eight_at_once(rush: Rush) -> None:
    rush.stock(100)
    assert sum(rush.together(spend_last, rush.customers[0], 10)) == GRANTED // PRICE
    rush.check(100)


def test_an_order_fulfilled_and_cancelled_at_once_is_one_of_both_once(rush: Rush) -> None:
    rush.stock(24)
    orders = [rush.place(rush.customers[number % PROCESSES], f"k{number}") for number in range(24)]
    did: Counter[str] = sum(rush.together(end, orders), Counter())
    assert did["completed"] + did["cancelled"] == 24
    assert rush.orders() == {name: did[name] for name in ("completed", "cancelled") if did[name]}
    rush.check(24)
    assert rush.counted().reserved == 0


def test_anything_done_by_eight_at_once_never_waits_crosswise(rush: Rush, keys: Keys) -> None:
    rush.stock(60)
    with rush.database.writing() as session:
        staff = [
            create_staff(session, keys, NewStaff(f"s{n}", "李", "clerk", "杭州"), "hash", issuer="t", now=rush.now).staff_id for n in (1, 2)
        ]
    orders = [rush.place(rush.customers[number % 2], f"k{number}") for number in range(12)]
    assert sum(rush.together(mix, rush.customers[:2], staff, orders, 25)) > 20
    rush.check(60)
    rush.settle()
    rush.check(60)
