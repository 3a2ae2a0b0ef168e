"""Giving an order up: whatever was done for it is undone in reverse, each thing once.

What other books hold for the order ends by their own conditional changes; what is outside (the billing system, the payment
provider) is asked for here and carried out by the worker, which asks again until it knows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.catalog import release_stock
from portal.orders.errors import AlreadyTaken, DepositStays
from portal.orders.events import OrderCancelled
from portal.orders.giving_back import close_open_payment, give_back_uses, pay_back
from portal.orders.holds import hold_of, holder_of
from portal.orders.models import OrderProvision
from portal.orders.states import DEPOSIT, SERVICE, Verb, role_of
from portal.orders.steps import Step, drop_work, give_task, items_of, move_on, tell, whose
from portal.orders.stopping import stop_parcel
from portal.points import release_hold

_provisions = sa.and_(OrderProvision.customer_id == sa.bindparam("customer"), OrderProvision.order_id == sa.bindparam("order"))
_give_up = (
    sa.update(OrderProvision).where(_provisions, OrderProvision.status == "wanted").values(status="failed", ended_at=sa.bindparam("at"))
)
_undo = (
    sa.update(OrderProvision)
    .where(_provisions, OrderProvision.status.in_(("asked", "done")))
    .values(status="undoing", attempts=0, next_at=sa.bindparam("at"))
    .returning(OrderProvision.position)
)
_begun = sa.select(sa.func.count()).select_from(OrderProvision).where(_provisions, OrderProvision.status != "wanted")


def cancel_order(session: Session, customer_id: int | None, order_id: int, *, actor: str, reason: str, now: datetime) -> bool:
    """Give an order up: points, uses of campaigns, coupons, stock and money go back, once. False where it was cancelled before.

    Where a carrier was told of its parcel, the order stands as it does until the parcel is stopped (task *recall*); False where that
    is wanted already. `customer_id` None: an order on the desk's worklist. `reason` is a code for its history. Raises NotFound, OrderClosed
    for one that is completed or on its way, AlreadyTaken for a customer whose order the desk is preparing.
    """
    verb: Verb = "withdraw" if role_of(actor) == "customer" else "cancel"
    return give_up(session, Step(verb, whose(session, order_id, customer_id), order_id, actor, now, reason))


def give_up(session: Session, step: Step) -> bool:
    """Take a step that leads to `cancelled`, with all that follows; False where the order was cancelled before. See `cancel_order`."""
    if step.verb in ("cancel", "withdraw"):
        asked = stop_parcel(session, step)
        if asked is not None:
            return asked
    order = move_on(session, step)
    if order is None:
        return False
    work, items = drop_work(session, step.order_id), items_of(session, step)
    services = any(item.fulfilment == SERVICE for item in items)
    if step.verb == "withdraw":
        _check_nobody_began(session, step, work, services=services)
        _check_deposit(order, items)
    undoing = services and _undo_provisions(session, step)
    if order.total_points:
        release_hold(session, step.customer_id, hold_of(step.order_id), now=step.now)
    give_back_uses(session, step, order)
    for item in sorted(items, key=lambda each: each.offering_code):
        release_stock(session, holder_of(step.order_id, item.position))
    _give_back_money(session, step, order, items, undoing=undoing)
    event = OrderCancelled(step.customer_id, step.order_id, order.reference, step.note or "")
    tell(session, step, order, event, items[0].name)
    return True


def _check_nobody_began(session: Session, step: Step, work: Any, *, services: bool) -> None:
    if work is not None and work.taken_by is not None:
        raise AlreadyTaken
    if services and session.connection().execute(_begun, step.key).scalar():
        raise AlreadyTaken


def _check_deposit(order: Any, items: Any) -> None:
    if order.paid_minor and any(item.fulfilment == DEPOSIT for item in items):
        raise DepositStays


def _undo_provisions(session: Session, step: Step) -> bool:
    """Have what was set up, or may have been, undone; True where anything is."""
    session.connection().execute(_give_up, {**step.key, "at": step.now})
    return bool(session.connection().execute(_undo, {**step.key, "at": step.now}).all())


def _give_back_money(session: Session, step: Step, order: Any, items: Any, *, undoing: bool) -> None:
    """Close what is still to be paid, ask for what was paid, and leave to the desk what only a person can do."""
    by_hand = False
    if order.paid_minor > order.refunded_minor:
        by_hand = not pay_back(session, step, order, order.paid_minor - order.refunded_minor, what="cancel")
    elif order.payment == "online":
        close_open_payment(session, step.order_id, now=step.now)
    if undoing or by_hand:
        give_task(session, step, "undo" if undoing else "refund", order, items)
