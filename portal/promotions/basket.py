"""What an evaluation is given, and what it gives: plain values, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from portal.base.i18n import LocalText

ReasonKind = Literal["applied", "beaten", "missing", "used_up", "barred"]


@dataclass(frozen=True, slots=True)
class BasketItem:
    """Pieces of one offering. `unit_minor`: what one costs once, as of this quantity; monthly charge and deposit of one."""

    position: int
    offering_code: str
    kind: str
    category: str | None
    quantity: int
    unit_minor: int
    monthly_minor: int = 0
    deposit_minor: int = 0


@dataclass(frozen=True, slots=True)
class Coupon:
    """A code the customer holds, as `codes` names it (never the code's own letters), and the campaign it opens."""

    code: str
    campaign_code: str


@dataclass(frozen=True, slots=True)
class Basket:
    """What is to be bought, where and when. `choices`: the gift chosen, by the code of the campaign that gives it.

    Neither the order of `items` nor that of `codes` matters. Gifts are not items: no campaign counts them.
    """

    items: tuple[BasketItem, ...]
    currency: str
    channel: str
    place: str
    shipping_minor: int
    at: datetime
    codes: tuple[Coupon, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """What a customer did before: orders placed and not cancelled, what was paid for them, pieces bought by offering.

    `add_uses` fills in the rest: uses by campaign id and what they were worth, without the holder's own; `held`: what the
    holder has reserved itself, by campaign id, which is never used up for it; uses by campaign id and coupon code.
    """

    orders: int = 0
    spent_minor: int = 0
    bought: Mapping[str, int] = field(default_factory=dict)
    first_at: datetime | None = None
    uses: Mapping[int, int] = field(default_factory=dict)
    given_minor: Mapping[int, int] = field(default_factory=dict)
    held: Mapping[int, int] = field(default_factory=dict)
    code_uses: Mapping[tuple[int, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineDiscount:
    """What a campaign takes off an item's price (quantity times unit_minor), never more than is left of it."""

    position: int
    campaign_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Gift:
    """Pieces to be added at no price. Of several `options` the chosen one, or the empty string while none is chosen."""

    campaign_id: int
    campaign_code: str
    offering_code: str
    quantity: int
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtraPoints:
    """Points to be earned besides, once the order is completed."""

    campaign_id: int
    points: int


@dataclass(frozen=True, slots=True)
class FreeMonths:
    """Months for which an item's monthly charge is not asked, of so many of its pieces."""

    campaign_id: int
    position: int
    offering_code: str
    months: int
    quantity: int


@dataclass(frozen=True, slots=True)
class CampaignUseOf:
    """A use to be reserved: `amount_minor` is all it costs (discounts, shipping, gifts, points, months)."""

    campaign_id: int
    version: int
    uses: int
    amount_minor: int
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a price is what it is, or not: a sentence (msgid) with its `params`.

    A param is Money, a LocalText (a text by language), an int or a str: faces write each in the reader's language.
    """

    campaign_code: str
    name: LocalText
    kind: ReasonKind
    sentence: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that campaigns do to a basket, and why. `held_out`: codes of campaigns kept from this customer to measure them."""

    lines: tuple[LineDiscount, ...] = ()
    shipping_discount_minor: int = 0
    gifts: tuple[Gift, ...] = ()
    points: tuple[ExtraPoints, ...] = ()
    free_months: tuple[FreeMonths, ...] = ()
    uses: tuple[CampaignUseOf, ...] = ()
    reasons: tuple[Reason, ...] = ()
    total_discount_minor: int = 0  # of the lines and of shipping
    held_out: tuple[str, ...] = ()

    def line_discount(self, position: int) -> int:
        """Give all that is taken off one item."""
        return sum(each.amount_minor for each in self.lines if each.position == position)
