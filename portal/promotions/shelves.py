"""Many small baskets of one customer at one moment, as a shelf shows them: what was worked out is remembered for all customers.

What campaigns do to things depends on few of them: those that name these things and hold for this customer, time and place.
Two customers for whom the same few hold are told the same, so it is worked out once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from portal.customers import Shopper
from portal.promotions.basket import Basket, BasketItem, Evaluation, History
from portal.promotions.compiling import Compiled, LiveCampaigns
from portal.promotions.evaluation import evaluate
from portal.promotions.facts import Facts
from portal.promotions.holding import is_held_out

MOST_KNOWN = 4000
"""Answers remembered with one set of campaigns, each of some hundred bytes; then it is begun anew."""


class Shelf:
    """The campaigns as one customer meets them, ready to be asked for one thing after the other."""

    def __init__(self, live: LiveCampaigns, basket: Basket, shopper: Shopper | None, history: History) -> None:
        """Take in what is the same for every basket: `basket` is one with nothing in it."""
        facts = Facts(basket, shopper, history)
        self.live, self.basket, self.shopper, self.history = live, basket, shopper, history
        self.standing = frozenset(each.place for each in live.campaigns if _stands(each, facts))
        self.is_told_apart = bool(basket.codes or basket.choices or history.held)
        used = {*history.uses, *history.given_minor}
        standing = [live.campaigns[place] for place in self.standing]
        self.apart = frozenset(each.place for each in standing if not each.is_alike or (each.id in used and _counts_own(each)))
        self.kept_from = frozenset(each.place for each in standing if _is_kept_from(each, shopper))

    def evaluate(self, items: Sequence[BasketItem], shipping_minor: int = 0) -> Evaluation:
        """Give what `evaluate` gives for a basket of these items, to the letter.

        It is worked out afresh for whoever has a code, a choice or a reserved use, and where a campaign concerns the items that
        tells customers apart by more than whether it holds for them, or that counts this customer's own uses.
        """
        items = tuple(items)
        concerned = tuple(place for place in self._concerning(items) if place in self.standing)
        if self.is_told_apart or not self.apart.isdisjoint(concerned):
            return self._afresh(items, shipping_minor)
        live = self.live
        ids = [live.campaigns[place].id for place in concerned]
        counts = tuple((each, each in live.used_up, live.room.get(each)) for each in ids if each in live.used_up or each in live.room)
        key = (items, shipping_minor, self.basket.currency, concerned, self.kept_from.intersection(concerned), counts)
        known: Evaluation | None = live.known.get(key)
        if known is None:
            known = self._afresh(items, shipping_minor)
            if len(live.known) >= MOST_KNOWN:
                live.known.clear()
            live.known[key] = known
        return known

    def _afresh(self, items: tuple[BasketItem, ...], shipping_minor: int) -> Evaluation:
        return evaluate(self.live, replace(self.basket, items=items, shipping_minor=shipping_minor), self.shopper, self.history)

    def _concerning(self, items: Sequence[BasketItem]) -> Sequence[int]:
        """Give the places of the campaigns that can concern these items, whoever buys them."""
        named = frozenset((item.offering_code, item.kind, item.category) for item in items)
        found: tuple[int, ...] | None = self.live.concerning.get(named)
        if found is None:
            found = self.live.concerning[named] = self.live.places_of(items)
        return found


def _stands(campaign: Compiled, facts: Facts) -> bool:
    """Say whether a campaign can hold for this customer at this time and place, whatever is in the basket."""
    if not campaign.is_open(facts.basket) or (campaign.is_for_known and facts.shopper is None):
        return False
    return all(holds(facts) for holds in campaign.beforehand)


def _counts_own(campaign: Compiled) -> bool:
    caps = campaign.document.caps
    return caps.per_customer is not None or caps.per_customer_minor is not None


def _is_kept_from(campaign: Compiled, shopper: Shopper | None) -> bool:
    percent = campaign.document.hold_out_percent
    return shopper is not None and percent > 0 and is_held_out(campaign.code, percent, shopper.customer_id)
