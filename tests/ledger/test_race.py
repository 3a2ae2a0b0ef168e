"""Many processes at one ledger: nothing is spent twice, nobody waits for ever; and mutants show that the tests can fail."""

from __future__ import annotations

from datetime import datetime

import pytest

from portal.base.books import check_books
from portal.base.db import Database
from portal.base.ledger import Account, balance, transfer
from tests.ledger.race import LOOSE, PURSE, SHOP, cross, open_same, post_same, spend_all, spend_all_looking_first, together

BANK = Account("points_issued", "operator", "points")
PROCESSES = 5


def url(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def fill(database: Database, account: Account, amount: int, now: datetime) -> None:
    with database.writing() as session:
        transfer(session, f"fill:{account.book}", BANK, account, amount, now=now)


def books(database: Database) -> tuple[int, int, int]:
    with database.reading() as session:
        return balance(session, LOOSE), balance(session, SHOP), len(list(check_books(session)))


def test_what_five_processes_spend_at_once_is_no_more_than_there_was(database: Database, now: datetime) -> None:
    fill(database, PURSE, 60, now)
    spent = together(spend_all, url(database), PROCESSES, 20)
    assert sum(spent) == 60
    assert books(database) == (0, 60, 0)


def test_a_mutant_that_looks_before_it_spends_is_found_out(database: Database, now: datetime) -> None:
    fill(database, LOOSE, 10, now)
    spent = together(spend_all_looking_first, url(database), PROCESSES, 8)
    left, _, _ = books(database)
    assert sum(spent) > 10
    assert left < 0


def test_a_movement_posted_by_five_at_once_is_booked_once(database: Database, now: datetime) -> None:
    fill(database, PURSE, 100, now)
    new = together(post_same, url(database), PROCESSES, 25)
    assert sum(new) == 25
    assert books(database) == (75, 25, 0)


def test_an_account_that_five_use_first_at_once_is_opened_once_and_refuses_nobody(database: Database) -> None:
    assert sum(together(open_same, url(database), PROCESSES, 60)) == 0
    assert books(database) == (0, -300, 0)


def test_movements_to_and_fro_never_wait_for_each_other_crosswise(database: Database, now: datetime) -> None:
    fill(database, PURSE, 500, now)
    fill(database, SHOP, 500, now)
    deadlocks = together(cross, url(database), 4, 50, True)
    assert sum(deadlocks) == 0
    assert books(database) == (500, 500, 0)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # SQLite's writers stand in line: no order needed
def test_a_mutant_without_a_fixed_order_gets_into_deadlocks(database: Database, now: datetime) -> None:
    fill(database, PURSE, 500, now)
    fill(database, SHOP, 500, now)
    assert sum(together(cross, url(database), 4, 50, False)) > 0
