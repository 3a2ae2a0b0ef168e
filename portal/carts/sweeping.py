"""What lay too long: carts are emptied out, quotes past their day let go of what they reserved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.carts.holders import holder_of_quote
from portal.carts.models import Cart, Quote
from portal.codes import release_coupon
from portal.promotions import release_uses

OPEN, EXPIRED = "open", "expired"
_now = sa.bindparam("now", type_=Cart.expires_at.type)
# No index on the time: every change of a cart would have to move it there. The oldest lie first, and few are past their time.
_old_carts = sa.select(Cart.customer_id, Cart.id).where(Cart.expires_at <= _now).limit(sa.bindparam("most"))
_forget_cart = sa.delete(Cart).where(Cart.customer_id == sa.bindparam("customer"), Cart.id == sa.bindparam("cart"), Cart.expires_at <= _now)
_old_quotes = (
    sa.select(Quote.customer_id, Quote.id)
    .where(Quote.status == OPEN, Quote.expires_at <= _now)
    .order_by(Quote.expires_at)
    .limit(sa.bindparam("most"))
)
_end_quote = (
    sa.update(Quote)
    .where(Quote.customer_id == sa.bindparam("customer"), Quote.id == sa.bindparam("quote"), Quote.status == OPEN, Quote.expires_at <= _now)
    .values(status=EXPIRED)
    .returning(Quote.id)
)


def forget_carts(session: Session, *, now: datetime, limit: int) -> int:
    """Delete carts past their time with what lies in them, ordered or not; give how many, at most `limit`.

    Nobody takes such a cart up again: who comes back begins another. What it held of coupons lapses with it.
    """
    connection = session.connection()
    due = sorted(connection.execute(_old_carts, {"now": now, "most": limit}).all())
    for customer_id, cart_id in due:
        connection.execute(_forget_cart, {"customer": customer_id, "cart": cart_id, "now": now})
    return len(due)


def list_lapsed_quotes(session: Session, *, now: datetime, limit: int) -> Sequence[tuple[int, int]]:
    """List open quotes past their day as (customer, quote), the oldest first. One statement."""
    return [(row.customer_id, row.id) for row in session.connection().execute(_old_quotes, {"now": now, "most": limit})]


def expire_quote(session: Session, customer_id: int, quote_id: int, *, now: datetime) -> bool:
    """End a quote past its day, and give back what was reserved for it; False where it was ended, or still holds.

    One in a transaction: what several reserve of the same campaigns has no one order.
    """
    which = {"customer": customer_id, "quote": quote_id, "now": now}
    if session.connection().execute(_end_quote, which).first() is None:
        return False
    release_coupon(session, customer_id, holder_of_quote(quote_id), now=now)
    release_uses(session, customer_id, holder_of_quote(quote_id), now=now)
    return True
