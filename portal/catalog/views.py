"""What a shop shows of an offering: its parts of the price, its terms, what it needs and excludes, who cannot have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Charges:
    """What an offering costs as of one quantity: once (a piece), every month, as a deposit, and for usage by unit.

    `tiers`: the standing price a piece from so many pieces on, (from_quantity, amount), when there is more than one.
    `usage`: minor units for one minute, mb or message.
    """

    once_minor: int
    monthly_minor: int
    deposit_minor: int
    usage: Mapping[str, int]
    currency: str
    tiers: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """What one agrees to: bound for so many months, what ending early costs, so many days' notice, the words by language."""

    months_bound: int = 0
    early_end_minor: int = 0
    notice_days: int = 0
    return_days: int = 7
    words: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class BundleMember:
    """An offering in a bundle, so many times."""

    code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OfferPresale:
    """Sold before it is there: a deposit gives a number in the queue; pieces come at `available_from`."""

    deposit_minor: int
    available_from: date
    opens_at: datetime | None
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class OfferView:
    """One offering on one price list, for one buyer, at one moment.

    Texts are by language, `picture` is an icon of the sprite, `pictures` are hashes. `fulfilment`: none, goods, voucher,
    data_pack or service. `left` counts the free pieces of what is stocked (1,000 at most), else None. `requires`: all of these;
    `add_on_of`: any one of these. `barred`: why this buyer cannot have it, by code; empty: can; `papers`: of
    what bars, the papers that are still to be shown.
    """

    code: str
    version: int
    kind: str
    category: str | None
    name: Mapping[str, str]
    summary: Mapping[str, str] | None
    description: Mapping[str, str] | None
    picture: str | None
    pictures: tuple[str, ...]
    fulfilment: str
    stocked: bool
    left: int | None
    charges: Charges
    terms: OfferTerms
    requires: tuple[str, ...]
    excludes: tuple[str, ...]
    add_on_of: tuple[str, ...]
    members: tuple[BundleMember, ...]
    presale: OfferPresale | None
    tax_basis_points: int
    channels: tuple[str, ...]
    most_per_customer: int | None
    barred: tuple[str, ...]
    allowances: Mapping[str, int]
    specifications: tuple[tuple[Mapping[str, str], Mapping[str, str]], ...] = ()
    valid_to: datetime | None = None
    papers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why things cannot be had together: `code` requires `other` (or any one of `any_of`), or excludes it."""

    kind: Literal["requires", "excludes"]
    code: str
    other: str
    any_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """What an offering is bound to, of all that an OfferView has."""

    code: str
    requires: tuple[str, ...]
    excludes: tuple[str, ...]
    add_on_of: tuple[str, ...]
    members: tuple[BundleMember, ...]


def find_conflicts(offers: Sequence[OfferView | Bound], held: frozenset[str]) -> Sequence[Conflict]:
    """Say what stands against having these offers together and with what is held already; empty: nothing. No statement.

    What a bundle holds counts as being there. An exclusion counts in either direction, and is told once.
    """
    inside = {member.code for offer in offers for member in offer.members}
    wanted = {offer.code for offer in offers} | inside
    there = wanted | held
    found: list[Conflict] = []
    told: set[frozenset[str]] = set()
    for offer in sorted(offers, key=lambda each: each.code):
        found += [Conflict("requires", offer.code, code) for code in offer.requires if code not in there]
        if offer.add_on_of and not there & set(offer.add_on_of):
            found.append(Conflict("requires", offer.code, offer.add_on_of[0], offer.add_on_of))
        for code in offer.excludes:
            pair = frozenset((offer.code, code))
            if code in there and pair not in told:
                told.add(pair)
                found.append(Conflict("excludes", offer.code, code))
    return found
