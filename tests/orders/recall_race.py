"""Processes that tell a carrier of parcels while others give their orders up; and a `kill -9` at every step of what follows.

`python -m tests.orders.recall_race URL KIND` does the killing, as saga.py: of the wish (`wish`), of what the carrier's answer does
(`stopped`, `too_late`), and of the mutant `in_two`, which gives the stock back in one transaction and the money in another.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

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
from tests.orders.ending import MOST_STEPS, Work, kill_at_every_step
from tests.orders.saga import standing
from tests.orders.shop import PHONE, PHONE_PRICE

HOME = Delivery("Li", "13800000000", "Hangzhou")
LATER = timedelta(seconds=61)
ENDS: dict[str, tuple[str, int, list[int], int]] = {
    "wish": ("reserved", 1, [], 1), "stopped": ("cancelled", 0, [PHONE_PRICE], 1), "too_late": ("shipped", 1, [], 1),
}  # fmt: skip
"""What an order comes to: its state, its stock, its refunds, and the wishes in its history."""


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


def work_of(database: Database, kind: str, customer_id: int, order_id: int) -> Work:
    """Bring an order to where the work begins, and give the work."""
    if kind == "wish":
        return lambda given: void(cancel(given, customer_id, order_id))
    cancel(database, customer_id, order_id)
    with database.writing() as session:
        (claimed,) = claim_recalls(session, now=datetime.now(UTC) + LATER)
    answer = Recalled("refused", "SF", "SF1") if kind == "too_late" else Recalled("done")
    return settling(claimed, answer)


def settling(claimed: ClaimedRecall, answer: Recalled) -> Work:
    def work(database: Database) -> None:
        with database.writing() as session:
            settle_recall(session, claimed, answer, now=datetime.now(UTC))

    return work


def void(_: object) -> None:
    return


def how_it_stands(database: Database, order_id: int) -> tuple[str, int, list[int], int]:
    found, step = standing(database, order_id), Base.metadata.tables["order_step"]
    with database.reading() as session:
        counting = sa.select(sa.func.count()).select_from(step).where(step.c.order_id == order_id, step.c.kind == "stop_asked")
        return found["status"], found["reserved"], found["refunds"], session.scalar(counting) or 0


def main(url: str, kind: str) -> None:
    configure_logging(level=logging.CRITICAL)
    database = Database(url)
    with database.writing() as session:
        customer_id: int = session.scalars(sa.select(Base.metadata.tables["customer"].c.customer_id).order_by(sa.text("1"))).all()[0]
        add_stock(session, PHONE.offering_code, MOST_STEPS, now=datetime.now(UTC))

    def prepare(last: int) -> tuple[int, Work]:
        order_id = told_order(database, customer_id, f"{kind}:{last}")
        return order_id, work_of(database, kind, customer_id, order_id)

    apart = kind == "in_two"
    found = kill_at_every_step(database, prepare, how_it_stands, ENDS["stopped" if apart else kind], apart=apart)
    database.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
