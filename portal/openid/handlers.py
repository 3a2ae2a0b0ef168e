"""What the provider does after the fact: sites are told when a sign-in ends; offline access ends where it is doubted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.events import Handlers
from portal.directory.events import EmployeeLeft
from portal.identity.events import FactorChanged, SessionEnded, SimChanged
from portal.openid.grants import revoke_grants, revoke_offline_grants_but, revoke_offline_grants_on_number
from portal.openid.logouts import end_client_sessions


def register(handlers: Handlers) -> None:
    """Name what this capability listens to."""
    handlers.on(SessionEnded, tell_the_sites)
    handlers.on(FactorChanged, end_offline_access)
    handlers.on(SimChanged, end_access_by_number)
    handlers.on(EmployeeLeft, end_access_of_employee)


def tell_the_sites(session: Session, event: SessionEnded, now: datetime) -> None:
    """End what the sign-in opened, and have each site told."""
    end_client_sessions(session, event.session_id, event.by, now=now)


def end_offline_access(session: Session, event: FactorChanged, now: datetime) -> None:
    """Take back offline access that other sign-ins granted: the person has just made sure that nobody else is in."""
    revoke_offline_grants_but(session, event.party_id, event.session_id, now=now)


def end_access_by_number(session: Session, event: SimChanged, now: datetime) -> None:
    """Take back offline access for which a message, or the number's password, was all that was shown."""
    revoke_offline_grants_on_number(session, event.party_id, now=now)


def end_access_of_employee(session: Session, event: EmployeeLeft, now: datetime) -> None:
    """Take back all that somebody granted whose enterprise let them go, offline access above all."""
    revoke_grants(session, event.party_id, by="employer", now=now)
