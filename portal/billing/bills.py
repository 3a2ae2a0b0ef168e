"""Bills as they are read: the card with the last six, and one bill with its items by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import NotFound
from portal.billing.models import Bill, BillItem
from portal.billing.words import PARTS, UNITS, Unit
from portal.customers import Viewer

BILLS_SHOWN = 6
BillState = Literal["paid", "open", "overdue"]


@dataclass(frozen=True, slots=True)
class BillSummary:
    """One bill in a list. `cycle_end` is the first day after it; `open_minor` is what is left to pay."""

    id: int
    cycle_start: date
    cycle_end: date
    issued_on: date
    due_on: date
    currency: str
    total_minor: int
    paid_minor: int
    open_minor: int
    state: BillState


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One month of the picture: the first day of the month, and what it cost."""

    month: date
    total_minor: int


@dataclass(frozen=True, slots=True)
class BillChange:
    """What differs most between the newest bill and the one before. `name` is by language, as billed."""

    name: Mapping[str, str]
    kind: str
    part: str | None
    subscription_id: int | None
    before_minor: int
    after_minor: int
    difference_minor: int


@dataclass(frozen=True, slots=True)
class BillsCard:
    """The last six bills, newest first; `trend` is oldest first. `due_minor` counts every unpaid bill there is."""

    bills: tuple[BillSummary, ...]
    due_minor: int
    due_on: date | None
    due_bill_id: int | None
    overdue: bool
    currency: str | None
    trend: tuple[TrendPoint, ...]
    change: BillChange | None


@dataclass(frozen=True, slots=True)
class BillItemView:
    """One item. Fees have neither part nor quantity; quantities are in `unit`. `name` is by language, as billed."""

    position: int
    kind: str
    name: Mapping[str, str]
    part: str | None
    unit: Unit | None
    count: int | None
    quantity: int | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class BillGroup:
    """All items of one line (None: of the account as a whole), fees apart from usage."""

    subscription_id: int | None
    fees: tuple[BillItemView, ...]
    usage: tuple[BillItemView, ...]
    total_minor: int


@dataclass(frozen=True, slots=True)
class BillView:
    """One bill in full. `previous_id` and `next_id` lead to the neighbouring months."""

    summary: BillSummary
    groups: tuple[BillGroup, ...]
    previous_id: int | None
    next_id: int | None


_columns = (
    Bill.id, Bill.cycle_start, Bill.cycle_end, Bill.issued_on, Bill.due_on, Bill.currency, Bill.total_minor, Bill.paid_minor,
)  # fmt: skip
_customer: sa.BindParameter[int] = sa.bindparam("customer")
_left = Bill.total_minor - Bill.paid_minor
_first_due = (
    sa.select(Bill.id)
    .where(Bill.customer_id == _customer, Bill.paid_minor < Bill.total_minor)
    .order_by(Bill.due_on, Bill.id)
    .limit(1)
    .scalar_subquery()
)
_card = (
    sa.select(
        *_columns,
        sa.func.sum(_left).over().label("due_minor"),
        sa.func.min(sa.case((_left > 0, Bill.due_on))).over().label("first_due_on"),
        _first_due.label("first_due_id"),
    )
    .where(Bill.customer_id == _customer)
    .order_by(Bill.cycle_start.desc(), Bill.id.desc())
    .limit(BILLS_SHOWN)
)
_item_columns = (
    BillItem.bill_id, BillItem.position, BillItem.kind, BillItem.subscription_id, BillItem.name, BillItem.count,
    BillItem.quantity, BillItem.part, BillItem.amount_minor,
)  # fmt: skip
_items_of_two = sa.select(*_item_columns).where(
    BillItem.customer_id == _customer, sa.or_(BillItem.bill_id == sa.bindparam("newer"), BillItem.bill_id == sa.bindparam("older"))
)
_all = sa.select(*_columns).where(Bill.customer_id == _customer).order_by(Bill.cycle_start, Bill.id)
_items = (
    sa.select(*_item_columns).where(BillItem.customer_id == _customer, BillItem.bill_id == sa.bindparam("bill")).order_by(BillItem.position)
)


