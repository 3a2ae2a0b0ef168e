"""What things come to: unit prices, reductions, shipping, deposits, the tax within, what is paid every month. No database.

Everything is in minor units. Tax lies within the prices; each line's is rounded half up by itself and the total's is their
sum, so lines, taxes and totals always add up. Deposits are part of the total, never reduced and never taxed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.catalog import OfferView

BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line cannot be ordered as it stands. `kind`: gone | barred | requires | excludes | left | most | line.

    `reasons` are the catalogue's codes of what bars the customer, `papers` those still to be shown; `others` what it needs (any
    one of them) or does not go with; `limit` how many there are, or how many one customer may have.
    """

    kind: str
    reasons: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    limit: int | None = None
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PricedLine:
    """So many of one offering at today's price. `price_minor`, `deposit_minor`, `monthly_minor` are of one piece, the rest of all.

    `charged_minor` is what is paid for them after reductions, without deposits; `tax_minor` lies within it. A gift names the
    campaign that gives it.
    """

    position: int
    offer: OfferView
    quantity: int
    price_minor: int
    monthly_minor: int
    deposit_minor: int
    discount_minor: int = 0
    subscription_id: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    is_gift: bool = False
    campaign: str = ""
    faults: tuple[Fault, ...] = ()
    seen_minor: int | None = None

    @property
    def full_minor(self) -> int:
        """What they cost before reductions, without deposits."""
        return self.price_minor * self.quantity

    @property
    def charged_minor(self) -> int:
        """What is paid for them now, without deposits."""
        return self.full_minor - self.discount_minor

    @property
    def tax_minor(self) -> int:
        """The tax within what is paid."""
        return tax_within(self.charged_minor, self.offer.tax_basis_points)

    @property
    def deposits_minor(self) -> int:
        """What is left with us until it comes back."""
        return self.deposit_minor * self.quantity

    @property
    def months_minor(self) -> int:
        """What they cost every month."""
        return self.monthly_minor * self.quantity

    @property
    def is_changed(self) -> bool:
        """Whether it comes to something else than when it was last shown."""
        return self.seen_minor is not None and self.seen_minor != self.charged_minor


@dataclass(frozen=True, slots=True)
class Sums:
    """What it all comes to. `total_minor` is what is paid now: goods and services after reductions, sending, deposits."""

    goods_minor: int
    discount_minor: int
    shipping_minor: int
    shipping_tax_minor: int
    deposit_minor: int
    tax_minor: int
    total_minor: int
    monthly_minor: int


def tax_within(amount_minor: int, basis_points: int) -> int:
    """Give the tax that lies within an amount, half up; 1300 basis points within 113.00 are 13.00."""
    whole = BASIS + basis_points
    return (amount_minor * basis_points * 2 + whole) // (whole * 2)


def sum_up(lines: Sequence[PricedLine], *, shipping_minor: int, shipping_discount_minor: int, shipping_tax_points: int) -> Sums:
    """Add up lines and what sending costs. What is taken off sending is never more than sending costs."""
    shipping = max(0, shipping_minor - shipping_discount_minor)
    shipping_tax = tax_within(shipping, shipping_tax_points)
    charged = sum(line.charged_minor for line in lines)
    deposits = sum(line.deposits_minor for line in lines)
    return Sums(
        goods_minor=sum(line.full_minor for line in lines),
        discount_minor=sum(line.discount_minor for line in lines) + shipping_minor - shipping,
        shipping_minor=shipping,
        shipping_tax_minor=shipping_tax,
        deposit_minor=deposits,
        tax_minor=sum(line.tax_minor for line in lines) + shipping_tax,
        total_minor=charged + shipping + deposits,
        monthly_minor=sum(line.months_minor for line in lines),
    )
