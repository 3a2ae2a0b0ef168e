"""Effects made into functions: each takes from what is left of the items, never more than that.

Rounding: half up, once for each effect; the amount is then shared out over the items by what is left of each
(`portal.base.money.share`), so that the parts add up and none is more than its item's price.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import portal.promotions.document as doc
from portal.base.money import share
from portal.promotions.basket import ExtraPoints, FreeMonths, Gift
from portal.promotions.facts import Aim, Facts
from portal.promotions.predicates import Setting

WHOLE = 10_000


@dataclass(slots=True)
class Gain:
    """What one campaign gives: off each item (by its place), off shipping, and besides. `worth_minor` is all of it."""

    off: dict[int, int] = field(default_factory=dict)
    off_shipping: int = 0
    gifts: list[Gift] = field(default_factory=list)
    points: list[ExtraPoints] = field(default_factory=list)
    months: list[FreeMonths] = field(default_factory=list)
    worth_minor: int = 0
    is_to_choose: bool = False

    @property
    def is_something(self) -> bool:
        """Whether it gives anything at all."""
        return bool(self.off or self.off_shipping or self.gifts or self.points or self.months)

    def take(self, left: Left, parts: Mapping[int, int]) -> None:
        """Take from items what they still have."""
        for place, amount in parts.items():
            if amount > 0:
                left.items[place] -= amount
                self.off[place] = self.off.get(place, 0) + amount
                self.worth_minor += amount


@dataclass(slots=True)
class Left:
    """What is still to be paid: for each item by its place, and for shipping."""

    items: list[int]
    shipping: int

    def copy(self) -> Left:
        """Give another like it, to try things on."""
        return Left(self.items.copy(), self.shipping)


Act = Callable[[Facts, Left, Gain], None]


def compile_effect(effect: doc.Effect, setting: Setting) -> Act:
    """Make an effect into a function that takes it from what is left and notes it."""
    return _MAKERS[type(effect)](effect, setting)


def _worth(facts: Facts, left: Left, place: int, pieces: int) -> int:
    """Give what is left of some of an item's pieces."""
    return left.items[place] * pieces // facts.items[place].quantity


def _dearest(facts: Facts, left: Left, places: Sequence[int], most: int | None) -> dict[int, int]:
    """Choose at most so many pieces, the dearest first: how many of which item."""
    if most is None:
        return {place: facts.items[place].quantity for place in places}
    chosen: dict[int, int] = {}
    for place in sorted(places, key=lambda each: (-left.items[each] / facts.items[each].quantity, each)):
        pieces = min(most, facts.items[place].quantity)
        if pieces:
            chosen[place] = pieces
        most -= pieces
    return chosen


def _shared(total: int, values: Mapping[int, int]) -> dict[int, int]:
    """Share an amount over items by what each is worth: never more than that."""
    whole = sum(values.values())
    if total <= 0 or whole <= 0:
        return {}
    return dict(zip(values, share(min(total, whole), list(values.values())), strict=True))


def _values(facts: Facts, left: Left, aim: Aim, most: int | None) -> dict[int, int]:
    return {place: _worth(facts, left, place, pieces) for place, pieces in _dearest(facts, left, facts.hit(aim), most).items()}


