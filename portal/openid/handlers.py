"""What the provider does after the fact: when a sign-in ends, the sites it opened are told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.events import Handlers
from portal.identity.events import SessionEnded
from portal.openid.logouts import end_client_sessions


def register(handlers: Handlers) -> None:
    """Name what this capability listens to."""
    handlers.on(SessionEnded, tell_the_sites)


def tell_the_sites(session: Session, event: SessionEnded, now: datetime) -> None:
    """End what the sign-in opened, and have each site told."""
    end_client_sessions(session, event.session_id, event.by, now=now)
