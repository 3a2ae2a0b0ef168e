"""Conditions that can never hold: ranges that end before they begin, and parts of an `all` that shut each other out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import portal.promotions.document as doc
from portal.base.clock import local_time
from portal.base.errors import N_
from portal.promotions.faults import Fault

Placed = tuple[str, doc.Condition]
NEVER = N_("This can never hold together with the other conditions.")
BACKWARDS = N_("This ends before it begins.")
OPEN = N_("Say from, to, or both.")
_RANGES = (doc.Tenure, doc.Age, doc.Subtotal, doc.Quantity, doc.Dates, doc.Orders, doc.Spent, doc.Used, doc.Share)
_SETS = (doc.Tier, doc.CustomerKind, doc.Weekdays, doc.Channel, doc.Place)


def placed_leaves(condition: doc.Condition | None, place: str) -> Iterator[Placed]:
    """Give every condition that has none within, with its place."""
    if isinstance(condition, doc.All | doc.AnyOf):
        for number, each in enumerate(condition.of):
            yield from placed_leaves(each, f"{place}.of.{number}")
    elif isinstance(condition, doc.Not):
        yield from placed_leaves(condition.of, f"{place}.of")
    elif condition is not None:
        yield place, condition


def find_contradictions(document: doc.Document) -> Iterator[Fault]:
    """Give every place where the conditions cannot hold, alone or together."""
    for place, leaf in placed_leaves(document.when, "when"):
        yield from _alone(place, leaf)
    yield from _together(document.when, "when", _window(document))


def _alone(place: str, leaf: doc.Condition) -> Iterator[Fault]:
    low, high = getattr(leaf, "min", None), getattr(leaf, "max", None)
    if isinstance(leaf, doc.Share):
        if leaf.min >= leaf.max:
            yield Fault(f"{place}.max", BACKWARDS)
    elif isinstance(leaf, doc.Hours):
        if leaf.begin == leaf.end:
            yield Fault(f"{place}.end", BACKWARDS)
    elif isinstance(leaf, _RANGES) and low is None and high is None:
        yield Fault(place, OPEN)
    elif low is not None and high is not None and low > high:
        yield Fault(f"{place}.max", BACKWARDS)


def _window(document: doc.Document) -> list[Placed]:
    """Give the campaign's own time as a condition: what lies outside of it never holds."""
    first = document.starts_at and local_time(document.starts_at).date()
    last = document.ends_at and local_time(document.ends_at - timedelta(microseconds=1)).date()
    return [("starts_at", doc.Dates(kind="dates", min=first, max=last))] if first or last else []


def _together(condition: doc.Condition | None, place: str, above: Sequence[Placed]) -> Iterator[Fault]:
    """Judge a tree: `above` are the conditions that hold besides, from further up."""
    if isinstance(condition, doc.All):
        held = list(above)
        inner: list[Placed] = []
        for number, each in enumerate(condition.of):
            here = f"{place}.of.{number}"
            if isinstance(each, doc.All | doc.AnyOf):
                inner.append((here, each))
                continue
            if any(_clash(each, other) for _, other in held):
                yield Fault(here, NEVER)
            held.append((here, each))
        for here, each in inner:
            yield from _together(each, here, held)
    elif isinstance(condition, doc.AnyOf):
        for number, each in enumerate(condition.of):
            yield from _together(each, f"{place}.of.{number}", above)
    elif condition is not None and any(_clash(condition, other) for _, other in above):
        yield Fault(place, NEVER)


def _clash(one: doc.Condition, other: doc.Condition) -> bool:
    """Say whether two conditions shut each other out."""
    if isinstance(one, doc.Not) or isinstance(other, doc.Not):
        return (isinstance(one, doc.Not) and one.of == other) or (isinstance(other, doc.Not) and other.of == one)
    if isinstance(one, doc.Dates | doc.Weekdays) and isinstance(other, doc.Dates | doc.Weekdays) and type(one) is not type(other):
        return _no_such_day(*((one, other) if isinstance(one, doc.Dates) else (other, one)))
    if type(one) is not type(other):
        return False
    if isinstance(one, _SETS):
        return set(one.one_of).isdisjoint(getattr(other, "one_of", ()))
    return isinstance(one, _RANGES) and _same_thing(one, other) and _apart(one, other)


def _same_thing(one: doc.Condition, other: doc.Condition) -> bool:
    return getattr(one, "target", None) == getattr(other, "target", None) and getattr(one, "salt", None) == getattr(other, "salt", None)


def _apart(one: Any, other: Any) -> bool:
    for low, high in ((one.min, other.max), (other.min, one.max)):
        if low is not None and high is not None and (low >= high if isinstance(one, doc.Share) else low > high):
            return True
    return False


def _no_such_day(dates: Any, weekdays: Any) -> bool:
    if dates.min is None or dates.max is None or not 0 <= (dates.max - dates.min).days < 6:
        return False
    span = range((dates.max - dates.min).days + 1)
    return all((dates.min + timedelta(days=day)).isoweekday() not in weekdays.one_of for day in span)
