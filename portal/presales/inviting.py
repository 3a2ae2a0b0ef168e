"""After the release: whoever is next by number is invited as pieces come, pays the rest in time, or the next one is.

One hand at a time does this, as in a flash sale; an invitation is the claim of a piece. The order of locks: the pre-sale's row
(passed over where another is at it), places, orders and stock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid
from portal.base.events import emit
from portal.carts import tax_within
from portal.catalog import SoldOut, claim_stock, find_tax_and_limit, get_offering, release_stock
from portal.interactions import record_interaction
from portal.orders import Delivery, OrderClosed, Placed, PricedItem, PricedOrder, cancel_order, fulfil_order, papers_of_order, place_priced
from portal.presales.errors import NotInvited
from portal.presales.events import RestInvited
from portal.presales.models import Presale, PresalePlace
from portal.presales.places import Buyer, find_place
from portal.presales.sales import PresaleView, get_presale, holder_of

AT_ONCE = 200
GOODS = "goods"


@dataclass(frozen=True, slots=True)
class Invited:
    """What one settling did: how many were invited, and how many invitations ran out."""

    invited: int = 0
    lapsed: int = 0


_presale: sa.BindParameter[int] = sa.bindparam("presale")
_customer: sa.BindParameter[int] = sa.bindparam("customer")
_moment = sa.bindparam("at", type_=PresalePlace.entered_at.type)
_in_it = PresalePlace.presale_id == _presale
_mine = sa.and_(_in_it, PresalePlace.customer_id == _customer)
_hold = sa.select(Presale.id).where(Presale.id == _presale).with_for_update(skip_locked=True, key_share=True)
_late = (
    sa.update(PresalePlace)
    .where(_in_it, PresalePlace.status == "invited", PresalePlace.invited_until <= _moment)
    .values(status="lapsed")
    .returning(PresalePlace.customer_id, PresalePlace.deposit_order_id)
)
_next = (
    sa.select(PresalePlace.customer_id)
    .where(_in_it, PresalePlace.status == "waiting", PresalePlace.number.is_not(None))
    .order_by(PresalePlace.number)
    .limit(AT_ONCE)
)
_invite = (
    sa.update(PresalePlace)
    .where(_mine, PresalePlace.status == "waiting")
    .values(status="invited", invited_at=_moment, invited_until=sa.bindparam("until", type_=PresalePlace.entered_at.type))
    .returning(PresalePlace.customer_id)
)
_still_waiting = (
    sa.update(PresalePlace)
    .where(_in_it, PresalePlace.status == "waiting")
    .values(status="given_up")
    .returning(PresalePlace.customer_id, PresalePlace.deposit_order_id)
)
_take = (
    sa.update(PresalePlace)
    .where(_mine, PresalePlace.status == "invited", PresalePlace.invited_until > _moment)
    .values(status="ordered")
    .returning(PresalePlace.invited_until)
)
_note = sa.update(PresalePlace).where(_mine).values(order_id=sa.bindparam("order"))
_by_order = sa.and_(PresalePlace.customer_id == _customer, PresalePlace.order_id == sa.bindparam("order"))
_bought = (
    sa.update(PresalePlace)
    .where(_by_order, PresalePlace.status == "ordered")
    .values(status="bought")
    .returning(PresalePlace.deposit_order_id)
)
_not_bought = (
    sa.update(PresalePlace)
    .where(_by_order, PresalePlace.status.in_(("ordered", "bought")))
    .values(status="lapsed")
    .returning(PresalePlace.presale_id, PresalePlace.deposit_order_id)
)
_due = sa.select(Presale.id).where(Presale.status.in_(("released", "over")))


def list_presales_due(session: Session) -> list[int]:
    """List the pre-sales the worker looks after."""
    return list(session.connection().execute(_due).scalars())


def settle_presale(session: Session, presale_id: int, *, now: datetime) -> Invited:
    """Take pieces back from those whose time is up, and invite the next; nothing where another is at it. Raises NotFound.

    The deposit of whoever let the time pass is given back or kept, as was announced. Once a pre-sale is over, whoever still waits
    gets it back.
    """
    connection = session.connection()
    held, presale = connection.execute(_hold, {"presale": presale_id}).first(), get_presale(session, presale_id)
    if held is None or presale.status not in ("released", "over"):
        return Invited()
    late = sorted(connection.execute(_late, {"presale": presale_id, "at": now}).all())
    for row in late:
        release_stock(session, holder_of(presale_id, row.customer_id))
        end_deposit(session, presale, row.customer_id, row.deposit_order_id, now=now)
    if presale.status == "over":
        for row in sorted(connection.execute(_still_waiting, {"presale": presale_id}).all()):
            give_deposit_back(session, row.customer_id, row.deposit_order_id, reason="presale_over", now=now)
        return Invited(0, len(late))
    return Invited(_invite_next(session, presale, now), len(late))


def order_rest(session: Session, presale_id: int, buyer: Buyer, delivery: Delivery | None, *, now: datetime) -> Placed:
    """Order the piece one is invited to: the whole price, the deposit taken off, to be paid until the invitation ends.

    Again gives the order that stands. Raises NotFound, NotInvited, Invalid for what is missing to deliver it; roll back upon each.
    """
    connection, presale = session.connection(), get_presale(session, presale_id)
    key = {"presale": presale_id, "customer": buyer.customer_id}
    invited = connection.execute(_take, {**key, "at": now}).first()
    if invited is None:
        standing = find_place(session, presale_id, buyer.customer_id)
        if standing is None or standing.order_id is None:
            raise NotInvited
        return Placed(standing.order_id, "", is_new=False)
    order = _rest_order(session, presale, buyer, delivery, invited.invited_until, now)
    release_stock(session, holder_of(presale_id, buyer.customer_id))
    placed = place_priced(session, order, now=now)
    connection.execute(_note, {**key, "order": placed.order_id})
    return placed


def note_rest_paid(session: Session, customer_id: int, order_id: int, *, now: datetime) -> bool:
    """Note that the rest is paid: the deposit's order is done. False for an order of something else."""
    row = session.connection().execute(_bought, {"customer": customer_id, "order": order_id}).first()
    if row is not None and row.deposit_order_id is not None:
        fulfil_order(session, row.deposit_order_id, actor="system", customer_id=customer_id, now=now)
    return row is not None


