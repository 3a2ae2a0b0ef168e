"""Ordering the piece that is kept: one order for each customer, and the queue's part when it is paid or given up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid
from portal.carts import tax_within
from portal.catalog import find_tax_and_limit, get_offering, release_stock
from portal.flashsales.entering import find_entry
from portal.flashsales.errors import NotAdmitted
from portal.flashsales.models import FlashEntry
from portal.flashsales.sales import SaleView, get_sale, holder_of
from portal.orders import Delivery, Placed, PricedItem, PricedOrder, papers_of_order, place_priced

DATA_PACK, GOODS = "data_pack", "goods"


@dataclass(frozen=True, slots=True)
class PieceOrder:
    """Who orders the piece kept for a customer, and where it goes. Price, piece and time are the sale's, nobody sends them."""

    customer_id: int
    actor: str
    channel: str = "web"
    party_id: int | None = None
    subscription_id: int | None = None
    delivery: Delivery | None = None
    outlet: str | None = None


_mine = sa.and_(FlashEntry.sale_id == sa.bindparam("sale"), FlashEntry.customer_id == sa.bindparam("customer"))
_take = (
    sa.update(FlashEntry)
    .where(_mine, FlashEntry.status == "admitted", FlashEntry.admitted_until > sa.bindparam("at", type_=FlashEntry.entered_at.type))
    .values(status="ordered")
    .returning(FlashEntry.admitted_until)
)
_note = sa.update(FlashEntry).where(_mine).values(order_id=sa.bindparam("order"), status=sa.bindparam("becomes"))
_by_order = sa.and_(FlashEntry.customer_id == sa.bindparam("customer"), FlashEntry.order_id == sa.bindparam("order"))
_paid = sa.update(FlashEntry).where(_by_order, FlashEntry.status == "ordered").values(status="paid").returning(FlashEntry.sale_id)
_given_up = (
    sa.update(FlashEntry).where(_by_order, FlashEntry.status.in_(("ordered", "paid"))).values(status="lapsed").returning(FlashEntry.sale_id)
)


def order_piece(session: Session, sale_id: int, new: PieceOrder, *, now: datetime) -> Placed:
    """Order the piece that is kept for a customer, at the sale's price, to be paid until the time it is kept for.

    Again gives the order that stands. The piece goes back and is claimed by the order in one transaction, so nobody else sees it
    free. Raises NotAdmitted where no piece is kept, Invalid for what is missing to deliver it, NotEnoughPoints; roll back upon each.
    """
    connection, sale = session.connection(), get_sale(session, sale_id)
    key = {"sale": sale_id, "customer": new.customer_id}
    admitted = connection.execute(_take, {**key, "at": now}).first()
    if admitted is None:
        entry = find_entry(session, sale_id, new.customer_id)
        if entry is None or entry.order_id is None:
            raise NotAdmitted
        return Placed(entry.order_id, "", is_new=False)
    order = _order(session, sale, new, admitted.admitted_until, now)
    release_stock(session, holder_of(sale_id, new.customer_id))
    placed = place_priced(session, order, now=now)
    becomes = "ordered" if order.waits_for_payment else "paid"
    connection.execute(_note, {**key, "order": placed.order_id, "becomes": becomes})
    return placed


def note_order_paid(session: Session, customer_id: int, order_id: int) -> int | None:
    """Note that the order of a piece is paid; give its sale, None for an order of something else."""
    return _moved(session, _paid, customer_id, order_id)


def note_order_given_up(session: Session, customer_id: int, order_id: int) -> int | None:
    """Note that the order of a piece was cancelled, its piece put back by orders; give its sale, which is to be settled."""
    return _moved(session, _given_up, customer_id, order_id)


def _moved(session: Session, statement: Any, customer_id: int, order_id: int) -> int | None:
    sale_id: int | None = session.connection().execute(statement, {"customer": customer_id, "order": order_id}).scalar()
    return sale_id


def _order(session: Session, sale: SaleView, new: PieceOrder, pay_by: datetime, now: datetime) -> PricedOrder:
    offering = get_offering(session, sale.offering_code)
    if offering.fulfilment == GOODS and new.delivery is None and new.outlet is None:
        raise Invalid({"address": N_("This is needed to send it to you.")})
    if offering.fulfilment == DATA_PACK and new.subscription_id is None:
        raise Invalid({"line": N_("Choose the line it is for.")})
    rate, most = find_tax_and_limit(session, sale.offering_code)
    item = PricedItem(
        sale.offering_code,
        sale.name,
        offering.fulfilment,
        1,
        price_minor=0 if sale.in_points else sale.amount,
        price_points=sale.amount if sale.in_points else 0,
        stocked=True,
        kind=offering.kind,
        tax_minor=0 if sale.in_points else tax_within(sale.amount, rate),
        most=most,
    )
    return PricedOrder(
        new.customer_id,
        (item,),
        sale.price_list,
        "" if sale.in_points else sale.unit,
        new.channel,
        f"flash:{sale.id}",
        payment="none" if sale.in_points else "online",
        pay_by=None if sale.in_points else pay_by,
        identity=f"flash:{sale.id}",
        party_id=new.party_id,
        subscription_id=new.subscription_id,
        delivery=new.delivery,
        outlet=new.outlet,
        place=sale.place,
        documents=papers_of_order(
            session, new.customer_id, [replace(item, subscription_id=new.subscription_id)], channel=new.channel, now=now
        ),
        actor=new.actor,
    )
