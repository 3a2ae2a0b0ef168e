"""Writes: a month is billed, a bill is paid. Both move money through the ledger, once for each reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base import ledger
from portal.base.clock import next_month, today
from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.events import emit
from portal.base.ids import new_id
from portal.billing.events import BillIssued, BillPaid
from portal.billing.models import Bill, BillItem, UsageTotal
from portal.billing.words import PART_NAMES, PARTS
from portal.interactions import record_interaction

DUE_DAY = 28
LAST_ISSUE_DAY = 14


@dataclass(frozen=True, slots=True)
class Fee:
    """A monthly fee to bill: of one line (None: of the account), its name by language, its amount (zero or more)."""

    subscription_id: int | None
    name: Mapping[str, str]
    amount_minor: int


@dataclass(frozen=True, slots=True)
class IssuedBill:
    """A bill that stands; `is_new` says whether this call made it."""

    bill_id: int
    total_minor: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class PaidBill:
    """What a payment left of a bill; `is_new` is false for a reference that was booked before."""

    open_minor: int
    is_new: bool


class Overpaid(Refused):
    """More was offered than is left of the bill."""

    code = "overpaid"
    sentence = N_("This is more than is left to pay.")


_standing = sa.select(Bill.id, Bill.total_minor).where(
    Bill.customer_id == sa.bindparam("customer"), Bill.account_id == sa.bindparam("account"), Bill.cycle_start == sa.bindparam("cycle")
)
_usage = sa.select(UsageTotal.subscription_id, UsageTotal.part, UsageTotal.count, UsageTotal.quantity, UsageTotal.charge_minor).where(
    UsageTotal.customer_id == sa.bindparam("customer"), UsageTotal.cycle_start == sa.bindparam("cycle")
)
_find = sa.select(Bill.currency, Bill.total_minor, Bill.paid_minor).where(
    Bill.customer_id == sa.bindparam("customer"), Bill.id == sa.bindparam("bill")
)
_pay = (
    sa.update(Bill)
    .where(
        Bill.customer_id == sa.bindparam("customer"),
        Bill.id == sa.bindparam("bill"),
        Bill.paid_minor + sa.bindparam("amount", type_=sa.BigInteger()) <= Bill.total_minor,
    )
    .values(paid_minor=Bill.paid_minor + sa.bindparam("amount", type_=sa.BigInteger()))
    .returning(Bill.total_minor, Bill.paid_minor)
)


def receivable(customer_id: int, bill_id: int, currency: str) -> ledger.Account:
    """Name the ledger account of what is left of a bill, in minor units: `total_minor - paid_minor`, never below nothing."""
    return ledger.Account("receivable", f"bill:{customer_id}:{bill_id}", currency, floor=0)


def operator_account(book: str, currency: str) -> ledger.Account:
    """Name one of the operator's own accounts: `revenue` or `cash`."""
    return ledger.Account(book, "operator", currency)


