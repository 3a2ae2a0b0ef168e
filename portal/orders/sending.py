"""Announcing a parcel to the carrier: wanted by the desk that packed it, asked for by the worker, answered some time.

The worker claims in one transaction, asks outside any, and settles the answer in another. Killed in between, or without an
answer, it asks first how the parcel stands under its number, and announces it only where the carrier never heard of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.orders.errors import OrderClosed
from portal.orders.models import Order, OrderItem, OrderWork, Shipment
from portal.orders.ports import Carried, Parcel
from portal.orders.recalling import note_heard
from portal.orders.shipping import parcel_reference, send_parcel, settle_parcel
from portal.orders.states import DESK, MACHINE, TRANSITIONS, read_status, role_of
from portal.orders.steps import Step, note_step, whose
from portal.orders.stopping import LEASE, MOST_TRIES, next_try

GONE_FROM = frozenset({"sent", "on_the_way", "delivered", "failed"})
"""Answers of a carrier that has the parcel, or had it."""
_customer: sa.BindParameter[int] = sa.bindparam("customer")
_order_id: sa.BindParameter[int] = sa.bindparam("order")
_parcels = sa.and_(Shipment.customer_id == _customer, Shipment.order_id == _order_id)
_this = sa.and_(_parcels, Shipment.number == sa.bindparam("parcel"))
_lock = sa.select(Order.status, Order.delivery).where(Order.customer_id == _customer, Order.id == _order_id).with_for_update()
_to_machine = (
    sa.update(OrderWork)
    .where(OrderWork.order_id == _order_id, OrderWork.task == "ship", OrderWork.role == DESK)
    .values(role=MACHINE, taken_by=None, taken_at=None)
    .returning(OrderWork.order_id)
)
_to_desk = sa.update(OrderWork).where(OrderWork.order_id == _order_id, OrderWork.task == "ship").values(role=DESK)
_last = sa.select(sa.func.coalesce(sa.func.max(Shipment.number), 0)).where(_parcels)
_want = sa.insert(Shipment)
_due = (
    sa.select(Shipment.customer_id, Shipment.order_id, Shipment.number, Shipment.status, Shipment.attempts)
    .join(OrderWork, sa.and_(OrderWork.customer_id == Shipment.customer_id, OrderWork.order_id == Shipment.order_id))
    .where(
        OrderWork.task == "ship",
        OrderWork.role == MACHINE,
        Shipment.status.in_(("wanted", "asked")),
        Shipment.next_at <= sa.bindparam("now"),
        Shipment.attempts < MOST_TRIES,
    )
    .order_by(Shipment.next_at, Shipment.order_id)
    .limit(sa.bindparam("most"))
)
_claim = (
    sa.update(Shipment)
    .where(_this, Shipment.status == sa.bindparam("was"), Shipment.attempts == sa.bindparam("tried"))
    .values(status="asked", attempts=Shipment.attempts + 1, next_at=sa.bindparam("again"))
    .returning(Shipment.number)
)
_pieces = (
    sa.select(sa.func.coalesce(sa.func.sum(OrderItem.quantity), 0))
    .where(OrderItem.customer_id == _customer, OrderItem.order_id == _order_id, OrderItem.fulfilment == "goods")
)  # fmt: skip
_where_to = sa.select(Order.delivery).where(Order.customer_id == _customer, Order.id == _order_id)
_open = sa.select(Shipment.status).where(_this)
_wait = sa.update(Shipment).where(_this, Shipment.status == "asked").values(next_at=sa.bindparam("again"))
_refused = sa.update(Shipment).where(_this, Shipment.status == "asked").values(status="failed", next_at=None)


@dataclass(frozen=True, slots=True)
class ClaimedParcel:
    """One parcel the worker is to announce. `asked_before`: the carrier may know of it already."""

    customer_id: int
    order_id: int
    number: int
    attempts: int
    parcel: Parcel

    @property
    def asked_before(self) -> bool:
        """Somebody asked for it before."""
        return self.attempts > 1

    @property
    def key(self) -> dict[str, int]:
        """The row, as statements take it."""
        return {"customer": self.customer_id, "order": self.order_id, "parcel": self.number}


def want_parcel(session: Session, order_id: int, *, actor: str, customer_id: int | None = None, now: datetime) -> bool:
    """Have the carrier take an order's parcel, which the desk has packed; False where that is wanted already.

    Raises NotFound for an order that is sent nowhere, OrderClosed for one that is not ready to be sent.
    """
    if role_of(actor) != "desk":
        raise PermissionError("parcels are packed by staff")
    step = Step("ship", whose(session, order_id, customer_id), order_id, actor, now)
    connection = session.connection()
    order = connection.execute(_lock, step.key).first()
    if order is None or order.delivery is None:
        raise NotFound
    if read_status(order.status) not in TRANSITIONS["ship"].sources:
        raise OrderClosed(read_status(order.status))
    if connection.execute(_to_machine, {"order": order_id}).first() is None:
        return False
    number = connection.execute(_last, step.key).scalar_one() + 1
    row = {
        "customer_id": step.customer_id, "order_id": order_id, "number": number, "carrier": "", "tracking": None, "status": "wanted",
        "events": [], "sent_at": None, "delivered_at": None, "next_at": now,
    }  # fmt: skip
    connection.execute(_want, row)
    note_step(session, step, "packed")
    return True


def claim_parcels(session: Session, *, now: datetime, limit: int = 10) -> Sequence[ClaimedParcel]:
    """Give the parcels the carrier is to be told of now, for a minute nobody else's."""
    connection, claimed = session.connection(), []
    for row in connection.execute(_due, {"now": now, "most": limit}).all():
        key = {"customer": row.customer_id, "order": row.order_id, "parcel": row.number}
        if connection.execute(_claim, {**key, "was": row.status, "tried": row.attempts, "again": now + LEASE}).first() is None:
            continue
        claimed.append(ClaimedParcel(row.customer_id, row.order_id, row.number, row.attempts + 1, _parcel(session, key)))
    return claimed


