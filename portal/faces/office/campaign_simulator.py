"""A campaign reckoned over past orders: "this would have cost …", evaluated beside the campaigns that hold now.

Orders are read a chunk of customers at a time and evaluated between transactions. Beyond so many orders a sample is taken:
customers from places spread evenly over all of them, so that old and new ones are in it as they are among all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from flask import render_template, request
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.clock import local_time
from portal.catalog import CENTRAL, list_published
from portal.customers import Shopper, get_shopper
from portal.faces.access import marketing, requires
from portal.faces.office.blueprint import bp
from portal.faces.office.campaign_preview import with_draft
from portal.faces.transactions import reading
from portal.faces.words import figure, number
from portal.orders import PastOrder, Sold, count_sold, list_buyers, list_past_orders
from portal.promotions import (
    Basket,
    BasketItem,
    CampaignView,
    Coupon,
    History,
    LiveCampaigns,
    LiveDocument,
    compile_campaigns,
    evaluate,
    get_campaign,
)

DAYS = 30
QUICK, MOST = 2_000, 20_000
CHUNK = 200
PLACES = 40
"""So many places a sample begins at."""
MOST_SHOWN = 10
STEPS = (0, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)

Kinds = Mapping[str, tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Reached:
    """An order the campaign would have been applied to, and what it would have cost there."""

    reference: str
    placed_at: datetime
    total_minor: int
    cost_minor: int


@dataclass(slots=True)
class Reckoning:
    """What the campaign would have done to the orders that were looked at. `instead_minor`: saved on campaigns it takes the place of."""

    looked_at: int = 0
    customers: set[int] = field(default_factory=set)
    reached: list[Reached] = field(default_factory=list)
    held_out: int = 0
    cost_minor: int = 0
    before_minor: int = 0
    after_minor: int = 0
    uses: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def average_minor(self) -> int:
        """What one order would have cost, on average."""
        return round(self.cost_minor / len(self.reached)) if self.reached else 0

    @property
    def more_minor(self) -> int:
        """What all campaigns together would have cost more than without this one."""
        return self.after_minor - self.before_minor


@bp.get("/campaigns/of/<code:code>/simulator")
@requires(marketing)
def simulate_campaign(code: str) -> str:
    """Say what will be reckoned, and offer to."""
    now = clock.now()
    with reading() as db:
        campaign = get_campaign(db, code)
        sold = count_sold(db, since=now - timedelta(days=DAYS), until=now)
    return _page(campaign, sold, None, 0)


@bp.post("/campaigns/of/<code:code>/simulator")
@requires(marketing)
def run_simulation(code: str) -> str:
    """Reckon a campaign over the last month's orders. Nothing is changed."""
    now = clock.now()
    since = now - timedelta(days=DAYS)
    with reading() as db:
        campaign = get_campaign(db, code)
        sold = count_sold(db, since=since, until=now)
        after = with_draft(db, campaign, now=now)
        kinds: Kinds = {each.code: (each.kind, each.category) for each in list_published(db).values()}
    most = MOST if request.form.get("much") == "all" else QUICK
    before = compile_campaigns(
        [LiveDocument(each.id, each.code, each.version, each.document) for each in after.campaigns if each.id != campaign.id]
    )
    return _page(campaign, sold, reckon(campaign, before, after, sold, kinds, since=since, until=now, most=most), most)


def reckon(
    campaign: CampaignView, before: LiveCampaigns, after: LiveCampaigns, sold: Sold, kinds: Kinds, *, since: datetime, until: datetime,
    most: int,
) -> Reckoning:  # fmt: skip
    """Evaluate past orders with the campaign and without it. Caps of the campaign on customers and in all are kept, and its budget."""
    done = Reckoning()
    free = replace(after, used_up=frozenset(), room={})
    for buyer, orders in _buyers(sold, since=since, until=until, most=most):
        history = History()
        for order in orders:
            if order.placed_at >= since:
                _weigh(done, campaign, before, free, order, buyer, history, kinds)
            history = _after(history, order)
    return done


