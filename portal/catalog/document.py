"""An offering as a document: everything about it that somebody edits, previews, approves, exports and imports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from portal.base.i18n import LANGUAGES
from portal.base.money import MAX_MINOR
from portal.customers import PaperName

KINDS = ("plan", "line", "internet", "add_on", "bundle", "device", "accessory", "sim", "service", "gift")
FULFILMENTS = ("none", "goods", "voucher", "data_pack", "service")
STANDARD_TAX = 1300
"""Hundredths of a per cent: the value-added tax on goods."""
CHANNELS = ("web", "counter", "ministore", "sms", "partner")

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Count = Annotated[int, Field(strict=True, ge=1, le=100_000)]
Amount = Annotated[int, Field(strict=True, ge=0, le=MAX_MINOR)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Kind = Literal["plan", "line", "internet", "add_on", "bundle", "device", "accessory", "sim", "service", "gift"]
Channel = Literal["web", "counter", "ministore", "sms", "partner"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Texts(_Part):
    """A text in both languages."""

    zh: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
    en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]

    def local(self) -> dict[str, str]:
        """Give it by language."""
        return {language: getattr(self, language) for language in LANGUAGES}


class Eligibility(_Part):
    """Who may have it; what is not said is not asked."""

    kinds: tuple[Literal["individual", "organisation"], ...] = ()
    tiers: tuple[Literal["standard", "silver", "gold"], ...] = ()
    regions: tuple[Short, ...] = ()
    tenure_months_min: Annotated[int, Field(strict=True, ge=0, le=1200)] | None = None
    tenure_months_max: Annotated[int, Field(strict=True, ge=0, le=1200)] | None = None
    age_min: Annotated[int, Field(strict=True, ge=0, le=150)] | None = None
    age_max: Annotated[int, Field(strict=True, ge=0, le=150)] | None = None
    documents: tuple[PaperName, ...] = ()
    enterprise: bool = False
    enterprises: tuple[Annotated[int, Field(strict=True, ge=1)], ...] = ()
    customers: Literal["all", "new", "existing"] = "all"


class TermsPart(_Part):
    """What one agrees to."""

    months_bound: Annotated[int, Field(strict=True, ge=0, le=120)] = 0
    early_end_minor: Amount = 0
    notice_days: Annotated[int, Field(strict=True, ge=0, le=365)] = 0
    return_days: Annotated[int, Field(strict=True, ge=0, le=365)] = 7
    words: Texts | None = None


class Member(_Part):
    """An offering in a bundle."""

    code: Code
    quantity: Count = 1


class PresalePart(_Part):
    """Sold before it is there."""

    deposit_minor: Amount
    available_from: date
    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None


class Specification(_Part):
    """One line of what it is made of."""

    name: Texts
    value: Texts


class Price(_Part):
    """One price: of which list, for what, in which unit, from how many on, from when to when."""

    price_list: Code = "standard"
    kind: Literal["once", "monthly", "usage", "deposit"] = "once"
    unit: Annotated[str, StringConstraints(pattern=r"^(points|[A-Z]{3})$")]
    amount: Amount
    usage_unit: Literal["minute", "mb", "message"] | None = None
    from_quantity: Count = 1
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None

    @property
    def stands(self) -> bool:
        """It is the price of one piece, at any time."""
        return self.from_quantity == 1 and self.valid_from is None and self.valid_to is None


class OfferingDocument(_Part):
    """The whole of an offering, with its prices."""

    code: Code
    kind: Kind
    category: Code | None = None
    name: Texts
    summary: Texts | None = None
    description: Texts | None = None
    picture: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    pictures: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    specifications: tuple[Specification, ...] = ()
    fulfilment: Literal["none", "goods", "voucher", "data_pack", "service"] = "none"
    stocked: bool = False
    on_sale: bool = True
    allowances: Mapping[Literal["voice", "data", "sms"], Annotated[int, Field(strict=True, ge=1)]] = Field(default_factory=dict)
    channels: tuple[Channel, ...] = ("web", "counter", "ministore")
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None
    eligibility: Eligibility = Eligibility()
    terms: TermsPart = TermsPart()
    requires: tuple[Code, ...] = ()
    excludes: tuple[Code, ...] = ()
    add_on_of: tuple[Annotated[str, StringConstraints(pattern=r"^(kind:)?[a-z0-9][a-z0-9_-]{0,59}$")], ...] = ()
    members: tuple[Member, ...] = ()
    most_per_customer: Count | None = None
    presale: PresalePart | None = None
    tax_basis_points: Annotated[int, Field(strict=True, ge=0, le=10_000)] = STANDARD_TAX
    prices: tuple[Price, ...] = ()
