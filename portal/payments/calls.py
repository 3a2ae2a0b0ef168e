"""What has to be asked of providers: claimed in one transaction, asked outside any, settled in another.

A claim is a lease: whoever dies between the claim and the settling leaves the row to be claimed again when the lease
is over, and the same question under the same reference changes nothing at the provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.driver import FrequentStatement
from portal.base.events import ask_for_worker
from portal.payments.data import PaymentView, RefundView
from portal.payments.ports import Notice, RefundReported, Reported
from portal.payments.receiving import close_for_good, receive_notice
from portal.payments.rows import PAYMENT, REFUND, is_carried, is_open, payment, payment_of, refund, refund_of, refund_under_way

LEASE = timedelta(seconds=30)
PAUSES = (15, 15, 30, 60, 120, 300)
"""Seconds between two questions about a payment nobody notified us of; the last one goes on until it expires."""
AFTER_EXPIRY = timedelta(seconds=5)
"""How long after its end a payment is asked about once more, and then closed."""
CLOSE_MARGIN = timedelta(hours=24)
"""A provider that does not answer for so long after the end is not asked again; the day's bill says what became of it."""
REFUND_PAUSES = (10, 30, 120, 600, 3600)

_payment_due = sa.and_(is_carried, payment.c.next_query_at <= sa.bindparam("now"))
_refund_due = sa.and_(refund_under_way, refund.c.next_at <= sa.bindparam("now"))
_is_due = sa.select(sa.or_(sa.exists(sa.select(payment.c.id).where(_payment_due)), sa.exists(sa.select(refund.c.id).where(_refund_due))))


def _claiming(table: sa.Table, due: Any, when: Any, columns: Sequence[Any], counter: Any) -> Any:
    waiting = sa.select(table.c.id).where(due).order_by(when).limit(sa.bindparam("most")).with_for_update(skip_locked=True)
    return (
        sa.update(table)
        .where(table.c.id.in_(waiting), due)
        .values({when.name: sa.bindparam("until"), counter.name: counter + 1})
        .returning(*columns)
    )


_claim = _claiming(payment, _payment_due, payment.c.next_query_at, PAYMENT, payment.c.queries)
_claim_refunds = _claiming(refund, _refund_due, refund.c.next_at, REFUND, refund.c.attempts)
_claim_one = FrequentStatement(
    sa.update(payment)
    .where(payment.c.id == sa.bindparam("of_id"), payment.c.status == sa.literal_column("'created'"), _payment_due)
    .values(next_query_at=sa.bindparam("until"), queries=payment.c.queries + 1)
    .returning(*PAYMENT)
)
_opened = FrequentStatement(
    sa.update(payment)
    .where(payment.c.id == sa.bindparam("of_id"), payment.c.status == sa.literal_column("'created'"))
    .values(status="pending", action=sa.bindparam("to_action", type_=payment.c.action.type), next_query_at=sa.bindparam("at"), queries=0)
)
_later = sa.update(payment).where(payment.c.id == sa.bindparam("of_id"), is_carried).values(next_query_at=sa.bindparam("at"))
_closing = (
    sa.update(payment)
    .where(payment.c.id == sa.bindparam("of_id"), is_open)
    .values(status="closing", next_query_at=sa.bindparam("at"), queries=0)
)
_asked = (
    sa.update(refund)
    .where(refund.c.id == sa.bindparam("of_id"), refund_under_way)
    .values(
        status="asked", next_at=sa.bindparam("at"), error=sa.bindparam("said"),
        provider_ref=sa.func.coalesce(sa.bindparam("theirs", type_=sa.String()), refund.c.provider_ref),
    )
)  # fmt: skip
_refund_later = (
    sa.update(refund)
    .where(refund.c.id == sa.bindparam("of_id"), refund_under_way)
    .values(next_at=sa.bindparam("at"), error=sa.bindparam("said"))
)


def is_call_due(session: Session, *, now: datetime) -> bool:
    """Say whether any provider has to be asked anything. One look into two indexes that hold what is under way alone."""
    return bool(session.connection().execute(_is_due, {"now": now}).scalar())


def claim_payments(session: Session, *, now: datetime, limit: int = 20) -> Sequence[PaymentView]:
    """Take payments to ask about: `created` to be opened, `pending` to be looked at, `closing` to be closed."""
    rows = session.connection().execute(_claim, {"now": now, "until": now + LEASE, "most": limit})
    return sorted((payment_of(row) for row in rows), key=lambda each: each.id)


def claim_payment(session: Session, payment_id: int, *, now: datetime) -> PaymentView | None:
    """Take one payment to open it at once, while somebody waits; None where another is at it, or it is open already."""
    row = _claim_one.first(session, {"of_id": payment_id, "now": now, "until": now + LEASE})
    return None if row is None else payment_of(row)


