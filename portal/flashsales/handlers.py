"""What a sale does after the fact: the next in line is let in when an order is given up; who is let in is told by message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.clock import local_time
from portal.base.events import Handlers
from portal.base.i18n import Language
from portal.base.keys import Keys
from portal.customers import get_owner
from portal.flashsales.entering import find_admitted
from portal.flashsales.events import PieceKept
from portal.flashsales.ordering import note_order_given_up, note_order_paid
from portal.flashsales.sales import get_sale
from portal.flashsales.settling import settle_sale
from portal.messaging import notify_person
from portal.orders.events import OrderCancelled, OrderPaid

KEPT: Mapping[Language, str] = {
    "zh": "您报名秒杀的{item}已为您保留至 {until}，请登录网厅下单，逾期将让给下一位。",
    "en": "A piece of {item} is kept for you until {until}. Sign in and order it by then; after that the next in line gets it.",
}


class QueueKeeper:
    """Holds the keys that settling asks for."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def note_paid(self, session: Session, event: OrderPaid, now: datetime) -> None:  # noqa: ARG002 - every handler is told
        """A paid piece is gone for good."""
        note_order_paid(session, event.customer_id, event.order_id)

    def let_next_in(self, session: Session, event: OrderCancelled, now: datetime) -> None:
        """The piece of an order that was given up is kept for the next in line; who is busy with the sale sees to it, else the job."""
        sale_id = note_order_given_up(session, event.customer_id, event.order_id)
        if sale_id is not None:
            settle_sale(session, self._keys, sale_id, now=now)


def register(handlers: Handlers, keys: Keys) -> None:
    """Name what this capability listens to."""
    keeper = QueueKeeper(keys)
    handlers.on(PieceKept, tell_admitted)
    handlers.on(OrderPaid, keeper.note_paid)
    handlers.on(OrderCancelled, keeper.let_next_in)


def tell_admitted(session: Session, event: PieceKept, now: datetime) -> None:
    """Write to whoever entered; not where the piece was ordered or given up meanwhile."""
    admitted = find_admitted(session, event.sale_id, event.customer_id)
    if admitted is None or admitted.until <= now:
        return
    party_id = admitted.party_id or get_owner(session, event.customer_id).party_id
    sale = get_sale(session, event.sale_id)
    until = f"{local_time(admitted.until):%H:%M}"
    notify_person(session, party_id, KEPT, item=sale.name, until=until, expires_at=admitted.until, now=now)
