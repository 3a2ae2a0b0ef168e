"""A customer's bills, sums and allowances, from their months."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.base.clock import day_start, next_month
from portal.base.ids import id_at
from portal.billing import ALLOWANCES, DRAWS_ON, PART_NAMES, PARTS, due_day
from portal.demo.months import Month
from portal.demo.people import ID_BITS, SLOT_PARTY, Made, Plan
from portal.demo.tables import Row, Rows, cached_document

COLLECTED_ON_DAY = 5
AUTOMATIC = ("bank_transfer", "credit_card")
LATE_SHARE, LEAVERS_PAY_SHARE = 0.04, 0.75


@dataclass(frozen=True, slots=True)
class Paid:
    """A bill and when it was paid; None: it is open."""

    id: int
    month: date
    issued_on: date
    due_on: date
    total_minor: int
    paid_at: datetime | None


def add_usage_sums(rows: Rows, made: Made, months: Sequence[Month]) -> None:
    """Add what each line used of each part in each month. Kept in detail only."""
    rows["usage_total"] += [
        (made.id, made.lines[place].id, month.start.isoformat(), part, found.count, found.quantity, found.tariff_minor, found.charge_minor)
        for month in months
        for (place, part), found in month.sums.items()
    ]


def add_buckets(rows: Rows, plan: Plan, made: Made, running: Month) -> None:
    """Add the allowances of the running month and how much of each is used."""
    start, end = plan.month.isoformat(), next_month(plan.month).isoformat()
    for place, line in enumerate(made.lines):
        for kind in ALLOWANCES:
            allowance = line.allowance(kind)
            if allowance:
                used = sum(running.sums[place, part].quantity for part in PARTS if DRAWS_ON[part] == kind and (place, part) in running.sums)
                rows["bucket"].append((made.id, line.id, kind, start, end, allowance, used))


def add_bills(rows: Rows, plan: Plan, made: Made, months: Sequence[Month]) -> list[Paid]:
    """Add a bill for each month that is over, and its items; give the bills, newest first."""
    draw = random.Random((plan.seed << 32 | made.index) ^ 0xB111 << 64)
    bills = []
    for back, month in enumerate((month for month in months if month.start < plan.month), 1):
        issued_on = next_month(month.start)
        bill_id = id_at(day_start(issued_on, plan.zone), made.index & (1 << ID_BITS) - 1)
        items = _items(made, month)
        total = sum(amount for *_, amount in items)
        paid_at = _paid_at(plan, made, issued_on, back, draw)
        rows["bill"].append(
            (
                made.id, bill_id, made.id | SLOT_PARTY, month.start.isoformat(), issued_on.isoformat(), issued_on.isoformat(),
                due_day(issued_on).isoformat(), plan.currency, total, total if paid_at else 0,
            )
        )  # fmt: skip
        rows["bill_item"] += [(made.id, bill_id, place, *item) for place, item in enumerate(items, 1)]
        bills.append(Paid(bill_id, month.start, issued_on, due_day(issued_on), total, paid_at))
    return bills


_part_names: Mapping[str, str] = {part: cached_document(name) for part, name in PART_NAMES.items()}


def _items(made: Made, month: Month) -> list[tuple[str, int, str, int | None, int | None, str | None, int]]:
    """Give (kind, line, name, count, quantity, part, amount): every fee, and usage by part; without detail, what was charged."""
    items: list[tuple[str, int, str, int | None, int | None, str | None, int]] = [
        ("fee", line.id, cached_document(sold.offering.name), None, None, None, sold.price_minor)
        for line in made.lines
        for sold in line.products
    ]
    for place, line in enumerate(made.lines):
        for part in PARTS:
            found = month.sums.get((place, part))
            if found is not None and (made.detail or found.charge_minor):
                items.append(("usage", line.id, _part_names[part], found.count, found.quantity, part, found.charge_minor))
    return items


def _paid_at(plan: Plan, made: Made, issued_on: date, back: int, draw: random.Random) -> datetime | None:
    """Say when a bill was paid: collected on the 5th, or brought some day; some forget the last but one, leavers the last."""
    luck, days, seconds = draw.random(), draw.randint(2, 33), draw.randint(8 * 3600, 21 * 3600)
    if made.owes_last_bill is not None:
        if made.owes_last_bill and back == 1:
            return None
        days = COLLECTED_ON_DAY - 1
    elif made.payment_method in AUTOMATIC:
        days = COLLECTED_ON_DAY - 1
    elif (made.left_on and back == 1 and luck > LEAVERS_PAY_SHARE) or (back == 2 and luck < LATE_SHARE):
        return None
    at = day_start(issued_on, plan.zone) + timedelta(days=days, seconds=seconds)
    return at if at <= plan.now else None


def open_bills(rows: Sequence[Row]) -> list[tuple[int, int, int]]:
    """Give (customer, bill, what is left) of rows of the table bill that are not paid, for the ledger."""
    return [(int(str(row[0])), int(str(row[1])), int(str(row[8])) - int(str(row[9]))) for row in rows if row[8] != row[9]]
