"""Asking for money, looking at it, and asking no longer. Nothing here goes outside: the worker does, between transactions."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.driver import FrequentStatement
from portal.base.errors import NotFound
from portal.base.events import ask_for_worker
from portal.base.ids import new_id, to_ref
from portal.payments.amounts import check_amount
from portal.payments.data import NewPayment, PaymentView
from portal.payments.errors import SubjectReused
from portal.payments.providers import choose_provider, payment_currency
from portal.payments.rows import PAYMENT, counts, is_open, payment, payment_of

_ONE = sa.text("status IN ('created', 'pending', 'paid')")
_insert = FrequentStatement(
    {
        name: dialect.insert(payment).on_conflict_do_nothing(index_elements=["subject"], index_where=_ONE).returning(*PAYMENT)
        for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
    }
)
_by_id = FrequentStatement(sa.select(*PAYMENT).where(payment.c.id == sa.bindparam("of_id")))
_by_subject = FrequentStatement(
    sa.select(*PAYMENT)
    .where(payment.c.subject == sa.bindparam("of_subject"))
    .order_by(sa.case((counts, 0), else_=1), payment.c.id.desc())
    .limit(1)
)
_close = (
    sa.update(payment)
    .where(payment.c.subject == sa.bindparam("of_subject"), is_open)
    .values(status="closing", next_query_at=sa.bindparam("at"), queries=0)
    .returning(*PAYMENT)
)


def create_payment(session: Session, new: NewPayment, *, now: datetime) -> PaymentView:
    """Ask for money; the worker (or `carry` of faces) asks the provider, and `action` says where to pay from then on.

    A subject is paid once: while it is open or paid, asking again gives that payment. Raises BadAmount, WrongCurrency,
    UnknownProvider, or SubjectReused where it is to be paid with another amount already. One statement for a new one.
    """
    check_amount(new.amount_minor, new.currency, expected_currency=payment_currency())
    provider = choose_provider(new.provider)
    payment_id = new_id(now)
    values = {
        "id": payment_id, "provider": provider, "merchant_ref": f"P{to_ref(payment_id)}", "customer_id": new.customer_id,
        "subject": new.subject, "description": new.description[:120], "amount_minor": new.amount_minor,
        "currency": new.currency, "status": "created", "action": None, "provider_ref": None, "captured_minor": 0,
        "refunded_minor": 0, "created_at": now, "expires_at": new.expires_at, "paid_at": None, "ended_at": None,
        "next_query_at": now, "queries": 0,
    }  # fmt: skip
    row = _insert.first(session, values)
    if row is not None:
        ask_for_worker(session)
        return payment_of(row)
    found = find_payment_of(session, new.subject)
    if found is None or found.amount_minor != new.amount_minor or found.customer_id != new.customer_id:
        raise SubjectReused
    return found


def get_payment(session: Session, payment_id: int) -> PaymentView:
    """Give a payment; raises NotFound."""
    row = _by_id.first(session, {"of_id": payment_id})
    if row is None:
        raise NotFound
    return payment_of(row)


def find_payment_of(session: Session, subject: str) -> PaymentView | None:
    """Give the payment of a subject: the open or paid one, else the latest; None if none was ever asked for."""
    row = _by_subject.first(session, {"of_subject": subject})
    return None if row is None else payment_of(row)


def close_payment(session: Session, subject: str, *, now: datetime) -> PaymentView | None:
    """Ask for the money of a subject no longer, and give its payment; the provider is told by the worker.

    From this transaction on, money that comes is late and goes back by itself. `is_paid` in what is given says that it
    came before: nothing was closed, and whoever cancels calls `refund`. None: nothing was ever asked for.
    """
    row = session.connection().execute(_close, {"of_subject": subject, "at": now}).first()
    if row is None:
        return find_payment_of(session, subject)
    ask_for_worker(session)
    return payment_of(row)
