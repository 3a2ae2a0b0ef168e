"""A place in the queue: kept by an order of the deposit, numbered when that is paid, given up with the deposit back.

Numbers are given in the order in which deposits come in, by the transaction that books them, so that none is missing. Whoever
changes a place that stands holds the pre-sale's row first; whoever takes a new one, which nobody else knows yet, takes that last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from portal.base.errors import NotFound
from portal.catalog import Buyer as Asking
from portal.catalog import get_offering, release_stock
from portal.orders import Placed, PricedItem, PricedOrder, cancel_order, check_standing, place_priced
from portal.presales.errors import CannotGiveUp, PresaleFull, PresaleNotOpen
from portal.presales.models import Presale, PresalePlace
from portal.presales.sales import PresaleView, get_presale, holder_of

PlaceStatus = Literal["unpaid", "waiting", "invited", "ordered", "bought", "given_up", "lapsed", "gone"]
DEPOSIT_MINUTES = 30
DEPOSIT = "deposit"
"""How an order of a deposit is fulfilled: by nobody; it stays until the rest is bought, or goes back."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who takes a place, for which customer. Price and number are not theirs to send."""

    customer_id: int
    actor: str
    channel: str = "web"
    party_id: int | None = None


@dataclass(frozen=True, slots=True)
class PlaceView:
    """Where one customer stands: `number` once the deposit is paid, `ahead`: how many wait before."""

    presale_id: int
    customer_id: int
    status: PlaceStatus
    number: int | None
    ahead: int
    attempt: int
    deposit_order_id: int | None
    order_id: int | None
    entered_at: datetime
    invited_until: datetime | None

    def is_invited(self, now: datetime) -> bool:
        """Whether the rest can be paid now."""
        return self.status == "invited" and self.invited_until is not None and now < self.invited_until


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is invited: who took the place (None: not known), and until when the rest can be paid."""

    party_id: int | None
    until: datetime


_presale: sa.BindParameter[int] = sa.bindparam("presale")
_customer: sa.BindParameter[int] = sa.bindparam("customer")
_mine = sa.and_(PresalePlace.presale_id == _presale, PresalePlace.customer_id == _customer)
_invited = sa.select(PresalePlace.party_id, PresalePlace.invited_until).where(_mine, PresalePlace.status == "invited")
_other = aliased(PresalePlace)
_ahead = (
    sa.select(sa.func.count())
    .where(_other.presale_id == PresalePlace.presale_id, _other.status == "waiting", _other.number < PresalePlace.number)
    .correlate(PresalePlace)
    .scalar_subquery()
)
_views = sa.select(
    PresalePlace.presale_id, PresalePlace.customer_id, PresalePlace.status, PresalePlace.number,
    sa.case((PresalePlace.status == "waiting", _ahead), else_=0), PresalePlace.attempt, PresalePlace.deposit_order_id,
    PresalePlace.order_id, PresalePlace.entered_at, PresalePlace.invited_until,
)  # fmt: skip
_find = _views.where(_mine)
_in_it = PresalePlace.presale_id == _presale
_count = sa.select(PresalePlace.status, sa.func.count().label("places")).where(_in_it).group_by(PresalePlace.status)
_hold = sa.select(Presale.status).where(Presale.id == _presale).with_for_update(key_share=True)
_list_mine = _views.where(PresalePlace.customer_id == _customer).order_by(PresalePlace.entered_at.desc()).limit(50)


def _taking(insert: sqlite.Insert | postgresql.Insert) -> Any:
    moment = sa.bindparam("at", type_=PresalePlace.entered_at.type)
    new = insert.values(presale_id=_presale, customer_id=_customer, party_id=sa.bindparam("party"), status="unpaid", entered_at=moment)
    return new.on_conflict_do_update(
        index_elements=[PresalePlace.presale_id, PresalePlace.customer_id],
        set_={
            "status": "unpaid", "party_id": new.excluded.party_id,
            "number": None, "entered_at": new.excluded.entered_at, "attempt": PresalePlace.attempt + 1,
            "deposit_order_id": None, "order_id": None, "invited_at": None, "invited_until": None,
        },
        where=PresalePlace.status.in_(("given_up", "gone")),
    ).returning(PresalePlace.attempt)  # fmt: skip


_take = {"sqlite": _taking(sqlite.insert(PresalePlace)), "postgresql": _taking(postgresql.insert(PresalePlace))}
_note_deposit = sa.update(PresalePlace).where(_mine).values(deposit_order_id=sa.bindparam("order"))
_seat = (
    sa.update(Presale)
    .where(Presale.id == _presale, Presale.status == "announced", sa.or_(Presale.most.is_(None), Presale.taken < Presale.most))
    .values(taken=Presale.taken + 1)
    .returning(Presale.id)
)
_free_seat = sa.update(Presale).where(Presale.id == _presale).values(taken=Presale.taken - 1)
_draw_number = (
    sa.update(Presale).where(Presale.id == _presale).values(next_number=Presale.next_number + 1).returning(Presale.next_number - 1)
)
_by_deposit = sa.and_(PresalePlace.customer_id == _customer, PresalePlace.deposit_order_id == sa.bindparam("order"))
_whose_deposit = sa.select(PresalePlace.presale_id).where(_by_deposit)
_deposit_paid = (
    sa.update(PresalePlace)
    .where(_mine, PresalePlace.deposit_order_id == sa.bindparam("order"), PresalePlace.status == "unpaid")
    .values(status="waiting", number=sa.bindparam("drawn"))
    .returning(PresalePlace.presale_id)
)
_unpaid = sa.select(PresalePlace.presale_id).where(_by_deposit, PresalePlace.status == "unpaid")
_deposit_gone = (
    sa.update(PresalePlace)
    .where(_mine, PresalePlace.deposit_order_id == sa.bindparam("order"), PresalePlace.status.in_(("unpaid", "waiting", "invited")))
    .values(status=sa.case((PresalePlace.status == "unpaid", "gone"), else_="given_up"), invited_until=None)
    .returning(PresalePlace.presale_id)
)
_give_up = (
    sa.update(PresalePlace)
    .where(_mine, PresalePlace.status.in_(("unpaid", "waiting")))
    .values(status="given_up")
    .returning(PresalePlace.deposit_order_id)
)


def take_place(session: Session, presale_id: int, buyer: Buyer, *, now: datetime) -> Placed:
    """Take a place: an order of the deposit, to be paid within half an hour; the number comes with the payment.

    Again gives the order that stands. Raises NotFound, PresaleNotOpen, PresaleFull, and NotForYou and MostReached by the rules of
    what is sold; upon each roll back.
    """
    presale, connection = get_presale(session, presale_id), session.connection()
    key = {"presale": presale_id, "customer": buyer.customer_id}
    taken = (
        connection.execute(_take[connection.dialect.name], {**key, "party": buyer.party_id, "at": now}).first()
        if presale.is_open(now)
        else None
    )
    if taken is None:
        standing = find_place(session, presale_id, buyer.customer_id)
        if standing is None or standing.deposit_order_id is None:
            raise PresaleNotOpen
        return Placed(standing.deposit_order_id, "", is_new=False)
    check_standing(session, presale.offering_code, Asking(buyer.customer_id, buyer.channel, buyer.party_id), now=now)
    placed = place_priced(session, _deposit_order(session, presale, buyer, taken.attempt, now), now=now)
    connection.execute(_note_deposit, {**key, "order": placed.order_id})
    if connection.execute(_seat, {"presale": presale_id}).first() is None:
        raise PresaleFull
    return placed


def find_place(session: Session, presale_id: int, customer_id: int) -> PlaceView | None:
    """Give where a customer stands, None without a place. One statement."""
    row = session.connection().execute(_find, {"presale": presale_id, "customer": customer_id}).first()
    return None if row is None else PlaceView(*row)


def find_invited(session: Session, presale_id: int, customer_id: int) -> Reader | None:
    """Give who of a customer is invited, and until when; None where nobody is. One statement."""
    row = session.connection().execute(_invited, {"presale": presale_id, "customer": customer_id}).first()
    return None if row is None or row.invited_until is None else Reader(row.party_id, row.invited_until)


def list_places_of(session: Session, customer_id: int) -> list[PlaceView]:
    """List a customer's places in all pre-sales, the latest first."""
    return [PlaceView(*row) for row in session.connection().execute(_list_mine, {"customer": customer_id})]