def issue_bill(
    session: Session, customer_id: int, account_id: int, cycle_start: date, fees: Sequence[Fee], *, currency: str, now: datetime
) -> IssuedBill:
    """Bill one month of one account: the fees, then the usage that was rated. Due on the 28th of the month of issue.

    A month is billed once: the second call gives the bill that stands. Raises Invalid for a fee that is no whole number
    of zero or more. What is owed goes into the ledger, the fact into the timeline and the outbox.
    """
    for fee in fees:
        if type(fee.amount_minor) is not int or fee.amount_minor < 0:
            raise Invalid({"amount": N_("A fee is zero or more.")})
    connection = session.connection()
    key = {"customer": customer_id, "account": account_id, "cycle": cycle_start}
    standing = connection.execute(_standing, key).first()
    if standing is not None:
        return IssuedBill(standing.id, standing.total_minor, is_new=False)
    usage = connection.execute(_usage, {"customer": customer_id, "cycle": cycle_start}).all()
    items = _items(fees, sorted(usage, key=lambda row: (row.subscription_id, list(PARTS).index(row.part))))
    bill_id, total, issued_on = new_id(now), sum(fee.amount_minor for fee in fees) + sum(row.charge_minor for row in usage), today(now)
    due_on = due_day(issued_on)
    connection.execute(
        sa.insert(Bill),
        {
            "customer_id": customer_id, "id": bill_id, "account_id": account_id, "cycle_start": cycle_start,
            "cycle_end": next_month(cycle_start), "issued_on": issued_on, "due_on": due_on, "currency": currency,
            "total_minor": total, "paid_minor": 0,
        },
    )  # fmt: skip
    if items:
        rows = [{"customer_id": customer_id, "bill_id": bill_id, "position": place, **item} for place, item in enumerate(items, 1)]
        connection.execute(sa.insert(BillItem), rows)
    if total:
        source, target = operator_account("revenue", currency), receivable(customer_id, bill_id, currency)
        ledger.transfer(session, f"bill:{customer_id}:{bill_id}", source, target, total, now=now)
    facts = {"cycle_start": cycle_start.isoformat(), "due_on": due_on.isoformat(), "total_minor": total, "currency": currency}
    record_interaction(session, customer_id, channel="web", kind="bill_issued", params=dict(facts), now=now)
    emit(session, BillIssued(customer_id, bill_id, cycle_start.isoformat(), due_on.isoformat(), total, currency), now=now)
    return IssuedBill(bill_id, total, is_new=True)


def record_payment(
    session: Session, customer_id: int, bill_id: int, amount_minor: int, *, reference: str, now: datetime, channel: str = "web"
) -> PaidBill:
    """Book an amount paid towards a bill. The same reference twice is one payment.

    Raises Invalid for what is no whole number above zero, NotFound for a bill that is not this customer's, Overpaid for
    more than is left, ReferenceReused (ledger) for a reference that names another payment.
    """
    if type(amount_minor) is not int or amount_minor <= 0:
        raise Invalid({"amount": N_("Enter an amount above zero.")})
    connection = session.connection()
    key = {"customer": customer_id, "bill": bill_id}
    bill = connection.execute(_find, key).first()
    if bill is None:
        raise NotFound
    source, target = receivable(customer_id, bill_id, bill.currency), operator_account("cash", bill.currency)
    try:
        posted = ledger.transfer(session, f"payment:{reference}", source, target, amount_minor, now=now)
    except ledger.NotEnough as error:
        raise Overpaid from error
    if not posted.is_new:
        return PaidBill(bill.total_minor - bill.paid_minor, is_new=False)
    paid = connection.execute(_pay, {**key, "amount": amount_minor}).first()
    if paid is None:
        raise Overpaid
    left = paid.total_minor - paid.paid_minor
    facts = {"amount_minor": amount_minor, "currency": bill.currency}
    record_interaction(session, customer_id, channel=channel, kind="bill_paid", params=facts, now=now)
    emit(session, BillPaid(customer_id, bill_id, amount_minor, left, bill.currency, reference, channel), now=now)
    return PaidBill(left, is_new=True)


def due_day(issued_on: date) -> date:
    """Give the day a bill is due: the 28th, in the next month when it is issued after the middle of this one."""
    return (issued_on if issued_on.day <= LAST_ISSUE_DAY else next_month(issued_on)).replace(day=DUE_DAY)


def _items(fees: Sequence[Fee], usage: Sequence[Any]) -> list[dict[str, object]]:
    items: list[dict[str, object]] = [
        {
            "kind": "fee", "subscription_id": fee.subscription_id, "name": dict(fee.name), "count": None, "quantity": None,
            "part": None, "amount_minor": fee.amount_minor,
        }
        for fee in fees
    ]  # fmt: skip
    items += [
        {
            "kind": "usage", "subscription_id": row.subscription_id, "name": dict(PART_NAMES[row.part]), "count": row.count,
            "quantity": row.quantity, "part": row.part, "amount_minor": row.charge_minor,
        }
        for row in usage
    ]  # fmt: skip
    return items
