"""Sending what was ordered: packed by the desk, announced to a carrier or handed over with its tracking number, followed to the door.

Stock stays reserved until the parcel has arrived, so what comes back is simply free again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.orders.cancelling import give_up
from portal.orders.errors import OrderClosed
from portal.orders.events import OrderShipped
from portal.orders.holds import hold_of
from portal.orders.models import OrderWork, Shipment
from portal.orders.moving import receive_order
from portal.orders.ports import Carried
from portal.orders.steps import Step, give_task, items_of, move_on, tell, whose

CAME_BACK = "undeliverable"
LOOK_AGAIN = timedelta(hours=1)
BY_DESK, UNNAMED = "desk", "carrier"
_this = sa.and_(Shipment.customer_id == sa.bindparam("customer"), Shipment.order_id == sa.bindparam("order"))
_add = sa.insert(Shipment)
_last = sa.select(sa.func.coalesce(sa.func.max(Shipment.number), 0)).where(_this)
_moved = (
    sa.update(Shipment)
    .where(_this, Shipment.status.in_(("sent", "on_the_way")))
    .values(
        status=sa.bindparam("to_status"),
        events=sa.bindparam("seen", type_=Shipment.events.type),
        tracking=sa.func.coalesce(sa.bindparam("number_of", type_=sa.String()), Shipment.tracking),
        delivered_at=sa.bindparam("arrived"),
        next_at=sa.bindparam("again"),
    )
    .returning(Shipment.number)
)
_given_up = (
    sa.update(Shipment)
    .where(_this, Shipment.status.in_(("wanted", "asked", "recalling")))
    .values(status=sa.case((Shipment.status == "recalling", "recalling"), else_="failed"), next_at=None)
    .returning(Shipment.status)
)
_taken = (
    sa.update(Shipment)
    .where(_this, Shipment.number == sa.bindparam("parcel"), Shipment.status.in_(("asked", "recalling")))
    .values(
        status="sent",
        carrier=sa.bindparam("by_carrier"),
        tracking=sa.bindparam("under"),
        events=sa.bindparam("seen", type_=Shipment.events.type),
        sent_at=sa.bindparam("at"),
        next_at=sa.bindparam("again"),
    )
)
_overdue = (
    sa.select(OrderWork.customer_id, OrderWork.order_id)
    .where(OrderWork.due_at <= sa.bindparam("now"), OrderWork.task == "deliver")
    .order_by(OrderWork.due_at, OrderWork.order_id)
    .limit(sa.bindparam("most"))
)
_look_later = (
    sa.update(Shipment)
    .where(_this, Shipment.number == sa.bindparam("parcel"), Shipment.status.in_(("sent", "on_the_way")))
    .values(next_at=sa.bindparam("again"))
)
_followed = (
    sa.select(OrderWork.customer_id, OrderWork.order_id, Shipment.number)
    .join(Shipment, sa.and_(Shipment.customer_id == OrderWork.customer_id, Shipment.order_id == OrderWork.order_id))
    .where(
        OrderWork.task == "deliver",
        Shipment.status.in_(("sent", "on_the_way")),
        Shipment.carrier != BY_DESK,
        Shipment.next_at <= sa.bindparam("now"),
    )
    .order_by(Shipment.next_at)
    .limit(sa.bindparam("most"))
)
_list = (
    sa.select(
        Shipment.number, Shipment.carrier, Shipment.tracking, Shipment.status, Shipment.events, Shipment.sent_at, Shipment.delivered_at
    )
    .where(_this)
    .order_by(Shipment.number)
)


@dataclass(frozen=True, slots=True)
class ShipmentView:
    """A parcel of an order. `events`: what the carrier says of it ({"at", "what", "place"})."""

    number: int
    carrier: str
    tracking: str | None
    status: str
    events: Sequence[Mapping[str, Any]]
    sent_at: datetime | None
    delivered_at: datetime | None


def list_shipments(session: Session, customer_id: int, order_id: int) -> Sequence[ShipmentView]:
    """Give the parcels of an order. One statement."""
    return [ShipmentView(*row) for row in session.connection().execute(_list, {"customer": customer_id, "order": order_id})]


def parcel_reference(order_id: int, number: int) -> str:
    """Name a parcel to the carrier: another parcel of the same order has another name."""
    return f"{hold_of(order_id)}:parcel:{number}"


def ship_order(
    session: Session,
    order_id: int,
    *,
    actor: str,
    carrier: str = BY_DESK,
    tracking: str | None,
    customer_id: int | None = None,
    now: datetime,
) -> bool:
    """Note that an order's goods are on their way under a tracking number; False where they were already.

    Raises NotFound, OrderClosed for one that is not ready to be sent or was given up, or whose parcel is being stopped.
    """
    step = Step("ship", whose(session, order_id, customer_id), order_id, actor, now, tracking)
    order = move_on(session, step)
    if order is None:
        return False
    if "recalling" in session.connection().execute(_given_up, step.key).scalars().all():
        raise OrderClosed("reserved")  # all of it is taken back; a carrier that was asked and has not answered is not waited for
    number = session.connection().execute(_last, step.key).scalar_one() + 1
    parcel = {
        "customer_id": step.customer_id, "order_id": order_id, "number": number, "carrier": carrier, "tracking": tracking,
        "status": "sent", "events": [], "sent_at": now, "delivered_at": None, "next_at": now,
    }  # fmt: skip
    session.connection().execute(_add, parcel)
    _tell_shipped(session, step, order, tracking)
    return True


def send_parcel(session: Session, order_id: int, number: int, answer: Carried, *, actor: str, customer_id: int, now: datetime) -> bool:
    """Note that the carrier took a parcel it was asked to, and that its order is on its way; False where it was already.

    Raises OrderClosed for an order that was given up meanwhile.
    """
    step = Step("ship", customer_id, order_id, actor, now, answer.tracking)
    order = move_on(session, step)
    if order is None:
        return False
    row = {
        **step.key, "parcel": number, "by_carrier": answer.carrier or UNNAMED, "under": answer.tracking, "at": now,
        "seen": [dict(each) for each in answer.events], "again": now + LOOK_AGAIN,
    }  # fmt: skip
    session.connection().execute(_taken, row)
    _tell_shipped(session, step, order, answer.tracking)
    return True


def _tell_shipped(session: Session, step: Step, order: Any, tracking: str | None) -> None:
    items = items_of(session, step)
    give_task(session, step, "deliver", order, items)
    event = OrderShipped(step.customer_id, step.order_id, order.reference)
    tell(session, step, order, event, items[0].name, params={"tracking": tracking} if tracking else {})


def note_delivered(session: Session, order_id: int, *, actor: str, customer_id: int | None = None, now: datetime) -> bool:
    """Note that a parcel has arrived, and complete its order; False where that was known. Raises NotFound, OrderClosed."""
    customer_id = whose(session, order_id, customer_id)
    done = receive_order(session, order_id, actor=actor, customer_id=customer_id, now=now)
    if done:
        _note_parcel(session, customer_id, order_id, Carried("delivered"), now)
    return done


def note_came_back(session: Session, order_id: int, *, actor: str, customer_id: int | None = None, now: datetime) -> bool:
    """Note that a parcel could not be delivered and is back: the order is given up, money and all; False where that was known."""
    customer_id = whose(session, order_id, customer_id)
    done = give_up(session, Step("fail", customer_id, order_id, actor, now, CAME_BACK))
    if done:
        _note_parcel(session, customer_id, order_id, Carried("failed"), now)
    return done


def claim_followed(session: Session, *, now: datetime, limit: int = 50) -> Sequence[tuple[int, int, str]]:
    """Give (customer, order, reference) of parcels the worker asks the carrier about now, and nobody else for an hour."""
    connection = session.connection()
    rows = connection.execute(_followed, {"now": now, "most": limit}).all()
    for row in rows:
        which = {"customer": row.customer_id, "order": row.order_id, "parcel": row.number}
        connection.execute(_look_later, {**which, "again": now + LOOK_AGAIN})
    return [(row.customer_id, row.order_id, parcel_reference(row.order_id, row.number)) for row in rows]


def settle_parcel(session: Session, customer_id: int, order_id: int, seen: Carried, *, now: datetime) -> None:
    """Keep what the carrier says of a parcel; one that arrived completes its order, one that came back gives it up."""
    try:
        if seen.end == "delivered":
            note_delivered(session, order_id, actor="system:carrier", customer_id=customer_id, now=now)
        elif seen.end == "failed":
            note_came_back(session, order_id, actor="system:carrier", customer_id=customer_id, now=now)
        elif seen.end in ("sent", "on_the_way"):
            _note_parcel(session, customer_id, order_id, seen, now)
    except OrderClosed:  # somebody at the desk knew first
        return


def list_delivered(session: Session, *, now: datetime, limit: int = 100) -> Sequence[tuple[int, int]]:
    """Give (customer, order) of orders that were sent so long ago that they have surely arrived, the longest ago first."""
    return [(row.customer_id, row.order_id) for row in session.connection().execute(_overdue, {"now": now, "most": limit})]


def complete_delivered(session: Session, customer_id: int, order_id: int, *, now: datetime) -> bool:
    """Complete an order that has surely arrived; False where that was known, or it came back. In a transaction of its own: several
    orders in one would take their locks in no order."""
    with contextlib.suppress(OrderClosed):
        return note_delivered(session, order_id, actor="system:carrier", customer_id=customer_id, now=now)
    return False


def _note_parcel(session: Session, customer_id: int, order_id: int, seen: Carried, now: datetime) -> None:
    status = "back" if seen.end == "failed" else seen.end
    row = {
        "customer": customer_id, "order": order_id, "to_status": status, "seen": [dict(each) for each in seen.events],
        "number_of": seen.tracking, "arrived": now if status == "delivered" else None, "again": now + LOOK_AGAIN,
    }  # fmt: skip
    session.connection().execute(_moved, row)
