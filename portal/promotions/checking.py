"""Whether a campaign makes sense: nothing that can never hold, costs more than its budget, gives goods away or runs in a loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import portal.promotions.document as doc
from portal.base.errors import N_
from portal.promotions.compiling import LiveDocument, leaves_of, order_of, required
from portal.promotions.contradictions import BACKWARDS, find_contradictions, placed_leaves
from portal.promotions.errors import DocumentFaults
from portal.promotions.faults import Fault
from portal.promotions.known import Known
from portal.promotions.reading import read_document
from portal.promotions.worst import worst_of

_NO_OFFERING = N_("There is no offering of this code.")
_NOTHING_MEANT = N_("No offering is meant by this.")
_NO_CHANNEL = N_("There is no such channel.")
_NO_CODE = N_("A cap on each code needs the condition that a code is brought.")
_PAY_LESS = N_("Fewer are paid than are taken.")
_NOTHING_OFF = N_("This takes nothing off: nothing that is meant costs more.")
_TOO_MUCH = N_("This is more than anything it is taken off costs.")
_GIVEN_AWAY = N_("This gives goods away. Set a budget, or a cap on all uses.")
_SAY_MOST = N_("With a budget or a cap on costs, say here at most how much.")
_OVER_BUDGET = N_("One use can cost more than this.")
_CAPS_OVER_BUDGET = N_("The uses that are allowed can cost more than this. Allow fewer, or set a larger budget.")
_OWN_EFFECT = N_("A campaign cannot wait for itself.")
_NO_CAMPAIGN = N_("There is no campaign of this code.")
_LOOP = N_("These campaigns wait for each other.")
_TOO_LATE = N_("That campaign is applied later, or in the place of this one: it can never be there before.")
_OTHER_MODE = N_("Campaigns of this group have another mode or rank.")


def check_document(raw: Any, *, code: str, known: Known, others: Sequence[LiveDocument] = ()) -> doc.Document:
    """Read and judge a document: give it, or raise DocumentFaults, which name every place.

    `others`: the other campaigns there are. Prices are those of the standard list.
    """
    document = read_document(raw)
    faults = list(find_faults(document, code=code, known=known, others=[each for each in others if each.code != code]))
    if faults:
        raise DocumentFaults(faults)
    return document


def find_faults(document: doc.Document, *, code: str, known: Known, others: Sequence[LiveDocument]) -> Iterator[Fault]:
    """Give every place where a document of the right shape makes no sense."""
    if document.starts_at and document.ends_at and document.ends_at <= document.starts_at:
        yield Fault("ends_at", BACKWARDS)
    else:
        yield from find_contradictions(document)
    for place, leaf in placed_leaves(document.when, "when"):
        yield from _unknown_in(leaf, place, known)
    if document.caps.per_code is not None and not any(isinstance(each, doc.Code) for each in leaves_of(document.when)):
        yield Fault("caps.per_code", _NO_CODE)
    for number, effect in enumerate(document.effects):
        yield from _effect_faults(effect, f"effects.{number}", document, known)
    yield from _cost_faults(document, known)
    yield from _neighbour_faults(document, code, others)


def _unknown_in(part: Any, place: str, known: Known) -> Iterator[Fault]:
    if isinstance(part, doc.Channel):
        yield from (Fault(f"{place}.one_of.{at}", _NO_CHANNEL) for at, each in enumerate(part.one_of) if each not in known.channels)
    elif isinstance(part, doc.Holds | doc.Bought | doc.GiftEffect):
        yield from (Fault(f"{place}.one_of.{at}", _NO_OFFERING) for at, each in enumerate(part.one_of) if each not in known.offerings)
    target = getattr(part, "target", None)
    if isinstance(target, doc.Target):
        unknown = [at for at, each in enumerate(target.offerings) if each not in known.offerings]
        yield from (Fault(f"{place}.target.offerings.{at}", _NO_OFFERING) for at in unknown)
        if not unknown and not known.meant(target):
            yield Fault(f"{place}.target", _NOTHING_MEANT)


def _effect_faults(effect: doc.Effect, place: str, document: doc.Document, known: Known) -> Iterator[Fault]:
    yield from _unknown_in(effect, place, known)
    if isinstance(effect, doc.BundlePrice):
        for number, part in enumerate(effect.parts):
            yield from _unknown_in(part, f"{place}.parts.{number}", known)
        whole = sum(_dearest(part.target, known) * part.quantity for part in effect.parts)
        if whole and effect.price_minor >= whole:
            yield Fault(f"{place}.price_minor", _NOTHING_OFF)
    elif isinstance(effect, doc.NForM) and effect.pay >= effect.take:
        yield Fault(f"{place}.pay", _PAY_LESS)
    elif isinstance(effect, doc.FixedPrice) and effect.price_minor >= (_dearest(effect.target, known) or effect.price_minor + 1):
        yield Fault(f"{place}.price_minor", _NOTHING_OFF)
    elif isinstance(effect, doc.Amount) and effect.each and effect.amount_minor > (_dearest(effect.target, known) or effect.amount_minor):
        yield Fault(f"{place}.amount_minor", _TOO_MUCH)
    entry = _gives_away(effect, document, known)
    if entry and document.budget_minor is None and document.caps.uses is None:
        yield Fault(f"{place}.{entry}", _GIVEN_AWAY)


def _dearest(target: doc.Target, known: Known) -> int:
    return max((each.once_minor or 0 for each in known.meant(target).values()), default=0)


def _gives_away(effect: doc.Effect, document: doc.Document, known: Known) -> str | None:
    """Give the entry by which goods would cost nothing, if they would. A gift says so itself."""
    if isinstance(effect, doc.Percentage):
        return "basis_points" if effect.basis_points == 10_000 else None
    if isinstance(effect, doc.FixedPrice | doc.BundlePrice):
        return "price_minor" if effect.price_minor == 0 else None
    if isinstance(effect, doc.NForM):
        return "pay" if effect.pay == 0 else None
    if isinstance(effect, doc.Amount):
        prices = [each.once_minor for each in known.meant(effect.target).values() if each.once_minor]
        least = min(prices, default=0)
        if not effect.each:
            least = max(least, _must_be_bought(document))
        return "amount_minor" if effect.amount_minor >= least else None
    return None


def _must_be_bought(document: doc.Document) -> int:
    """Give what has to be bought at the least for a campaign to hold."""
    return max((each.min or 0 for each in required(document.when) if isinstance(each, doc.Subtotal)), default=0)


def _cost_faults(document: doc.Document, known: Known) -> Iterator[Fault]:
    """Judge what it can cost against its budget; each effect has to say at most how much."""
    caps, budget = document.caps, document.budget_minor
    limits = {"budget_minor": budget, "caps.per_day_minor": caps.per_day_minor, "caps.per_customer_minor": caps.per_customer_minor}
    if not any(limits.values()):
        return
    worst = [worst_of(effect, known) for effect in document.effects]
    open_ends = [(number, each) for number, each in enumerate(worst) if isinstance(each, str)]
    if open_ends:
        yield from (Fault(f"effects.{number}.{entry}", _SAY_MOST) for number, entry in open_ends)
        return
    one_use = sum(each for each in worst if isinstance(each, int))
    too_low = [entry for entry, limit in limits.items() if limit is not None and one_use > limit]
    yield from (Fault(entry, _OVER_BUDGET) for entry in too_low)
    if budget is not None and not too_low and caps.uses is not None and one_use * caps.uses > budget:
        yield Fault("budget_minor", _CAPS_OVER_BUDGET)


def _neighbour_faults(document: doc.Document, code: str, others: Sequence[LiveDocument]) -> Iterator[Fault]:
    """Judge it beside the other campaigns: one group has one mode, and what waits for another must come after it."""
    group = document.group
    for each in others:
        theirs = each.document.group
        if theirs.code == group.code and (theirs.mode, theirs.rank) != (group.mode, group.rank):
            yield Fault("group.mode" if theirs.mode != group.mode else "group.rank", _OTHER_MODE)
            break
    by_code = {each.code: each for each in others}
    waits = {each.code: _waits_for(each.document) for each in others} | {code: _waits_for(document)}
    for place, leaf in placed_leaves(document.when, "when"):
        if isinstance(leaf, doc.WithCampaign):
            sentence = _waiting_fault(leaf.code, LiveDocument(0, code, 0, document), by_code, waits)
            if sentence:
                yield Fault(f"{place}.code", sentence)


def _waits_for(document: doc.Document) -> frozenset[str]:
    return frozenset(each.code for each in leaves_of(document.when) if isinstance(each, doc.WithCampaign))


def _waiting_fault(wanted: str, own: LiveDocument, by_code: Mapping[str, LiveDocument], waits: Mapping[str, frozenset[str]]) -> str | None:
    if wanted == own.code:
        return _OWN_EFFECT
    if wanted not in by_code:
        return _NO_CAMPAIGN
    seen, ahead = set[str](), [wanted]
    while ahead:
        here = ahead.pop()
        if here == own.code:
            return _LOOP
        if here not in seen:
            seen.add(here)
            ahead.extend(waits.get(here, ()))
    other = by_code[wanted]
    together = other.document.group.code == own.document.group.code and own.document.group.mode != "stackable"
    shut_out = own.document.exclusive is not None and own.document.exclusive == other.document.exclusive
    return _TOO_LATE if together or shut_out or order_of(other) >= order_of(own) else None
