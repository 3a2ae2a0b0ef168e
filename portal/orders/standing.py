"""Whether a customer can have an offering at all: what a sale asks that has a list and hours of its own, before anybody stands in line."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.catalog import Buyer, get_standing
from portal.orders.errors import MostReached, NotForYou
from portal.orders.history import count_bought


def check_standing(session: Session, offering_code: str, buyer: Buyer, *, now: datetime) -> None:
    """Refuse whom the offering's own rules refuse. Two statements at most, one more where it has a limit; nothing is locked.

    The limit is counted again, with the customer locked, when the order is placed. Raises NotForYou, with nothing further where it
    is for others alone, and MostReached.
    """
    try:
        found = get_standing(session, offering_code, buyer, now=now)
    except NotFound as error:
        raise NotForYou(offering_code) from error
    if found.barred or found.conflicts:
        raise NotForYou(offering_code, found.barred, found.conflicts, found.papers)
    if found.most is not None and buyer.customer_id is not None and count_bought(session, buyer.customer_id, offering_code) >= found.most:
        raise MostReached(offering_code, found.most)
