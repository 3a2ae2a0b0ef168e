"""Processes full of buyers, who all want the same few pieces: each with its own interpreter, connection and memory of campaigns."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

from bench.crowd import EARPHONES
from bench.sets import DataSet
from bench.till import pay
from portal.base.db import Database
from portal.base.keys import Keys, make_keys
from portal.carts import (
    CartBlocked,
    CartChanged,
    CartOf,
    Checkout,
    SellingRules,
    ShippingRule,
    add_code,
    check_out,
    get_cart,
    keep_details,
    put_in,
)
from portal.catalog import SoldOut
from portal.codes import CodeRefused
from portal.flashsales import NotAdmitted, PieceOrder, enter_sale, find_entry, get_sale, order_piece, settle_sale
from portal.orders import Delivery
from portal.promotions import CampaignGone

PROCESSES = {"postgresql": 8, "sqlite": 4}
RULES = SellingRules(currency="CNY", shipping=ShippingRule(1000, 9900), pay_minutes=30, quote_days=14)
HOME = {"name": "王爱丽", "phone": "13857101234", "address": "浙江省杭州市西湖区文三路 90 号"}
_TRIES = 12
_mine: list[Any] = []


@dataclass(slots=True)
class Tally:
    """What one process did. `orders`: (customer, order) of what it placed; `paid` of these; `errors`: what no buyer may be told."""

    orders: list[tuple[int, int]] = field(default_factory=list)
    paid: list[int] = field(default_factory=list)
    gone: int = 0
    held: int = 0
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Rush:
    """What is rushed. `name`: of this rush, its carts belong to it; `codes` by customer; one buyer in `lazy` does not pay (0: all do)."""

    name: str
    began: datetime
    lazy: int = 0
    codes: dict[int, str] = field(default_factory=dict)
    sale_id: int = 0
    watch: float = field(default_factory=time.time)

    @property
    def now(self) -> datetime:
        """The moment it is in the rush: it goes on, since identifiers of one millisecond are only as unique as its draws."""
        return self.began + timedelta(seconds=max(0.0, time.time() - self.watch))

    def cart_of(self, customer_id: int) -> CartOf:
        """Give whose cart it is."""
        return CartOf(customer_id, f"{self.name}:{customer_id}")

    def pays(self, customer_id: int) -> bool:
        """Whether this buyer pays what he or she orders."""
        return not self.lazy or customer_id % self.lazy != 0


@contextmanager
def crowd(data: DataSet) -> Iterator[Callable[..., list[Tally]]]:
    """Start the processes; give what has a step done by all at once, each for its share of the customers, and collects what they did."""
    spawn, count = multiprocessing.get_context("spawn"), PROCESSES[data.db]
    with spawn.Pool(count, _get_ready, (data, spawn.Barrier(count))) as pool:

        def together(step: Callable[..., None], rush: Rush, customers: Sequence[int]) -> list[Tally]:
            shares = [(step, rush, list(customers[place::count])) for place in range(count)]
            return pool.starmap(_run, shares, chunksize=1)

        yield together


def _get_ready(data: DataSet, line: Barrier) -> None:
    _mine[:] = [Database(data.url), make_keys(data.settings()), line]


def _run(step: Callable[..., None], rush: Rush, customers: Sequence[int]) -> Tally:
    database, keys, line = _mine
    tally = Tally()
    line.wait(120)
    started = time.perf_counter()
    for customer_id in customers:
        try:
            step(database, keys, rush, customer_id, tally)
        except Exception:  # noqa: BLE001 - whatever it is, it is what must not happen
            tally.errors.append(traceback.format_exc(limit=-4))
    tally.seconds = time.perf_counter() - started
    return tally


def fill(database: Database, keys: Keys, rush: Rush, customer_id: int, tally: Tally) -> None:
    """Put the piece into one's cart, and one's code if there is one."""
    whose = rush.cart_of(customer_id)
    with database.writing() as session:
        put_in(session, whose, EARPHONES, 1, now=rush.now)
        keep_details(session, whose, {"delivery": HOME, "payment": "online"}, now=rush.now)
    if customer_id in rush.codes:
        with database.writing() as session:
            refused = add_code(session, keys, whose, rush.codes[customer_id], now=rush.now)
        tally.held += refused is None
        tally.gone += isinstance(refused, CodeRefused)


def buy(database: Database, _: Keys, rush: Rush, customer_id: int, tally: Tally) -> None:
    """Order what is in one's cart at today's price, agreeing to every new one, and pay; or be told that it is gone."""
    whose = rush.cart_of(customer_id)
    for _each in range(_TRIES):
        with database.reading() as session:
            view = get_cart(session, whose, RULES, now=rush.now)
        if any(fault.kind in ("gone", "left") for line in view.basket.lines for fault in line.faults):
            tally.gone += 1
            return
        checkout = Checkout(f"{rush.name}:{customer_id:08}", view.basket.sums.total_minor, "online", True, whose.owner)
        try:
            with database.writing() as session:
                placed = check_out(session, whose, RULES, checkout, now=rush.now)
        except SoldOut:
            tally.gone += 1
            return
        except (CartChanged, CampaignGone, CartBlocked):
            continue  # somebody was quicker: looked at again
        tally.orders.append((customer_id, placed.order_id))
        if rush.pays(customer_id):
            pay(database, customer_id, placed.order_id, rush.now)
            tally.paid.append(placed.order_id)
        return
    tally.errors.append(f"customer {customer_id} was told neither yes nor no in {_TRIES} tries")


def enter(database: Database, keys: Keys, rush: Rush, customer_id: int, _: Tally) -> None:
    """Enter the flash sale."""
    with database.writing() as session:
        enter_sale(session, keys, get_sale(session, rush.sale_id), customer_id, now=rush.now)


def settle(database: Database, keys: Keys, rush: Rush, _: int, __: Tally) -> None:
    """Move the flash sale on, as whoever finds something due does."""
    with database.writing() as session:
        settle_sale(session, keys, rush.sale_id, now=rush.now)


def order(database: Database, _: Keys, rush: Rush, customer_id: int, tally: Tally) -> None:
    """Look for one's place, order the piece that is kept, and pay."""
    with database.reading() as session:
        entry = find_entry(session, rush.sale_id, customer_id)
    if entry is None:
        tally.errors.append(f"customer {customer_id} entered and is not in the line")
        return
    if not entry.holds_piece(rush.now):
        tally.gone += 1
        return
    try:
        with database.writing() as session:
            new = PieceOrder(customer_id, rush.name, delivery=Delivery(**HOME))
            placed = order_piece(session, rush.sale_id, new, now=rush.now)
    except NotAdmitted:
        tally.gone += 1
        return
    tally.orders.append((customer_id, placed.order_id))
    if rush.pays(customer_id):
        pay(database, customer_id, placed.order_id, rush.now)
        tally.paid.append(placed.order_id)