def claim_refunds(session: Session, *, now: datetime, limit: int = 20) -> Sequence[RefundView]:
    """Take refunds to ask for (`wanted`) or about (`asked`)."""
    rows = session.connection().execute(_claim_refunds, {"now": now, "until": now + LEASE, "most": limit})
    return sorted((refund_of(row) for row in rows), key=lambda each: each.id)


def settle_opened(session: Session, claimed: PaymentView, action: dict[str, Any], *, now: datetime) -> None:
    """Note where the customer pays, and when to ask whether he did."""
    _opened.change(session, {"of_id": claimed.id, "to_action": action, "at": now + timedelta(seconds=PAUSES[0])})


def settle_away(session: Session, claimed: PaymentView, *, now: datetime) -> None:
    """Put a payment off whose provider did not answer; after its end it is closed, and long after that left to the bill."""
    if claimed.status == "closing" and now >= claimed.expires_at + CLOSE_MARGIN:
        close_for_good(session, claimed, reason="expired", now=now)
    elif claimed.status == "created" and now >= claimed.expires_at:
        _begin_closing(session, claimed, now)
    else:
        seconds = min(2 ** min(claimed.queries, 6), 60)
        session.connection().execute(_later, {"of_id": claimed.id, "at": now + timedelta(seconds=seconds)})


def settle_refused(session: Session, claimed: PaymentView, *, now: datetime) -> None:
    """Close a payment the provider will not open."""
    close_for_good(session, claimed, reason="refused", now=now)


def settle_reported(session: Session, claimed: PaymentView, said: Reported, *, now: datetime) -> None:
    """Take in how a payment stands with its provider; ask again later, or begin to close it once its time is over."""
    if said.state == "paid":
        received = receive_notice(session, claimed.provider, notice_of(claimed, said, now), source="query", now=now)
        if received.outcome in ("applied", "late", "known"):
            return
    elif said.state == "closed" or (said.state == "unknown" and claimed.status == "closing"):
        close_for_good(session, claimed, reason="asked" if claimed.status == "closing" and now < claimed.expires_at else "expired", now=now)
        return
    if claimed.status == "closing":
        settle_away(session, claimed, now=now)
    elif now >= claimed.expires_at + AFTER_EXPIRY:
        _begin_closing(session, claimed, now)
    else:
        session.connection().execute(_later, {"of_id": claimed.id, "at": next_question(claimed, now)})


def next_question(claimed: PaymentView, now: datetime) -> datetime:
    """Give when to ask next: after growing pauses, and in any case just after the payment's time is over."""
    pause = timedelta(seconds=PAUSES[min(claimed.queries, len(PAUSES) - 1)])
    end = claimed.expires_at + AFTER_EXPIRY
    return min(now + pause, end) if now < end else now


def notice_of(claimed: PaymentView, said: Reported, now: datetime) -> Notice:
    """Turn an answer into the word it amounts to. Its id says what it says, so that the same answer is one word."""
    event_id = f"query:{claimed.merchant_ref}:{said.amount_minor}:{said.currency}"
    return Notice(event_id, "paid", claimed.merchant_ref, said.amount_minor, said.currency, said.occurred_at or now, said.provider_ref)


def settle_refund(session: Session, claimed: RefundView, paid: PaymentView, said: RefundReported | None, *, now: datetime) -> None:
    """Take in how a refund stands; None: the provider did not answer. Done and refused end it, the rest is asked about again."""
    pause = timedelta(seconds=REFUND_PAUSES[min(claimed.attempts, len(REFUND_PAUSES) - 1)])
    if said is None or said.state == "unknown":
        session.connection().execute(_refund_later, {"of_id": claimed.id, "at": now + pause, "said": "away"})
        return
    if said.state != "pending":
        notice = _refund_notice_of(claimed, paid, said, now)
        if receive_notice(session, paid.provider, notice, source="query", now=now).outcome in ("applied", "known"):
            return
    error = None if said.state == "pending" else "wrong_amount"
    session.connection().execute(_asked, {"of_id": claimed.id, "at": now + pause, "said": error, "theirs": said.provider_ref})


def _refund_notice_of(claimed: RefundView, paid: PaymentView, said: RefundReported, now: datetime) -> Notice:
    amount, currency = (said.amount_minor, said.currency) if said.state == "done" else (claimed.amount_minor, paid.currency)
    return Notice(
        f"query:{claimed.merchant_ref}:{said.state}:{amount}:{currency}",
        "refunded" if said.state == "done" else "refund_failed",
        claimed.merchant_ref,
        amount,
        currency,
        said.occurred_at or now,
        said.provider_ref,
        error=said.error,
    )


def _begin_closing(session: Session, claimed: PaymentView, now: datetime) -> None:
    session.connection().execute(_closing, {"of_id": claimed.id, "at": now})
    ask_for_worker(session)
