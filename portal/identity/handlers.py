"""What identity does after the fact: when a number passes on, what its former user had by it is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.events import Handlers
from portal.customers import find_holder, get_holder_of_line
from portal.customers.events import NumberFreed
from portal.identity.invitations import void_invitations_to
from portal.identity.service_password import drop_service_password
from portal.identity.session_ends import end_number_sessions


def register(handlers: Handlers) -> None:
    """Name what this capability listens to."""
    handlers.on(NumberFreed, unbind_number)


def unbind_number(session: Session, event: NumberFreed, now: datetime) -> None:
    """End the former user's sessions of the number, and take back what was sent to it and is not answered.

    A line that went to somebody else loses its service password: who knew it must not sign in as them.
    """
    freed_at = datetime.fromisoformat(event.freed_at)
    holder = find_holder(session, event.number)
    if holder is None or holder.party_id != event.party_id:
        end_number_sessions(session, event.party_id, event.number, now=now)
        void_invitations_to(session, event.number, sent_until=freed_at, now=now)
    try:
        user = get_holder_of_line(session, event.customer_id, event.subscription_id).party_id
    except NotFound:
        user = None
    if user != event.party_id:
        drop_service_password(session, event.customer_id, event.subscription_id, set_until=freed_at)
