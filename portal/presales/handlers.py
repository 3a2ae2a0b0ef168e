"""What a pre-sale does when a deposit or the rest is paid, or given up; and who is invited is told by message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.clock import local_time
from portal.base.events import Handlers
from portal.base.i18n import Language
from portal.customers import get_owner
from portal.messaging import notify_person
from portal.orders.events import OrderCancelled, OrderPaid
from portal.presales.events import RestInvited
from portal.presales.inviting import note_rest_given_up, note_rest_paid, settle_presale
from portal.presales.places import find_invited, note_deposit_gone, note_deposit_paid
from portal.presales.sales import get_presale

INVITED: Mapping[Language, str] = {
    "zh": "您预购的{item}已到货，请于 {until} 前登录网厅付清余款，逾期将让给下一位。",
    "en": "{item} has come for you. Sign in and pay the rest by {until}; after that the next in the queue gets it.",
}


def register(handlers: Handlers) -> None:
    """Name what this capability listens to."""
    handlers.on(RestInvited, tell_invited)
    handlers.on(OrderPaid, note_payment)
    handlers.on(OrderCancelled, note_end)


def note_payment(session: Session, event: OrderPaid, now: datetime) -> None:
    """A paid deposit gets its number; a paid rest is the end of the place."""
    if not note_deposit_paid(session, event.customer_id, event.order_id):
        note_rest_paid(session, event.customer_id, event.order_id, now=now)


def note_end(session: Session, event: OrderCancelled, now: datetime) -> None:
    """A deposit that was not paid frees the place; a piece that was not paid goes to the next in line."""
    presale_id = note_deposit_gone(session, event.customer_id, event.order_id)
    if presale_id is None:
        presale_id = note_rest_given_up(session, event.customer_id, event.order_id, now=now)
    if presale_id is not None:
        settle_presale(session, presale_id, now=now)


def tell_invited(session: Session, event: RestInvited, now: datetime) -> None:
    """Write to whoever took the place; not where the rest was ordered or the place given up meanwhile."""
    invited = find_invited(session, event.presale_id, event.customer_id)
    if invited is None or invited.until <= now:
        return
    party_id = invited.party_id or get_owner(session, event.customer_id).party_id
    presale, until = get_presale(session, event.presale_id), f"{local_time(invited.until):%m-%d %H:%M}"
    notify_person(session, party_id, INVITED, item=presale.name, until=until, expires_at=invited.until, now=now)
