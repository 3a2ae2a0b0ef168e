"""Kills the way from a cart to the money and back with `kill -9` at its kth step, for every k; then it is done again from there.

A process of its own (`python -m tests.selling.killing URL KIND`) forks a child for each k, as tests/orders/killing.py does. A step
is the moment before or after any commit (KIND `commits`), or any statement of the checkout (`order`). After each kill everything
must agree; done again, each thing must have happened once. The mutant, KIND `apart`, takes coupons and uses over in a transaction
of their own.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.keys import make_keys
from portal.base.logs import configure_logging
from portal.base.settings import Settings
from portal.orders import OrderClosed
from tests.events.killing import Steps, in_child
from tests.security.racers import SECRET
from tests.selling.market import EARPHONES_PRICE, OFF, Buyer, Market, make_buyers

MOST_STEPS = 400
TOTAL = EARPHONES_PRICE - OFF
_Way = Callable[[Market, Buyer, str], None]


class EveryCommit:
    """Kills this process before or after one of a database's commits."""

    def __init__(self, database: Database, last: int) -> None:
        self.count = 0
        commit = database.engine.dialect.do_commit

        def counted(connection: Any) -> None:
            self.step(last)
            commit(connection)
            self.step(last)

        database.engine.dialect.do_commit = counted  # type: ignore[method-assign]

    def step(self, last: int) -> None:
        self.count += 1
        if self.count == last:
            os.kill(os.getpid(), signal.SIGKILL)


def forward(market: Market, buyer: Buyer, key: str) -> None:
    """Order, pay, and have the word of it delivered: whatever of it was done before is found done."""
    order_id = order(market, buyer, key)
    payment = market.ask(buyer, order_id) if status(market, order_id) == "accepted" else None
    if payment is not None:
        market.say_paid(payment, f"paid-{order_id}")
    market.deliver()


def order(market: Market, buyer: Buyer, key: str) -> int:
    """Give the order under a key, placed now if it is not there."""
    standing = [row["id"] for row in market.rows("customer_order") if (row["customer_id"], row["key"]) == (buyer.customer_id, key)]
    return int(standing[0]) if standing else market.order(buyer, key).order_id


def status(market: Market, order_id: int) -> str:
    return next(str(row["status"]) for row in market.rows("customer_order") if row["id"] == order_id)


def backward(market: Market, buyer: Buyer, key: str) -> None:
    """Cancel it, and have the money paid back."""
    with contextlib.suppress(OrderClosed):
        market.cancel(buyer, order(market, buyer, key))
    market.do_refunds()


def whole(market: Market, buyer: Buyer, key: str) -> None:
    forward(market, buyer, key)
    backward(market, buyer, key)


def forward_apart(market: Market, buyer: Buyer, key: str) -> None:
    """The mutant: the uses of campaigns and coupons are taken over in a transaction of their own."""
    from portal.orders import selling

    kept: list[Any] = []
    take_over = vars(selling)["_take_over"]
    vars(selling)["_take_over"] = lambda _, *given: kept.append(given)
    try:
        market.order(buyer, key)
        for given in kept:
            with market.database.writing() as session:
                take_over(session, *given)
    finally:
        vars(selling)["_take_over"] = take_over


def agrees(market: Market, pieces: int, *, settled: bool) -> str:
    """Say what does not agree; empty where everything does. Money whose word is not delivered yet is none of an order's."""
    try:
        if settled:
            market.deliver()
        market.check(pieces)
    except AssertionError as wrong:
        return f"{wrong}"[:300] or "something"
    return ""


def kill_everywhere(market: Market, buyer: Buyer, code: str, way: _Way, steps: Callable[[Database, int], object]) -> dict[str, Any]:
    """Go the way for each k, killed at step k, and again to its end."""
    found: dict[str, Any] = {"steps": 0, "half": [], "not_one": []}
    pieces = 1
    for last in range(1, MOST_STEPS):
        market.now += timedelta(milliseconds=1)  # ids of one customer and one moment are drawn: hundreds of them would meet
        market.fill(buyer)
        if refused := market.enter(buyer, code):
            found["not_one"].append([last, refused.reason])
        key = f"kill-{last:016}"

        def walk(database: Database, last: int = last, key: str = key) -> None:
            steps(database, last)
            way(Market(database, market.keys, market.now, market.staff, market.buyers), buyer, key)

        ended = in_child(market.database, walk)
        if wrong := agrees(market, pieces, settled=True):
            found["half"].append([last, wrong])
        if ended != 0 and way is forward_apart and found["half"]:
            return found
        whole(market, buyer, key)
        back = sum(row["amount_minor"] for row in market.rows("payment_refund") if row["status"] == "done")
        if market.orders() != {"cancelled": last} or back != last * TOTAL or agrees(market, pieces, settled=True):
            found["not_one"].append([last, str(market.orders()), back, agrees(market, pieces, settled=True)])
        if (market.held_uses(), market.codes(), market.counted().free, market.money()) != (0, {}, 1, (0, 0)):
            found["not_one"].append([last, market.held_uses(), market.codes(), market.counted().free, market.money()])
        if ended == 0:
            found["steps"] = last - 1
            return found
        assert ended == -signal.SIGKILL, ended
    raise AssertionError("the way never came to its end")


def main(url: str, kind: str) -> None:
    configure_logging(level=logging.CRITICAL)
    database = Database(url)
    keys = make_keys(Settings(env="test", secret_key=SECRET))  # type: ignore[arg-type]
    staff = Base.metadata.tables["staff"]
    with database.reading() as session:
        one, other = session.scalars(sa.select(staff.c.id).order_by(staff.c.id)).all()
    market = Market(database, keys, datetime.now(UTC), (one, other), make_buyers(database, 1))
    market.stock(1)
    market.campaign(when={"kind": "code"}, caps={"per_code": 1, "uses": 1})
    (code,) = market.coupons(1, per_customer=1)
    ways: dict[str, tuple[_Way, Callable[[Database, int], object]]] = {
        "commits": (whole, EveryCommit),
        "order": (lambda market, buyer, key: void(order(market, buyer, key)), Steps),
        "apart": (forward_apart, Steps),
    }
    found = kill_everywhere(market, market.buyers[0], code, *ways[kind])
    database.close()
    sys.stdout.write(json.dumps(found))


def void(_: object) -> None:
    """Give nothing."""


if __name__ == "__main__":
    main(*sys.argv[1:])
