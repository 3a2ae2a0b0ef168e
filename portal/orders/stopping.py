"""Whether an order that is to be given up can be: not before its parcel is stopped, where a carrier was told of it.

Told and not answered, a carrier may have it. Then the order stays as it stands, stock, money and all, with the task *recall*,
until the carrier (or who asked it by telephone) says whether the parcel was stopped. What no carrier was told of is stopped at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.orders.errors import AlreadyTaken
from portal.orders.models import Order, OrderWork, Shipment
from portal.orders.states import TRANSITIONS, check_role, read_status
from portal.orders.steps import Step, give_task, items_of, move_on, tell

LEASE = timedelta(minutes=1)
"""So long one asker of a carrier has for its call; then another asks, under the same number."""
WAITS = tuple(timedelta(seconds=each) for each in (5, 15, 60, 300, 900, 3600))
MOST_TRIES = 12
"""After so many tries without an answer a person looks at it, and the machine asks no more."""

_customer: sa.BindParameter[int] = sa.bindparam("customer")
_order_id: sa.BindParameter[int] = sa.bindparam("order")
_parcels = sa.and_(Shipment.customer_id == _customer, Shipment.order_id == _order_id)
_lock = sa.select(Order.status).where(Order.customer_id == _customer, Order.id == _order_id).with_for_update()
_latest = sa.bindparam("latest", type_=Shipment.next_at.type)
_was_told = Shipment.status == "asked"
_stop = (
    sa.update(Shipment)
    .where(_parcels, Shipment.status.in_(("wanted", "asked")))
    .values(
        status=sa.case((_was_told, "recalling"), else_="stopped"),
        attempts=0,
        next_at=sa.case((~_was_told, None), (Shipment.next_at > _latest, _latest), else_=Shipment.next_at),
    )
    .returning(Shipment.status)
)
_recalled = sa.select(sa.func.count()).select_from(Shipment).where(_parcels, Shipment.status == "recalling")
_taken = sa.select(OrderWork.taken_by).where(OrderWork.order_id == _order_id)


def stop_parcel(session: Session, step: Step) -> bool | None:
    """Stop the parcel of an order that is to be given up. None: nothing is with a carrier, the order can be given up now.

    True: the carrier was told, and is to be asked to stop it; False: that was wanted before. The order is locked from here on.
    Who is announcing the parcel in this moment ends first: it is asked back when that call's time is over. Raises AlreadyTaken
    for a customer whose order the desk has.
    """
    check_role(step.verb, step.actor)
    connection, key = session.connection(), step.key
    order = connection.execute(_lock, key).first()
    if order is None or read_status(order.status) not in TRANSITIONS[step.verb].sources:
        return None  # the step itself says why it cannot be
    found = connection.execute(_stop, {**key, "latest": step.now + LEASE}).scalars().all()
    if "recalling" not in found:
        return False if connection.execute(_recalled, key).scalar() else None
    if step.verb == "withdraw" and connection.execute(_taken, key).scalar() is not None:
        raise AlreadyTaken
    _ask_for_it(session, step)
    return True


def _ask_for_it(session: Session, step: Step) -> None:
    asking = Step("recall", step.customer_id, step.order_id, step.actor, step.now, step.note)
    order = move_on(session, asking)
    give_task(session, asking, "recall", order, items_of(session, asking))
    tell(session, asking, order, None)


def next_try(attempts: int, now: datetime) -> datetime:
    """Give when a carrier that did not answer is asked again."""
    return now + WAITS[min(attempts, len(WAITS)) - 1]
