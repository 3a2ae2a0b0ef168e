"""What comes after a step: an order that may go on is set aside, and waits for whatever has to be done first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.events import emit
from portal.orders.events import OrderReserved
from portal.orders.models import OrderProvision
from portal.orders.real_name import papers_missing
from portal.orders.states import AUTOMATIC, DEPOSIT, GOODS, SERVICE, TaskName
from portal.orders.steps import Step, drop_work, give_task, items_of, move_on, note_step

_want = sa.insert(OrderProvision)


def first_task(fulfilments: Sequence[str], *, is_sent: bool, outlet: str | None, is_set_up: bool = False) -> TaskName | None:
    """Say what an order in preparation waits for; None: the worker fulfils it."""
    if SERVICE in fulfilments and not is_set_up:
        return "provision"
    if GOODS in fulfilments:
        return "collect" if outlet else "ship" if is_sent else "prepare"
    return None if set(fulfilments) <= AUTOMATIC | {SERVICE, DEPOSIT, "none"} else "prepare"


def go_on(session: Session, step: Step, order: Any) -> None:
    """Let an order that has its money go on: to a look at its papers, or into preparation."""
    items = items_of(session, step)
    if papers_missing(order.documents):
        give_task(session, step, "check", order, items)
        return
    reserve(session, step, items)


def reserve(session: Session, before: Step, items: Sequence[Any]) -> None:
    """Set an order aside for preparation: what is to be set up is wanted, and the desk has its task."""
    step = Step("reserve", before.customer_id, before.order_id, before.actor, before.now)
    order = move_on(session, step)
    if order is None:
        return
    note_step(session, step, "reserved")
    task = first_task([item.fulfilment for item in items], is_sent=order.delivery is not None, outlet=order.outlet)
    want_services(session, step.customer_id, step.order_id, items, now=step.now)
    if task is None:
        drop_work(session, step.order_id)
    else:
        give_task(session, step, task, order, items)
    automatic = task is None and all(item.fulfilment != DEPOSIT for item in items)
    emit(session, OrderReserved(step.customer_id, step.order_id, order.reference, automatic=automatic), now=step.now)


def want_services(session: Session, customer_id: int, order_id: int, items: Sequence[Any], *, now: datetime) -> None:
    """Have each service of an order set up in the billing system, once."""
    rows: list[Mapping[str, Any]] = [
        {"customer_id": customer_id, "order_id": order_id, "position": item.position, "status": "wanted", "next_at": now}
        for item in items
        if item.fulfilment == SERVICE
    ]
    if rows:
        session.connection().execute(_want, rows)
