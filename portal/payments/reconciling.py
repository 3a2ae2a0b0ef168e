"""The comparison of a day, three ways: the provider's bill, our payments and refunds, and the ledger.

What the bill says was paid and we never heard of is taken in first, as a notification would be. What then does not
agree becomes an item for a person; an item that agrees at a later comparison is settled by that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.clock import day_start
from portal.base.errors import N_
from portal.base.ids import new_id
from portal.base.ledger import LedgerAccount, LedgerEntry, LedgerMovement
from portal.payments.bills import bill, day_of
from portal.payments.ports import Notice, NoticeKind
from portal.payments.receiving import receive_notice
from portal.payments.rows import payment, refund, tables

item = tables["reconciliation_item"]
MOST_ITEMS = 5_000
What = Literal["missing_here", "missing_there", "amount_differs", "not_booked"]
AGREED = N_("It agreed when the day was compared again.")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not agree. Amounts: what they say, what we say."""

    kind: str
    reference: str
    what: What
    theirs_minor: int | None
    ours_minor: int | None


@dataclass(frozen=True, slots=True)
class DayView:
    """What came of a day. `status`: running | even | differs | no_bill. Amounts: what came in less what went back."""

    provider: str
    day: date
    status: str
    lines: int
    matched: int
    theirs_minor: int
    ours_minor: int
    ledger_minor: int
    made_at: datetime


_provider, _day = sa.bindparam("of_provider", type_=sa.String()), sa.bindparam("of_day", type_=bill.c.day.type)
_start, _end = (sa.bindparam(name, type_=payment.c.paid_at.type) for name in ("start", "end"))
_of_day = sa.and_(bill.c.provider == _provider, bill.c.day == _day)
_our_refund = refund.join(payment, sa.and_(payment.c.id == refund.c.payment_id, payment.c.provider == _provider))
_paid_that_day = sa.and_(
    payment.c.provider == _provider, payment.c.paid_at >= _start, payment.c.paid_at < _end, payment.c.captured_minor > 0
)
_refunded_that_day = sa.and_(refund.c.status == "done", refund.c.ended_at >= _start, refund.c.ended_at < _end)


def _booked(prefix: str, reference: Any) -> Any:
    """Give what the ledger has on the provider's account under a reference."""
    return (
        sa.select(sa.func.sum(LedgerEntry.amount))
        .join(LedgerMovement, LedgerMovement.id == LedgerEntry.movement_id)
        .join(LedgerAccount, LedgerAccount.id == LedgerEntry.account_id)
        .where(LedgerMovement.reference == sa.literal(f"{prefix}:") + _provider + ":" + reference)
        .where(LedgerAccount.book == sa.literal("provider:") + _provider)
        .scalar_subquery()
    )


def _billed(kind: str, reference: Any) -> Any:
    return sa.exists().where(bill.c.provider == _provider, bill.c.kind == kind, bill.c.reference == reference)


_ours_there = {
    "payment": sa.select(
        bill, payment.c.id, payment.c.amount_minor.label("asked_minor"), payment.c.captured_minor.label("ours_minor"),
        payment.c.currency.label("our_currency"),
    )
    .select_from(bill.outerjoin(payment, sa.and_(payment.c.provider == bill.c.provider, payment.c.merchant_ref == bill.c.reference)))
    .where(_of_day, bill.c.kind == "payment")
    .where(
        sa.or_(payment.c.id.is_(None), payment.c.captured_minor != bill.c.amount_minor, payment.c.currency != bill.c.currency)
    ),
    "refund": sa.select(
        bill, refund.c.id, refund.c.amount_minor.label("asked_minor"),
        sa.case((refund.c.status == "done", refund.c.amount_minor), else_=0).label("ours_minor"), payment.c.currency.label("our_currency"),
    )
    .select_from(
        bill.outerjoin(refund, refund.c.merchant_ref == bill.c.reference).outerjoin(
            payment, sa.and_(payment.c.id == refund.c.payment_id, payment.c.provider == bill.c.provider)
        )
    )
    .where(_of_day, bill.c.kind == "refund")
    .where(
        sa.or_(
            payment.c.id.is_(None), refund.c.status != "done", refund.c.amount_minor != bill.c.amount_minor,
            payment.c.currency != bill.c.currency,
        )
    ),
}  # fmt: skip
_not_there = {
    "payment": sa.select(payment.c.merchant_ref, payment.c.captured_minor).where(
        _paid_that_day, ~_billed("payment", payment.c.merchant_ref)
    ),
    "refund": sa.select(refund.c.merchant_ref, refund.c.amount_minor)
    .select_from(_our_refund)
    .where(_refunded_that_day, ~_billed("refund", refund.c.merchant_ref)),
}
_in_ledger = {"payment": _booked("payment", payment.c.merchant_ref), "refund": _booked("payment_refund", refund.c.merchant_ref)}
_not_booked = {
    "payment": sa.select(payment.c.merchant_ref, payment.c.captured_minor, _in_ledger["payment"].label("booked")).where(
        _paid_that_day, sa.func.coalesce(_in_ledger["payment"], 0) != payment.c.captured_minor
    ),
    "refund": sa.select(refund.c.merchant_ref, refund.c.amount_minor, _in_ledger["refund"].label("booked"))
    .select_from(_our_refund)
    .where(_refunded_that_day, sa.func.coalesce(_in_ledger["refund"], 0) != -refund.c.amount_minor),
}
_signed = sa.case((bill.c.kind == "payment", bill.c.amount_minor), else_=-bill.c.amount_minor)
_theirs = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_signed), 0)).where(_of_day)
_ours = {
    "payment": sa.select(
        sa.func.coalesce(sa.func.sum(payment.c.captured_minor), 0), sa.func.coalesce(sa.func.sum(_in_ledger["payment"]), 0)
    ).where(_paid_that_day),
    "refund": sa.select(sa.func.coalesce(sa.func.sum(refund.c.amount_minor), 0), sa.func.coalesce(sa.func.sum(_in_ledger["refund"]), 0))
    .select_from(_our_refund)
    .where(_refunded_that_day),
}
_note = (
    sa.update(day_of)
    .where(day_of.c.provider == _provider, day_of.c.day == _day)
    .values(
        {
            name: sa.bindparam(f"to_{name}")
            for name in ("status", "lines", "matched", "theirs_minor", "ours_minor", "ledger_minor", "made_at")
        }
    )
)
_agreed = sa.update(item).where(item.c.provider == _provider, item.c.day == _day, item.c.status == "open")


