"""Points come in: by a rule, or as a grant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base import ledger
from portal.base.clock import month_start, today
from portal.base.errors import N_, Invalid
from portal.base.ids import new_id
from portal.base.money import MAX_MINOR
from portal.points.accounts import account_of, check_amount, movement_of
from portal.points.data import RULES, Purse, RuleData
from portal.points.models import DailyEarning, EarningRule, PointsLot

_rule = sa.select(EarningRule.purse, EarningRule.points, EarningRule.per, EarningRule.daily_cap, EarningRule.months_kept).where(
    EarningRule.code == sa.bindparam("code"), EarningRule.enabled
)
_rules = (
    sa.select(
        EarningRule.code, EarningRule.purse, EarningRule.points, EarningRule.per, EarningRule.daily_cap, EarningRule.months_kept,
        EarningRule.enabled,
    )
    .where(EarningRule.enabled)
    .order_by(EarningRule.purse, EarningRule.code.desc())
)  # fmt: skip
_count = (
    sa.update(DailyEarning.__table__)  # type: ignore[arg-type]
    .where(
        DailyEarning.customer_id == sa.bindparam("customer"),
        DailyEarning.day == sa.bindparam("of_day"),
        DailyEarning.rule == sa.bindparam("of_rule"),
    )
    .values(points=DailyEarning.points + sa.bindparam("more", type_=sa.BigInteger()))
)


def _of_day(insert: Any) -> Any:
    """Take the line of a customer, day and rule for this transaction (a new one says 0) and give what it says."""
    new = insert(DailyEarning.__table__).values(points=0)
    same = new.on_conflict_do_update(index_elements=["customer_id", "day", "rule"], set_={"points": DailyEarning.points})
    return same.returning(DailyEarning.points)


def _into_lot(insert: Any) -> Any:
    new = insert(PointsLot.__table__)
    more = {
        "amount": PointsLot.amount + new.excluded.amount,
        "remaining": PointsLot.remaining + new.excluded.remaining,
        "closed_on": None,  # a clock may have been ahead
    }
    return new.on_conflict_do_update(index_elements=["customer_id", "purse", "expires_on", "reason"], set_=more)


_take_day = {"sqlite": _of_day(sqlite.insert), "postgresql": _of_day(postgresql.insert)}
_put = {"sqlite": _into_lot(sqlite.insert), "postgresql": _into_lot(postgresql.insert)}


def earn_points(
    session: Session,
    customer_id: int,
    amount: int,
    *,
    purse: Purse,
    reason: str,
    reference: str,
    expires_on: date,
    now: datetime,
) -> bool:
    """Give a customer points that can be spent until the day before `expires_on`; False: booked before.

    `reason` is a rule's code or `grant`; `reference` is unique for this customer and reason. Raises Invalid for what is
    no whole number above zero, or a day that has come already; ReferenceReused (ledger) for a reference of another amount.
    """
    check_amount(amount)
    if expires_on <= today(now):
        raise Invalid({"expires_on": N_("Points expire on a day to come.")})
    source, target = account_of("points_issued", customer_id, purse), account_of("points", customer_id, purse)
    if not ledger.transfer(session, movement_of("earned", customer_id, f"{reason}:{reference}"), source, target, amount, now=now).is_new:
        return False
    put_into_lot(session, customer_id, amount, purse=purse, reason=reason, expires_on=expires_on, now=now)
    return True


def earn_by_rule(
    session: Session, customer_id: int, rule_code: str, quantity: int, *, reference: str, now: datetime, day: date | None = None
) -> int:
    """Give a customer what a rule says for so many visits, or minor units paid; give how many points that were.

    None (0) where the rule is not there or off, the day's cap is reached, the points would be past their time already, or
    the reference has earned before, whatever the rule said then. A cap that is nearly reached gives the rest. `day`: on
    which it happened, if not at `now`.
    Raises Invalid for a quantity that is no whole number of zero or more.
    """
    if type(quantity) is not int or not 0 <= quantity <= MAX_MINOR:
        raise Invalid({"quantity": N_("Enter a whole number of zero or more.")})
    connection = session.connection()
    rule = connection.execute(_rule, {"code": rule_code}).first()
    points = 0 if rule is None else quantity // rule.per * rule.points
    if rule is None or points == 0:
        return 0
    earned_on = day or today(now)
    line = {"customer_id": customer_id, "day": earned_on, "rule": rule_code}
    given: int = connection.execute(_take_day[connection.dialect.name], line).scalar_one()
    if rule.daily_cap is not None:
        points = min(points, rule.daily_cap - given)
    expires_on = expiry_day(earned_on, rule.months_kept)
    if points <= 0 or expires_on <= today(now):
        return 0
    try:
        is_new = earn_points(
            session, customer_id, points, purse=rule.purse, reason=rule_code, reference=reference, expires_on=expires_on, now=now
        )
    except ledger.ReferenceReused:  # it earned another number then: the cap was nearer, or the rule has changed
        is_new = False
    if not is_new:
        return 0
    connection.execute(_count, {"customer": customer_id, "of_day": earned_on, "of_rule": rule_code, "more": points})
    return points


def expiry_day(earned_on: date, months_kept: int) -> date:
    """Give the first day on which points of `earned_on` can no longer be spent: after the last of the months they are kept."""
    return month_start(earned_on, -(months_kept + 1))


def put_into_lot(session: Session, customer_id: int, amount: int, *, purse: Purse, reason: str, expires_on: date, now: datetime) -> None:
    """Lay points into the lot of their kind and day, made when there is none; post first. One statement."""
    connection = session.connection()
    lot = {
        "customer_id": customer_id, "id": new_id(now), "purse": purse, "reason": reason, "amount": amount, "remaining": amount,
        "earned_on": today(now), "expires_on": expires_on,
    }  # fmt: skip
    connection.execute(_put[connection.dialect.name], lot)


def list_earning_rules(session: Session) -> Sequence[RuleData]:
    """Give the rules that are on, as the operator has set them, in the order to show them. One statement."""
    rows = session.connection().execute(_rules)
    return [RuleData(row.code, row.purse, row.points, row.per, row.daily_cap, row.months_kept, row.enabled) for row in rows]


def load_earning_rules(session: Session) -> None:
    """Write the shipped rules that are not there yet; those that are stay as the operator has set them."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(EarningRule).values([asdict(each) for each in RULES]).on_conflict_do_nothing())
