"""Looking at papers: an order that needs some the customer's record does not have waits until the staff has seen them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.customers import get_shopper, keep_papers, list_papers
from portal.orders.errors import OrderClosed
from portal.orders.following import reserve
from portal.orders.models import Order
from portal.orders.priced import PricedItem
from portal.orders.real_name import KINDS, papers_missing, papers_to_show
from portal.orders.states import ACCEPTED, PAID, read_status, role_of
from portal.orders.steps import Step, items_of, note_step, whose

_this = sa.and_(Order.customer_id == sa.bindparam("customer"), Order.id == sa.bindparam("order"))
_asked = sa.select(Order.status, Order.documents, Order.payment, Order.total_minor).where(_this).with_for_update()
_keep = sa.update(Order).where(_this).values(documents=sa.bindparam("papers", type_=Order.documents.type))


def papers_of_order(
    session: Session, customer_id: int, items: Iterable[PricedItem], *, channel: str, now: datetime, by: str | None = None
) -> Mapping[str, Any]:
    """Give what an order of these items keeps of papers: {"wanted": […], "seen": {name: {"by", "at"}}}; empty where it asks for none.

    What the customer has shown before and counts today is seen, marked `on_record`, unless the rule wants it each time. One
    statement where papers are asked for, none else. `by`: the kind of customer; where it is not known, one more.
    """
    things = [(item.kind, item.subscription_id is not None) for item in items]
    if not any(papers_to_show(things, by=each, channel=channel) for each in ([by] if by else KINDS)):
        return {}
    wanted = papers_to_show(things, by=by or get_shopper(session, customer_id, now=now).kind, channel=channel)
    if not wanted:
        return {}
    shown = [paper for paper in list_papers(session, customer_id, now=now) if paper.counts and wanted.get(paper.name) is False]
    seen = {paper.name: {"by": paper.seen_by, "at": paper.seen_at.astimezone(UTC).isoformat(), "on_record": True} for paper in shown}
    return {"wanted": [*wanted]} | ({"seen": seen} if seen else {})


def note_papers(session: Session, order_id: int, seen: Sequence[str], *, actor: str, customer_id: int | None = None, now: datetime) -> bool:
    """Note the papers somebody of the staff has seen, with the order and for the customer, and let the order go on.

    False where none were missing.

    Raises Invalid where one that is asked for was not seen, NotFound, OrderClosed for an order that was given up meanwhile.
    """
    if role_of(actor) != "desk":
        raise PermissionError("papers are seen by staff")
    step = Step("reserve", whose(session, order_id, customer_id), order_id, actor, now)
    order = session.connection().execute(_asked, step.key).first()
    if order is None:
        raise NotFound
    missing = papers_missing(order.documents)
    if not missing:
        return False
    if read_status(order.status) not in (ACCEPTED, PAID) or _still_unpaid(order):
        raise OrderClosed(read_status(order.status))
    if not set(missing) <= set(seen):
        raise Invalid({"papers": N_("Tick each paper once you have seen it.")})
    kept = order.documents
    papers = {**kept, "seen": {**kept.get("seen", {}), **{name: {"by": actor, "at": now.isoformat()} for name in missing}}}
    session.connection().execute(_keep, {**step.key, "papers": papers})
    keep_papers(session, step.customer_id, missing, seen_by=actor, now=now)
    note_step(session, step, "checked")
    reserve(session, step, items_of(session, step))
    return True


def _still_unpaid(order: Any) -> bool:
    return order.status == ACCEPTED and order.payment in ("online", "counter") and order.total_minor > 0
