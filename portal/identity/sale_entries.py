"""How many may enter one sale from one browser and from one address: a family may, a farm of scripts may not.

Who is signed in counts once by the entry itself; these bound how many accounts one machine can bring. An address may be a whole
town's (carriers share them), so its allowance is wide, and a device's narrow.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.identity.limits import DAY, MINUTE, Limited, windows
from portal.identity.throttle import count_up
from portal.identity.visitor import Visitor

ENTRIES_PER_DEVICE = ((5, DAY),)
ENTRIES_PER_NETWORK = ((600, MINUTE), (5_000, DAY))


def count_sale_entry(session: Session, visitor: Visitor, sale_id: int, *, now: datetime) -> Limited | None:
    """Count an entry into a sale; give for how long no further one is taken from there, or None. In a transaction of its own."""
    allowed = windows(f"sale:{sale_id}:{visitor.device_id}", ENTRIES_PER_DEVICE)
    allowed += windows(f"sale-from:{sale_id}:{visitor.network}", ENTRIES_PER_NETWORK)
    reading = count_up(session, allowed, now=now).of(allowed)
    return Limited(reading.retry_after_seconds) if reading.over else None
