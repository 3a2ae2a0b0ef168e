"""One customer's row as a lock: for what has to be counted over all that one customer does."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.customers.models import Customer

# Not FOR UPDATE: rows that refer to a customer are written by everybody, and do not wait for this.
_lock = sa.select(Customer.customer_id).where(Customer.customer_id == sa.bindparam("customer")).with_for_update(key_share=True)


def lock_customer(session: Session, customer_id: int) -> None:
    """Have others who ask for the same customer's lock wait until this transaction ends. Raises NotFound. Take it before any other lock
    that two transactions of one customer can both want, but after the purse of points."""
    if session.connection().execute(_lock, {"customer": customer_id}).first() is None:
        raise NotFound
