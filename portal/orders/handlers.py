"""What orders do after the fact: an order that needs no desk is fulfilled by the worker, within a second or two."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.events import Handlers
from portal.orders.errors import OrderClosed
from portal.orders.events import OrderPlaced
from portal.orders.moving import fulfil_order


def register(handlers: Handlers) -> None:
    """Name what this capability listens to."""
    handlers.on(OrderPlaced, fulfil_at_once)


def fulfil_at_once(session: Session, event: OrderPlaced, now: datetime) -> None:
    """Fulfil an order of vouchers and packs; one that was cancelled meanwhile, or fulfilled before, stays as it is."""
    if not event.automatic:
        return
    try:
        fulfil_order(session, event.order_id, actor="system", customer_id=event.customer_id, now=now)
    except OrderClosed:
        return
