"""A campaign as a document: when it holds (a tree of conditions), what it does (effects), what it may cost.

The shape is judged here, strictly; whether it makes sense, in `checking`.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

MOST_MINOR = 10**12
Minor = Annotated[int, Field(ge=0, le=MOST_MINOR)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Word = Annotated[str, Field(min_length=1, max_length=64)]
Words = Annotated[tuple[Word, ...], Field(min_length=1, max_length=500)]
Mode = Literal["stackable", "in_order", "best_single", "best_combination"]


class Part(BaseModel):
    """A part of a document: nothing beside its entries, nothing turned into what it is not."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Texts(Part):
    """A text in every language of the operator."""

    zh: Annotated[str, Field(min_length=1, max_length=400)]
    en: Annotated[str, Field(min_length=1, max_length=400)]


class Target(Part):
    """Which items: those named, of the kinds or the categories named; nothing named means all."""

    offerings: tuple[Word, ...] = ()
    kinds: tuple[Word, ...] = ()
    categories: tuple[Word, ...] = ()


class All(Part):
    """Every one of them holds."""

    kind: Literal["all"]
    of: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=50)]


class AnyOf(Part):
    """At least one of them holds."""

    kind: Literal["any"]
    of: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=50)]


class Not(Part):
    """It does not hold."""

    kind: Literal["not"]
    of: Condition


class Tier(Part):
    """The customer is of one of these tiers."""

    kind: Literal["tier"]
    one_of: Words


class CustomerKind(Part):
    """The customer is a person, or an organisation."""

    kind: Literal["customer_kind"]
    one_of: Annotated[tuple[Literal["individual", "organisation"], ...], Field(min_length=1)]


class Tenure(Part):
    """The customer has been one for so many whole months."""

    kind: Literal["tenure"]
    min: Minor | None = None
    max: Minor | None = None


class Region(Part):
    """The customer lives in one of these provinces."""

    kind: Literal["region"]
    one_of: Words


class Age(Part):
    """The customer is of this age in years; of whom it is not known, the condition does not hold."""

    kind: Literal["age"]
    min: Annotated[int, Field(ge=0, le=130)] | None = None
    max: Annotated[int, Field(ge=0, le=130)] | None = None


class New(Part):
    """The customer joined within the last days."""

    kind: Literal["new"]
    days: Annotated[int, Field(ge=1, le=3660)] = 30


class Enterprise(Part):
    """The customer is, or works for, one of these enterprises; none named: any."""

    kind: Literal["enterprise"]
    one_of: tuple[int, ...] = ()


class Holds(Part):
    """The customer has one of these offerings now."""

    kind: Literal["holds"]
    one_of: Words


class Share(Part):
    """The customer is in a share of all customers, drawn once for ever by `salt`: percent from … up to, but without, to."""

    kind: Literal["share"]
    salt: Word
    min: Annotated[int, Field(ge=0, le=100)] = 0
    max: Annotated[int, Field(ge=0, le=100)]


class Subtotal(Part):
    """The list prices of these items, before any campaign, add up to so much."""

    kind: Literal["subtotal"]
    target: Target = Target()
    min: Minor | None = None
    max: Minor | None = None


class Quantity(Part):
    """There are so many pieces of these items."""

    kind: Literal["quantity"]
    target: Target = Target()
    min: Minor | None = None
    max: Minor | None = None


class Dates(Part):
    """It is one of the days from … to, both included."""

    kind: Literal["dates"]
    min: date | None = None
    max: date | None = None


class Weekdays(Part):
    """It is one of these days of the week: 1 is Monday, 7 Sunday."""

    kind: Literal["weekdays"]
    one_of: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1, max_length=7)]


class Hours(Part):
    """It is between two times of day, the second not included; over midnight where the second is the earlier."""

    kind: Literal["hours"]
    begin: time
    end: time


class Channel(Part):
    """It is bought in one of these channels."""

    kind: Literal["channel"]
    one_of: Words


class Place(Part):
    """It is bought at one of these places."""

    kind: Literal["place"]
    one_of: Words


class Code(Part):
    """The customer brings a code of this campaign."""

    kind: Literal["code"]


class Orders(Part):
    """The customer has placed so many orders before; 0 at most: this is the first."""

    kind: Literal["orders"]
    min: Minor | None = None
    max: Minor | None = None


class Spent(Part):
    """The customer has paid so much for orders before."""

    kind: Literal["spent"]
    min: Minor | None = None
    max: Minor | None = None


class Bought(Part):
    """The customer has bought so many pieces of these before."""

    kind: Literal["bought"]
    one_of: Words
    min: Minor | None = None
    max: Minor | None = None


class Used(Part):
    """The customer has used this campaign so often before."""

    kind: Literal["used"]
    min: Minor | None = None
    max: Minor | None = None


