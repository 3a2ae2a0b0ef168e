"""A basket of 10 items evaluated against 500 campaigns: as an operator has them, and where every one of them has to be asked."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from bench.figures import Figure
from bench.runs import Run
from bench.timing import p95, wall_seconds
from portal.customers import Shopper
from portal.promotions import Basket, BasketItem, Coupon, History, LiveCampaigns, LiveDocument, compile_campaigns, evaluate, read_document

CAMPAIGNS, ITEMS, BASKETS = 500, 10, 400
AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OFFERINGS = [f"offering_{number}" for number in range(300)]
KINDS, CATEGORIES = ("device", "accessory", "plan", "add_on"), [f"category_{number}" for number in range(20)]
TIERS, PROVINCES = ("gold", "silver", "basic"), ("浙江", "上海", "江苏", "安徽")


def measure(run: Run) -> list[Figure]:
    """Evaluate many baskets against each set. It needs no database: both engines give the same."""
    chance = random.Random(5)
    baskets = [basket(chance) for _ in range(run.samples(BASKETS))]
    figures = []
    for name, one in (("mixed", mixed), ("asked", asked)):
        live = campaigns(chance, one)
        seconds = [wall_seconds(partial(evaluate, live, each, SHOPPER, HISTORY)) for each in baskets]
        figures += [
            run.figure(f"evaluate.{name}", 1000 * sorted(seconds)[len(seconds) // 2]),
            run.figure(f"evaluate.{name}_p95", 1000 * p95(seconds)),
        ]
    return figures


SHOPPER = Shopper(
    customer_id=4711, kind="individual", tier="gold", region="浙江", since=date(2021, 3, 5), birth_date=date(1990, 5, 1),
    products=frozenset({"offering_1", "offering_2"}), enterprise=None, documents=frozenset(), lines=(),
)  # fmt: skip
HISTORY = History(orders=4, spent_minor=350_000, bought={"offering_7": 2}, uses=dict.fromkeys(range(0, CAMPAIGNS, 9), 1))


def basket(chance: random.Random) -> Basket:
    """Ten items, and two codes."""
    items = tuple(
        BasketItem(place, code, chance.choice(KINDS), chance.choice(CATEGORIES), chance.randint(1, 4), chance.randint(500, 300_000))
        for place, code in enumerate(chance.sample(OFFERINGS, ITEMS), 1)
    )
    codes = tuple(Coupon(f"batch:{number}", f"c{number:03}") for number in chance.sample(range(0, CAMPAIGNS, 10), 2))
    return Basket(items, "CNY", "web", "", 1_500, AT, codes)


def campaigns(chance: random.Random, one: Callable[[random.Random, int], dict[str, Any]]) -> LiveCampaigns:
    """Compile a set of campaigns."""
    documents = []
    for number in range(CAMPAIGNS):
        document = {"name": {"zh": f"活动 {number}", "en": f"Campaign {number}"}, "currency": "CNY", **one(chance, number)}
        documents.append(LiveDocument(number, f"c{number:03}", 1, read_document(document)))
    return compile_campaigns(documents)


def mixed(chance: random.Random, number: int) -> dict[str, Any]:
    """A tenth by code, half for some offerings, others for categories, tiers, hours and thresholds; some in groups that choose."""
    what = number % 10
    group = {"code": f"best_{number % 5}", "mode": "best_combination", "rank": 200 + number % 5} if what == 9 else {}
    targets = [{"offerings": chance.sample(OFFERINGS, 5)}] * 5 + [{"categories": [chance.choice(CATEGORIES)]}] * 2
    target = targets[what - 1] if 1 <= what <= 7 else {}
    effect = chance.choice(effects(chance, target or {"categories": [chance.choice(CATEGORIES)]}))
    return {"effects": [effect], "when": condition(chance, what), "priority": chance.randint(1, 99), **({"group": group} if group else {})}


def asked(chance: random.Random, number: int) -> dict[str, Any]:
    """For any item: nothing tells beforehand that it cannot hold. A twentieth does."""
    conditions = [condition(chance, 8), {"kind": "subtotal", "min": chance.randint(1, 20) * 1_000_000}, condition(chance, 7)]
    return {"effects": [{"kind": "percentage", "basis_points": 100}], "when": {"kind": "all", "of": conditions}, "priority": number}


def effects(chance: random.Random, target: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """The kinds of effects that work on a target."""
    return [
        {"kind": "percentage", "basis_points": chance.randint(1, 30) * 100, "target": target, "most_minor": 50_000},
        {"kind": "amount", "amount_minor": chance.randint(1, 50) * 100, "target": target},
        {"kind": "fixed_price", "price_minor": chance.randint(1, 50) * 1_000, "target": target},
        {"kind": "n_for_m", "take": 3, "pay": 2, "target": target},
        {"kind": "points", "points": 1, "per_minor": 100, "target": target},
    ]


def condition(chance: random.Random, what: int) -> dict[str, Any]:
    """A condition as campaigns have them."""
    if what == 0:
        return {"kind": "code"}
    if what == 9:
        return {"kind": "subtotal", "min": chance.randint(1, 9) * 10_000}
    return chance.choice(
        [
            {"kind": "tier", "one_of": [chance.choice(TIERS)]},
            {"kind": "region", "one_of": [chance.choice(PROVINCES)]},
            {"kind": "tenure", "min": chance.randint(1, 120)},
            {"kind": "hours", "begin": "18:00", "end": "22:00"},
            {"kind": "dates", "max": str((AT + timedelta(days=chance.randint(-9, 9))).date())},
            {"kind": "any", "of": [{"kind": "orders", "max": 0}, {"kind": "bought", "one_of": [chance.choice(OFFERINGS)]}]},
            {"kind": "not", "of": {"kind": "holds", "one_of": [chance.choice(OFFERINGS)]}},
            {"kind": "channel", "one_of": [chance.choice(("web", "counter"))]},
        ]
    )
