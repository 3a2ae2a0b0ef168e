"""The published draw: every ticket with its place, and whether it is the one the seed gives."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.flashsales.drawing import Drawn, rank_of, verify_places
from portal.flashsales.models import FlashEntry
from portal.flashsales.sales import SaleView, get_sale

_drawn = (
    sa.select(FlashEntry.place, FlashEntry.ticket)
    .where(FlashEntry.sale_id == sa.bindparam("sale"), FlashEntry.place <= sa.bindparam("drawn"))
    .order_by(FlashEntry.place)
)


def list_draw(session: Session, sale_id: int) -> Sequence[Drawn]:
    """List the places that were drawn with their tickets, the first first; nothing before the draw. Raises NotFound."""
    sale = get_sale(session, sale_id)
    if sale.seed is None or sale.drawn_at is None:
        return []
    return [Drawn(place, ticket, rank_of(sale.seed, ticket)) for place, ticket in _places(session, sale)]


def verify_draw(session: Session, sale_id: int) -> Sequence[str]:
    """Do the draw again and say what differs; nothing where it holds. Raises NotFound."""
    sale = get_sale(session, sale_id)
    if sale.seed is None or sale.seed_hash is None or sale.drawn_at is None:
        return ["it has not been drawn"]
    return list(verify_places(sale.seed_hash, sale.seed, _places(session, sale)))


def _places(session: Session, sale: SaleView) -> list[tuple[int, str]]:
    rows = session.connection().execute(_drawn, {"sale": sale.id, "drawn": sale.drawn})
    return [(row.place, row.ticket) for row in rows]