def compare_day(session: Session, provider: str, day: date, zone: ZoneInfo, *, now: datetime) -> DayView:
    """Compare a day whose bill was put down, note what differs, and give what came of it."""
    values = {"of_provider": provider, "of_day": day, "start": day_start(day, zone), "end": day_start(day + timedelta(days=1), zone)}
    for kind in ("payment", "refund"):
        _take_in(session, provider, kind, values, now)
    found = [each for kind in ("payment", "refund") for each in _differences(session, kind, values)][:MOST_ITEMS]
    _write_items(session, provider, day, found, now)
    connection = session.connection()
    lines, theirs = connection.execute(_theirs, values).one()
    paid, paid_booked = connection.execute(_ours["payment"], values).one()
    back, back_booked = connection.execute(_ours["refund"], values).one()
    wrong_lines = sum(each.what in ("missing_here", "amount_differs") for each in found)
    made = DayView(
        provider, day, "differs" if found else "even", lines, lines - wrong_lines, int(theirs), int(paid) - int(back),
        int(paid_booked) + int(back_booked), now,
    )  # fmt: skip
    names = ("status", "lines", "matched", "theirs_minor", "ours_minor", "ledger_minor", "made_at")
    connection.execute(_note, {"of_provider": provider, "of_day": day} | {f"to_{name}": getattr(made, name) for name in names})
    return made


def _take_in(session: Session, provider: str, kind: str, values: dict[str, Any], now: datetime) -> None:
    """Have the effect of what the bill says and nobody told us."""
    rows = session.connection().execute(_ours_there[kind], values).all()
    for row in rows[:MOST_ITEMS]:
        if row.id is None or row.ours_minor or (row.asked_minor, row.our_currency) != (row.amount_minor, row.currency):
            continue
        said: NoticeKind = "paid" if kind == "payment" else "refunded"
        at = row.occurred_at or values["start"]
        notice = Notice(f"bill:{kind}:{row.reference}", said, row.reference, row.amount_minor, row.currency, at, row.provider_ref)
        receive_notice(session, provider, notice, source="bill", now=now)


def _differences(session: Session, kind: str, values: dict[str, Any]) -> Iterator[Difference]:
    connection = session.connection()
    for row in connection.execute(_ours_there[kind], values).all():
        nothing_here = row.id is None or row.our_currency is None
        what: What = "missing_here" if nothing_here or not row.ours_minor else "amount_differs"
        yield Difference(kind, row.reference, what, row.amount_minor, None if nothing_here else row.ours_minor)
    for reference, amount in connection.execute(_not_there[kind], values).all():
        yield Difference(kind, reference, "missing_there", None, amount)
    for reference, amount, booked in connection.execute(_not_booked[kind], values).all():
        yield Difference(kind, reference, "not_booked", None if booked is None else abs(int(booked)), amount)


def _write_items(session: Session, provider: str, day: date, found: Sequence[Difference], now: datetime) -> None:
    """Put down what differs; what differed before and does no longer is settled by that."""
    connection = session.connection()
    connection.execute(_agreed.values(status="settled", note=AGREED, settled_at=now), {"of_provider": provider, "of_day": day})
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(item)
    statement = statement.on_conflict_do_update(
        index_elements=["provider", "day", "kind", "reference", "what"],
        set_={
            "status": "open",
            "note": None,
            "settled_at": None,
            "theirs_minor": statement.excluded.theirs_minor,
            "ours_minor": statement.excluded.ours_minor,
        },
        where=item.c.settled_by.is_(None),  # what a person settled stays so
    )
    first = new_id(now)  # thousands in one millisecond: drawn one by one, two might be the same
    for place, each in enumerate(found):
        connection.execute(
            statement,
            {
                "id": first + place, "provider": provider, "day": day, "kind": each.kind, "reference": each.reference, "what": each.what,
                "theirs_minor": each.theirs_minor, "ours_minor": each.ours_minor, "status": "open", "note": None, "settled_by": None,
                "settled_at": None, "found_at": now,
            },
        )  # fmt: skip
