"""What does not agree, for a person: listed, looked at, and settled with a note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.payments.bills import day_of
from portal.payments.data import PaymentView
from portal.payments.reconciling import DayView, item
from portal.payments.rows import PAYMENT, payment, payment_of, refund

MAX_NOTE = 500


class AlreadySettled(Refused):
    """Somebody else settled it first."""

    code = "already_settled"
    sentence = N_("This was settled meanwhile.")


@dataclass(frozen=True, slots=True)
class ItemView:
    """Something that does not agree. `what`: missing_here | missing_there | amount_differs | not_booked."""

    id: int
    provider: str
    day: date
    kind: str
    reference: str
    what: str
    theirs_minor: int | None
    ours_minor: int | None
    status: str
    note: str | None
    settled_by: int | None
    settled_at: datetime | None
    found_at: datetime


_ITEM = [item.c[name] for name in ItemView.__slots__]
_DAY = [day_of.c[name] for name in DayView.__slots__]
_items = sa.select(*_ITEM).where(item.c.status == sa.bindparam("of_status")).order_by(item.c.day, item.c.id).limit(sa.bindparam("most"))
_count = sa.select(sa.func.count()).where(item.c.status == "open")
_item = sa.select(*_ITEM).where(item.c.id == sa.bindparam("of_id"))
_days = sa.select(*_DAY).order_by(day_of.c.day.desc(), day_of.c.provider).limit(sa.bindparam("most"))
_payment = sa.select(*PAYMENT).where(payment.c.provider == sa.bindparam("of_provider"), payment.c.merchant_ref == sa.bindparam("of_ref"))
_payment_of_refund = (
    sa.select(*PAYMENT)
    .join_from(payment, refund, refund.c.payment_id == payment.c.id)
    .where(payment.c.provider == sa.bindparam("of_provider"), refund.c.merchant_ref == sa.bindparam("of_ref"))
)
_settle = (
    sa.update(item)
    .where(item.c.id == sa.bindparam("of_id"), item.c.status == "open")
    .values(status="settled", note=sa.bindparam("said"), settled_by=sa.bindparam("who"), settled_at=sa.bindparam("at"))
)


def list_days(session: Session, *, limit: int = 30) -> Sequence[DayView]:
    """Give the days compared last, the newest first."""
    return [DayView(*row) for row in session.connection().execute(_days, {"most": limit})]


def list_items(session: Session, *, status: str = "open", limit: int = 100) -> Sequence[ItemView]:
    """Give what does not agree (`open`), or did not (`settled`), the oldest day first."""
    return [ItemView(*row) for row in session.connection().execute(_items, {"of_status": status, "most": limit})]


def count_open_items(session: Session) -> int:
    """Give how much does not agree."""
    return int(session.connection().execute(_count).scalar_one())


def get_item(session: Session, item_id: int) -> ItemView:
    """Give one item; raises NotFound."""
    row = session.connection().execute(_item, {"of_id": item_id}).first()
    if row is None:
        raise NotFound
    return ItemView(*row)


def find_payment_of_item(session: Session, found: ItemView) -> PaymentView | None:
    """Give the payment an item is about, or None where we know of none."""
    statement = _payment if found.kind == "payment" else _payment_of_refund
    row = session.connection().execute(statement, {"of_provider": found.provider, "of_ref": found.reference}).first()
    return None if row is None else payment_of(row)


def settle_item(session: Session, item_id: int, note: str, *, staff_id: int, now: datetime) -> None:
    """Settle an item with what was found out; raises Invalid without a note, NotFound, AlreadySettled. It moves no money."""
    said = " ".join(note.split())
    if not 0 < len(said) <= MAX_NOTE:
        raise Invalid({"note": N_("Say what you found out, in up to 500 letters.")})
    values = {"of_id": item_id, "said": said, "who": staff_id, "at": now}
    if session.connection().execute(_settle, values).rowcount == 0:
        get_item(session, item_id)
        raise AlreadySettled
