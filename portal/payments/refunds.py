"""Money going back: never more in sum than came in, each refund once, whoever asks how often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.events import ask_for_worker, emit
from portal.base.ids import new_id, to_ref
from portal.payments.amounts import check_amount
from portal.payments.books import book_refund
from portal.payments.data import PaymentView, RefundView
from portal.payments.errors import NotPaid, RefundReused, RefundTooLarge
from portal.payments.events import RefundDone, RefundRefused
from portal.payments.opening import find_payment_of, get_payment
from portal.payments.rows import REFUND, payment, refund_of, refund_under_way
from portal.payments.rows import refund as refund_table

MAX_REFERENCE = 120
_insert = {
    name: dialect.insert(refund_table).on_conflict_do_nothing(index_elements=["refund_ref"]).returning(*REFUND)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_by_ref = sa.select(*REFUND).where(refund_table.c.refund_ref == sa.bindparam("of_ref"))
_by_merchant_ref = (
    sa.select(refund_table.c.id)
    .join_from(refund_table, payment)
    .where(refund_table.c.merchant_ref == sa.bindparam("of_ref"), payment.c.provider == sa.bindparam("of_provider"))
)
_of_payment = sa.select(*REFUND).where(refund_table.c.payment_id == sa.bindparam("of_id")).order_by(refund_table.c.id)
_refused = sa.select(*REFUND).where(refund_table.c.status == "refused").order_by(refund_table.c.ended_at.desc()).limit(sa.bindparam("most"))
_forget = sa.delete(refund_table).where(refund_table.c.id == sa.bindparam("of_id"))
_amount = sa.bindparam("amount", type_=sa.BigInteger())
_set_aside = (
    sa.update(payment)
    .where(payment.c.id == sa.bindparam("of_id"), payment.c.captured_minor - payment.c.refunded_minor >= _amount)
    .values(refunded_minor=payment.c.refunded_minor + _amount)
)
_give_up = (
    sa.update(payment)
    .where(payment.c.id == sa.bindparam("of_id"), payment.c.refunded_minor >= _amount)
    .values(refunded_minor=payment.c.refunded_minor - _amount)
)
_end = (
    sa.update(refund_table)
    .where(refund_table.c.id == sa.bindparam("of_id"), refund_under_way)
    .values(
        status=sa.bindparam("to_status"), ended_at=sa.bindparam("at"), error=sa.bindparam("said"), next_at=None,
        provider_ref=sa.func.coalesce(sa.bindparam("theirs", type_=sa.String()), refund_table.c.provider_ref),
    )
    .returning(*REFUND)
)  # fmt: skip


def refund(session: Session, subject: str, refund_ref: str, amount_minor: int, *, reason: str, now: datetime) -> RefundView:
    """Have money of a paid subject go back; the provider is asked by the worker, RefundDone or RefundRefused says how it ended.

    `refund_ref` is the caller's own, such as `order:42:cancel`, and used once: the same again is the same refund, with
    another amount RefundReused. Raises BadAmount, NotPaid where nothing was paid, RefundTooLarge where the sum of all
    refunds would be more than was paid.
    """
    found = find_payment_of(session, subject)
    if found is None or not found.is_paid:
        raise NotPaid
    return refund_payment(session, found, refund_ref, amount_minor, reason=reason, now=now)


def refund_payment(session: Session, paid: PaymentView, refund_ref: str, amount_minor: int, *, reason: str, now: datetime) -> RefundView:
    """Have money of this very payment go back, be it paid or late; otherwise as `refund`."""
    check_amount(amount_minor, paid.currency, expected_currency=paid.currency)
    if not 0 < len(refund_ref) <= MAX_REFERENCE:
        raise ValueError("a refund needs a reference of up to 120 characters")
    connection, refund_id = session.connection(), new_id(now)
    values = {
        "id": refund_id, "payment_id": paid.id, "refund_ref": refund_ref, "merchant_ref": f"R{to_ref(refund_id)}",
        "amount_minor": amount_minor, "reason": reason[:80], "status": "wanted", "provider_ref": None, "attempts": 0,
        "next_at": now, "wanted_at": now, "ended_at": None, "error": None,
    }  # fmt: skip
    made = connection.execute(_insert[connection.dialect.name], values).first()
    if made is None:
        there = refund_of(connection.execute(_by_ref, {"of_ref": refund_ref}).one())
        if (there.payment_id, there.amount_minor) != (paid.id, amount_minor):
            raise RefundReused
        return there
    if connection.execute(_set_aside, {"of_id": paid.id, "amount": amount_minor}).rowcount == 0:
        connection.execute(_forget, {"of_id": refund_id})
        raise RefundTooLarge
    ask_for_worker(session)
    return refund_of(made)


def find_refund(session: Session, refund_ref: str) -> RefundView | None:
    """Give the refund of this reference of the caller's, or None."""
    row = session.connection().execute(_by_ref, {"of_ref": refund_ref}).first()
    return None if row is None else refund_of(row)


def list_refunds(session: Session, payment_id: int) -> Sequence[RefundView]:
    """Give the refunds of a payment, the oldest first."""
    return [refund_of(row) for row in session.connection().execute(_of_payment, {"of_id": payment_id})]


def list_refused_refunds(session: Session, *, limit: int = 50) -> Sequence[RefundView]:
    """Give refunds the provider refused, the newest first: a person has to give that money back."""
    return [refund_of(row) for row in session.connection().execute(_refused, {"most": limit})]


def find_refund_id(session: Session, provider: str, merchant_ref: str) -> int | None:
    """Give the id of the refund a provider knows by this reference, or None."""
    found: int | None = session.connection().execute(_by_merchant_ref, {"of_ref": merchant_ref, "of_provider": provider}).scalar()
    return found


def end_refund(
    session: Session, refund_id: int, *, error: str | None, provider_ref: str | None, occurred_at: datetime, now: datetime
) -> bool:
    """Settle a refund: done, or refused with an `error`; say whether it was this call that did. Booked and told once."""
    values = {
        "of_id": refund_id, "to_status": "done" if error is None else "refused", "at": occurred_at, "said": error,
        "theirs": provider_ref,
    }  # fmt: skip
    row = session.connection().execute(_end, values).first()
    if row is None:
        return False
    ended = refund_of(row)
    of = get_payment(session, ended.payment_id)
    facts = (of.customer_id, of.subject, of.merchant_ref, ended.amount_minor, of.currency)
    if error is None:
        book_refund(session, of.provider, ended.merchant_ref, of.customer_id, ended.amount_minor, of.currency, now=now)
        emit(session, RefundDone(*facts, refund_ref=ended.refund_ref), now=now)
    else:
        session.connection().execute(_give_up, {"of_id": of.id, "amount": ended.amount_minor})
        emit(session, RefundRefused(*facts, refund_ref=ended.refund_ref, error=error), now=now)
    return True
