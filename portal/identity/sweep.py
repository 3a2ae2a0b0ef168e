"""What the worker clears away now and then: it is of no use any more, and was refused before it was cleared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity.models import CodeChallenge, LoginSession
from portal.identity.passkey_challenges import forget_challenges
from portal.identity.session_ends import expire_sessions
from portal.identity.throttle import forget_windows

KEEP_CODES = timedelta(days=1)
KEEP_SESSIONS = timedelta(days=180)

_code = CodeChallenge.metadata.tables["code_challenge"]
_session = LoginSession.metadata.tables["login_session"]


@dataclass(frozen=True, slots=True)
class Swept:
    """How many rows went, and how many sessions were marked as run out."""

    codes: int
    windows: int
    sessions_expired: int
    sessions_forgotten: int


def sweep_identity(session: Session, *, now: datetime) -> Swept:
    """Delete codes a day after their time, windows that are over, and sessions half a year after their end.

    Attempts to sign in, openings and alerts are kept.
    """
    connection = session.connection()
    codes = connection.execute(sa.delete(_code).where(_code.c.expires_at < now - KEEP_CODES)).rowcount
    windows = forget_windows(session, now=now)
    forget_challenges(session, now=now)
    expired = expire_sessions(session, now=now)
    forgotten = connection.execute(sa.delete(_session).where(_session.c.expires_at < now - KEEP_SESSIONS)).rowcount
    return Swept(codes, windows, expired, forgotten)
