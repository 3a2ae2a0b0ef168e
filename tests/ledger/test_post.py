"""Posting movements: what is booked, what is refused, and what a refusal leaves behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from portal.base.books import Discrepancy, check_books, list_movements
from portal.base.db import Database
from portal.base.ledger import (
    MAX_BALANCE,
    Account,
    LedgerAccount,
    LedgerEntry,
    LedgerMovement,
    NotEnough,
    Posting,
    ReferenceReused,
    TooLarge,
    balance,
    post,
    transfer,
)
from portal.base.money import MAX_MINOR

ALICE = Account("points", "customer:1", "points", floor=0)
BOB = Account("points", "customer:2", "points", floor=0)
BANK = Account("points_issued", "operator", "points")
TILL = Account("cash", "operator", "CNY")
DEBT = Account("receivable", "customer:1", "CNY")


def rows(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def held(database: Database, account: Account) -> int:
    with database.reading() as session:
        return balance(session, account)


def faults(database: Database) -> list[Discrepancy]:
    with database.reading() as session:
        return list(check_books(session))


def give(database: Database, account: Account, amount: int, reference: str, now: datetime) -> None:
    with database.writing() as session:
        transfer(session, reference, BANK, account, amount, now=now)


def test_a_movement_changes_every_account_it_names(database: Database, now: datetime) -> None:
    with database.writing() as session:
        posted = post(session, "grant:1", [Posting(BANK, -150), Posting(ALICE, 100), Posting(BOB, 50)], now=now)
    assert posted.is_new
    assert (held(database, ALICE), held(database, BOB), held(database, BANK)) == (100, 50, -150)
    assert faults(database) == []


def test_an_account_never_used_holds_nothing_and_is_not_opened_by_looking(database: Database) -> None:
    assert held(database, ALICE) == 0
    assert rows(database, LedgerAccount) == 0


def test_the_same_reference_with_the_same_entries_is_one_movement(database: Database, now: datetime) -> None:
    entries = [Posting(BANK, -100), Posting(ALICE, 100)]
    with database.writing() as session:
        first = post(session, "grant:1", entries, now=now)
    with database.writing() as session:
        again = post(session, "grant:1", list(reversed(entries)), now=now + timedelta(days=1))
    assert (again.movement_id, again.is_new) == (first.movement_id, False)
    assert held(database, ALICE) == 100
    assert rows(database, LedgerMovement) == 1


@pytest.mark.parametrize(
    "other",
    [
        [Posting(BANK, -101), Posting(ALICE, 101)],
        [Posting(BANK, -100), Posting(BOB, 100)],
        [Posting(BANK, 100), Posting(ALICE, -100)],
        [Posting(BANK, -100), Posting(Account("points", "customer:1", "CNY", floor=0), 100), Posting(TILL, -100), Posting(ALICE, 100)],
    ],
)
def test_the_same_reference_with_other_content_is_refused(database: Database, now: datetime, other: list[Posting]) -> None:
    give(database, ALICE, 100, "grant:1", now)
    with pytest.raises(ReferenceReused), database.writing() as session:
        post(session, "grant:1", other, now=now)
    assert held(database, ALICE) == 100
    assert faults(database) == []


def test_an_account_with_a_floor_never_falls_below_it(database: Database, now: datetime) -> None:
    give(database, ALICE, 100, "grant:1", now)
    with pytest.raises(NotEnough), database.writing() as session:
        transfer(session, "spend:1", ALICE, BANK, 101, now=now)
    assert held(database, ALICE) == 100
    with database.writing() as session:
        transfer(session, "spend:1", ALICE, BANK, 100, now=now)
    assert held(database, ALICE) == 0


def test_a_first_movement_out_of_an_account_with_a_floor_is_refused(database: Database, now: datetime) -> None:
    with pytest.raises(NotEnough), database.writing() as session:
        transfer(session, "spend:1", ALICE, BANK, 1, now=now)
    assert rows(database, LedgerAccount) == rows(database, LedgerMovement) == 0


def test_a_refusal_that_the_caller_catches_leaves_nothing_in_the_transaction(database: Database, now: datetime) -> None:
    with database.writing() as session:
        transfer(session, "grant:1", BANK, BOB, 7, now=now)
        with pytest.raises(NotEnough):  # BANK comes after ALICE: it must be undone as well
            post(session, "spend:1", [Posting(BOB, 5), Posting(ALICE, -5)], now=now)
    assert held(database, BOB) == 7
    assert rows(database, LedgerMovement) == 1
    assert faults(database) == []


def test_the_database_itself_refuses_a_balance_below_the_floor(database: Database, now: datetime) -> None:
    give(database, ALICE, 100, "grant:1", now)
    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(sa.update(LedgerAccount).where(LedgerAccount.owner == "customer:1").values(balance=-1))


def test_an_account_keeps_the_floor_it_was_opened_with(database: Database, now: datetime) -> None:
    give(database, ALICE, 100, "grant:1", now)
    loose = Account(ALICE.book, ALICE.owner, ALICE.unit)
    with pytest.raises(ValueError, match="floor"), database.writing() as session:
        transfer(session, "spend:1", loose, BANK, 50, now=now)
    assert held(database, ALICE) == 100


def test_an_overdraft_is_a_floor_below_nothing(database: Database, now: datetime) -> None:
    credit = Account("credit", "customer:1", "CNY", floor=-500)
    with database.writing() as session:
        transfer(session, "draw:1", credit, TILL, 500, now=now)
    with pytest.raises(NotEnough), database.writing() as session:
        transfer(session, "draw:2", credit, TILL, 1, now=now)
    assert held(database, credit) == -500


@pytest.mark.parametrize(
    ("entries", "error"),
    [
        ([], ValueError),
        ([Posting(BANK, -100)], ValueError),
        ([Posting(BANK, -100), Posting(ALICE, 99)], ValueError),
        ([Posting(BANK, 0), Posting(ALICE, 0)], ValueError),
        ([Posting(BANK, -100), Posting(TILL, 100)], ValueError),  # sums to zero over two units, in neither
        ([Posting(BANK, -100), Posting(ALICE, 50), Posting(ALICE, 50)], ValueError),
        ([Posting(BANK, True), Posting(ALICE, -1)], TypeError),
        ([Posting(BANK, 1.0), Posting(ALICE, -1.0)], TypeError),  # type: ignore[arg-type]
        ([Posting(BANK, "5"), Posting(ALICE, -5)], TypeError),  # type: ignore[arg-type]
        ([Posting(BANK, -MAX_MINOR - 1), Posting(ALICE, MAX_MINOR + 1)], ValueError),
        ([Posting(BANK, -(10**30)), Posting(ALICE, 10**30)], ValueError),
        ([Posting(Account("", "x", "CNY"), -1), Posting(TILL, 1)], ValueError),
    ],
)
def test_what_is_no_movement_is_refused_before_anything_is_written(
    database: Database, now: datetime, entries: list[Posting], error: type[Exception]
) -> None:
    with pytest.raises(error), database.writing() as session:
        post(session, "wrong:1", entries, now=now)
    assert rows(database, LedgerMovement) == rows(database, LedgerAccount) == 0


@pytest.mark.parametrize("reference", ["", "x" * 201])
def test_a_movement_without_a_fit_reference_is_refused(database: Database, now: datetime, reference: str) -> None:
    with pytest.raises(ValueError, match="reference"), database.writing() as session:
        transfer(session, reference, BANK, ALICE, 1, now=now)


@pytest.mark.parametrize("amount", [0, -5])
def test_a_transfer_moves_more_than_nothing(database: Database, now: datetime, amount: int) -> None:
    with pytest.raises(ValueError, match="more than nothing"), database.writing() as session:
        transfer(session, "t:1", BANK, ALICE, amount, now=now)


def test_an_account_cannot_grow_past_what_an_integer_column_holds_exactly(database: Database, now: datetime) -> None:
    with database.writing() as session:
        transfer(session, "big:0", BANK, ALICE, 5, now=now)
        session.execute(sa.update(LedgerAccount).where(LedgerAccount.owner == "customer:1").values(balance=MAX_BALANCE - 2))
    with pytest.raises(TooLarge), database.writing() as session:
        transfer(session, "big:1", BANK, ALICE, 3, now=now)
    assert held(database, ALICE) == MAX_BALANCE - 2


def test_one_movement_may_carry_several_units(database: Database, now: datetime) -> None:
    with database.writing() as session:
        post(session, "buy:1", [Posting(TILL, 900), Posting(DEBT, -900), Posting(BANK, -9), Posting(ALICE, 9)], now=now)
    assert (held(database, TILL), held(database, ALICE)) == (900, 9)
    assert faults(database) == []


def test_movements_are_listed_newest_first_page_by_page(database: Database, now: datetime) -> None:
    for index in range(1, 8):
        give(database, ALICE, index, f"grant:{index}", now + timedelta(minutes=index))
        give(database, BOB, 1000, f"noise:{index}", now)
    with database.reading() as session:
        first = list_movements(session, ALICE, limit=3)
        rest = list_movements(session, ALICE, before=first[-1].number, limit=10)
    assert [line.reference for line in first] == ["grant:7", "grant:6", "grant:5"]
    assert [line.reference for line in rest] == ["grant:4", "grant:3", "grant:2", "grant:1"]
    assert [line.balance_after for line in rest] == [10, 6, 3, 1]
    assert first[0].at == now + timedelta(minutes=7)


CHANGES = {
    "a balance that was changed": (
        sa.update(LedgerAccount).where(LedgerAccount.owner == "customer:1").values(balance=LedgerAccount.balance + 1),
        "balance is",
    ),
    "an entry that was changed": (sa.update(LedgerEntry).where(LedgerEntry.amount == 30).values(amount=31), "sum to"),
    "an entry that was taken out": (sa.delete(LedgerEntry).where(LedgerEntry.amount == 30), "counts"),
    "a running balance that was changed": (
        sa.update(LedgerEntry).where(LedgerEntry.amount == 30).values(balance_after=LedgerEntry.balance_after + 1),
        "says",
    ),
    "a movement without entries": (
        sa.insert(LedgerMovement).values(reference="ghost", fingerprint="0" * 64, at=datetime(2026, 1, 1).astimezone()),
        "no entries",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_check_of_the_books_finds(database: Database, now: datetime, change: str) -> None:
    give(database, ALICE, 30, "grant:1", now)
    give(database, ALICE, 12, "grant:2", now)
    give(database, BOB, 9, "noise:1", now)
    assert faults(database) == []
    statement, words = CHANGES[change]
    with database.writing() as session:
        session.execute(statement)
    assert any(words in found.what for found in faults(database))


accounts = st.sampled_from([ALICE, BOB, BANK, Account("points", "customer:3", "points")])
moves = st.lists(st.tuples(accounts, accounts, st.integers(1, 60)).filter(lambda move: move[0] != move[1]), max_size=25)


@given(moves)
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_moves_nothing_appears_or_is_lost(database: Database, now: datetime, moved: list[tuple[Account, Account, int]]) -> None:
    empty(database)
    expected: dict[Account, int] = {}
    for index, (source, target, amount) in enumerate(moved):
        enough = source.floor is None or expected.get(source, 0) - amount >= source.floor
        try:
            with database.writing() as session:
                transfer(session, f"m:{index}", source, target, amount, now=now)
        except NotEnough:
            assert not enough
            continue
        assert enough
        expected[source] = expected.get(source, 0) - amount
        expected[target] = expected.get(target, 0) + amount
    assert {account: held(database, account) for account in expected} == expected
    assert sum(expected.values()) == 0
    assert faults(database) == []


def empty(database: Database) -> None:
    """Empty the ledger between two examples of one test."""
    with database.writing() as session:
        for table in (LedgerEntry, LedgerMovement, LedgerAccount):
            session.execute(sa.delete(table))
