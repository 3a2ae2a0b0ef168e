"""Kills an order's compensation with `kill -9` at its kth step, for every k, and looks at what is left; then it is done again.

An order for a phone and a service was paid, and the billing system refuses the service: the order is given up, its stock and
its money go back. A process of its own (`python -m tests.orders.saga URL KIND`); the loop is in ending.py. The mutant, KIND
`in_two`, gives the stock back in one transaction and the money in another.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.logs import configure_logging
from portal.catalog import STANDARD, add_stock
from portal.orders import (
    Answer,
    ClaimedProvision,
    PricedOrder,
    claim_provisions,
    mark_paid,
    place_priced,
    request_payment,
    settle_provision,
)
from portal.payments import Notice, receive_notice
from tests.orders.ending import MOST_STEPS, Work, kill_at_every_step
from tests.orders.shop import ADD_ON, PHONE, PHONE_PRICE

WHOLE = {"status": "cancelled", "reserved": 0, "refunds": [PHONE_PRICE], "work": 0, "provision": "failed", "cancelled": 1}


def paid_order(database: Database, customer_id: int, line: int, key: str) -> ClaimedProvision:
    """Place and pay an order, and give what the billing system is asked about it."""
    from dataclasses import replace

    now = datetime.now(UTC)
    items = (PHONE, replace(ADD_ON, subscription_id=line))
    new = PricedOrder(customer_id, items, STANDARD, "CNY", "web", key, payment="online", pay_by=now + timedelta(hours=1), actor="party:1")
    with database.writing() as session:
        order_id = place_priced(session, new, now=now).order_id
        payment = request_payment(session, customer_id, order_id, now=now)
        receive_notice(session, "sandbox", Notice(key, "paid", payment.merchant_ref, PHONE_PRICE, "CNY", now), now=now)
        mark_paid(session, customer_id, order_id, PHONE_PRICE, actor="system", now=now)
    with database.writing() as session:
        (claimed,) = claim_provisions(session, now=datetime.now(UTC))
    return claimed


def refuse(database: Database, claimed: ClaimedProvision) -> None:
    with database.writing() as session:
        settle_provision(session, claimed, Answer("refused", error="no"), now=datetime.now(UTC))


def standing(database: Database, order_id: int) -> Mapping[str, Any]:
    """Say where an order stands in every book."""
    names = ("customer_order", "stock_claim", "payment_refund", "order_work", "order_provision", "order_step")
    order, claim, refund, work, provision, step = (Base.metadata.tables[name] for name in names)
    with database.reading() as session:

        def number(table: sa.Table, *rules: sa.ColumnElement[bool]) -> int:
            return session.scalar(sa.select(sa.func.count()).select_from(table).where(*rules)) or 0

        amounts = sa.select(refund.c.amount_minor).where(refund.c.refund_ref.like(f"order:{order_id}:%"))
        return {
            "status": session.scalar(sa.select(order.c.status).where(order.c.id == order_id)),
            "reserved": number(claim, claim.c.holder.like(f"order:{order_id}:%")),
            "refunds": list(session.scalars(amounts)),
            "work": number(work, work.c.order_id == order_id),
            "provision": session.scalar(sa.select(provision.c.status).where(provision.c.order_id == order_id)),
            "cancelled": number(step, step.c.order_id == order_id, step.c.kind == "cancelled"),
        }


def main(url: str, kind: str) -> None:
    configure_logging(level=logging.CRITICAL)
    database = Database(url)
    line = Base.metadata.tables["subscription"]
    with database.writing() as session:
        customer_id, line_id = session.execute(sa.select(line.c.customer_id, line.c.id).order_by(line.c.customer_id, line.c.id)).all()[0]
        add_stock(session, PHONE.offering_code, MOST_STEPS, now=datetime.now(UTC))

    def prepare(last: int) -> tuple[int, Work]:
        claimed = paid_order(database, customer_id, line_id, f"{kind}:{last}")
        return claimed.order_id, lambda given: refuse(given, claimed)

    found = kill_at_every_step(database, prepare, standing, WHOLE, apart=kind == "in_two")
    database.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
