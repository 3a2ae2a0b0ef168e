"""Processes that redeem one gift at the same time, by the service call: each with its own interpreter and connection."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from typing import Any

from portal.base.db import Database
from portal.base.ids import new_token
from portal.catalog import POINTS, STANDARD
from portal.orders import Delivery, Item, NewOrder, place_order

PROCESSES = 8
_DELIVERY = Delivery("王爱丽", "13857101234", "浙江省杭州市西湖区文三路 90 号")
_mine: list[Any] = []


@dataclass(frozen=True, slots=True)
class Hot:
    """The one gift, and what it costs."""

    code: str
    amount: int

    def order(self, customer_id: int) -> NewOrder:
        """Give a redemption as the points store's form makes it."""
        items = (Item(self.code, 1, self.amount),)
        return NewOrder(customer_id, items, STANDARD, POINTS, "web", new_token(16), delivery=_DELIVERY, actor="party:1")


@contextmanager
def redeemers(url: str, hot: Hot) -> Iterator[Any]:
    """Start the processes; they end with the block."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(PROCESSES, _get_ready, (url, hot, spawn.Barrier(PROCESSES))) as pool:
        yield pool


def redemptions_a_second(pool: Any, customers: Sequence[int], seconds: float) -> float:
    """Redeem with all processes at once, each for customers of its own in turn; give how many a second they did together."""
    shares = [(list(customers[place::PROCESSES]), seconds) for place in range(PROCESSES)]
    return float(sum(pool.starmap(_redeem, shares, chunksize=1)))


def _get_ready(url: str, hot: Hot, line: Barrier) -> None:
    _mine[:] = [Database(url), hot, line]


def _redeem(customers: Sequence[int], seconds: float) -> float:
    database, hot, line = _mine
    _redeem_once(database, hot, customers[0])  # statements are compiled once a process, which takes half a second
    line.wait(60)
    done, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds:
        _redeem_once(database, hot, customers[done % len(customers)])
        done += 1
    return done / passed


def _redeem_once(database: Database, hot: Hot, customer_id: int) -> None:
    with database.writing() as session:
        place_order(session, hot.order(customer_id), now=datetime.now(UTC))
