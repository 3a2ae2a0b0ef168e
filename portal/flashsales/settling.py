"""Moving a sale on: its order drawn, places given, time that is up taken back, pieces kept for whoever is next.

Entries are written by everybody at once and wait for nobody; one hand at a time settles them, whoever finds something due
(a page, an event, the worker each minute) and no other is at it. So places are without gaps, a piece that comes back goes to
the first in line and to nobody who comes later, and no more are let in than there are pieces: each is let in by the claim of
one (a row of its own, deleted), never by a count.

The order of locks: the sale's row, entries, stock. Whoever orders holds an entry alone and then stock, so no two wait crosswise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.events import emit
from portal.base.keys import Keys
from portal.catalog import SoldOut, claim_stock, release_stock
from portal.flashsales.drawing import draw_tickets
from portal.flashsales.events import PieceKept
from portal.flashsales.models import FlashEntry, FlashSale
from portal.flashsales.sales import SaleView, get_sale, give_back_pieces, holder_of
from portal.interactions import record_interaction

AT_ONCE = 500
"""How many entries one settling places or lets in: what is left is due again at once, and nobody waits long meanwhile."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What one settling did: how many were placed, let in, and lost a piece as their time was up."""

    placed: int = 0
    admitted: int = 0
    lapsed: int = 0

    @property
    def anything(self) -> bool:
        """Whether there was anything to do."""
        return bool(self.placed or self.admitted or self.lapsed)


@dataclass(frozen=True, slots=True)
class SaleState:
    """How a sale stands, in figures everybody may see. `next_free_at`: when the next piece may come free, None: none is kept."""

    sale: SaleView
    entered: int
    waiting: int
    admitted: int
    ordered: int
    paid: int
    next_free_at: datetime | None

    @property
    def free(self) -> int:
        """Pieces that nobody has."""
        return max(0, self.sale.pieces - self.admitted - self.ordered - self.paid)

    @property
    def may_come_free(self) -> int:
        """Pieces that are free, or kept and not paid."""
        return self.sale.pieces - self.paid

    @property
    def is_sold_out(self) -> bool:
        """Whether every piece is paid for: nobody else gets one."""
        return self.may_come_free <= 0

    def is_due(self, now: datetime) -> bool:
        """Whether settling would change anything at `now`."""
        sale = self.sale
        if sale.status == "announced":
            return now >= sale.starts_at
        if sale.status != "running":
            return False
        if self.admitted and self.next_free_at is not None and self.next_free_at <= now:
            return True
        if now >= sale.ends_at:
            return not (self.admitted or self.ordered) or bool(self.waiting or self.entered)
        return bool(self.entered or (self.waiting and self.free))


_id: sa.BindParameter[int] = sa.bindparam("sale")
_moment = sa.bindparam("at", type_=FlashSale.starts_at.type)
# Not FOR UPDATE: whoever enters holds the sale's key (a foreign key), and shall not wait.
_hold = sa.select(FlashSale.next_place, FlashSale.seed).where(FlashSale.id == _id).with_for_update(skip_locked=True, key_share=True)
_in_sale = FlashEntry.sale_id == _id
_new = sa.select(FlashEntry.customer_id, FlashEntry.ticket).where(_in_sale, FlashEntry.status == "entered")
_early = _new.where(FlashEntry.entered_at < _moment)
_oldest = _new.order_by(FlashEntry.entered_at, FlashEntry.ticket).limit(sa.bindparam("most"))
_place = (
    sa.update(FlashEntry)
    .where(_in_sale, FlashEntry.customer_id == sa.bindparam("customer"), FlashEntry.status == "entered")
    .values(place=sa.bindparam("at_place"), status="waiting")
)
_go_on = sa.update(FlashSale).where(FlashSale.id == _id)
_lapse = (
    sa.update(FlashEntry)
    .where(_in_sale, FlashEntry.status == "admitted", FlashEntry.admitted_until <= _moment)
    .values(status="lapsed")
    .returning(FlashEntry.customer_id)
)
_next = (
    sa.select(FlashEntry.customer_id)
    .where(_in_sale, FlashEntry.status == "waiting", FlashEntry.place.is_not(None))
    .order_by(FlashEntry.place)
    .limit(sa.bindparam("most"))
)
_admit = (
    sa.update(FlashEntry)
    .where(_in_sale, FlashEntry.customer_id == sa.bindparam("customer"), FlashEntry.status == "waiting")
    .values(status="admitted", admitted_until=sa.bindparam("until", type_=FlashSale.ends_at.type))
    .returning(FlashEntry.customer_id)
)
_send_home = sa.update(FlashEntry).where(_in_sale, FlashEntry.status.in_(("entered", "waiting"))).values(status="gone")
_counts = sa.select(FlashEntry.status, sa.func.count(), sa.func.min(FlashEntry.admitted_until)).where(_in_sale).group_by(FlashEntry.status)
_due = sa.select(FlashSale.id).where(
    sa.or_(
        sa.and_(FlashSale.status == "announced", FlashSale.starts_at <= _moment),
        FlashSale.status == "running",
    )
)


