"""What the demo trades with: points earned by the bills that were paid, and shelves with something on them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.base.clock import month_start
from portal.base.ids import ALPHABET
from portal.base.keys import Keys
from portal.catalog import DEVICES, GIFTS, SHOP, OfferingData, add_stock, count_stock
from portal.demo.batches import Batch
from portal.demo.people import Plan, customer_id
from portal.points import GRANT, OpeningLot, Purse, expiry_day

POINTS_PER, MONTHS_KEPT = 100, 24
LONG_WITH_US_MONTHS, LOYALTY_POINTS = 24, 240
PAID_AT_A_COUNTER = "mailed_check"
PIECES = {"goods": 200, "voucher": 500}
CODE_GROUPS, CODE_GROUP = 3, 4


def opening_lots(plan: Plan, batch: Batch) -> list[OpeningLot]:
    """Give the points of the batch's customers that are kept in detail: a point for each whole unit of money they paid.

    What was paid on an electronic channel went into the channel purse, the rest into the other; who has been here for two
    years was given some more, which run out with this month.
    """
    last = customer_id(plan.detail, plan.seed)
    counters = {row[0] for row in batch.rows["account"] if row[3] == PAID_AT_A_COUNTER}
    lots = []
    for row in batch.rows["bill"]:
        customer, issued_on, paid_minor = int(str(row[0])), date.fromisoformat(str(row[5])), int(str(row[9]))
        points = paid_minor // POINTS_PER
        if points and customer < last:
            purse: Purse = "service" if customer in counters else "channel"
            reason = "counter_payment" if customer in counters else "payment"
            lots.append(OpeningLot(customer, purse, reason, points, issued_on, expiry_day(issued_on, MONTHS_KEPT)))
    ends_on = month_start(plan.today, -1)
    for row in batch.rows["customer"]:
        customer, status, since = int(str(row[0])), row[3], date.fromisoformat(str(row[5]))
        if customer < last and status == "active" and since <= month_start(plan.today, LONG_WITH_US_MONTHS):
            lots.append(OpeningLot(customer, "channel", GRANT, LOYALTY_POINTS, since, ends_on))
    return lots


def fill_shelves(session: Session, keys: Keys, *, now: datetime) -> int:
    """Put pieces of every gift, handset and thing of the shop on the shelves that were never filled; give how many. Vouchers get codes."""
    added = 0
    for offering in (*GIFTS, *DEVICES):
        count = count_stock(session, offering.code)
        if offering.stocked and not (count.free or count.reserved or count.used):
            added += add_stock(session, offering.code, _pieces(offering, keys), now=now)
    for code in (str(each["code"]) for each in SHOP if each.get("stocked")):
        count = count_stock(session, code)
        if not (count.free or count.reserved or count.used):
            added += add_stock(session, code, PIECES["goods"], now=now)
    return added


def _pieces(offering: OfferingData, keys: Keys) -> int | Sequence[str]:
    number = PIECES[offering.fulfilment]
    return [keys.encrypt(_code()) for _ in range(number)] if offering.fulfilment == "voucher" else number


def _code() -> str:
    """Make a voucher's code: twelve letters and digits that are not mistaken for each other, 60 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(CODE_GROUP)).upper() for _ in range(CODE_GROUPS))