def _buyers(sold: Sold, *, since: datetime, until: datetime, most: int) -> Iterator[tuple[Shopper, Sequence[PastOrder]]]:
    """Give customers who ordered in a period, each with all he or she ordered until its end: at most about so many orders."""
    places, each_most = (1, most) if sold.orders <= most else (PLACES, most // PLACES)
    width = (sold.last_id - sold.first_id) // places + 1
    for place in range(places):
        after, end, taken = sold.first_id - 1 + place * width, sold.first_id - 1 + (place + 1) * width, 0
        while taken < each_most and after < end:
            with reading() as db:
                found = [each for each in list_buyers(db, since=since, until=until, after=after, limit=CHUNK) if each <= end]
                chunk = _chunk(db, found, until)
            for buyer, orders in chunk:
                taken += sum(order.placed_at >= since for order in orders)
                yield buyer, orders
                if taken >= each_most:
                    break
            if len(found) < CHUNK:
                break
            after = found[-1]


def _chunk(db: Session, customer_ids: Sequence[int], until: datetime) -> list[tuple[Shopper, Sequence[PastOrder]]]:
    orders = list_past_orders(db, customer_ids, until=until)
    return [(get_shopper(db, each, now=until), orders[each]) for each in customer_ids if each in orders]


def _weigh(
    done: Reckoning, campaign: CampaignView, before: LiveCampaigns, after: LiveCampaigns, order: PastOrder, buyer: Shopper,
    history: History, kinds: Kinds,
) -> None:  # fmt: skip
    basket = _basket(order, kinds, campaign.code)
    if not basket.items:
        return
    document = after.by_id[campaign.id].document
    own = done.uses.get((buyer.customer_id, campaign.id), 0)
    spent_up = document.caps.uses is not None and len(done.reached) >= document.caps.uses
    live = replace(
        after, used_up=frozenset({campaign.id}) if spent_up else frozenset(),
        room={campaign.id: document.budget_minor - done.cost_minor} if document.budget_minor is not None else {},
    )  # fmt: skip
    with_it = evaluate(live, basket, buyer, replace(history, uses={campaign.id: own}))
    without = evaluate(before, basket, buyer, history)
    done.looked_at += 1
    done.before_minor += sum(use.amount_minor for use in without.uses)
    done.after_minor += sum(use.amount_minor for use in with_it.uses)
    done.held_out += campaign.code in with_it.held_out
    used = [use for use in with_it.uses if use.campaign_id == campaign.id]
    if used:
        cost = sum(use.amount_minor for use in used)
        done.uses[buyer.customer_id, campaign.id] = own + 1
        done.customers.add(buyer.customer_id)
        done.cost_minor += cost
        done.reached.append(Reached(order.reference, order.placed_at, order.total_minor, cost))


def _basket(order: PastOrder, kinds: Kinds, code: str) -> Basket:
    """Give an order's basket as it was, with a code of the campaign: one that needs a code is reckoned as if everybody had one."""
    items = tuple(
        BasketItem(
            each.position, each.offering_code, *kinds.get(each.offering_code, ("", None)), each.quantity, each.unit_minor,
            each.monthly_minor, each.deposit_minor,
        )
        for each in order.items
        if not each.is_extra
    )  # fmt: skip
    return Basket(items, order.currency, order.channel, CENTRAL, order.shipping_minor, order.placed_at, (Coupon("-", code),))


def _after(history: History, order: PastOrder) -> History:
    bought = dict(history.bought)
    for item in order.items:
        bought[item.offering_code] = bought.get(item.offering_code, 0) + item.quantity
    spent = history.spent_minor + order.total_minor
    return replace(history, orders=history.orders + 1, spent_minor=spent, bought=bought, first_at=history.first_at or order.placed_at)


def spread(costs: Sequence[int]) -> list[dict[str, object]]:
    """Give how many orders cost how much, as bars: from so much up to, but without, the next."""
    bars: list[dict[str, object]] = []
    for low, high in zip(STEPS, (*STEPS[1:], None), strict=True):
        count = sum(low <= cost and (high is None or cost < high) for cost in costs)
        bars.append({"label": figure(low).removesuffix(".00"), "value": count, "text": number(count), "short": number(count)})
    while len(bars) > 1 and not bars[-1]["value"]:
        bars.pop()
    return bars


def _page(campaign: CampaignView, sold: Sold, done: Reckoning | None, most: int) -> str:
    factor = sold.orders / done.looked_at if done and done.looked_at and sold.orders > most else 1.0
    dearest = sorted(done.reached, key=lambda each: (-each.cost_minor, each.reference))[:MOST_SHOWN] if done else []
    return render_template(
        "office/campaigns/simulator.html", campaign=campaign, sold=sold, done=done, days=DAYS, quick=QUICK, most=MOST,
        is_sample=factor > 1, scaled=lambda value: round(value * factor), dearest=dearest, local_time=local_time,
        bars=spread([each.cost_minor for each in done.reached]) if done and done.reached else [],
    )  # fmt: skip
