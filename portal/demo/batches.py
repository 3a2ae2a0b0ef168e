"""A batch of customers, built in a process of its own: lists of rows, and usage records as columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from portal.base.ids import EPOCH_MS, RANDOM_BITS
from portal.demo.bills import add_bills, add_buckets, add_usage_sums
from portal.demo.calls import CONTACTS, PART_LIST
from portal.demo.cast import make_any
from portal.demo.months import Month, make_months
from portal.demo.people import Made, Plan
from portal.demo.tables import Forms, Row, Rows, add_customer, new_rows
from portal.demo.timeline import add_timeline

BATCH_SIZE = 500
DAY_SECONDS = 86_400

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Customers `first` to `last - 1`. `usage` are the columns of usage_record as numbers: small to hand over."""

    number: int
    rows: Rows
    usage: tuple[Ints, ...]


def batch_count(plan: Plan) -> int:
    """Give how many batches a load has; the last holds the enterprise."""
    return -(-(plan.subscribers + 1) // BATCH_SIZE)


def batch_range(plan: Plan, number: int) -> tuple[int, int]:
    """Give the customers of a batch: (the first, the one after the last)."""
    return number * BATCH_SIZE, min((number + 1) * BATCH_SIZE, plan.subscribers + 1)


def build_batch(plan: Plan, number: int, *, sqlite: bool) -> Batch:
    """Build everything about the customers of one batch. The same plan and number give the same rows."""
    forms = Forms(sqlite=sqlite, zone=plan.zone)
    rows = new_rows()
    usage: list[tuple[Ints, ...]] = []
    for index in range(*batch_range(plan, number)):
        made = make_any(plan, index)
        months = make_months(plan, made)
        add_customer(rows, made, plan.currency, forms)
        if made.detail:
            add_usage_sums(rows, made, months)
            usage += _columns(made, months)
        if months and months[0].start == plan.month:
            add_buckets(rows, plan, made, months[0])
        add_timeline(rows, plan, made, add_bills(rows, plan, made, months), forms)
    rows["search_key"].sort()  # the table is kept in this order; neighbours are cheap to insert
    columns = tuple(np.concatenate(parts) for parts in zip(*usage, strict=True)) if usage else ()
    return Batch(number, rows, columns)


def _columns(made: Made, months: list[Month]) -> Iterator[tuple[Ints, ...]]:
    """Yield (customer, line, id, at, part, other, quantity, tariff, charge) of each month's records, older month first."""
    taken = 0
    for month in reversed(months):
        for places, found in month.records:
            lines = np.array([made.lines[place].id for place in places], dtype=np.int64)
            count = len(found.at)
            numbers = np.arange(taken, taken + count, dtype=np.int64)
            taken += count
            ids = (found.at * 1000 - EPOCH_MS) << RANDOM_BITS | numbers
            customer = np.full(count, made.id, dtype=np.int64)
            order = np.lexsort((ids, lines[found.line]))  # the order of the primary key
            columns = (customer, lines[found.line], ids, found.at, found.part, found.other, found.quantity, found.tariff, found.charge)
            yield tuple(column[order] for column in columns)


_PREFIXES = ("130", "131", "133", "135", "136", "137", "138", "139", "150", "151", "153", "157", "158", "159", "177", "180", "186", "189")
_COUNTRIES = ("+1", "+44", "+81", "+82", "+49", "+61", "+852", "+65")
_CONTACTS = [f"{_PREFIXES[number * 7 % len(_PREFIXES)]}****{number * 7919 % 10_000:04d}" for number in range(CONTACTS)]
_ABROAD = [f"{_COUNTRIES[number * 5 % len(_COUNTRIES)]}******{number * 6133 % 1000:03d}" for number in range(CONTACTS)]


def usage_rows(columns: tuple[Ints, ...], *, sqlite: bool) -> Iterator[Row]:
    """Turn the columns of a batch into rows of usage_record, moments as the engine takes them."""
    if not columns:
        return iter(())
    customer, line, ids, at, part, other, quantity, tariff, charge = columns
    first_day = int(at.min()) // DAY_SECONDS
    ending = ".000000" if sqlite else "+00"
    days = [
        datetime.fromtimestamp(day * DAY_SECONDS, UTC).strftime("%Y-%m-%d ") for day in range(first_day, int(at.max()) // DAY_SECONDS + 1)
    ]
    clock = _clock(ending)
    moments = [
        days[day] + clock[second] for day, second in zip((at // DAY_SECONDS - first_day).tolist(), (at % DAY_SECONDS).tolist(), strict=True)
    ]
    parts = [PART_LIST[code] for code in part.tolist()]
    abroad = PART_LIST.index("international")
    others = [
        None if contact < 0 else _ABROAD[contact] if code == abroad else _CONTACTS[contact]
        for contact, code in zip(other.tolist(), part.tolist(), strict=True)
    ]
    return zip(
        customer.tolist(),
        line.tolist(),
        ids.tolist(),
        moments,
        parts,
        others,
        quantity.tolist(),
        tariff.tolist(),
        charge.tolist(),
        strict=True,
    )


_clocks: dict[str, list[str]] = {}


def _clock(ending: str) -> list[str]:
    """Give every second of a day as text, made once."""
    if ending not in _clocks:
        _clocks[ending] = [f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}{ending}" for second in range(DAY_SECONDS)]
    return _clocks[ending]
