"""Baskets, customers and campaigns, in a few words each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from portal.customers import Shopper
from portal.promotions import (
    Basket,
    BasketItem,
    Coupon,
    Evaluation,
    History,
    Known,
    KnownOffering,
    LiveCampaigns,
    LiveDocument,
    compile_campaigns,
    evaluate,
    read_document,
)

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # ten in the morning of a Monday, in Shanghai
KNOWN = Known(
    {
        "phone": KnownOffering("device", "handsets", 200_000),
        "cheap_phone": KnownOffering("device", "handsets", 100_000),
        "case": KnownOffering("accessory", "accessories", 5_000),
        "cable": KnownOffering("accessory", "accessories", 2_000),
        "plan": KnownOffering("plan", "plans", None, 6_000),
        "gift_thermos": KnownOffering("gift", None, 4_000),
        "gift_coffee": KnownOffering("gift", None, None),
    }
)
ALL = {"kinds": ["device", "accessory"]}


def raw(*effects: dict[str, Any], **entries: Any) -> dict[str, Any]:
    """A document with these effects."""
    return {"name": {"zh": "活动", "en": "A campaign"}, "currency": "CNY", "effects": list(effects), **entries}


def live(**documents: dict[str, Any]) -> LiveCampaigns:
    """Campaigns, by their codes; their ids are 1, 2, 3 … in this order."""
    given = enumerate(documents.items(), 1)
    return compile_campaigns([LiveDocument(number, code, 1, read_document(document)) for number, (code, document) in given])


def item(position: int, code: str, quantity: int, unit_minor: int | None = None, **more: Any) -> BasketItem:
    """Pieces of something the shop knows."""
    known = KNOWN.offerings[code]
    price = known.once_minor or 0 if unit_minor is None else unit_minor
    return BasketItem(position, code, known.kind, known.category, quantity, price, known.monthly_minor or 0, **more)


def basket(*items: BasketItem, shipping: int = 0, codes: tuple[str, ...] = (), **more: Any) -> Basket:
    """A basket bought on the web; `codes` are campaigns whose codes the customer brings."""
    coupons = tuple(Coupon(f"batch:{each}:1", each) for each in codes)
    return Basket(
        items, "CNY", more.pop("channel", "web"), more.pop("place", ""), shipping, more.pop("at", AT), coupons, more.pop("choices", {})
    )


def shopper(customer_id: int = 7, **more: Any) -> Shopper:
    """A customer for two years and a half, from Zhejiang."""
    facts: dict[str, Any] = {
        "customer_id": customer_id, "kind": "individual", "tier": "gold", "region": "浙江", "since": date(2024, 3, 5),
        "birth_date": date(2004, 11, 23), "products": frozenset({"plan"}), "enterprise": None, "documents": frozenset(), "lines": (),
    }  # fmt: skip
    return Shopper(**(facts | more))


def price(campaigns: LiveCampaigns, bought: Basket, who: Shopper | None = None, history: History | None = None) -> Evaluation:
    """Evaluate."""
    return evaluate(campaigns, bought, who, history or History())


def kinds(done: Evaluation) -> dict[str, str]:
    """Give what became of which campaign."""
    return {reason.campaign_code: reason.kind for reason in done.reasons}