def _percentage(effect: doc.Percentage, setting: Setting) -> Act:
    aim, points, most = setting.aim(effect.target), effect.basis_points, effect.most_minor

    def act(facts: Facts, left: Left, gain: Gain) -> None:
        values = _values(facts, left, aim, effect.most_pieces)
        amount = (sum(values.values()) * points + WHOLE // 2) // WHOLE
        gain.take(left, _shared(amount if most is None else min(amount, most), values))

    return act


def _amount(effect: doc.Amount, setting: Setting) -> Act:
    aim, amount = setting.aim(effect.target), effect.amount_minor

    def act(facts: Facts, left: Left, gain: Gain) -> None:
        pieces = _dearest(facts, left, facts.hit(aim), effect.most_pieces)
        values = {place: _worth(facts, left, place, count) for place, count in pieces.items()}
        if effect.each:
            gain.take(left, {place: min(value, amount * pieces[place]) for place, value in values.items()})
        else:
            gain.take(left, _shared(amount, values))

    return act


def _fixed_price(effect: doc.FixedPrice, setting: Setting) -> Act:
    aim, price = setting.aim(effect.target), effect.price_minor

    def act(facts: Facts, left: Left, gain: Gain) -> None:
        pieces = _dearest(facts, left, facts.hit(aim), effect.most_pieces)
        gain.take(left, {place: _worth(facts, left, place, count) - price * count for place, count in pieces.items()})

    return act


def _n_for_m(effect: doc.NForM, setting: Setting) -> Act:
    aim, take, free = setting.aim(effect.target), effect.take, effect.take - effect.pay

    def act(facts: Facts, left: Left, gain: Gain) -> None:
        places = facts.hit(aim)
        times = sum(facts.items[place].quantity for place in places) // take
        count = (times if effect.most_times is None else min(times, effect.most_times)) * free
        parts: dict[int, int] = {}
        for place in sorted(places, key=lambda each: (left.items[each] / facts.items[each].quantity, -each)):
            pieces = min(count, facts.items[place].quantity)
            count -= pieces
            parts[place] = _worth(facts, left, place, pieces)
        gain.take(left, parts)

    return act


def _bundle(effect: doc.BundlePrice, setting: Setting) -> Act:
    parts = [(setting.aim(part.target), part.quantity) for part in effect.parts]

    def act(facts: Facts, left: Left, gain: Gain) -> None:
        times = min(facts.sums(aim)[1] // quantity for aim, quantity in parts)
        if effect.most_times is not None:
            times = min(times, effect.most_times)
        low = 0  # parts that share items may allow fewer: the most that can be made lies between
        while low < times:
            middle = (low + times + 1) // 2
            low, times = (low, middle - 1) if _bundled(facts, left, parts, middle) is None else (middle, times)
        values = {place: _worth(facts, left, place, pieces) for place, pieces in (_bundled(facts, left, parts, times) or {}).items()}
        gain.take(left, _shared(sum(values.values()) - times * effect.price_minor, values))

    return act


def _bundled(facts: Facts, left: Left, parts: Sequence[tuple[Aim, int]], times: int) -> dict[int, int] | None:
    """Choose the pieces of so many bundles, the dearest of each part; None where a piece would have to serve twice."""
    chosen: dict[int, int] = {}
    for aim, quantity in parts:
        missing = quantity * times
        for place in sorted(facts.hit(aim), key=lambda each: (-left.items[each] / facts.items[each].quantity, each)):
            pieces = min(missing, facts.items[place].quantity - chosen.get(place, 0))
            if pieces:
                chosen[place] = chosen.get(place, 0) + pieces
            missing -= pieces
        if missing:
            return None
    return chosen


def _gift(effect: doc.GiftEffect, setting: Setting) -> Act:
    options = effect.one_of if len(effect.one_of) > 1 else ()

    def act(facts: Facts, _: Left, gain: Gain) -> None:
        chosen = facts.basket.choices.get(setting.campaign_code, "") if options else effect.one_of[0]
        if chosen not in effect.one_of:
            chosen, gain.is_to_choose = "", True
        gain.gifts.append(Gift(setting.campaign_id, setting.campaign_code, chosen, effect.quantity, options))
        gain.worth_minor += effect.cost_minor * effect.quantity

    return act


def _free_shipping(effect: doc.FreeShipping, _: Setting) -> Act:
    def act(_: Facts, left: Left, gain: Gain) -> None:
        amount = left.shipping if effect.most_minor is None else min(left.shipping, effect.most_minor)
        left.shipping -= amount
        gain.off_shipping += amount
        gain.worth_minor += amount

    return act


def _points(effect: doc.PointsEffect, setting: Setting) -> Act:
    aim = setting.aim(effect.target)

    def act(facts: Facts, left: Left, gain: Gain) -> None:
        places = facts.hit(aim)
        times = int(bool(places)) if effect.per_minor is None else sum(left.items[place] for place in places) // effect.per_minor
        if times:
            gain.points.append(ExtraPoints(setting.campaign_id, effect.points * times))
            gain.worth_minor += (effect.points * times * effect.cost_minor + 50) // 100

    return act


def _free_months(effect: doc.FreeMonthsEffect, setting: Setting) -> Act:
    aim = setting.aim(effect.target)

    def act(facts: Facts, _: Left, gain: Gain) -> None:
        count = effect.most_pieces
        with_charge = [place for place in facts.hit(aim) if facts.items[place].monthly_minor > 0]
        for place in sorted(with_charge, key=lambda each: (-facts.items[each].monthly_minor, each)):
            item = facts.items[place]
            pieces = item.quantity if count is None else min(count, item.quantity)
            count = None if count is None else count - pieces
            if pieces:
                gain.months.append(FreeMonths(setting.campaign_id, item.position, item.offering_code, effect.months, pieces))
                gain.worth_minor += item.monthly_minor * effect.months * pieces

    return act


_MAKERS: Mapping[type, Callable[[Any, Setting], Act]] = {
    doc.Percentage: _percentage,
    doc.Amount: _amount,
    doc.FixedPrice: _fixed_price,
    doc.NForM: _n_for_m,
    doc.BundlePrice: _bundle,
    doc.GiftEffect: _gift,
    doc.FreeShipping: _free_shipping,
    doc.PointsEffect: _points,
    doc.FreeMonthsEffect: _free_months,
}