def count_places(session: Session, presale_id: int) -> dict[str, int]:
    """Count the places of a pre-sale by status."""
    rows = session.connection().execute(_count, {"presale": presale_id}).all()
    return {row.status: row.places for row in rows}


def give_up_place(session: Session, presale_id: int, buyer: Buyer, *, now: datetime) -> None:
    """Give a place up before the release: its deposit goes back, its number is not given to anybody else.

    Raises NotFound where there is none, CannotGiveUp after the release, or where it was given up before.
    """
    connection, key = session.connection(), {"presale": presale_id, "customer": buyer.customer_id}
    status = connection.execute(_hold, {"presale": presale_id}).scalar()
    given = connection.execute(_give_up, key).first() if status == "announced" else None
    if given is None:
        if find_place(session, presale_id, buyer.customer_id) is None:
            raise NotFound
        raise CannotGiveUp
    if given.deposit_order_id is not None:
        cancel_order(session, buyer.customer_id, given.deposit_order_id, actor="system", reason="presale_given_up", now=now)
    connection.execute(_free_seat, {"presale": presale_id})


def note_deposit_paid(session: Session, customer_id: int, order_id: int) -> bool:
    """Give a place its number as its deposit is paid; False for an order of something else, or one that had it before."""
    presale_id = _hold_of_deposit(session, _unpaid, customer_id, order_id)
    if presale_id is None:
        return False
    connection = session.connection()
    where = {"presale": presale_id, "customer": customer_id, "order": order_id}
    if connection.execute(_unpaid, where).first() is None:
        return False
    connection.execute(_deposit_paid, {**where, "drawn": connection.execute(_draw_number, where).scalar_one()})
    return True


