"""Campaigns compiled: conditions and effects as functions, and an index by which most are never looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import portal.promotions.document as doc
from portal.base.i18n import LocalText
from portal.promotions.basket import Basket, BasketItem
from portal.promotions.effects import Act, Gain, Left, compile_effect
from portal.promotions.facts import Aim, Facts
from portal.promotions.predicates import ABOUT_BASKET, ABOUT_CUSTOMER, Predicate, Setting, compile_condition

ALWAYS = ""


@dataclass(frozen=True, slots=True)
class LiveDocument:
    """A campaign that was approved: its id, code and version, and its document."""

    id: int
    code: str
    version: int
    document: doc.Document


@dataclass(frozen=True, slots=True, eq=False)
class Hint:
    """A condition a customer can still meet: so much more, or so many more pieces, of these items."""

    aim: Aim
    of_money: bool
    least: int


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A campaign ready to be asked. `place` is its place in the order of all."""

    id: int
    code: str
    version: int
    document: doc.Document
    conditions: tuple[tuple[Predicate, Hint | None], ...]
    beforehand: tuple[Predicate, ...]  # those of them that look at nothing in the basket
    acts: tuple[Act, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    is_for_known: bool
    is_alike: bool  # for all customers for whom `beforehand` holds it does the same with the same things, but for hold-out and own caps
    place: int
    name: LocalText
    reward: LocalText  # what it gives, in a few words

    def is_open(self, basket: Basket) -> bool:
        """Say whether it is its time and its currency."""
        if self.document.currency != basket.currency or (self.starts_at is not None and basket.at < self.starts_at):
            return False
        return self.ends_at is None or basket.at < self.ends_at

    def look(self, facts: Facts) -> tuple[bool, Hint | None]:
        """Say whether its conditions hold; where a single one that can be met does not, give that."""
        missing: Hint | None = None
        for predicate, hint in self.conditions:
            if predicate(facts):
                continue
            if hint is None or missing is not None:
                return False, None
            missing = hint
        return missing is None, missing

    def give(self, facts: Facts, left: Left) -> Gain:
        """Take its effects from what is left."""
        gain = Gain()
        for act in self.acts:
            act(facts, left, gain)
        return gain


@dataclass(frozen=True, slots=True)
class Group:
    """Campaigns weighed against each other, in their order."""

    code: str
    mode: doc.Mode
    members: tuple[Compiled, ...]


@dataclass(frozen=True, slots=True)
class LiveCampaigns:
    """All approved campaigns, compiled. `used_up`: those no use is left of; `room`: money left in a budget, by campaign id.

    `concerning` and `known` keep what was worked out with these very campaigns (shelves.py says by what), and end with them.
    """

    version: int = 0
    campaigns: tuple[Compiled, ...] = ()
    index: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    by_code: Mapping[str, Compiled] = field(default_factory=dict)
    by_id: Mapping[int, Compiled] = field(default_factory=dict)
    used_up: frozenset[int] = frozenset()
    room: Mapping[int, int] = field(default_factory=dict)
    concerning: dict[Any, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)
    known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def to_look_at(self, facts: Facts) -> Sequence[Compiled]:
        """Give the campaigns that can concern a basket, in order."""
        return [self.campaigns[place] for place in self.places_of(facts.items, facts.coupons)]

    def places_of(self, items: Iterable[BasketItem], coupons: Iterable[str] = ()) -> tuple[int, ...]:
        """Give the places of the campaigns that can concern these items, with coupons of these campaigns."""
        keys = {ALWAYS, *(f"code:{code}" for code in coupons)}
        for item in items:
            keys.update((f"offering:{item.offering_code}", f"kind:{item.kind}", f"category:{item.category}"))
        return tuple(sorted({place for key in keys for place in self.index.get(key, ())}))


def compile_campaigns(documents: Iterable[LiveDocument], *, version: int = 0) -> LiveCampaigns:
    """Compile campaigns, in the order they are applied: by their group's rank, their own priority, their code."""
    aims: dict[doc.Target, Aim] = {}

    def aim(target: doc.Target) -> Aim:
        return aims.setdefault(target, Aim(target))

    ordered = sorted(documents, key=order_of)
    campaigns = tuple(_compiled(each, place, Setting(each.id, each.code, aim)) for place, each in enumerate(ordered))
    index: dict[str, list[int]] = {}
    for campaign in campaigns:
        for key in _keys(campaign):
            index.setdefault(key, []).append(campaign.place)
    return LiveCampaigns(
        version=version,
        campaigns=campaigns,
        index={key: tuple(places) for key, places in index.items()},
        by_code={each.code: each for each in campaigns},
        by_id={each.id: each for each in campaigns},
    )


def order_of(live: LiveDocument) -> tuple[int, str, int, str]:
    """Give where a campaign stands in the order of all."""
    group = live.document.group
    return group.rank, group.code, live.document.priority, live.code


def leaves_of(condition: doc.Condition | None) -> Iterator[doc.Condition]:
    """Give all conditions of a tree that have none within."""
    if isinstance(condition, doc.All | doc.AnyOf):
        for each in condition.of:
            yield from leaves_of(each)
    elif isinstance(condition, doc.Not):
        yield from leaves_of(condition.of)
    elif condition is not None:
        yield condition


def required(condition: doc.Condition | None) -> Iterator[doc.Condition]:
    """Give the conditions every one of which has to hold: the tree itself, and what stands in an `all` of an `all`."""
    if isinstance(condition, doc.All):
        for each in condition.of:
            yield from required(each)
    elif condition is not None:
        yield condition


def _compiled(live: LiveDocument, place: int, setting: Setting) -> Compiled:
    document = live.document
    asked = [(each, compile_condition(each, setting), _hint(each, setting)) for each in required(document.when)]
    before = [(predicate, _leaf_types(each)) for each, predicate, _ in asked]
    return Compiled(
        live.id,
        live.code,
        live.version,
        document,
        tuple((predicate, hint) for _, predicate, hint in asked),
        tuple(predicate for predicate, leaves in before if leaves.isdisjoint(ABOUT_BASKET)),
        tuple(compile_effect(each, setting) for each in document.effects),
        document.starts_at,
        document.ends_at,
        is_for_known=document.hold_out_percent > 0 or any(type(leaf) in ABOUT_CUSTOMER for leaf in leaves_of(document.when)),
        is_alike=all(leaves.isdisjoint(ABOUT_BASKET) or leaves <= ABOUT_BASKET for _, leaves in before),
        place=place,
        name=document.name.model_dump(),
        reward=(document.reward or document.name).model_dump(),
    )


def _leaf_types(condition: doc.Condition) -> frozenset[type]:
    return frozenset(type(leaf) for leaf in leaves_of(condition))


def _hint(condition: doc.Condition, setting: Setting) -> Hint | None:
    if isinstance(condition, doc.Subtotal | doc.Quantity) and condition.min and condition.max is None:
        return Hint(setting.aim(condition.target), isinstance(condition, doc.Subtotal), condition.min)
    return None


def _keys(campaign: Compiled) -> frozenset[str]:
    """Give what a basket must have one of for the campaign to concern it: the narrowest there is."""
    choices: list[frozenset[str]] = []
    for each in required(campaign.document.when):
        if isinstance(each, doc.Code):
            return frozenset({f"code:{campaign.code}"})
        if isinstance(each, doc.Subtotal | doc.Quantity) and each.min:
            choices.append(Aim(each.target).keys())
    choices.append(_aimed_at(campaign.document.effects))
    return min((keys for keys in choices if keys), key=len, default=frozenset({ALWAYS}))


def _aimed_at(effects: Sequence[doc.Effect]) -> frozenset[str]:
    """Give what its effects can be had on; empty where one of them needs nothing particular."""
    found: set[str] = set()
    for effect in effects:
        targets = [effect.parts[0].target] if isinstance(effect, doc.BundlePrice) else [getattr(effect, "target", doc.Target())]
        for target in targets:
            keys = Aim(target).keys()
            if not keys:
                return frozenset()
            found |= keys
    return frozenset(found)