def get_state(session: Session, sale_id: int) -> SaleState:
    """Give how a sale stands. Two statements; faces keep it for a second. Raises NotFound."""
    sale = get_sale(session, sale_id)
    rows = {status: (count, first) for status, count, first in session.connection().execute(_counts, {"sale": sale_id})}
    figures = {status: rows.get(status, (0, None))[0] for status in ("entered", "waiting", "admitted", "ordered", "paid")}
    return SaleState(sale, **figures, next_free_at=rows.get("admitted", (0, None))[1])


def list_sales_due(session: Session, *, now: datetime) -> Sequence[int]:
    """List the sales the worker looks after: those that run, and those whose start has come."""
    return list(session.connection().execute(_due, {"at": now}).scalars())


def settle_sale(session: Session, keys: Keys, sale_id: int, *, now: datetime) -> Settled:
    """Move a sale on as far as it goes at `now`; nothing where another is at it, or nothing is due. Raises NotFound.

    At the start the order of those who came before it is drawn; later ones follow in the order of their entries.
    """
    connection = session.connection()
    held = connection.execute(_hold, {"sale": sale_id}).first()
    sale = get_sale(session, sale_id)
    if held is None or sale.status not in ("announced", "running") or now < sale.starts_at:
        return Settled()
    placed = _draw(session, sale, keys.decrypt(held.seed), now) if sale.status == "announced" else 0
    placed += _place_new(session, sale, held.next_place + placed)
    lapsed = _take_back(session, sale, now)
    if now >= sale.ends_at:
        _close(session, sale)
        return Settled(placed, 0, lapsed)
    return Settled(placed, _let_in(session, sale, now), lapsed)


def _draw(session: Session, sale: SaleView, seed: str, now: datetime) -> int:
    """Place all who entered before the start by the seed's order, and publish it."""
    connection = session.connection()
    customers = {row.ticket: row.customer_id for row in connection.execute(_early, {"sale": sale.id, "at": sale.starts_at})}
    order = draw_tickets(seed, customers)
    _give_places(session, sale.id, ((drawn.place, customers[drawn.ticket]) for drawn in order))
    changes = {"status": "running", "drawn_at": now, "drawn": len(order), "seed": seed, "next_place": len(order) + 1}
    connection.execute(_go_on.values(**changes), {"sale": sale.id})
    return len(order)


def _place_new(session: Session, sale: SaleView, first: int) -> int:
    """Place those who entered since, in the order of their entries."""
    connection = session.connection()
    new = connection.execute(_oldest, {"sale": sale.id, "most": AT_ONCE}).all()
    if new:
        _give_places(session, sale.id, ((first + number, row.customer_id) for number, row in enumerate(new)))
        connection.execute(_go_on.values(next_place=first + len(new)), {"sale": sale.id})
    return len(new)


def _give_places(session: Session, sale_id: int, places: Iterable[tuple[int, int]]) -> None:
    rows = [{"sale": sale_id, "customer": customer_id, "at_place": place} for place, customer_id in places]
    if rows:
        session.connection().execute(_place, rows)


def _take_back(session: Session, sale: SaleView, now: datetime) -> int:
    """Take pieces back from those whose time is up."""
    late = sorted(session.connection().execute(_lapse, {"sale": sale.id, "at": now}).scalars())
    for customer_id in late:
        release_stock(session, holder_of(sale.id, customer_id))
    return len(late)


def _let_in(session: Session, sale: SaleView, now: datetime) -> int:
    """Keep a piece for each of the next in line, as long as there are any: the claim of the piece is what lets in."""
    connection = session.connection()
    until, count = now + timedelta(minutes=sale.pay_minutes), 0
    for customer_id in list(connection.execute(_next, {"sale": sale.id, "most": AT_ONCE}).scalars()):
        try:
            claim_stock(session, sale.offering_code, 1, holder=holder_of(sale.id, customer_id), place=sale.place, now=now)
        except SoldOut:
            break
        if connection.execute(_admit, {"sale": sale.id, "customer": customer_id, "until": until}).first() is None:
            release_stock(session, holder_of(sale.id, customer_id))  # left the line at this very moment
            continue
        _tell(session, customer_id, sale, now)
        count += 1
    return count


def _tell(session: Session, customer_id: int, sale: SaleView, now: datetime) -> None:
    params: dict[str, Any] = {"item": dict(sale.name)}
    record_interaction(session, customer_id, channel="web", kind="sale_admitted", params=params, now=now)
    emit(session, PieceKept(sale.id, customer_id), now=now)


def _close(session: Session, sale: SaleView) -> None:
    """End a sale: nobody else is let in; once no piece is kept or unpaid any more, what is left goes back to the stock."""
    connection = session.connection()
    connection.execute(_send_home, {"sale": sale.id})
    kept = {status for status, *_ in connection.execute(_counts, {"sale": sale.id})}
    if not kept & {"admitted", "ordered"}:
        connection.execute(_go_on.values(status="over"), {"sale": sale.id})
        give_back_pieces(session, sale)
