"""Pieces that were given out and came back: free again, once."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.catalog.models import StockClaim, StockUnit
from portal.catalog.stock import CENTRAL

_given_out = sa.and_(StockClaim.holder == sa.bindparam("of_holder"), StockClaim.used_at.is_not(None))
_some = sa.select(StockClaim.id).where(_given_out).order_by(StockClaim.id).limit(sa.bindparam("most"))
_take = sa.delete(StockClaim).where(StockClaim.id.in_(_some)).returning(StockClaim.id, StockClaim.offering_code, StockClaim.content)
_add = sa.insert(StockUnit)


def take_back_stock(session: Session, holder: str, quantity: int) -> int:
    """Put pieces that `holder` was given back into the central store, at most `quantity`; give how many. Vouchers stay out."""
    connection = session.connection()
    rows = connection.execute(_take, {"of_holder": holder, "most": quantity}).all()
    back = [{"id": row.id, "offering_code": row.offering_code, "content": None, "place": CENTRAL} for row in rows if row.content is None]
    if back:
        connection.execute(_add, back)
    return len(back)
