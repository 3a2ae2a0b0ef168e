"""How many customers there are: what shares of them are reckoned from."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.customers.models import Customer

_count = sa.select(sa.func.count(Customer.customer_id)).where(Customer.status == "active", Customer.since <= sa.bindparam("day"))


def count_customers(session: Session, *, since_before: date) -> int:
    """Count the customers who joined on a day or before, and have not left. One statement."""
    return int(session.connection().execute(_count, {"day": since_before}).scalar_one())
