"""Usage of the running month: meters of the allowances, and what was used beyond them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.billing.models import Bucket, UsageTotal
from portal.billing.words import ALLOWANCES, PARTS, UNITS, Unit
from portal.customers import Viewer

NEAR_PERCENT = 80
State = Literal["normal", "near", "over"]


@dataclass(frozen=True, slots=True)
class Meter:
    """One allowance of one line. `name` is a message id; quantities are in `unit`; `percent` stops at 100."""

    kind: str
    name: str
    unit: Unit
    used: int
    allowance: int
    left: int
    percent: int
    state: State
    renews_on: date


@dataclass(frozen=True, slots=True)
class PartUsage:
    """What a line used in one part this month. `name` is a message id; `charge_minor` is what went beyond allowances."""

    part: str
    name: str
    unit: Unit
    count: int
    quantity: int
    charge_minor: int


@dataclass(frozen=True, slots=True)
class LineUsage:
    """One line's month so far. Which number and device it is, the lines card says."""

    subscription_id: int
    meters: tuple[Meter, ...]
    parts: tuple[PartUsage, ...]
    charge_minor: int


@dataclass(frozen=True, slots=True)
class UsageCard:
    """All lines in sight. `current` is false when the newest month on record has ended: shown as old, not as nothing."""

    lines: tuple[LineUsage, ...]
    charge_minor: int
    cycle_start: date | None
    renews_on: date | None
    current: bool

    def of_line(self, subscription_id: int) -> LineUsage | None:
        """Give one line's usage, or None when it has none on record."""
        return next((line for line in self.lines if line.subscription_id == subscription_id), None)


_bucket_cycle = (
    sa.select(sa.func.max(Bucket.cycle_start))
    .where(Bucket.customer_id == sa.bindparam("customer"), Bucket.cycle_start <= sa.bindparam("today"))
    .scalar_subquery()
)
_month = (
    sa.select(
        sa.literal(True).label("is_bucket"), Bucket.subscription_id, Bucket.kind.label("name"), Bucket.cycle_start, Bucket.cycle_end,
        Bucket.allowance, Bucket.used, sa.null().label("count"), sa.null().label("charge_minor"),
    )
    .where(Bucket.customer_id == sa.bindparam("customer"), Bucket.cycle_start == _bucket_cycle)
    .union_all(
        sa.select(
            sa.literal(False), UsageTotal.subscription_id, UsageTotal.part, UsageTotal.cycle_start, sa.null(),
            sa.null(), UsageTotal.quantity, UsageTotal.count, UsageTotal.charge_minor,
        ).where(
            UsageTotal.customer_id == sa.bindparam("customer"),
            UsageTotal.cycle_start == sa.func.coalesce(_bucket_cycle, sa.bindparam("this_month", type_=sa.Date())),
        )
    )
)  # fmt: skip
"""Allowances and totals of the running month; where there are no allowances, of the calendar's."""


def usage_card(session: Session, viewer: Viewer, *, now: datetime) -> UsageCard:
    """Give the month so far of every line the viewer sees. One statement."""
    day = today(now)
    params = {"customer": viewer.customer_id, "today": day, "this_month": day.replace(day=1)}
    by_line: dict[int, tuple[list[Any], list[Any]]] = {}
    cycle = renews_on = None
    for row in session.connection().execute(_month, params):
        if viewer.sees_line(row.subscription_id):
            cycle, renews_on = row.cycle_start, row.cycle_end or renews_on
            by_line.setdefault(row.subscription_id, ([], []))[0 if row.is_bucket else 1].append(row)
    lines = tuple(_line(line, found, parts) for line, (found, parts) in sorted(by_line.items()))
    return UsageCard(
        lines=lines,
        charge_minor=sum(line.charge_minor for line in lines),
        cycle_start=cycle,
        renews_on=renews_on,
        current=renews_on is not None and renews_on > day,
    )


def _line(subscription_id: int, buckets: Sequence[Any], totals: Sequence[Any]) -> LineUsage:
    by_kind = {row.name: row for row in buckets}
    by_part = {row.name: row for row in totals}
    meters = tuple(_meter(kind, by_kind[kind]) for kind in ALLOWANCES if kind in by_kind)
    parts = tuple(
        PartUsage(part, PARTS[part], UNITS[part], row.count, row.used, row.charge_minor)
        for part in PARTS
        if (row := by_part.get(part)) is not None
    )
    return LineUsage(subscription_id, meters, parts, sum(part.charge_minor for part in parts))


def _meter(kind: str, row: Any) -> Meter:
    name, unit = ALLOWANCES[kind]
    return Meter(
        kind=kind,
        name=name,
        unit=unit,
        used=row.used,
        allowance=row.allowance,
        left=max(row.allowance - row.used, 0),
        percent=percent_used(row.used, row.allowance),
        state=meter_state(row.used, row.allowance),
        renews_on=row.cycle_end,
    )


def percent_used(used: int, allowance: int) -> int:
    """Give how much of an allowance is used, in whole per cent, 0 to 100, never rounded up to 100."""
    return 100 if used >= allowance else used * 100 // allowance


def meter_state(used: int, allowance: int) -> State:
    """Say how an allowance stands: `near` from 80 %, `over` once nothing is left."""
    if used >= allowance:
        return "over"
    return "near" if used * 100 >= allowance * NEAR_PERCENT else "normal"
