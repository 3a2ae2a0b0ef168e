"""The most one use of a campaign can cost, worked out from its document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import portal.promotions.document as doc
from portal.promotions.known import Known

WHOLE = 10_000


def worst_of(effect: doc.Effect, known: Known) -> int | str:
    """Give the most one use of an effect can cost, in minor units, or the entry that has to say at most how much."""
    return _WORST[type(effect)](effect, known)


def _dearest(target: doc.Target, known: Known) -> int:
    return max((each.once_minor or 0 for each in known.meant(target).values()), default=0)


def _percentage(effect: doc.Percentage, known: Known) -> int | str:
    if effect.most_minor is not None:
        return effect.most_minor
    if effect.most_pieces is None:
        return "most_minor"
    return (_dearest(effect.target, known) * effect.most_pieces * effect.basis_points + WHOLE // 2) // WHOLE


def _amount(effect: doc.Amount, _: Known) -> int | str:
    if not effect.each:
        return effect.amount_minor
    return "most_pieces" if effect.most_pieces is None else effect.amount_minor * effect.most_pieces


def _fixed_price(effect: doc.FixedPrice, known: Known) -> int | str:
    if effect.most_pieces is None:
        return "most_pieces"
    return max(0, _dearest(effect.target, known) - effect.price_minor) * effect.most_pieces


def _n_for_m(effect: doc.NForM, known: Known) -> int | str:
    if effect.most_times is None:
        return "most_times"
    return _dearest(effect.target, known) * max(0, effect.take - effect.pay) * effect.most_times


def _bundle(effect: doc.BundlePrice, known: Known) -> int | str:
    if effect.most_times is None:
        return "most_times"
    once = sum(_dearest(part.target, known) * part.quantity for part in effect.parts)
    return max(0, once - effect.price_minor) * effect.most_times


def _gift(effect: doc.GiftEffect, _: Known) -> int | str:
    return effect.cost_minor * effect.quantity or "cost_minor"


def _free_shipping(effect: doc.FreeShipping, _: Known) -> int | str:
    return effect.most_minor or "most_minor"


def _points(effect: doc.PointsEffect, _: Known) -> int | str:
    if not effect.cost_minor:
        return "cost_minor"
    return "per_minor" if effect.per_minor is not None else (effect.points * effect.cost_minor + 50) // 100


def _free_months(effect: doc.FreeMonthsEffect, known: Known) -> int | str:
    if effect.most_pieces is None:
        return "most_pieces"
    dearest = max((each.monthly_minor or 0 for each in known.meant(effect.target).values()), default=0)
    return dearest * effect.months * effect.most_pieces


_WORST: Mapping[type, Callable[[Any, Known], int | str]] = {
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