def note_rest_given_up(session: Session, customer_id: int, order_id: int, *, now: datetime) -> int | None:
    """Note that the order of the rest was cancelled, its piece put back; give the pre-sale, which is to be settled."""
    row = session.connection().execute(_not_bought, {"customer": customer_id, "order": order_id}).first()
    if row is None:
        return None
    presale = get_presale(session, row.presale_id)
    end_deposit(session, presale, customer_id, row.deposit_order_id, now=now)
    return presale.id


def end_deposit(session: Session, presale: PresaleView, customer_id: int, order_id: int | None, *, now: datetime) -> None:
    """Keep the deposit of somebody who let the invitation pass, or give it back: as the pre-sale said beforehand."""
    if not presale.keeps_deposit:
        give_deposit_back(session, customer_id, order_id, reason="presale_lapsed", now=now)
    elif order_id is not None:
        fulfil_order(session, order_id, actor="system", note="presale_lapsed", customer_id=customer_id, now=now)


def give_deposit_back(session: Session, customer_id: int, order_id: int | None, *, reason: str, now: datetime) -> None:
    """Give a deposit back, once."""
    if order_id is None:
        return
    try:
        cancel_order(session, customer_id, order_id, actor="system", reason=reason, now=now)
    except OrderClosed:  # it was bought or given back meanwhile
        return


def _invite_next(session: Session, presale: PresaleView, now: datetime) -> int:
    connection, until, count = session.connection(), now + timedelta(hours=presale.pay_hours), 0
    for customer_id in list(connection.execute(_next, {"presale": presale.id}).scalars()):
        holder = holder_of(presale.id, customer_id)
        try:
            claim_stock(session, presale.offering_code, 1, holder=holder, place=presale.place, now=now)
        except SoldOut:
            break
        if connection.execute(_invite, {"presale": presale.id, "customer": customer_id, "at": now, "until": until}).first() is None:
            release_stock(session, holder)
            continue
        params: dict[str, Any] = {"item": dict(presale.name)}
        record_interaction(session, customer_id, channel="web", kind="presale_invited", params=params, now=now)
        emit(session, RestInvited(presale.id, customer_id), now=now)
        count += 1
    return count


def _rest_order(
    session: Session, presale: PresaleView, buyer: Buyer, delivery: Delivery | None, pay_by: datetime, now: datetime
) -> PricedOrder:
    offering = get_offering(session, presale.offering_code)
    if offering.fulfilment == GOODS and delivery is None:
        raise Invalid({"address": N_("This is needed to send it to you.")})
    item = PricedItem(
        presale.offering_code, presale.name, offering.fulfilment, 1, presale.amount_minor, stocked=True, kind=offering.kind,
        tax_minor=tax_within(presale.amount_minor, find_tax_and_limit(session, presale.offering_code)[0]),
    )  # fmt: skip
    return PricedOrder(
        buyer.customer_id,
        (item,),
        "standard",
        presale.currency,
        buyer.channel,
        f"presale:{presale.id}:rest",
        payment="online",
        pay_by=pay_by,
        identity=f"presale:{presale.id}:rest",
        party_id=buyer.party_id,
        delivery=delivery,
        place=presale.place,
        paid_before_minor=presale.deposit_minor,
        documents=papers_of_order(session, buyer.customer_id, [item], channel=buyer.channel, now=now),
        actor=buyer.actor,
    )
