"""Taking over points from an older programme: many customers at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.ids import RANDOM_BITS, id_at
from portal.base.ledger import Posting
from portal.base.openings import post_openings
from portal.points.accounts import Book, account_of, check_amount
from portal.points.data import Purse
from portal.points.models import PointsLot

_lots = sa.insert(PointsLot.__table__)  # type: ignore[arg-type]
_SIDES: tuple[tuple[Book, int], ...] = (("points", 1), ("points_issued", -1))


@dataclass(frozen=True, slots=True)
class OpeningLot:
    """Points a customer brings along, for the `reason` they were earned by (a rule's code, or `grant`)."""

    customer_id: int
    purse: Purse
    reason: str
    amount: int
    earned_on: date
    expires_on: date


def open_purses(session: Session, reference: str, lots: Sequence[OpeningLot], *, now: datetime) -> bool:
    """Open the purses of customers who have none yet, with these lots; False: done before under this reference.

    One lot for each customer, purse, last day and reason. Raises Invalid for amounts that are none; a purse that is open
    already, or a lot given twice, is our mistake: the database's IntegrityError. A few statements, however many lots.
    """
    sums: dict[tuple[int, Purse], int] = {}
    for lot in lots:
        check_amount(lot.amount)
        sums[lot.customer_id, lot.purse] = sums.get((lot.customer_id, lot.purse), 0) + lot.amount
    entries = [
        Posting(account_of(book, customer_id, purse), sign * amount)
        for (customer_id, purse), amount in sums.items()
        for book, sign in _SIDES
    ]
    if not entries or not post_openings(session, f"points:opening:{reference}", entries, now=now).is_new:
        return False
    day = today(now)
    rows = [
        {
            "customer_id": lot.customer_id, "id": id_at(now, place & (1 << RANDOM_BITS) - 1), "purse": lot.purse,
            "reason": lot.reason, "amount": lot.amount, "remaining": lot.amount, "earned_on": min(lot.earned_on, day),
            "expires_on": lot.expires_on,
        }
        for place, lot in enumerate(lots)
    ]  # fmt: skip
    session.connection().execute(_lots, rows)
    return True
