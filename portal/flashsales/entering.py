"""Entering a sale: once for each customer, by one insert that waits for nobody; and where one stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from portal.base.errors import NotFound
from portal.base.keys import Keys
from portal.catalog import release_stock
from portal.flashsales.drawing import ticket_of
from portal.flashsales.errors import NotOpen
from portal.flashsales.models import FlashEntry
from portal.flashsales.sales import SaleView, holder_of

EntryStatus = Literal["entered", "waiting", "admitted", "ordered", "paid", "lapsed", "gone"]


@dataclass(frozen=True, slots=True)
class EntryView:
    """Where one customer stands. `ahead`: how many wait before; `admitted_until`: for how long a piece is kept."""

    status: EntryStatus
    ticket: str
    entered_at: datetime
    place: int | None
    ahead: int
    admitted_until: datetime | None
    order_id: int | None

    def holds_piece(self, now: datetime) -> bool:
        """Whether a piece is kept that can be ordered now."""
        return self.status == "admitted" and self.admitted_until is not None and now < self.admitted_until


@dataclass(frozen=True, slots=True)
class Admitted:
    """Somebody who is let in: who entered (None: not known), and until when the piece is kept."""

    party_id: int | None
    until: datetime


_keys: dict[str, Any] = {"sale_id": sa.bindparam("sale"), "customer_id": sa.bindparam("customer")}
_mine = sa.and_(FlashEntry.sale_id == sa.bindparam("sale"), FlashEntry.customer_id == sa.bindparam("customer"))
_other = aliased(FlashEntry)
_ahead = (
    sa.select(sa.func.count())
    .where(_other.sale_id == FlashEntry.sale_id, _other.status == "waiting", _other.place < FlashEntry.place)
    .correlate(FlashEntry)
    .scalar_subquery()
)
_find = sa.select(
    FlashEntry.status, FlashEntry.ticket, FlashEntry.entered_at, FlashEntry.place,
    sa.case((FlashEntry.status == "waiting", _ahead), else_=0), FlashEntry.admitted_until, FlashEntry.order_id,
).where(_mine)  # fmt: skip


_admitted = sa.select(FlashEntry.party_id, FlashEntry.admitted_until).where(_mine, FlashEntry.status == "admitted")


def _entering(insert: sqlite.Insert | postgresql.Insert) -> Any:
    values: dict[str, Any] = {name: sa.bindparam(name) for name in ("entered_at", "ticket", "device", "party_id")}
    return insert.values(**_keys, **values, status="entered").on_conflict_do_nothing().returning(FlashEntry.customer_id)


_enter = {"sqlite": _entering(sqlite.insert(FlashEntry)), "postgresql": _entering(postgresql.insert(FlashEntry))}
_leave = (
    sa.update(FlashEntry)
    .where(_mine, FlashEntry.status.in_(("entered", "waiting", "admitted")))
    .values(status="gone", admitted_until=None)
    .returning(FlashEntry.customer_id)
)


def enter_sale(
    session: Session, keys: Keys, sale: SaleView, customer_id: int, *, party_id: int | None = None, device: str | None = None, now: datetime
) -> bool:
    """Enter a customer; False where that happened before, whatever became of it. One statement, no row that others wait for.

    `party_id`: who did so, and is told what comes of it.

    Places are given by `settle_sale` in the order of entries. Raises NotOpen outside the hours.
    """
    if not sale.can_enter(now):
        raise NotOpen
    row = {
        "sale": sale.id, "customer": customer_id, "entered_at": now, "device": device, "party_id": party_id,
        "ticket": ticket_of(keys, sale.id, customer_id),
    }  # fmt: skip
    connection = session.connection()
    return connection.execute(_enter[connection.dialect.name], row).first() is not None


def find_entry(session: Session, sale_id: int, customer_id: int) -> EntryView | None:
    """Give where a customer stands, None for one who has not entered. One statement."""
    row = session.connection().execute(_find, {"sale": sale_id, "customer": customer_id}).first()
    return None if row is None else EntryView(*row)


def find_admitted(session: Session, sale_id: int, customer_id: int) -> Admitted | None:
    """Give who of a customer is let in, and until when; None where nobody is. One statement."""
    row = session.connection().execute(_admitted, {"sale": sale_id, "customer": customer_id}).first()
    return None if row is None or row.admitted_until is None else Admitted(row.party_id, row.admitted_until)


def leave_sale(session: Session, sale_id: int, customer_id: int) -> bool:
    """Give one's place up, and the piece that was kept with it; False where there was none to give up. Raises NotFound.

    Upon True let `settle_sale` follow, so that the next one is let in at once.
    """
    where = {"sale": sale_id, "customer": customer_id}
    if session.connection().execute(_leave, where).first() is None:
        if find_entry(session, sale_id, customer_id) is None:
            raise NotFound
        return False
    release_stock(session, holder_of(sale_id, customer_id))
    return True
