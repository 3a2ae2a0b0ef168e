"""Short codes that stand on somebody else's screen: who types them may not try many (RFC 8628 5.1)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.identity.limits import DAY, HOUR, MINUTE, Limited, windows
from portal.identity.throttle import count_up

TYPED_CODES = ((10, 5 * MINUTE), (30, HOUR), (100, DAY))


def count_typed_code(session: Session, party_id: int, *, now: datetime) -> Limited | None:
    """Count a code somebody types, right or wrong; give for how long no further one is looked at, None while there is no need.

    Whoever types it is signed in, so a person's tries cost nobody else anything. Commit what is returned.
    """
    allowed = windows(f"typed-code:{party_id}", TYPED_CODES)
    reading = count_up(session, allowed, now=now).of(allowed)
    return Limited(reading.retry_after_seconds) if reading.over else None
