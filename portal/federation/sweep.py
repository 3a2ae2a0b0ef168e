"""What the worker clears away: journeys nobody came back from, and assertions too old to be shown again."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.federation.models import SamlAssertionUse, UpstreamRequest

KEEP = timedelta(hours=1)

_BITES = tuple(
    sa.delete(table).where(table.c.expires_at < sa.bindparam("at"))
    for table in (model.metadata.tables[model.__tablename__] for model in (UpstreamRequest, SamlAssertionUse))
)


def sweep_federation(session: Session, *, now: datetime) -> int:
    """Delete what has been over for an hour; give how many rows went."""
    return sum(session.connection().execute(bite, {"at": now - KEEP}).rowcount for bite in _BITES)
