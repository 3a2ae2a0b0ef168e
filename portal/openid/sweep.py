"""What the worker clears away: what is over, and was refused for that before it was cleared. In bites, so that nobody waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.openid.models import (
    AuthorizationCode,
    DeviceAuthorization,
    OAuthGrant,
    PushedRequest,
    RefreshToken,
    RevokedToken,
    UsedOnce,
)

KEEP = timedelta(hours=1)
"""So long what is over is still told apart from what never was; a clock that jumps back finds it as it was."""


def _bite(table: sa.Table) -> sa.Delete:
    """Delete the oldest of a table's rows that are over, so many and no more.

    The number stands in the statement itself: behind a parameter PostgreSQL takes it for a tenth of the table, and reads it all.
    """
    key, bite = table.primary_key.columns, sa.bindparam("bite", type_=sa.Integer, literal_execute=True)
    oldest = sa.select(*key).where(table.c.expires_at < sa.bindparam("at")).order_by(table.c.expires_at).limit(bite)
    return sa.delete(table).where(sa.tuple_(*key).in_(oldest) if len(key) > 1 else next(iter(key)).in_(oldest))


_BITES = tuple(
    _bite(model.metadata.tables[model.__tablename__])
    for model in (AuthorizationCode, DeviceAuthorization, PushedRequest, UsedOnce, RevokedToken, RefreshToken, OAuthGrant)
)


def sweep_openid(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Delete up to `limit` rows of each kind that have been over for an hour; give how many went.

    With a grant go its codes and refresh tokens. Call it again in a transaction of its own as long as it gives `limit` or more.
    """
    given = {"at": now - KEEP, "bite": limit}
    return sum(session.connection().execute(bite, given).rowcount for bite in _BITES)
