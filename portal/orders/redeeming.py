"""The rush on a gift: a redemption in two statements of PostgreSQL, put together from what each capability gives as its part.

It does what placing does step by step; what it cannot do, or finds short, is refused in the same words. The first
statement reads the terms and locks the customer's purse, the second writes everything: the order, if its key is free;
then the points, if there is an order; then the piece, last, if the points are held. What is missing then is claimed by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.driver import DriverStatement
from portal.base.events import ask_for_worker
from portal.catalog import POINTS, Buyer, Terms, claim_stock, claiming, claiming_values, find_terms, read_terms, stock_of_one
from portal.orders.entry import NewOrder
from portal.orders.holds import hold_of, holder_of
from portal.orders.rows import NewRows, all_values, order_parts
from portal.points import NotEnoughPoints, hold_part, holding_values, locked_purse, purse_values


def _redemption() -> sa.Select[Any]:
    placed, parts = order_parts()
    held = hold_part(placed)
    claimed = claiming(held)
    results = (
        sa.select(sa.func.count()).select_from(placed).scalar_subquery(),
        sa.select(held.c.amount).scalar_subquery(),
        sa.select(sa.func.count()).select_from(claimed).scalar_subquery(),
    )
    return sa.select(*results).add_cte(*parts)


_opening = DriverStatement(stock_of_one().add_columns(locked_purse()))
_purse = sa.select(locked_purse())
_redeem = DriverStatement(_redemption())


def is_redemption(session: Session, new: NewOrder) -> bool:
    """Say whether this way is open for an order: one thing, for points, on PostgreSQL."""
    return new.unit == POINTS and len(new.items) == 1 and new.total > 0 and session.get_bind().dialect.name == "postgresql"


def open_order(session: Session, new: NewOrder, *, now: datetime) -> Mapping[str, Terms]:
    """Give the terms of what is ordered; where points are spent, the purse is locked from here on, before key and order."""
    quantities = {item.offering_code: item.quantity for item in new.items}
    buyer = Buyer(new.customer_id, new.channel, new.party_id)
    if not is_redemption(session, new):
        if new.unit == POINTS:
            session.connection().execute(_purse, purse_values(new.customer_id))
        return find_terms(session, new.price_list, new.unit, quantities, buyer, now=now)
    rows = _opening.run(session, {"code": new.items[0].offering_code, **purse_values(new.customer_id)})
    return read_terms(session, [row[:-1] for row in rows], new.price_list, new.unit, quantities, buyer, now=now)


def redeem(session: Session, new: NewOrder, rows: NewRows, *, now: datetime) -> bool:
    """Write a redemption of something stocked; False, and nothing, where key or reference are taken.

    Raises NotEnoughPoints and SoldOut, upon which the caller rolls back.
    """
    order_id, item = rows.head["id"], new.items[0]
    held = holding_values(new.customer_id, new.total, reference=hold_of(order_id), now=now)
    claimed = claiming_values(item.offering_code, item.quantity, holder=holder_of(order_id, 1), now=now)
    ((is_placed, is_held, count),) = _redeem.run(session, {**all_values(rows), **held, **claimed})
    if not is_placed:
        return False
    if is_held is None:
        raise NotEnoughPoints
    if count < item.quantity:
        claim_stock(session, item.offering_code, item.quantity - count, holder=claimed["stock_holder"], now=now)
    ask_for_worker(session)
    return True
