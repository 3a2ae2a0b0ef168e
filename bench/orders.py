"""Whole orders a second: cart, priced with 50 campaigns, placed, paid by a signed notification, delivered until it is reserved."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil
import sqlalchemy as sa

from bench.crowd import CABLE, EARPHONES, stock_up
from bench.figures import Figure
from bench.house import House
from bench.makers import Shift, shift
from bench.past import with_past
from bench.runs import Run
from bench.sets import BenchError, say

FEW, MANY, PEOPLE = 1_000, 10_000_000, 1_000_000
ROUNDS, SECONDS = 5, 8.0
STOCK = 20_000
_SMALL = 0.1
"""Runs below this share are looks, not measurements: among as many customers and orders as are written at once."""
_open = sa.text("SELECT count(*) FROM customer_order WHERE status IN ('accepted', 'paid')")
_left = sa.text("SELECT count(*) FROM outbox_event WHERE status <> 'done'")
_free = sa.text("SELECT count(*) FROM stock_unit WHERE offering_code = :code")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: orders a second, and CPU for an order in milliseconds of makers, worker and PostgreSQL."""

    rate: float
    maker: float
    worker: float
    server: float


def measure(run: Run) -> list[Figure]:
    """Make orders among few past ones and among many, in turns."""
    if run.db != "postgresql":
        return []
    many, people = (MANY, PEOPLE) if run.share >= _SMALL else (FEW * 2, 400)
    seconds = max(1.0, SECONDS * run.share)
    among: dict[str, list[Turn]] = {"few": [], "many": []}
    with ExitStack() as stack:
        at_work: dict[str, tuple[House, Shift]] = {}
        for name, orders in (("few", FEW), ("many", many)):
            house, _ = stack.enter_context(with_past(run, orders, people))
            _stock_up(house)
            at_work[name] = house, stack.enter_context(shift(house.data, people))
        for turn in range(run.samples(ROUNDS) + 1):
            for name, (house, workers) in at_work.items():
                taken = _turn(house, workers, seconds)
                if turn:  # the first turn warms up
                    among[name].append(taken)
                say(f"  {name}: {taken.rate:.1f}/s, CPU an order: {taken.maker:.1f} + {taken.worker:.1f} + {taken.server:.1f} ms")
    few, lot = among["few"], among["many"]
    return [
        run.figure("orders.rate", _median(each.rate for each in few)),
        run.figure("orders.growth", _median(a.rate / b.rate for a, b in zip(few, lot, strict=True))),
        run.figure("orders.many", _median(each.rate for each in lot)),
        run.figure("orders.maker", _median(each.maker for each in few)),
        run.figure("orders.worker", _median(each.worker for each in few)),
        run.figure("orders.server", _median(each.server for each in few)),
    ]


def _turn(house: House, workers: Shift, seconds: float) -> Turn:
    before = _server_cpu(house)
    made, delivered, passed = workers.work(seconds)
    server = sum(after - before.get(pid, 0.0) for pid, after in _server_cpu(house).items())
    count = sum(each.orders for each in made)
    with house.parts.db.reading() as session:
        stuck, left = (session.execute(each).scalar_one() for each in (_open, _left))
    if stuck or left or not count:
        raise BenchError(f"of {count} orders {stuck} are not reserved, and {left} events are not delivered")
    cpu = [1000 * part / count for part in (sum(each.cpu for each in made), delivered.cpu, server)]
    return Turn(count / passed, *cpu)


def _server_cpu(house: House) -> dict[int, float]:
    """Give the CPU seconds of every process of this PostgreSQL that serves this database, and of those behind them, by id."""
    with house.parts.db.reading() as session:
        pids = session.execute(sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() OR datname IS NULL")).scalars()
        found = {}
        for pid in pids:
            try:
                times = psutil.Process(pid).cpu_times()
            except psutil.NoSuchProcess:
                continue
            found[pid] = times.user + times.system
    return found


def _stock_up(house: House) -> None:
    now = datetime.now(UTC)
    for code in (EARPHONES, CABLE):
        with house.parts.db.reading() as session:
            free = session.execute(_free, {"code": code}).scalar_one()
        if free < STOCK:
            stock_up(house.parts.db, code, STOCK - free, now)
    with house.parts.db.reading() as session:
        session.connection().execute(sa.text("ANALYZE"))


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)
