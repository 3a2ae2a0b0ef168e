"""What a campaign can speak of: the offerings there are, with their prices, and the other campaigns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from portal.catalog import CHANNELS, STANDARD, OfferingDocument, list_published
from portal.promotions.document import Target


@dataclass(frozen=True, slots=True)
class KnownOffering:
    """An offering as far as campaigns are concerned. `once_minor`, `monthly_minor`: on the standard list; None: no such charge."""

    kind: str
    category: str | None = None
    once_minor: int | None = None
    monthly_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The offerings by code, the kinds there are, and the channels something can be bought in."""

    offerings: Mapping[str, KnownOffering] = field(default_factory=dict)
    channels: Collection[str] = CHANNELS

    def meant(self, target: Target) -> Mapping[str, KnownOffering]:
        """Give the offerings a target means; nothing named means all."""
        named = (target.offerings, target.kinds, target.categories)
        return {
            code: each
            for code, each in self.offerings.items()
            if not any(named) or code in target.offerings or each.kind in target.kinds or each.category in target.categories
        }


def get_known(session: Session) -> Known:
    """Give what the catalogue has, with the standing prices on the standard list. Two statements."""
    return Known({code: _known(document) for code, document in list_published(session).items()})


def _known(document: OfferingDocument) -> KnownOffering:
    prices: dict[str, int] = {}
    for price in document.prices:
        if price.price_list == STANDARD and price.unit != "points":
            prices[price.kind] = max(prices.get(price.kind, 0), price.amount)
    return KnownOffering(document.kind, document.category, prices.get("once"), prices.get("monthly"))
