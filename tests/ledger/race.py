"""Processes that use one ledger at once. Each is real: its own interpreter, its own connections."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import OperationalError

from portal.base import ledger
from portal.base.db import Database
from portal.base.ledger import Account, NotEnough, Posting, balance, post, transfer

PURSE = Account("points", "customer:1", "points", floor=0)
LOOSE = Account("points", "customer:1", "points")
SHOP = Account("points_spent", "operator", "points")
SPAWN = multiprocessing.get_context("spawn")


def together(work: Callable[..., Any], url: str, count: int, *arguments: Any) -> list[Any]:
    """Run `work(database, index, *arguments)` in `count` processes that start at the same moment; give their answers."""
    answers = SPAWN.Queue()
    barrier = SPAWN.Barrier(count)
    processes = [SPAWN.Process(target=_run, args=(work, url, index, barrier, answers, arguments)) for index in range(count)]
    for process in processes:
        process.start()
    try:
        got = [answers.get(timeout=90) for _ in processes]
    finally:
        for process in processes:
            process.join(5)
            if process.is_alive():  # it would go on in the next test's database
                process.kill()
                process.join(5)
    failed = [answer for answer in got if isinstance(answer, BaseException)]
    if failed:
        raise failed[0]
    return got


def _run(work: Callable[..., Any], url: str, index: int, barrier: Any, answers: Any, arguments: Sequence[Any]) -> None:
    database = Database(url)
    try:
        with database.reading() as session:
            balance(session, PURSE)  # connected before the start
        barrier.wait(60)
        answers.put(work(database, index, *arguments))
    except BaseException as error:  # noqa: BLE001 - raised again where the test can see it
        answers.put(RuntimeError(f"{type(error).__name__}: {error}"))
    finally:
        database.close()


def spend_all(database: Database, index: int, tries: int) -> int:
    """Spend one point at a time, so many times; give how often it went through."""
    done = 0
    for number in range(tries):
        try:
            with database.writing() as session:
                transfer(session, f"spend:{index}:{number}", PURSE, SHOP, 1, now=datetime.now(UTC))
        except NotEnough:
            continue
        done += 1
    return done


def spend_all_looking_first(database: Database, index: int, tries: int) -> int:
    """The mutant: looks whether there is enough, and then spends. Between the two, others do the same."""
    done = 0
    for number in range(tries):
        with database.reading() as session:
            enough = balance(session, LOOSE) >= 1
        time.sleep(0.002)
        if enough:
            with database.writing() as session:
                transfer(session, f"spend:{index}:{number}", LOOSE, SHOP, 1, now=datetime.now(UTC))
            done += 1
    return done


def post_same(database: Database, index: int, references: int) -> int:
    """Post the very movements that the others post, too; give how many were new."""
    new = 0
    for number in range(references):
        with database.writing() as session:
            new += transfer(session, f"same:{number}", PURSE, SHOP, 1, now=datetime.now(UTC)).is_new
    return new


def open_same(database: Database, index: int, accounts: int) -> int:
    """Be the first to use accounts that the others use first, too; give how often that was refused."""
    refused = 0
    for number in range(accounts):
        try:
            with database.writing() as session:
                new = Account("new", f"customer:{number}", "points", floor=0)
                transfer(session, f"open:{index}:{number}", SHOP, new, 1, now=datetime.now(UTC))
        except NotEnough:
            refused += 1
    return refused


def cross(database: Database, index: int, times: int, in_order: bool) -> int:
    """Move back and forth between two accounts, every second process the other way; give how many deadlocks that made."""
    if not in_order:
        ledger.check_entries = lambda reference, entries: list(entries)
    pair = [Posting(PURSE, -1), Posting(SHOP, 1)]
    if index % 2:
        pair = [Posting(SHOP, -1), Posting(PURSE, 1)]
    for number in range(times):
        try:
            with database.writing() as session:
                post(session, f"cross:{index}:{number}", pair, now=datetime.now(UTC))
        except OperationalError as error:
            if "deadlock" not in str(error):
                raise
            return 1
    return 0
