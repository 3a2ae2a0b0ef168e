"""How often a program may call that proves itself by a token of its own: so that one of them cannot busy everybody's processors."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.identity.limits import MINUTE, Limited, windows
from portal.identity.throttle import count_up

CALLS = ((3000, MINUTE),)


def count_call(session: Session, caller: str, *, now: datetime) -> Limited | None:
    """Count a call of `caller` (its actor's name in the audit log); give for how long no further one is answered, or None."""
    allowed = windows(f"call:{caller}", CALLS)
    reading = count_up(session, allowed, now=now).of(allowed)
    return Limited(reading.retry_after_seconds) if reading.over else None
