"""Stopping a parcel the carrier was told of, because its order is to be given up: wanted in the step that would have ended the order,
asked for by the worker, answered some time; or asked by telephone, where there is no carrier to talk to or none that answers.

Stopped, the order is given up as if nothing had been sent. Too late, it is on its way: what it holds stays held and what was paid
stays paid until the parcel is back, undelivered or as a return. Killed in between, it is asked again under the parcel's number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.orders.cancelling import give_up
from portal.orders.models import Order, OrderStep, OrderWork, Shipment
from portal.orders.ports import Carried, Recalled
from portal.orders.shipping import parcel_reference, send_parcel
from portal.orders.states import DESK, MACHINE, role_of
from portal.orders.steps import Step, note_step, tell, whose
from portal.orders.stopping import LEASE, MOST_TRIES, next_try

CARRIER = "system:carrier"
_customer: sa.BindParameter[int] = sa.bindparam("customer")
_order_id: sa.BindParameter[int] = sa.bindparam("order")
_parcels = sa.and_(Shipment.customer_id == _customer, Shipment.order_id == _order_id)
_this = sa.and_(_parcels, Shipment.number == sa.bindparam("parcel"), Shipment.status == "recalling")
_lock = (
    sa.select(Order.reference, Order.channel, Order.subscription_id)
    .where(Order.customer_id == _customer, Order.id == _order_id)
    .with_for_update()
)
_due = (
    sa.select(Shipment.customer_id, Shipment.order_id, Shipment.number, Shipment.attempts)
    .join(OrderWork, sa.and_(OrderWork.customer_id == Shipment.customer_id, OrderWork.order_id == Shipment.order_id))
    .where(
        OrderWork.task == "recall",
        OrderWork.taken_by.is_(None),
        Shipment.status == "recalling",
        Shipment.next_at <= sa.bindparam("now"),
        Shipment.attempts < MOST_TRIES,
    )
    .order_by(Shipment.next_at, Shipment.order_id)
    .limit(sa.bindparam("most"))
)
_claim = (
    sa.update(Shipment)
    .where(_this, Shipment.attempts == sa.bindparam("tried"))
    .values(attempts=Shipment.attempts + 1, next_at=sa.bindparam("again"))
    .returning(Shipment.number)
)
_of_task = sa.and_(OrderWork.order_id == _order_id, OrderWork.task == "recall")
_to_machine = sa.update(OrderWork).where(_of_task, OrderWork.taken_by.is_(None)).values(role=MACHINE)
_to_desk = sa.update(OrderWork).where(_of_task).values(role=DESK)
_standing = sa.select(Shipment.number, Shipment.carrier, Shipment.tracking).where(_parcels, Shipment.status == "recalling")
_wait = sa.update(Shipment).where(_this).values(next_at=sa.bindparam("again"))
_stopped = sa.update(Shipment).where(_this).values(status="stopped", next_at=None)
_seen = (
    sa.update(Shipment).where(_this).values(carrier=sa.bindparam("named"), tracking=sa.bindparam("under"), next_at=sa.bindparam("again"))
)
_asked_by = (
    sa.select(OrderStep.actor, OrderStep.note)
    .where(OrderStep.customer_id == _customer, OrderStep.order_id == _order_id, OrderStep.kind == "stop_asked")
    .order_by(OrderStep.number.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class ClaimedRecall:
    """One parcel the carrier is to be asked to stop, under the reference it was announced by."""

    customer_id: int
    order_id: int
    number: int
    attempts: int

    @property
    def reference(self) -> str:
        """What the carrier knows it by."""
        return parcel_reference(self.order_id, self.number)

    @property
    def key(self) -> dict[str, int]:
        """The row, as statements take it."""
        return {"customer": self.customer_id, "order": self.order_id, "parcel": self.number}


def claim_recalls(session: Session, *, now: datetime, limit: int = 10) -> Sequence[ClaimedRecall]:
    """Give the parcels the carrier is to be asked to stop now, for a minute nobody else's; what a clerk has taken is the clerk's."""
    connection, claimed = session.connection(), []
    for row in connection.execute(_due, {"now": now, "most": limit}).all():
        key = {"customer": row.customer_id, "order": row.order_id, "parcel": row.number}
        if connection.execute(_claim, {**key, "tried": row.attempts, "again": now + LEASE}).first() is None:
            continue
        connection.execute(_to_machine, {"order": row.order_id})
        claimed.append(ClaimedRecall(row.customer_id, row.order_id, row.number, row.attempts + 1))
    return claimed


def settle_recall(session: Session, claimed: ClaimedRecall, answer: Recalled, *, now: datetime) -> str:
    """Keep what the carrier said, once: `stopped` gives the order up, `too_late` sends it on its way; else it is asked again.

    `desk`: it gave no answer for too long. `known`: somebody settled it meanwhile, and this changes nothing.
    """
    connection, key = session.connection(), claimed.key
    connection.execute(_lock, {"customer": claimed.customer_id, "order": claimed.order_id})
    if (standing := _find(session, claimed)) is None:
        return "known"
    step = Step("cancel", claimed.customer_id, claimed.order_id, CARRIER, now)
    if answer.end == "done":
        return _end(session, step, claimed)
    if answer.end == "refused":
        seen = Carried("sent", answer.carrier or standing.carrier, answer.tracking or standing.tracking)
        return _go_on(session, step, claimed, seen)
    connection.execute(_wait, {**key, "again": next_try(claimed.attempts, now)})
    if claimed.attempts < MOST_TRIES:
        return "asked"
    connection.execute(_to_desk, {"order": claimed.order_id})
    note_step(session, Step("recall", claimed.customer_id, claimed.order_id, CARRIER, now, "no_answer_of_carrier"), "not_stopped")
    return "desk"


def settle_recall_by_hand(
    session: Session, order_id: int, *, stopped: bool, actor: str, tracking: str | None = None, now: datetime
) -> bool:
    """Note what became of a parcel that was to be stopped, as the carrier says on the telephone; False where that was known.

    `tracking`: of one that went off. Raises NotFound for an order on no worklist, PermissionError for anybody but staff.
    """
    if role_of(actor) != "desk":
        raise PermissionError("parcels are stopped by staff")
    step = Step("cancel", whose(session, order_id, None), order_id, actor, now)
    connection = session.connection()
    connection.execute(_lock, step.key)
    standing = connection.execute(_standing, step.key).first()
    if standing is None:
        return False
    claimed = ClaimedRecall(step.customer_id, order_id, standing.number, 0)
    if stopped:
        _end(session, step, claimed)
    else:
        _go_on(session, step, claimed, Carried("sent", standing.carrier, tracking or standing.tracking))
    return True


def note_heard(session: Session, customer_id: int, order_id: int, number: int, answer: Carried, *, now: datetime) -> bool:
    """Take in what the carrier says to the announcing of a parcel that is to be stopped since; False where it is not.

    It has it: it is asked at once to stop it. It refused it: there is nothing to stop, and the order is given up.
    """
    claimed = ClaimedRecall(customer_id, order_id, number, 0)
    if _find(session, claimed) is None:
        return False
    if answer.end == "refused":
        _end(session, Step("cancel", customer_id, order_id, CARRIER, now), claimed)
    elif answer.end not in ("unknown", "unheard"):
        session.connection().execute(_seen, {**claimed.key, "named": answer.carrier, "under": answer.tracking, "again": now})
    return True


def _find(session: Session, claimed: ClaimedRecall) -> sa.Row[int, str, str | None] | None:
    rows = session.connection().execute(_standing, claimed.key).all()
    return next((row for row in rows if row.number == claimed.number), None)


def _end(session: Session, step: Step, claimed: ClaimedRecall) -> str:
    """Give the order up, for the reason it was to be: by the member of staff who wanted it, that somebody else pays out its money."""
    connection = session.connection()
    connection.execute(_stopped, claimed.key)
    wanted = connection.execute(_asked_by, step.key).one()
    actor = wanted.actor if role_of(wanted.actor) == "desk" else step.actor
    give_up(session, Step("cancel", step.customer_id, step.order_id, actor, step.now, wanted.note))
    return "stopped"


def _go_on(session: Session, step: Step, claimed: ClaimedRecall, seen: Carried) -> str:
    """Let the order go on its way: it was too late to stop it."""
    order = session.connection().execute(_lock, step.key).one()
    tell(session, step, order, None, kind="too_late")
    send_parcel(session, step.order_id, claimed.number, seen, actor=step.actor, customer_id=step.customer_id, now=step.now)
    return "too_late"