def settle_sending(session: Session, claimed: ClaimedParcel, answer: Carried, *, now: datetime) -> str:
    """Keep what the carrier said, once, and send the order on its way by it; give how the parcel stands.

    Refused, or without an answer for too long, it is the desk's again. An answer that comes after somebody else settled it
    (who typed a tracking number by hand, or gave the order up) changes nothing; of a parcel that is
    to be stopped by now, it says whether there is one.
    """
    connection, key = session.connection(), claimed.key
    connection.execute(_lock, {"customer": claimed.customer_id, "order": claimed.order_id})
    if connection.execute(_open, key).scalar() != "asked":
        note_heard(session, claimed.customer_id, claimed.order_id, claimed.number, answer, now=now)
        return "known"
    if answer.end in GONE_FROM:
        return _sent(session, claimed, answer, now)
    if answer.end == "refused":
        connection.execute(_refused, key)
        return _give_to_desk(session, claimed, "refused_by_carrier", now)
    connection.execute(_wait, {**key, "again": next_try(claimed.attempts, now)})
    if claimed.attempts >= MOST_TRIES:
        return _give_to_desk(session, claimed, "no_answer_of_carrier", now)
    return "asked"


def _sent(session: Session, claimed: ClaimedParcel, answer: Carried, now: datetime) -> str:
    try:
        gone = send_parcel(
            session, claimed.order_id, claimed.number, answer, actor="system:carrier", customer_id=claimed.customer_id, now=now
        )
    except OrderClosed:  # given up while the carrier was asked: the desk still has the parcel, and keeps it
        session.connection().execute(_refused, claimed.key)
        return "known"
    if gone and answer.end != "sent":
        settle_parcel(session, claimed.customer_id, claimed.order_id, answer, now=now)
    return "sent"


def _give_to_desk(session: Session, claimed: ClaimedParcel, why: str, now: datetime) -> str:
    session.connection().execute(_to_desk, {"order": claimed.order_id})
    note_step(session, Step("ship", claimed.customer_id, claimed.order_id, "system:carrier", now, why), "not_carried")
    return "desk"


def _parcel(session: Session, key: Mapping[str, int]) -> Parcel:
    delivery = session.connection().execute(_where_to, key).scalar_one()
    pieces = session.connection().execute(_pieces, key).scalar_one()
    reference = parcel_reference(key["order"], key["parcel"])
    return Parcel(reference, delivery["name"], delivery["phone"], delivery["address"], pieces)
