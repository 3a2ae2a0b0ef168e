"""What campaigns would have done to orders that were placed: "this would have cost …". Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from portal.customers import Shopper
from portal.promotions.basket import Basket, History
from portal.promotions.compiling import LiveCampaigns, LiveDocument, compile_campaigns
from portal.promotions.evaluation import evaluate


@dataclass(frozen=True, slots=True)
class PastBasket:
    """An order as it was placed: its basket, who placed it, and what they had done before."""

    basket: Basket
    shopper: Shopper | None
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class CampaignCost:
    """What one campaign would have cost. `held_out`: orders it would have been kept from, to measure it."""

    code: str
    uses: int
    cost_minor: int
    held_out: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """What all of them would have done. `revenue_minor`: the list prices of what was bought."""

    orders: int
    orders_reached: int
    revenue_minor: int
    discount_minor: int
    campaigns: tuple[CampaignCost, ...]


@dataclass(slots=True)
class _Count:
    uses: int = 0
    cost: int = 0
    held_out: int = 0


def simulate(documents: Sequence[LiveDocument], past: Iterable[PastBasket]) -> Simulation:
    """Evaluate past orders, in their order, as if these campaigns had held. Their time counts; caps and budgets are kept, too."""
    live = compile_campaigns(documents)
    counts = {each.code: _Count() for each in documents}
    used: dict[int, dict[int, int]] = {}  # by customer and campaign
    given: dict[int, dict[int, int]] = {}
    orders = reached = revenue = discount = 0
    for each in past:
        orders += 1
        revenue += sum(item.unit_minor * item.quantity for item in each.basket.items)
        customer = each.shopper.customer_id if each.shopper else 0
        mine, my_minor = (used.setdefault(customer, {}), given.setdefault(customer, {})) if customer else ({}, {})
        history = replace(each.history, uses=mine, given_minor=my_minor)
        done = evaluate(_with_counts(live, counts), each.basket, each.shopper, history)
        reached += bool(done.uses)
        discount += done.total_discount_minor
        for code in done.held_out:
            counts[code].held_out += 1
        for use in done.uses:
            count = counts[live.by_id[use.campaign_id].code]
            count.uses, count.cost = count.uses + 1, count.cost + use.amount_minor
            mine[use.campaign_id] = mine.get(use.campaign_id, 0) + 1
            my_minor[use.campaign_id] = my_minor.get(use.campaign_id, 0) + use.amount_minor
    costs = tuple(CampaignCost(code, count.uses, count.cost, count.held_out) for code, count in counts.items())
    return Simulation(orders, reached, revenue, discount, costs)


def _with_counts(live: LiveCampaigns, counts: dict[str, _Count]) -> LiveCampaigns:
    used_up, room = set[int](), dict[int, int]()
    for each in live.campaigns:
        caps, budget, count = each.document.caps, each.document.budget_minor, counts[each.code]
        if caps.uses is not None and count.uses >= caps.uses:
            used_up.add(each.id)
        if budget is not None:
            room[each.id] = budget - count.cost
    return replace(live, used_up=frozenset(used_up), room=room)
