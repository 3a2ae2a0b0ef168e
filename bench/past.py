"""Past orders: millions of them, with their items and payments, written by SQL as the pipeline leaves completed ones behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bench.crowd import CABLE, EARPHONES, Staff, add_people, furnish, launch_fifty
from bench.house import House, opened
from bench.loader import LoadError, run_flask
from bench.runs import Run
from bench.sets import LOADED, BenchError, DataSet, say
from portal.base.db import Database

_BITE = 250_000
_DAYS = 700
"""Over so many days they lie."""
_ID = "(CAST(n AS bigint) << 21)"
_SERIES = "FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n"
_WHO, _WHEN = "1 + n % CAST(:people AS bigint)", "CAST(:now AS timestamptz) - ((n % :days) + 1) * interval '1 day'"
_orders = sa.text(
    "INSERT INTO customer_order (customer_id, id, key, fingerprint, reference, status, channel, party_id, currency, total_minor,"
    " total_points, delivery, placed_at, ended_at, price_list, payment, pay_by, paid_minor, discount_minor, tax_minor, promotion)"
    f" SELECT {_WHO}, {_ID}, 'past-' || n, encode(sha256(convert_to('p' || n, 'UTF8')), 'hex'), 'P' || n, 'completed', 'web', {_WHO},"
    " 'CNY', 43800, 0, CAST(:home AS json), "
    f"{_WHEN}, {_WHEN}, 'standard', 'online', {_WHEN}, 43800, 500, 4900, CAST(:promotion AS json) {_SERIES}"
)
_items = sa.text(
    "INSERT INTO order_item (customer_id, order_id, position, offering_code, name, fulfilment, quantity, price_minor, price_points,"
    " offering_version, tax_minor, terms)"
    f" SELECT {_WHO}, {_ID}, place, CASE place WHEN 1 THEN :one ELSE :other END, CAST(:name AS json), 'goods', 1,"
    " CASE place WHEN 1 THEN 39900 ELSE 3900 END, 0, 1, 450, CAST(:terms AS json)"
    f" {_SERIES} CROSS JOIN generate_series(1, 2) place ORDER BY n, place"  # an order's items lie beside each other
)
_payments = sa.text(
    "INSERT INTO payment (id, provider, merchant_ref, customer_id, subject, description, amount_minor, currency, status,"
    " provider_ref, captured_minor, created_at, expires_at, paid_at)"
    f" SELECT {_ID}, 'sandbox', 'past-' || n, {_WHO}, 'order:' || {_ID}, 'P' || n, 43800, 'CNY', 'paid', 'S' || n, 43800,"
    f" {_WHEN}, {_WHEN}, {_WHEN} {_SERIES}"
)
_steps = sa.text(
    "INSERT INTO order_step (customer_id, order_id, number, kind, at, actor)"
    f" SELECT {_WHO}, {_ID}, 1, 'completed', {_WHEN}, 'system' {_SERIES}"
)
_unchecked = sa.text("SET LOCAL session_replication_role = replica")
_TABLES = "customer_order, order_item, order_step, payment, customer, party, account, subscription, product"


@contextmanager
def with_past(run: Run, orders: int, people: int) -> Iterator[tuple[House, Staff]]:
    """Give a house with so many past orders and customers and 50 campaigns; what was written once is kept for the next run."""
    data = _written(run, orders, people)
    now = datetime.now(UTC)
    with opened(data) as house:
        staff = furnish(house, now)
        launch_fifty(house, staff, now)
        yield house, staff


def _written(run: Run, orders: int, people: int) -> DataSet:
    made, kept = _stamp(orders, people), run.sets.standing(run.db, people, name=f"orders_{orders}_{people}")
    if not run.sets.fresh and kept is not None and _noted(kept) == made:
        try:
            run_flask(kept.environment(), "setup")  # tables may have changed meanwhile
        except LoadError as error:
            raise BenchError(str(error)) from None
        return kept
    data = run.sets.blank(run.db, people, name=f"orders_{orders}_{people}")
    say(f"writing {people:,} customers and {orders:,} past orders …")
    now = datetime.now(UTC)
    with opened(data) as house:
        furnish(house, now)
        add_people(house.parts.db, people, now)
        _write(house.parts.db, orders, people, now)
    (data.instance / LOADED).write_text(json.dumps({"stamp": made}), "utf-8")
    return data


def _write(database: Database, orders: int, people: int, now: datetime) -> None:
    words = json.dumps({"zh": "无线耳机", "en": "Wireless earphones"}, ensure_ascii=False)
    values = {
        "people": people, "days": _DAYS, "now": now - timedelta(days=1), "one": EARPHONES, "other": CABLE, "name": words,
        "home": json.dumps({"name": "王爱丽", "phone": "13857101234", "address": "杭州市西湖区文三路 90 号"}, ensure_ascii=False),
        "promotion": json.dumps({"uses": False, "coupons": [], "points": 0}), "terms": json.dumps({"return_days": 7}),
    }  # fmt: skip
    for first in range(1, orders + 1, _BITE):
        part = values | {"first": first, "last": min(orders, first + _BITE - 1)}
        with database.writing() as session:
            session.execute(_unchecked)  # half the time would go into looking up what was just written
            for statement in (_orders, _items, _steps, _payments):
                session.execute(statement, {key: part[key] for key in statement.compile().params})
        if first % (_BITE * 8) == 1 and first > 1:
            say(f"  {first - 1:,}")
    with closing(database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")) as connection:
        connection.execute(sa.text(f"VACUUM ANALYZE {_TABLES}"))
        connection.execute(sa.text("CHECKPOINT"))


def _stamp(orders: int, people: int) -> str:
    """Name what was written: how much, and by which statements. Tables that change are carried over by migrations."""
    texts = [str(each) for each in (_orders, _items, _steps, _payments)]
    return hashlib.sha256(repr((orders, people, _DAYS, *texts)).encode()).hexdigest()[:16]


def _noted(data: DataSet) -> str | None:
    note = data.instance / LOADED
    return str(json.loads(note.read_text("utf-8"))["stamp"]) if note.exists() else None
