"""Kills a redemption with `kill -9` at its kth step, for every k, and looks at what is left; then the same for ending an order.

A process of its own (`python -m tests.orders.killing URL KIND`) forks a child for each k; a step is the moment before or
after any statement or commit (tests/events/killing.py). It prints, as JSON, after how many steps the work was through,
after which of them something stood half done, and where sending the request again did not lead to exactly one order.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from portal.base.books import check_books
from portal.base.db import Base, Database
from portal.base.logs import configure_logging
from portal.catalog import add_stock
from portal.orders import Placed, cancel_order, fulfil_order, place_order
from portal.points import check_points, earn_points
from tests.events.killing import Steps, in_child
from tests.orders.race import GIFT, PRICE, redemption

MOST_STEPS = 200
WRITTEN = {
    "customer_order": 1, "order_item": 1, "order_step": 2, "order_work": 1, "points_hold": 1, "points_lot_use": 1, "ledger_movement": 1,
    "ledger_entry": 2, "interaction": 1, "outbox_event": 1, "stock_claim": 1, "stock_unit": -1,
}  # fmt: skip
"""How many rows of each table a redemption adds: these, or none at all."""
Work = Callable[[Database], None]


def counts(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {name: session.scalar(sa.select(sa.func.count()).select_from(Base.metadata.tables[name])) or 0 for name in WRITTEN}


def placing(customer_id: int, key: str, last: int | None = None) -> Work:
    def work(database: Database) -> None:
        Steps(database, last)
        place(database, customer_id, key)

    return work


def place(database: Database, customer_id: int, key: str) -> Placed:
    with database.writing() as session:
        return place_order(session, redemption(customer_id, key), now=datetime.now(UTC))


def place_in_two(database: Database, customer_id: int, key: str) -> None:
    """The mutant: takes the points in one transaction, and the piece in another."""
    from portal.orders import placing as module

    kept: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    claim = vars(module)["claim_stock"]
    vars(module)["is_redemption"] = lambda *_: False
    vars(module)["claim_stock"] = lambda _, *given, **named: kept.append((given, named))
    with database.writing() as session:
        place_order(session, redemption(customer_id, key), now=datetime.now(UTC))
    for given, named in kept:
        with database.writing() as session:
            claim(session, *given, **named)


def placing_in_two(customer_id: int, key: str, last: int | None = None) -> Work:
    def work(database: Database) -> None:
        Steps(database, last)
        place_in_two(database, customer_id, key)

    return work


def kill_placing(database: Database, customer_id: int, how: Callable[..., Work]) -> dict[str, Any]:
    """Place an order for each k, killed at step k; then send the same again."""
    found: dict[str, Any] = {"steps": 0, "stood": 0, "half": [], "not_one": [], "faults": []}
    for last in range(1, MOST_STEPS):
        before = counts(database)
        ended = in_child(database, how(customer_id, f"kill:{last}", last))
        after = counts(database)
        added = {name: after[name] - before[name] for name in WRITTEN}
        found["stood"] += added == WRITTEN
        if added != WRITTEN and any(added.values()):
            found["half"].append(last)
        place(database, customer_id, f"kill:{last}")
        now = counts(database)
        if {name: now[name] - before[name] for name in WRITTEN} != WRITTEN:
            found["not_one"].append(last)
        note_faults(database, found)
        if ended == 0 or (how is not placing and found["half"]):
            found["steps"] = last - 1
            return found
        assert ended == -signal.SIGKILL, ended
    raise AssertionError("the redemption never came to its end")


def kill_ending(database: Database, customer_id: int, verb: str) -> dict[str, Any]:
    """Fulfil or cancel an order for each k, killed at step k; then do it again."""
    found: dict[str, Any] = {"steps": 0, "half": [], "not_one": [], "faults": []}
    for last in range(1, MOST_STEPS):
        order_id = place(database, customer_id, f"{verb}:{last}").order_id

        def end(database: Database, last: int | None = last, order_id: int = order_id) -> None:
            if last is not None:
                Steps(database, last)
            with database.writing() as session:
                if verb == "fulfil":
                    fulfil_order(session, order_id, actor="staff:1", now=datetime.now(UTC), customer_id=customer_id)
                else:
                    cancel_order(session, customer_id, order_id, actor="staff:1", reason="test", now=datetime.now(UTC))

        before = standing(database, order_id)
        ended = in_child(database, end)
        after = standing(database, order_id)
        end(database, None)
        whole = standing(database, order_id)
        if after not in (before, whole):
            found["half"].append(last)
        if whole != ENDED[verb]:
            found["not_one"].append(last)
        note_faults(database, found)
        if ended == 0:
            found["steps"] = last - 1
            return found
        assert ended == -signal.SIGKILL, ended
    raise AssertionError("the step never came to its end")


ENDED: Mapping[str, Mapping[str, Any]] = {
    "fulfil": {"status": "completed", "hold": "spent", "reserved": 0, "used": 1, "work": 0, "steps": 3, "told": 2, "emitted": 2},
    "cancel": {"status": "cancelled", "hold": "released", "reserved": 0, "used": 0, "work": 0, "steps": 3, "told": 2, "emitted": 2},
}


def standing(database: Database, order_id: int) -> dict[str, Any]:
    """Say where an order stands in every book."""
    tables = Base.metadata.tables
    order, hold, claim, step, work = (tables[each] for each in ("customer_order", "points_hold", "stock_claim", "order_step", "order_work"))
    told, emitted = tables["interaction"], tables["outbox_event"]
    with database.reading() as session:
        reference = session.scalar(sa.select(order.c.reference).where(order.c.id == order_id))

        def number(table: sa.Table, *rules: sa.ColumnElement[bool]) -> int:
            return session.scalar(sa.select(sa.func.count()).select_from(table).where(*rules)) or 0

        mine = claim.c.holder.like(f"order:{order_id}:%")
        return {
            "status": session.scalar(sa.select(order.c.status).where(order.c.id == order_id)),
            "hold": session.scalar(sa.select(hold.c.status).where(hold.c.reference == f"order:{order_id}")),
            "reserved": number(claim, mine, claim.c.used_at.is_(None)),
            "used": number(claim, mine, claim.c.used_at.is_not(None)),
            "work": number(work, work.c.order_id == order_id),
            "steps": number(step, step.c.order_id == order_id),
            "told": sum(row.get("reference") == reference for row in session.scalars(sa.select(told.c.params))),
            "emitted": number(emitted, emitted.c.aggregate == f"order:{order_id}"),
        }


def note_faults(database: Database, found: dict[str, Any]) -> None:
    with database.reading() as session:
        found["faults"] += [each.what for each in (*check_books(session), *check_points(session))]


def main(url: str, kind: str) -> None:
    configure_logging(level=logging.CRITICAL)
    database = Database(url)
    with database.writing() as session:
        customer_id: int = session.scalars(sa.select(Base.metadata.tables["customer"].c.customer_id).order_by(sa.text("1"))).all()[0]
        add_stock(session, GIFT, MOST_STEPS * 2, now=datetime.now(UTC))
        points = PRICE * MOST_STEPS * 2
        earn_points(
            session, customer_id, points, purse="channel", reason="grant", reference="g", expires_on=date(2030, 1, 1), now=datetime.now(UTC)
        )
    place(database, customer_id, "first")  # opens the accounts
    hows = {"place": placing, "in_two": placing_in_two}
    found = kill_placing(database, customer_id, hows[kind]) if kind in hows else kill_ending(database, customer_id, kind)
    database.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
