"""Conditions made into functions: what can be decided once is decided when a campaign is compiled, not for each basket."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import portal.promotions.document as doc
from portal.customers import Shopper, age_on, lives_in, tenure_months
from portal.promotions.facts import Aim, Facts

Predicate = Callable[[Facts], bool]


@dataclass(frozen=True, slots=True)
class Setting:
    """Whose conditions they are, and how their targets are made into aims."""

    campaign_id: int
    campaign_code: str
    aim: Callable[[doc.Target], Aim]


def compile_condition(condition: doc.Condition, setting: Setting) -> Predicate:
    """Make a condition into a function that says whether it holds for some facts."""
    return _MAKERS[type(condition)](condition, setting)


def share_of(salt: str, customer_id: int) -> float:
    """Give where a customer stands among all, 0 up to 100, the same for ever: drawn by `salt`, known to nobody beforehand."""
    digest = hashlib.blake2b(f"{salt}:{customer_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % 10_000 / 100


def _within(value: float | None, low: int | None, high: int | None) -> bool:
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def _all(condition: doc.All, setting: Setting) -> Predicate:
    parts = [compile_condition(each, setting) for each in condition.of]
    return lambda facts: all(part(facts) for part in parts)


def _any(condition: doc.AnyOf, setting: Setting) -> Predicate:
    parts = [compile_condition(each, setting) for each in condition.of]
    return lambda facts: any(part(facts) for part in parts)


def _not(condition: doc.Not, setting: Setting) -> Predicate:
    part = compile_condition(condition.of, setting)
    return lambda facts: not part(facts)


def _of_shopper(asks: Callable[[Shopper, Facts], bool]) -> Predicate:
    """Ask about the customer; of somebody unknown nothing holds."""
    return lambda facts: facts.shopper is not None and asks(facts.shopper, facts)


def _tier(condition: doc.Tier, _: Setting) -> Predicate:
    names = frozenset(condition.one_of)
    return _of_shopper(lambda shopper, _: shopper.tier in names)


def _customer_kind(condition: doc.CustomerKind, _: Setting) -> Predicate:
    names = frozenset(condition.one_of)
    return _of_shopper(lambda shopper, _: shopper.kind in names)


def _tenure(condition: doc.Tenure, _: Setting) -> Predicate:
    low, high = condition.min, condition.max
    return _of_shopper(lambda shopper, facts: _within(tenure_months(shopper, facts.day), low, high))


def _region(condition: doc.Region, _: Setting) -> Predicate:
    names = condition.one_of
    return _of_shopper(lambda shopper, _: lives_in(shopper, names))


def _age(condition: doc.Age, _: Setting) -> Predicate:
    low, high = condition.min, condition.max
    return _of_shopper(lambda shopper, facts: _within(age_on(shopper, facts.day), low, high))


def _new(condition: doc.New, _: Setting) -> Predicate:
    days = timedelta(days=condition.days)
    return _of_shopper(lambda shopper, facts: facts.day - shopper.since < days)


def _enterprise(condition: doc.Enterprise, _: Setting) -> Predicate:
    ids = frozenset(condition.one_of)
    return _of_shopper(lambda shopper, _: shopper.enterprise is not None and (not ids or shopper.enterprise in ids))


def _holds(condition: doc.Holds, _: Setting) -> Predicate:
    codes = frozenset(condition.one_of)
    return _of_shopper(lambda shopper, _: not codes.isdisjoint(shopper.products))


def _share(condition: doc.Share, _: Setting) -> Predicate:
    salt, low, high = condition.salt, condition.min, condition.max
    return _of_shopper(lambda shopper, _: low <= share_of(salt, shopper.customer_id) < high)


def _subtotal(condition: doc.Subtotal, setting: Setting) -> Predicate:
    aim, low, high = setting.aim(condition.target), condition.min, condition.max
    return lambda facts: _within(facts.sums(aim)[0], low, high)


def _quantity(condition: doc.Quantity, setting: Setting) -> Predicate:
    aim, low, high = setting.aim(condition.target), condition.min, condition.max
    return lambda facts: _within(facts.sums(aim)[1], low, high)


def _dates(condition: doc.Dates, _: Setting) -> Predicate:
    low, high = condition.min, condition.max
    return lambda facts: (low is None or facts.day >= low) and (high is None or facts.day <= high)


def _weekdays(condition: doc.Weekdays, _: Setting) -> Predicate:
    days = frozenset(condition.one_of)
    return lambda facts: facts.day.isoweekday() in days


def _hours(condition: doc.Hours, _: Setting) -> Predicate:
    begin, end = condition.begin, condition.end
    if begin < end:
        return lambda facts: begin <= facts.local.time() < end
    return lambda facts: not end <= facts.local.time() < begin


def _channel(condition: doc.Channel, _: Setting) -> Predicate:
    names = frozenset(condition.one_of)
    return lambda facts: facts.basket.channel in names


def _place(condition: doc.Place, _: Setting) -> Predicate:
    names = frozenset(condition.one_of)
    return lambda facts: facts.basket.place in names


def _code(_: doc.Code, setting: Setting) -> Predicate:
    mine = setting.campaign_code
    return lambda facts: mine in facts.coupons


def _orders(condition: doc.Orders, _: Setting) -> Predicate:
    low, high = condition.min, condition.max
    return _of_shopper(lambda _, facts: _within(facts.history.orders, low, high))


def _spent(condition: doc.Spent, _: Setting) -> Predicate:
    low, high = condition.min, condition.max
    return _of_shopper(lambda _, facts: _within(facts.history.spent_minor, low, high))


def _bought(condition: doc.Bought, _: Setting) -> Predicate:
    codes, high = frozenset(condition.one_of), condition.max
    low = 1 if condition.min is None and high is None else condition.min
    return _of_shopper(lambda _, facts: _within(sum(facts.history.bought.get(code, 0) for code in codes), low, high))


def _used(condition: doc.Used, setting: Setting) -> Predicate:
    mine, low, high = setting.campaign_id, condition.min, condition.max
    return _of_shopper(lambda _, facts: _within(facts.history.uses.get(mine, 0), low, high))


def _with_campaign(condition: doc.WithCampaign, _: Setting) -> Predicate:
    code = condition.code
    return lambda facts: code in facts.applied


_MAKERS: Mapping[type, Callable[[Any, Setting], Predicate]] = {
    doc.All: _all,
    doc.AnyOf: _any,
    doc.Not: _not,
    doc.Tier: _tier,
    doc.CustomerKind: _customer_kind,
    doc.Tenure: _tenure,
    doc.Region: _region,
    doc.Age: _age,
    doc.New: _new,
    doc.Enterprise: _enterprise,
    doc.Holds: _holds,
    doc.Share: _share,
    doc.Subtotal: _subtotal,
    doc.Quantity: _quantity,
    doc.Dates: _dates,
    doc.Weekdays: _weekdays,
    doc.Hours: _hours,
    doc.Channel: _channel,
    doc.Place: _place,
    doc.Code: _code,
    doc.Orders: _orders,
    doc.Spent: _spent,
    doc.Bought: _bought,
    doc.Used: _used,
    doc.WithCampaign: _with_campaign,
}
ABOUT_CUSTOMER = frozenset(
    {doc.Tier, doc.CustomerKind, doc.Tenure, doc.Region, doc.Age, doc.New, doc.Enterprise, doc.Holds, doc.Share}
    | {doc.Orders, doc.Spent, doc.Bought, doc.Used}
)
"""Conditions that only a known customer can meet: a campaign with one of these, negated or not, is for those signed in."""
ABOUT_BASKET = frozenset({doc.Subtotal, doc.Quantity, doc.WithCampaign})
"""Conditions that ask what is in the basket, or what was applied to it already."""
