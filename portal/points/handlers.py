"""What earns points after the fact: a visit on an electronic channel, and paying.

Each is earned under a reference of its own, so that a fact that is delivered again earns nothing more.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.events import Handlers
from portal.billing.events import BillPaid
from portal.codes.events import PrizeWon
from portal.identity.events import Visited
from portal.interactions import record_interaction
from portal.points.data import ELECTRONIC, GRANT, SPENDABLE
from portal.points.earning import earn_by_rule, earn_points, expiry_day

PRIZE_MONTHS = 24


def register(handlers: Handlers) -> None:
    """Name what this capability listens to."""
    handlers.on(Visited, reward_visit)
    handlers.on(BillPaid, reward_payment)
    handlers.on(PrizeWon, give_prize)


def reward_visit(session: Session, event: Visited, now: datetime) -> None:
    """Give the points of a visit, once a channel and day; other channels than electronic ones earn none."""
    if event.channel in ELECTRONIC:
        reference = f"{event.day}:{event.channel}"
        earn_by_rule(session, event.customer_id, "visit", 1, reference=reference, now=now, day=date.fromisoformat(event.day))


def reward_payment(session: Session, event: BillPaid, now: datetime) -> None:
    """Give the points of a payment, into the purse of the channel it came by, and note it in the timeline."""
    rule = "payment" if event.channel in ELECTRONIC else "counter_payment"
    points = earn_by_rule(session, event.customer_id, rule, event.amount_minor, reference=event.reference, now=now)
    if points:
        record_interaction(session, event.customer_id, channel=event.channel, kind="points_earned", params={"points": points}, now=now)


def give_prize(session: Session, event: PrizeWon, now: datetime) -> None:
    """Give the points a code won, once: the code names the grant."""
    if event.points:
        until = expiry_day(today(now), PRIZE_MONTHS)
        earn_points(
            session, event.customer_id, event.points, purse=SPENDABLE, reason=GRANT, reference=event.reference, expires_on=until, now=now
        )
