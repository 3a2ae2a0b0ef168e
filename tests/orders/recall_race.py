"""Processes that tell a carrier of parcels while others give their orders up; and a `kill -9` at every step of what follows.

`python -m tests.orders.recall_race URL KIND` does the killing, as saga.py: of the wish (`wish`), of what the carrier's answer does
(`stopped`, `too_late`), and of the mutant `in_two`, which gives the stock back in one transaction and the money in another.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.base.books import check_books
from portal.base.db import Base, Database
from portal.base.logs import configure_logging
from portal.catalog import STANDARD, add_stock
from portal.orders import (
    ClaimedRecall,
    Delivery,
    PricedOrder,
    Recalled,
    cancel_order,
    claim_parcels,
    claim_recalls,
    mark_paid,
    place_priced,
    request_payment,
    settle_recall,
    want_parcel,
)
from portal.payments import Notice, receive_notice
from tests.events.killing import Steps, in_child
from tests.orders.saga import MOST_STEPS, standing
from tests.orders.shop import PHONE, PHONE_PRICE

HOME = Delivery("Li", "13800000000", "Hangzhou")
LATER = timedelta(seconds=61)
ENDS: dict[str, tuple[str, int, list[int]]] = {
    "wish": ("reserved", 1, []), "stopped": ("cancelled", 0, [PHONE_PRICE]), "too_late": ("shipped", 1, []),
}  # fmt: skip
"""What an order comes to: its state, its stock, and its refunds."""


def packed_order(database: Database, customer_id: int, key: str) -> int:
    """Place, pay and pack an order."""
    now = datetime.now(UTC)
    new = PricedOrder(
        customer_id,
        (PHONE,),
        STANDARD,
        "CNY",
        "web",
        key,
        payment="online",
        pay_by=now + timedelta(hours=1),
        actor="party:1",
        delivery=HOME,
    )
    with database.writing() as session:
        order_id = place_priced(session, new, now=now).order_id
        payment = request_payment(session, customer_id, order_id, now=now)
        receive_notice(session, "sandbox", Notice(key, "paid", payment.merchant_ref, PHONE_PRICE, "CNY", now), now=now)
        mark_paid(session, customer_id, order_id, PHONE_PRICE, actor="system", now=now)
        want_parcel(session, order_id, actor="staff:1", customer_id=customer_id, now=now)
    return order_id


def cancel(database: Database, customer_id: int, order_id: int) -> bool:
    with database.writing() as session:
        return cancel_order(session, customer_id, order_id, actor="party:1", reason="by_customer", now=datetime.now(UTC))


def tell_or_cancel(database: Database, index: int, customer_id: int, orders: Sequence[int]) -> list[int]:
    """Tell the carrier of one parcel after the other, or (every second process) give the orders up; give of which it was told."""
    told: list[int] = []
    for order_id in reversed(orders):
        if index % 2:
            cancel(database, customer_id, order_id)
            continue
        with database.writing() as session:
            told += [one.order_id for one in claim_parcels(session, now=datetime.now(UTC), limit=1)]
    return told


def tell_or_cancel_unguarded(database: Database, index: int, customer_id: int, orders: Sequence[int]) -> list[int]:
    """The mutant: gives orders up without looking for their parcels."""
    from portal.orders import cancelling

    guard = vars(cancelling)["stop_parcel"]
    vars(cancelling)["stop_parcel"] = lambda *_: None
    try:
        return tell_or_cancel(database, index, customer_id, orders)
    finally:
        vars(cancelling)["stop_parcel"] = guard


def told_order(database: Database, customer_id: int, key: str) -> int:
    order_id = packed_order(database, customer_id, key)
    with database.writing() as session:
        assert [one.order_id for one in claim_parcels(session, now=datetime.now(UTC))] == [order_id]
    return order_id


def in_two(work: Callable[[Database], None]) -> Callable[[Database], None]:
    """The mutant: the money goes back in a transaction of its own."""

    def done(database: Database) -> None:
        from portal.orders import cancelling

        kept: list[tuple[Any, Any]] = []
        pay_back = vars(cancelling)["_give_back_money"]
        vars(cancelling)["_give_back_money"] = lambda _, *given, **named: kept.append((given, named))
        try:
            work(database)
            for given, named in kept:
                with database.writing() as session:
                    pay_back(session, *given, **named)
        finally:
            vars(cancelling)["_give_back_money"] = pay_back

    return done


def work_of(database: Database, kind: str, customer_id: int, order_id: int) -> Callable[[Database], None]:
    """Bring an order to where the work begins, and give the work."""
    if kind == "wish":
        return lambda given: void(cancel(given, customer_id, order_id))
    cancel(database, customer_id, order_id)
    with database.writing() as session:
        (claimed,) = claim_recalls(session, now=datetime.now(UTC) + LATER)
    answer = Recalled("refused", "SF", "SF1") if kind == "too_late" else Recalled("done")
    work = settling(claimed, answer)
    return in_two(work) if kind == "in_two" else work


def settling(claimed: ClaimedRecall, answer: Recalled) -> Callable[[Database], None]:
    def work(database: Database) -> None:
        with database.writing() as session:
            settle_recall(session, claimed, answer, now=datetime.now(UTC))

    return work


def void(_: object) -> None:
    return


def how_it_stands(database: Database, order_id: int) -> tuple[str, int, list[int]]:
    found = standing(database, order_id)
    return found["status"], found["reserved"], found["refunds"]


def wished(database: Database, order_id: int) -> int:
    """Count the wishes in an order's history."""
    step = Base.metadata.tables["order_step"]
    with database.reading() as session:
        counting = sa.select(sa.func.count()).select_from(step).where(step.c.order_id == order_id, step.c.kind == "stop_asked")
        return session.scalar(counting) or 0


def main(url: str, kind: str) -> None:
    configure_logging(level=logging.CRITICAL)
    database = Database(url)
    with database.writing() as session:
        customer_id: int = session.scalars(sa.select(Base.metadata.tables["customer"].c.customer_id).order_by(sa.text("1"))).all()[0]
        add_stock(session, PHONE.offering_code, MOST_STEPS, now=datetime.now(UTC))
    found: dict[str, Any] = {"steps": 0, "half": [], "not_one": [], "faults": []}
    whole = ENDS["stopped" if kind == "in_two" else kind]
    for last in range(1, MOST_STEPS):
        order_id = told_order(database, customer_id, f"{kind}:{last}")
        work = work_of(database, kind, customer_id, order_id)

        def end(database: Database, last: int = last, work: Callable[[Database], None] = work) -> None:
            Steps(database, last)
            work(database)

        before = how_it_stands(database, order_id)
        ended = in_child(database, end)
        if how_it_stands(database, order_id) not in (before, whole):
            found["half"].append(last)
        work(database)
        if (how_it_stands(database, order_id), wished(database, order_id)) != (whole, 1):
            found["not_one"].append(last)
        with database.reading() as session:
            found["faults"] += [each.what for each in check_books(session)]
        if ended == 0 or (kind == "in_two" and found["half"]):
            found["steps"] = last - 1
            break
        assert ended == -signal.SIGKILL, ended
    database.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