def note_deposit_gone(session: Session, customer_id: int, order_id: int) -> int | None:
    """Free a place whose deposit was not paid in time, or was given back; give its pre-sale, None for an order of something else."""
    presale_id = _hold_of_deposit(session, _whose_deposit, customer_id, order_id)
    if presale_id is None:
        return None
    connection = session.connection()
    where = {"presale": presale_id, "customer": customer_id, "order": order_id}
    if connection.execute(_deposit_gone, where).first() is not None:
        release_stock(session, holder_of(presale_id, customer_id))
        connection.execute(_free_seat, {"presale": presale_id})
    return presale_id


def _hold_of_deposit(session: Session, which: sa.Select[int], customer_id: int, order_id: int) -> int | None:
    """Hold the pre-sale whose deposit an order is; None, and nothing, for an order of something else."""
    connection = session.connection()
    presale_id: int | None = connection.execute(which, {"customer": customer_id, "order": order_id}).scalar()
    if presale_id is not None:
        connection.execute(_hold, {"presale": presale_id})
    return presale_id


def _deposit_order(session: Session, presale: PresaleView, buyer: Buyer, attempt: int, now: datetime) -> PricedOrder:
    offering = get_offering(session, presale.offering_code)
    name = {"zh": f"定金：{presale.name.get('zh', '')}", "en": f"Deposit: {presale.name.get('en', '')}"}
    item = PricedItem(presale.offering_code, name, DEPOSIT, 1, presale.deposit_minor, kind=offering.kind, terms={"presale": presale.id})
    return PricedOrder(
        buyer.customer_id,
        (item,),
        "standard",
        presale.currency,
        buyer.channel,
        f"presale:{presale.id}:{attempt}",
        payment="online",
        pay_by=now + timedelta(minutes=DEPOSIT_MINUTES),
        identity=f"presale:{presale.id}:{attempt}",
        party_id=buyer.party_id,
        actor=buyer.actor,
    )
