"""Processes that make whole orders as the web does, and one that delivers what they leave to do, as the worker does."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier, Event
from typing import Any

from bench.buyers import HOME, RULES
from bench.crowd import CABLE, EARPHONES
from bench.house import opened
from bench.sets import DataSet
from bench.till import ask, be_told
from portal.base.db import Database
from portal.base.ids import new_token
from portal.carts import CartOf, Checkout, check_out, get_cart, keep_details, put_in
from portal.faces.worker.deliver import Delivery

MAKERS = 2
_IDLE_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Made:
    """What a maker did: how many orders, with how much CPU of its own."""

    orders: int
    cpu: float


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the worker did: how many calls of handlers, with how much CPU."""

    calls: int
    cpu: float


class Shift:
    """Makers and a worker on one database, waiting for the next turn."""

    def __init__(self, pool: Any, going: Event, people: int) -> None:
        self._pool, self._going, self._people = pool, going, people

    def work(self, seconds: float) -> tuple[list[Made], Delivered, float]:
        """Make orders for so long, then let the worker finish; give what each did, and the seconds until all was delivered."""
        self._going.set()
        started = time.perf_counter()
        worker = self._pool.apply_async(_deliver, ())
        made = self._pool.starmap_async(_make, [(self._people, place, seconds) for place in range(MAKERS)], chunksize=1).get(seconds + 120)
        self._going.clear()
        delivered = worker.get(120)
        return made, delivered, time.perf_counter() - started


@contextmanager
def shift(data: DataSet, people: int) -> Iterator[Shift]:
    """Start the processes; they end with the block."""
    spawn = multiprocessing.get_context("spawn")
    going = spawn.Event()
    with spawn.Pool(MAKERS + 1, _get_ready, (data, spawn.Barrier(MAKERS + 1), going)) as pool:
        yield Shift(pool, going, people)


_mine: list[Any] = []


def _get_ready(data: DataSet, line: Barrier, going: Event) -> None:
    house = opened(data)
    _mine[:] = [house, house.__enter__(), line, going, random.Random()]


def _deliver() -> Delivered:
    """Deliver what is due, over and over, until the makers are done and nothing is left."""
    _, house, line, going, _ = _mine
    worker, calls = Delivery(house.parts.db, house.parts.handlers, lambda: datetime.now(UTC)), 0
    line.wait(60)
    began = time.process_time()
    while True:
        last = not going.is_set()
        done = worker.run()
        calls += done
        if not done:
            if last:
                return Delivered(calls, time.process_time() - began)
            time.sleep(_IDLE_SECONDS)


def _make(people: int, place: int, seconds: float) -> Made:
    _, house, line, _, chance = _mine
    line.wait(60)
    began, started, count = time.process_time(), time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        whole_order(house.parts.db, 1 + place + MAKERS * chance.randrange(people // MAKERS))  # nobody shops twice at once
        count += 1
    return Made(count, time.process_time() - began)


def whole_order(database: Database, customer_id: int) -> int:
    """Put two things into a cart, look at it, order it, ask for the money, and take in the provider's word that it came."""
    whose = CartOf(customer_id, f"party:{customer_id}")
    for code in (EARPHONES, CABLE):
        with database.writing() as session:
            put_in(session, whose, code, 1, now=datetime.now(UTC))
    with database.writing() as session:
        keep_details(session, whose, {"delivery": HOME, "payment": "online"}, now=datetime.now(UTC))
    with database.reading() as session:
        total = get_cart(session, whose, RULES, now=datetime.now(UTC)).basket.sums.total_minor
    with database.writing() as session:
        checkout = Checkout(new_token(16), total, "online", True, whose.owner, customer_id)
        placed = check_out(session, whose, RULES, checkout, now=datetime.now(UTC))
    payment = ask(database, customer_id, placed.order_id, datetime.now(UTC))
    be_told(database, payment, datetime.now(UTC))
    return placed.order_id
