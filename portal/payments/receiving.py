"""What a provider says, taken in once: by notification, by our asking, or by the day's bill.

The payment's row decides, by one conditional UPDATE: whoever changes it has the effect (books, events, the refund of
late money), everybody else finds it known. Then what was said is written down under the provider's id for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.driver import FrequentStatement
from portal.base.events import emit
from portal.base.ids import new_id
from portal.payments.books import book_payment
from portal.payments.data import PaymentView
from portal.payments.errors import EventReused
from portal.payments.events import PaymentClosed, PaymentPaid
from portal.payments.ports import Notice
from portal.payments.refunds import end_refund, find_refund_id, refund_payment
from portal.payments.rows import PAYMENT, REFUND, event, is_carried, is_ending, is_open, payment, payment_of, refund, refund_of

Source = Literal["notification", "query", "bill"]
_EFFECTIVE = ("applied", "late")

_find = FrequentStatement(
    sa.select(*PAYMENT).where(payment.c.provider == sa.bindparam("of_provider"), payment.c.merchant_ref == sa.bindparam("of_ref"))
)
_event = sa.select(event.c.outcome, event.c.merchant_ref, event.c.kind).where(
    event.c.provider == sa.bindparam("of_provider"), event.c.provider_event_id == sa.bindparam("of_event")
)
_insert_event = FrequentStatement(
    {
        name: dialect.insert(event).on_conflict_do_nothing(index_elements=["provider", "provider_event_id"]).returning(event.c.id)
        for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
    }
)
_arrived = {
    "captured_minor": sa.bindparam("amount", type_=sa.BigInteger()), "paid_at": sa.bindparam("at"),
    "provider_ref": sa.func.coalesce(sa.bindparam("theirs", type_=sa.String()), payment.c.provider_ref),
}  # fmt: skip
_untouched = (payment.c.id == sa.bindparam("of_id"), payment.c.captured_minor == 0)
_pay = FrequentStatement(sa.update(payment).where(*_untouched, is_open).values(status="paid", next_query_at=None, **_arrived))
_pay_late = FrequentStatement(
    sa.update(payment)
    .where(*_untouched, is_ending)
    .values(status="closed", next_query_at=None, ended_at=sa.func.coalesce(payment.c.ended_at, sa.bindparam("seen_at")), **_arrived)
)
_end = (
    sa.update(payment)
    .where(payment.c.id == sa.bindparam("of_id"), is_carried)
    .values(status="closed", next_query_at=None, ended_at=sa.bindparam("seen_at"))
)
_refund = sa.select(*REFUND).where(refund.c.id == sa.bindparam("of_id"))


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a word: applied | late | known | wrong_amount | wrong_currency | unknown. `repeated`: it was said before."""

    outcome: str
    repeated: bool = False


def receive_notice(session: Session, provider: str, notice: Notice, *, source: Source = "notification", now: datetime) -> Received:
    """Take in a provider's word that was found genuine; have its effect if it is the first to say so.

    Raises EventReused, with nothing done, where the id named another event before.
    """
    if notice.kind in ("refunded", "refund_failed"):
        payment_id, outcome = _take_refund(session, provider, notice, now)
    else:
        payment_id, outcome = _take_payment(session, provider, notice, now)
    return _write_down(session, provider, notice, payment_id, outcome, source, now)


def close_for_good(session: Session, found: PaymentView, *, reason: str, now: datetime) -> bool:
    """Note that nothing was paid and nothing will be; say whether it was this call that did."""
    changed = session.connection().execute(_end, {"of_id": found.id, "seen_at": now}).rowcount
    if changed:
        facts = (found.customer_id, found.subject, found.merchant_ref, found.amount_minor, found.currency)
        emit(session, PaymentClosed(*facts, reason=reason), now=now)
    return bool(changed)


def _take_payment(session: Session, provider: str, notice: Notice, now: datetime) -> tuple[int | None, str]:
    row = _find.first(session, {"of_provider": provider, "of_ref": notice.reference})
    if row is None:
        return None, "unknown"
    found = payment_of(row)
    if notice.kind == "closed":
        done = close_for_good(session, found, reason="asked" if found.status == "closing" else "expired", now=now)
        return found.id, "applied" if done else "known"
    if notice.kind == "refund_sum":  # no more than we asked for: else somebody gave money back past us
        return found.id, _what_is_wrong(notice, min(notice.amount_minor, found.refunded_minor), found.currency) or "known"
    if wrong := _what_is_wrong(notice, found.amount_minor, found.currency):
        return found.id, wrong
    values = {
        "of_id": found.id, "amount": notice.amount_minor, "at": notice.occurred_at, "theirs": notice.provider_ref, "seen_at": now,
    }  # fmt: skip
    for statement, outcome in ((_pay, "applied"), (_pay_late, "late")):
        given = {name: value for name, value in values.items() if name != "seen_at" or statement is _pay_late}
        if statement.change(session, given):
            _book(session, found, notice, late=outcome == "late", now=now)
            return found.id, outcome
    return found.id, "known"


def _book(session: Session, found: PaymentView, notice: Notice, *, late: bool, now: datetime) -> None:
    """Have the effects of money that arrived; late money turns round at once."""
    book_payment(session, found.provider, found.merchant_ref, found.customer_id, notice.amount_minor, found.currency, now=now)
    facts = (found.customer_id, found.subject, found.merchant_ref, found.amount_minor, found.currency)
    emit(session, PaymentPaid(*facts, late=late), now=now)
    if late:
        after = replace(found, captured_minor=notice.amount_minor)
        refund_payment(session, after, f"late:{found.provider}:{found.merchant_ref}", notice.amount_minor, reason="late", now=now)


def _take_refund(session: Session, provider: str, notice: Notice, now: datetime) -> tuple[int | None, str]:
    refund_id = find_refund_id(session, provider, notice.reference)
    if refund_id is None:
        return None, "unknown"
    wanted = refund_of(session.connection().execute(_refund, {"of_id": refund_id}).one())
    currency = session.connection().execute(sa.select(payment.c.currency).where(payment.c.id == wanted.payment_id)).scalar_one()
    if wrong := _what_is_wrong(notice, wanted.amount_minor, currency):
        return wanted.payment_id, wrong
    error = None if notice.kind == "refunded" else notice.error or "refused"
    done = end_refund(session, refund_id, error=error, provider_ref=notice.provider_ref, occurred_at=notice.occurred_at, now=now)
    return wanted.payment_id, "applied" if done else "known"


def _what_is_wrong(notice: Notice, amount_minor: int, currency: str) -> str | None:
    if notice.currency != currency:
        return "wrong_currency"
    return "wrong_amount" if notice.amount_minor != amount_minor else None


def _write_down(
    session: Session, provider: str, notice: Notice, payment_id: int | None, outcome: str, source: Source, now: datetime
) -> Received:
    values = {
        "id": new_id(now), "provider": provider, "provider_event_id": notice.event_id, "payment_id": payment_id,
        "merchant_ref": notice.reference, "kind": notice.kind, "amount_minor": notice.amount_minor, "currency": notice.currency,
        "occurred_at": notice.occurred_at, "received_at": now, "source": source, "outcome": outcome, "digest": notice.digest,
    }  # fmt: skip
    connection = session.connection()
    if _insert_event.first(session, values) is not None:
        return Received(outcome)
    if outcome in _EFFECTIVE:
        raise EventReused
    before = connection.execute(_event, {"of_provider": provider, "of_event": notice.event_id}).one()
    if (before.merchant_ref, before.kind) != (notice.reference, notice.kind):
        raise EventReused
    return Received(before.outcome, repeated=True)
