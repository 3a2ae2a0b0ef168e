"""Loading the demo operator: batches are built in processes of their own and written, in order, by this one."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.base.bulk import BulkWriter
from portal.base.db import Base, Database
from portal.base.errors import N_, Refused
from portal.base.ledger import Posting, post
from portal.billing import operator_account, receivable
from portal.catalog import list_offerings, list_tariffs, load_catalog
from portal.demo.batches import Batch, batch_count, batch_range, build_batch, usage_rows
from portal.demo.bills import open_bills
from portal.demo.calls import Prices
from portal.demo.cast import load_order
from portal.demo.people import Plan
from portal.demo.progress import (
    Progress,
    clear_batch,
    clear_everything,
    end_progress,
    find_progress,
    has_customers,
    note_batch,
    start_progress,
)
from portal.demo.sources import service_rows
from portal.demo.tables import COLUMNS
from portal.demo.trades import opening_lots
from portal.demo.window import dress_window
from portal.points import load_earning_rules, open_purses

WHOLE_FILE = 7_043
MOST_SUBSCRIBERS = 2_000_000  # five rounds through the number segments
FEW_BATCHES = 2  # so few are built here: a process costs more to start

Report = Callable[[int, int], None]
"""Told after each batch: customers loaded, customers in all."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to load. `detail`: how many of the first customers keep every record; None: those of the file's own size."""

    subscribers: int = WHOLE_FILE
    detail: int | None = None
    seed: int = 7
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did. `without_total`: rows of the file (counted from 1, without the heading) that name no total charges."""

    subscribers: int
    detail: int
    seed: int
    started_at: datetime
    resumed: bool
    rows: dict[str, int]
    without_total: tuple[int, ...]


class NotEmpty(Refused):
    """There are customers already, and they are not ours to mix with."""

    code = "not_empty"
    sentence = N_("There are customers in this database. Load with --fresh to replace everything in it.")


def load_demo(
    database: Database, options: Options, *, zone: ZoneInfo, currency: str, fresh: bool = False, now: datetime, report: Report | None = None
) -> Loaded:
    """Fill an empty database, or go on with a load that was killed (with the options and the day it was begun with).

    `fresh` empties the database first. Raises NotEmpty, and Refused for a count that cannot be loaded.
    """
    if not 2 <= options.subscribers <= MOST_SUBSCRIBERS:
        raise Refused(N_("Load 2 to 2,000,000 subscribers."))
    if fresh:
        end_progress(database)
        clear_everything(database)
    begun = find_progress(database)
    if begun is None:
        if has_customers(database):
            raise NotEmpty
        detail = min(options.subscribers, WHOLE_FILE) if options.detail is None else options.detail
        begun = Progress(now, options.subscribers, detail, options.seed, 0)
        start_progress(database, begun)
        resumed = False
    else:
        resumed = True
    plan = _plan(database, begun, zone, currency)
    rows = _write_batches(database, plan, begun.batches_done, options.processes, resumed, report)
    end_progress(database)
    used = load_order()[: plan.subscribers]
    blank = tuple(sorted(row + 1 for row in used if service_rows()[row].total_charges is None))
    return Loaded(plan.subscribers, plan.detail, plan.seed, begun.started_at, resumed, rows, blank)


def _plan(database: Database, begun: Progress, zone: ZoneInfo, currency: str) -> Plan:
    with database.writing() as session:
        load_catalog(session)
        dress_window(session, now=begun.started_at)
        load_earning_rules(session)
        offerings = {offering.code: offering for offering in list_offerings(session)}
        tariffs = {tariff.part: tariff for tariff in list_tariffs(session)}
    data, sms = tariffs["data"], tariffs["sms"]
    return Plan(
        subscribers=begun.subscribers, detail=begun.detail, seed=begun.seed, now=begun.started_at, zone=zone, currency=currency,
        offerings=offerings, prices=Prices(data.price_milli, data.unit_size, sms.price_milli, sms.unit_size),
        rates={part: (tariff.price_milli, tariff.unit_size) for part, tariff in tariffs.items()},
    )  # fmt: skip


def _write_batches(
    database: Database, plan: Plan, first: int, processes: int | None, resumed: bool, report: Report | None
) -> dict[str, int]:
    tables = {name: Base.metadata.tables[name] for name in COLUMNS}
    written = dict.fromkeys(COLUMNS, 0)
    bulk = BulkWriter(database.engine)
    with bulk.large_load(list(tables.values())):
        if resumed and first < batch_count(plan):
            clear_batch(database, plan, first)
        for batch in _built(plan, first, database.is_sqlite, processes):
            for name, columns in COLUMNS.items():
                rows = usage_rows(batch.usage, sqlite=database.is_sqlite) if name == "usage_record" else iter(batch.rows[name])
                written[name] += bulk.write(tables[name], columns, rows)
            with database.writing() as session:
                _open_ledger(session, plan, batch)
                open_purses(session, f"demo:{batch.number}", opening_lots(plan, batch), now=plan.now)
                note_batch(session, batch.number)
            if report:
                report(min(batch_range(plan, batch.number)[1], plan.subscribers), plan.subscribers)
    return written


def _open_ledger(session: Session, plan: Plan, batch: Batch) -> None:
    """Take over into the ledger what is open of the batch's bills: paid ones owe nothing and have no account there."""
    owed = open_bills(batch.rows["bill"])
    if not owed:
        return
    entries = [Posting(receivable(customer, bill, plan.currency), left) for customer, bill, left in owed]
    entries.append(Posting(operator_account("revenue", plan.currency), -sum(left for _, _, left in owed)))
    post(session, f"opening:demo:{batch.number}", entries, now=plan.now)


def _built(plan: Plan, first: int, sqlite: bool, processes: int | None) -> Iterator[Batch]:
    """Yield every batch from `first` on, in order; a few are built ahead, by other processes."""
    numbers = range(first, batch_count(plan))
    count = min(2, os.cpu_count() or 1) if processes is None else processes
    if count == 0 or (processes is None and len(numbers) <= FEW_BATCHES):
        yield from (build_batch(plan, number, sqlite=sqlite) for number in numbers)
        return
    spawn = multiprocessing.get_context("spawn")  # a fork would share our open connections
    with ProcessPoolExecutor(count, mp_context=spawn, initializer=_prepare, initargs=(plan, sqlite)) as pool:
        ahead: deque[Future[Batch]] = deque()
        for number in numbers:
            ahead.append(pool.submit(_build, number))
            if len(ahead) > count:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


_prepared: list[tuple[Plan, bool]] = []


def _prepare(plan: Plan, sqlite: bool) -> None:
    _prepared[:] = [(plan, sqlite)]


def _build(number: int) -> Batch:
    plan, sqlite = _prepared[0]
    return build_batch(plan, number, sqlite=sqlite)