def bills_card(session: Session, viewer: Viewer, *, now: datetime) -> BillsCard:
    """Give the last six bills, what is due, and what changed most. Two statements; NotFound where money is out of sight."""
    _must_see_money(viewer)
    connection = session.connection()
    rows = connection.execute(_card, {"customer": viewer.customer_id}).all()
    if not rows:
        return BillsCard((), 0, None, None, False, None, (), None)
    bills = tuple(_summary(row, today(now)) for row in rows)
    change = None
    if len(bills) > 1:
        pair = {"customer": viewer.customer_id, "newer": bills[0].id, "older": bills[1].id}
        change = _biggest_change(connection.execute(_items_of_two, pair).all(), bills[0].id)
    due_on = _as_date(rows[0].first_due_on)
    return BillsCard(
        bills=bills,
        due_minor=int(rows[0].due_minor),
        due_on=due_on,
        due_bill_id=rows[0].first_due_id,
        overdue=due_on is not None and due_on < today(now),
        currency=bills[0].currency,
        trend=tuple(TrendPoint(bill.cycle_start, bill.total_minor) for bill in reversed(bills)),
        change=change,
    )


def list_bills(session: Session, viewer: Viewer, *, now: datetime) -> Sequence[BillSummary]:
    """Give every bill on record, newest first. NotFound where money is out of the viewer's sight."""
    _must_see_money(viewer)
    rows = session.connection().execute(_all, {"customer": viewer.customer_id}).all()
    return [_summary(row, today(now)) for row in reversed(rows)]


def get_bill(session: Session, viewer: Viewer, bill_id: int, *, now: datetime) -> BillView:
    """Give one bill with its items by line. NotFound: there is none, it is another customer's, or money is out of sight."""
    summaries = list(list_bills(session, viewer, now=now))
    place = next((index for index, bill in enumerate(summaries) if bill.id == bill_id), None)
    if place is None:
        raise NotFound
    rows = session.connection().execute(_items, {"customer": viewer.customer_id, "bill": bill_id}).all()
    return BillView(
        summary=summaries[place],
        groups=_group(rows),
        previous_id=summaries[place + 1].id if place + 1 < len(summaries) else None,
        next_id=summaries[place - 1].id if place else None,
    )


def _must_see_money(viewer: Viewer) -> None:
    if not viewer.money:
        raise NotFound


def _summary(row: Any, day: date) -> BillSummary:
    left = row.total_minor - row.paid_minor
    state: BillState = "paid" if left <= 0 else "overdue" if row.due_on < day else "open"
    return BillSummary(
        row.id, row.cycle_start, row.cycle_end, row.issued_on, row.due_on, row.currency, row.total_minor, row.paid_minor, left, state
    )


def _as_date(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _biggest_change(rows: Sequence[Any], newest: int) -> BillChange | None:
    amounts: dict[tuple[object, ...], tuple[int, int]] = {}
    shown: dict[tuple[object, ...], Any] = {}
    for row in rows:
        key = (row.kind, row.subscription_id, row.part or tuple(sorted(row.name.items())))
        before, after = amounts.get(key, (0, 0))
        is_new = row.bill_id == newest
        amounts[key] = (before, after + row.amount_minor) if is_new else (before + row.amount_minor, after)
        shown[key] = row
    differing = {key: pair for key, pair in amounts.items() if pair[0] != pair[1]}
    if not differing:
        return None
    biggest = max(differing, key=lambda one: (abs(differing[one][1] - differing[one][0]), repr(one)))
    before, after = differing[biggest]
    row = shown[biggest]
    return BillChange(row.name, row.kind, row.part, row.subscription_id, before, after, after - before)


def _group(rows: Sequence[Any]) -> tuple[BillGroup, ...]:
    by_line: dict[int | None, list[BillItemView]] = {}
    order = list(PARTS)
    for row in rows:
        unit = UNITS[row.part] if row.part else None
        item = BillItemView(row.position, row.kind, row.name, row.part, unit, row.count, row.quantity, row.amount_minor)
        by_line.setdefault(row.subscription_id, []).append(item)
    return tuple(
        BillGroup(
            subscription_id=line,
            fees=tuple(item for item in items if item.kind == "fee"),
            usage=tuple(sorted((item for item in items if item.kind == "usage"), key=lambda item: order.index(item.part or ""))),
            total_minor=sum(item.amount_minor for item in items),
        )
        for line, items in by_line.items()
    )
