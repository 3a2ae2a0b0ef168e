"""What processes do at once with one customer's points; and the same done wrongly, by looking first and writing later."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

import sqlalchemy as sa

from portal.base.clock import today
from portal.base.db import Base, Database
from portal.points import (
    HoldEnded,
    NotEnoughPoints,
    earn_by_rule,
    earn_points,
    expire_points,
    hold_points,
    release_hold,
    spend_hold,
)

RACERS = 8
PAUSE_SECONDS = 0.01
_line: Barrier | None = None


def _stand(line: Barrier) -> None:
    global _line  # noqa: PLW0603 - the one thing a process of the pool is given
    _line = line


def stand_in_line() -> None:
    """Wait, within a racer, until all eight have come so far."""
    assert _line is not None, "this is a process of the pool"
    _line.wait(60)


class Race:
    """A pool of eight processes: each call starts all at once and gives what each of them got."""

    def __init__(self, pool: Any, url: str) -> None:
        self._pool = pool
        self._url = url

    def run(self, racer: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Run `racer(database, index, *arguments)` eight times at once."""
        return list(self._pool.starmap(_run, [(racer, index, self._url, arguments) for index in range(RACERS)], chunksize=1))


@contextmanager
def racing() -> Iterator[Any]:
    """Start the processes."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(RACERS, _stand, (context.Barrier(RACERS),)) as pool:
        yield pool


def _run(racer: Callable[..., Any], index: int, url: str, arguments: tuple[Any, ...]) -> Any:
    database = Database(url)
    try:
        with database.reading() as session:
            session.execute(sa.select(sa.literal(1)))  # connected before the start
        assert _line is not None
        _line.wait(60)
        return racer(database, index, *arguments)
    finally:
        database.close()


def hold_many(database: Database, index: int, customer_id: int, amount: int, tries: int, now: datetime) -> int:
    """Hold an amount so many times, each under a reference of its own; give how often it went through."""
    done = 0
    for number in range(tries):
        try:
            with database.writing() as session:
                hold_points(session, customer_id, amount, reference=f"order:{index}:{number}", now=now)
        except NotEnoughPoints:
            continue
        done += 1
    return done


def hold_many_unguarded(database: Database, index: int, customer_id: int, amount: int, tries: int, now: datetime) -> int:
    """The mutant: looks what the lot holds, and then writes what should be left of it."""
    lot = Base.metadata.tables["points_lot"]
    mine = lot.c.customer_id == customer_id
    done = 0
    for _ in range(tries):
        with database.reading() as session:
            left = session.execute(sa.select(lot.c.remaining).where(mine)).scalar_one()
        time.sleep(PAUSE_SECONDS)
        if left >= amount:
            with database.writing() as session:
                session.execute(sa.update(lot).where(mine).values(remaining=left - amount))
            done += 1
    return done


def hold_same(database: Database, index: int, customer_id: int, amount: int, now: datetime) -> int:
    """Hold the very thing the others hold, too."""
    with database.writing() as session:
        hold_points(session, customer_id, amount, reference="order:same", now=now)
    return 1


def visit(database: Database, index: int, customer_id: int, references: list[str], now: datetime) -> int:
    """Tell visits, one for each reference (`{}` is who tells it); give the points that earned."""
    points = 0
    for reference in references:
        with database.writing() as session:
            points += earn_by_rule(session, customer_id, "visit", 1, reference=reference.format(index), now=now)
    return points


def visit_unguarded(database: Database, index: int, customer_id: int, references: list[str], now: datetime) -> int:
    """The mutant: looks how many points the day has earned, and then gives those of one more visit."""
    earned = Base.metadata.tables["points_lot"]
    points = 0
    for number, _ in enumerate(references):
        with database.reading() as session:
            so_far = session.execute(sa.select(sa.func.sum(earned.c.amount)).where(earned.c.customer_id == customer_id)).scalar() or 0
        time.sleep(PAUSE_SECONDS)
        if so_far < 10:
            until = today(now) + timedelta(days=30)
            with database.writing() as session:
                name = f"unguarded:{index}:{number}"
                earn_points(session, customer_id, 5, purse="channel", reason="visit", reference=name, expires_on=until, now=now)
            points += 5
    return points


def end(database: Database, index: int, customer_id: int, reference: str, now: datetime) -> str:
    """Spend what is held, or give it back, by turns; give what became of it."""
    act, name = ((spend_hold, "spent"), (release_hold, "released"))[index % 2]
    try:
        with database.writing() as session:
            act(session, customer_id, reference, now=now)
    except HoldEnded:
        return "refused"
    return name


def everything(database: Database, index: int, customer_id: int, rounds: int, now: datetime) -> dict[str, int]:
    """Earn, hold, give back, spend and expire in turn, each process beginning elsewhere; give what was done how often."""
    done: Counter[str] = Counter()
    later = now + timedelta(days=10)
    for number in range(rounds):
        what = ("earn", "hold", "expire", "hold")[(index + number) % 4]
        reference = f"{what}:{index}:{number}"
        try:
            with database.writing() as session:
                if what == "earn":
                    until: date = today(now) + timedelta(days=5 + number % 3 * 20)
                    earn_points(session, customer_id, 3, purse="channel", reason="grant", reference=reference, expires_on=until, now=now)
                elif what == "expire":
                    done["expired lots"] += expire_points(session, now=later, limit=5)
                else:
                    hold_points(session, customer_id, 2, reference=reference, now=now)
            if what == "hold":
                with database.writing() as session:
                    (spend_hold if number % 2 else release_hold)(session, customer_id, reference, now=later)
        except NotEnoughPoints:
            continue
        done[what] += 1
    return dict(done)
