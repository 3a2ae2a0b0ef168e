"""What is known while one basket is evaluated, worked out when first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from portal.base.clock import local_time
from portal.customers import Shopper
from portal.promotions.basket import Basket, BasketItem, Coupon, History
from portal.promotions.document import Target


class Aim:
    """A target, made to be asked often. Two that name the same are the same object within one set of campaigns."""

    __slots__ = ("categories", "everything", "kinds", "offerings")

    def __init__(self, target: Target) -> None:
        self.offerings = frozenset(target.offerings)
        self.kinds = frozenset(target.kinds)
        self.categories = frozenset(target.categories)
        self.everything = not (self.offerings or self.kinds or self.categories)

    def hits(self, item: BasketItem) -> bool:
        """Say whether an item is meant."""
        return self.everything or item.offering_code in self.offerings or item.kind in self.kinds or item.category in self.categories

    def keys(self) -> frozenset[str]:
        """Give what an item must have one of to be meant; empty where all are meant."""
        named = (("offering", self.offerings), ("kind", self.kinds), ("category", self.categories))
        return frozenset(f"{what}:{name}" for what, names in named for name in names)


class Facts:
    """One basket, who buys it and what they did before. `applied`: the campaigns applied so far, by code."""

    __slots__ = ("_hit", "_local", "_sums", "applied", "basket", "coupons", "history", "items", "shopper")

    def __init__(self, basket: Basket, shopper: Shopper | None, history: History) -> None:
        self.basket = basket
        self.items: Sequence[BasketItem] = sorted(basket.items, key=lambda each: each.position)
        self.shopper = shopper
        self.history = history
        self.coupons: dict[str, Coupon] = {}
        for coupon in sorted(basket.codes, key=lambda each: each.code):
            self.coupons.setdefault(coupon.campaign_code, coupon)
        self.applied: set[str] = set()
        self._local: datetime | None = None
        self._hit: dict[Aim, tuple[int, ...]] = {}
        self._sums: dict[Aim, tuple[int, int]] = {}

    @property
    def local(self) -> datetime:
        """The moment as clocks show it where the operator does business."""
        if self._local is None:
            self._local = local_time(self.basket.at)
        return self._local

    @property
    def day(self) -> date:
        """The day it is there."""
        return self.local.date()

    def hit(self, aim: Aim) -> tuple[int, ...]:
        """Give the places in `items` of what is meant."""
        found = self._hit.get(aim)
        if found is None:
            found = self._hit[aim] = tuple(place for place, item in enumerate(self.items) if aim.hits(item))
        return found

    def sums(self, aim: Aim) -> tuple[int, int]:
        """Give the list price of what is meant, in all, and how many pieces these are."""
        found = self._sums.get(aim)
        if found is None:
            meant = [self.items[place] for place in self.hit(aim)]
            found = self._sums[aim] = (sum(item.unit_minor * item.quantity for item in meant), sum(item.quantity for item in meant))
        return found