class WithCampaign(Part):
    """Another campaign was applied to the same basket before this one."""

    kind: Literal["campaign"]
    code: Word


Condition = Annotated[
    All | AnyOf | Not | Tier | CustomerKind | Tenure | Region | Age | New | Enterprise | Holds | Share | Subtotal | Quantity | Dates
    | Weekdays | Hours | Channel | Place | Code | Orders | Spent | Bought | Used | WithCampaign,
    Field(discriminator="kind"),
]  # fmt: skip


class Percentage(Part):
    """A share of the price: 1500 basis points are 15 %. At most `most_minor`, of at most `most_pieces`, the dearest."""

    kind: Literal["percentage"]
    basis_points: Annotated[int, Field(ge=1, le=10_000)]
    target: Target = Target()
    most_minor: Annotated[int, Field(ge=1, le=MOST_MINOR)] | None = None
    most_pieces: Count | None = None


class Amount(Part):
    """An amount off the items together, or off each piece."""

    kind: Literal["amount"]
    amount_minor: Annotated[int, Field(ge=1, le=MOST_MINOR)]
    target: Target = Target()
    each: bool = False
    most_pieces: Count | None = None


class FixedPrice(Part):
    """Each piece at this price, where it costs more."""

    kind: Literal["fixed_price"]
    price_minor: Minor
    target: Target
    most_pieces: Count | None = None


class NForM(Part):
    """Of so many pieces only so many are paid: the cheapest of all are free."""

    kind: Literal["n_for_m"]
    take: Annotated[int, Field(ge=2, le=100)]
    pay: Annotated[int, Field(ge=0, le=99)]
    target: Target
    most_times: Count | None = None


class BundlePart(Part):
    """Some pieces of a bundle."""

    target: Target
    quantity: Count = 1


class BundlePrice(Part):
    """Pieces of every part together at one price, where they cost more; the dearest pieces first."""

    kind: Literal["bundle_price"]
    parts: Annotated[tuple[BundlePart, ...], Field(min_length=1, max_length=10)]
    price_minor: Minor
    most_times: Count | None = None


class GiftEffect(Part):
    """Pieces of an offering for nothing; what one costs us counts against the budget. Several named: one to choose."""

    kind: Literal["gift"]
    one_of: Words
    quantity: Annotated[int, Field(ge=1, le=100)] = 1
    cost_minor: Minor = 0


class FreeShipping(Part):
    """Shipping for nothing, or that much less."""

    kind: Literal["free_shipping"]
    most_minor: Annotated[int, Field(ge=1, le=MOST_MINOR)] | None = None


class PointsEffect(Part):
    """Extra points: once, or for each `per_minor` of what these items still cost. `cost_minor`: what 100 points cost us."""

    kind: Literal["points"]
    points: Count
    per_minor: Annotated[int, Field(ge=1, le=MOST_MINOR)] | None = None
    target: Target = Target()
    cost_minor: Minor = 0


class FreeMonthsEffect(Part):
    """Months for which these items' monthly charge is not asked, of at most so many pieces."""

    kind: Literal["free_months"]
    months: Annotated[int, Field(ge=1, le=36)]
    target: Target = Target()
    most_pieces: Count | None = None


Effect = Annotated[
    Percentage | Amount | FixedPrice | NForM | BundlePrice | GiftEffect | FreeShipping | PointsEffect | FreeMonthsEffect,
    Field(discriminator="kind"),
]


class Group(Part):
    """Campaigns that are weighed against each other. Groups are applied by `rank`, the lowest first, each on what is left."""

    code: Word = "standard"
    mode: Mode = "stackable"
    rank: Annotated[int, Field(ge=0, le=1000)] = 100


class Caps(Part):
    """How often it may be used: in all, on a day, by a customer, by a code; and what a customer or a day may cost."""

    uses: Count | None = None
    per_day: Count | None = None
    per_customer: Count | None = None
    per_code: Count | None = None
    per_customer_minor: Annotated[int, Field(ge=1, le=MOST_MINOR)] | None = None
    per_day_minor: Annotated[int, Field(ge=1, le=MOST_MINOR)] | None = None


class Document(Part):
    """All of a campaign. `reward`: what the customer gets in a few words, for "12.00 more and you get …"."""

    name: Texts
    reward: Texts | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    when: Condition | None = None
    effects: Annotated[tuple[Effect, ...], Field(min_length=1, max_length=10)]
    group: Group = Group()
    priority: Annotated[int, Field(ge=0, le=1000)] = 100
    exclusive: Word | None = None
    budget_minor: Annotated[int, Field(ge=1, le=MOST_MINOR)] | None = None
    caps: Caps = Caps()
    hold_out_percent: Annotated[int, Field(ge=0, le=50)] = 0


for _each in (All, AnyOf, Not, Document):
    _each.model_rebuild()
