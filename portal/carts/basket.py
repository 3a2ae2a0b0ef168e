"""A basket priced: the catalogue's prices as of these quantities, live campaigns, sending and tax.

The cart, the shelves, quotes and the office's preview all ask here, so that one customer is told one price everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.base.money import Money
from portal.carts.asking import Asking, Wanted
from portal.carts.giving import find_along
from portal.carts.pricing import Fault, PricedLine, Sums, sum_up
from portal.catalog import OfferView, find_conflicts, list_shelf, price_offerings
from portal.promotions import Basket, BasketItem, Evaluation, LiveCampaigns, Reason, Shelf, evaluate, get_live_campaigns


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """A basket with its price. `gone`: what was wanted and is not offered any more; `gifts` are lines of price 0.

    `reasons` say what every campaign did or why not; `to_free_shipping_minor`: how much is missing until sending
    is free by the operator's own rule; 0 where a campaign's reason says so already.
    """

    lines: tuple[PricedLine, ...]
    gifts: tuple[PricedLine, ...]
    gone: tuple[Wanted, ...]
    sums: Sums
    shipping_full_minor: int
    to_free_shipping_minor: int
    evaluation: Evaluation
    currency: str

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What every campaign that had a say did."""
        return self.evaluation.reasons

    @property
    def all_lines(self) -> tuple[PricedLine, ...]:
        """What is ordered, gifts included."""
        return self.lines + self.gifts

    @property
    def sends(self) -> bool:
        """Whether there is something to send or to pick up."""
        return any(line.offer.fulfilment == "goods" for line in self.all_lines)

    @property
    def can_order(self) -> bool:
        """Whether nothing stands against ordering it."""
        return bool(self.lines) and not self.gone and not any(line.faults for line in self.lines)

    @property
    def has_started(self) -> bool:
        """Whether there is anything in it at all."""
        return bool(self.lines or self.gone)


@dataclass(frozen=True, slots=True)
class PricedOffer:
    """One offering on a shelf, priced for its reader as if it were bought alone."""

    offer: OfferView
    line: PricedLine
    reasons: tuple[Reason, ...]

    @property
    def is_reduced(self) -> bool:
        """Whether a campaign takes something off."""
        return self.line.discount_minor > 0


def price_basket(session: Session, asking: Asking, wanted: Sequence[Wanted], *, now: datetime) -> PricedBasket:
    """Price a basket for whoever asks. Reads alone; nothing is reserved. Two statements besides finding what is in stock.

    What stands against a line is told in its `faults`; a line with one still counts in the sums, but `can_order` is False.
    """
    quantities = Counter[str]()
    for each in wanted:
        quantities[each.offering_code] += each.quantity
    offers = price_offerings(
        session, asking.price_list, quantities, shopper=asking.shopper, channel=asking.channel, now=now, place=asking.place
    )
    lines = [_line(each, offers[each.offering_code]) for each in wanted if each.offering_code in offers]
    gone = tuple(each for each in wanted if each.offering_code not in offers)
    lines = _with_faults(lines, asking, quantities)
    sends = not asking.picks_up and any(line.offer.fulfilment == "goods" for line in lines)
    goods_minor = sum(line.full_minor for line in lines if line.offer.fulfilment == "goods")
    fee = asking.shipping.fee(goods_minor, sends=sends)
    live = asking.live or get_live_campaigns(session, now=now)
    evaluation = _evaluate(live, lines, asking, fee, now)
    lines = _reduced(lines, evaluation)
    gifts = _gifts(session, evaluation, asking, start=max((line.position for line in lines), default=0) + 1, now=now)
    sums = sum_up(
        [*lines, *gifts],
        shipping_minor=fee,
        shipping_discount_minor=evaluation.shipping_discount_minor,
        shipping_tax_points=asking.shipping.tax_basis_points,
    )
    missing_minor = asking.shipping.missing(goods_minor, sends=sends) if sums.shipping_minor else 0
    return PricedBasket(
        lines=tuple(lines),
        gifts=tuple(gifts),
        gone=gone,
        sums=sums,
        shipping_full_minor=fee,
        to_free_shipping_minor=0 if _is_promised(live, evaluation, missing_minor) else missing_minor,
        evaluation=evaluation,
        currency=asking.currency,
    )


def list_priced(
    session: Session, asking: Asking, *, now: datetime, kinds: Sequence[str] | None = None, category: str | None = None
) -> Sequence[PricedOffer]:
    """Give a list's offers, each priced for the reader with the campaigns that hold for it alone."""
    found = list_shelf(session, asking.price_list, shopper=asking.shopper, channel=asking.channel, now=now, kinds=kinds, category=category)
    return price_shelf(asking.live or get_live_campaigns(session, now=now), found, asking, now=now)


def price_shelf(live: LiveCampaigns, offers: Sequence[OfferView], asking: Asking, *, now: datetime) -> Sequence[PricedOffer]:
    """Price offers each by itself, one piece of it. Pure."""
    shelf = Shelf(live, _basket_of([], asking, 0, now), asking.shopper, asking.history)
    priced = []
    for offer in offers:
        line = _line(Wanted(1, offer.code, 1), offer)
        evaluation = shelf.evaluate([_item_of(line)])
        priced.append(PricedOffer(offer, replace(line, discount_minor=evaluation.line_discount(1)), evaluation.reasons))
    return priced


def needs_line(offer: OfferView) -> bool:
    """Say whether it can only be had for a line."""
    return offer.fulfilment == "data_pack" or offer.kind == "add_on"


def may_have_line(offer: OfferView) -> bool:
    """Say whether it can be had for a line there is, or brings a new one."""
    return offer.kind == "plan"


def _line(wanted: Wanted, offer: OfferView) -> PricedLine:
    charges = offer.charges
    return PricedLine(
        position=wanted.position,
        offer=offer,
        quantity=wanted.quantity,
        price_minor=charges.once_minor or 0,
        monthly_minor=charges.monthly_minor or 0,
        deposit_minor=charges.deposit_minor or 0,
        subscription_id=wanted.subscription_id,
        options=wanted.options,
        seen_minor=wanted.seen_minor,
    )


def _with_faults(lines: Sequence[PricedLine], asking: Asking, quantities: Mapping[str, int]) -> list[PricedLine]:
    conflicts: dict[str, list[Fault]] = {}
    distinct = list({line.offer.code: line.offer for line in lines}.values())
    for conflict in find_conflicts(distinct, asking.held):
        conflicts.setdefault(conflict.code, []).append(Fault(conflict.kind, others=conflict.any_of or (conflict.other,)))
    return [
        replace(line, faults=(*_faults_of(line.offer, quantities[line.offer.code], asking), *conflicts.get(line.offer.code, ())))
        for line in lines
    ]


def _faults_of(offer: OfferView, quantity: int, asking: Asking) -> list[Fault]:
    faults = []
    if offer.barred and asking.shopper is not None:
        faults.append(Fault("barred", reasons=offer.barred, papers=offer.papers))
    if offer.stocked and offer.left is not None and quantity > offer.left:
        faults.append(Fault("left", limit=offer.left))
    before = asking.history.bought.get(offer.code, 0)
    if offer.most_per_customer is not None and before + quantity > offer.most_per_customer:
        faults.append(Fault("most", limit=offer.most_per_customer))
    return faults


def _evaluate(live: LiveCampaigns, lines: Sequence[PricedLine], asking: Asking, fee: int, now: datetime) -> Evaluation:
    return evaluate(live, _basket_of(lines, asking, fee, now), asking.shopper, asking.history)


def _basket_of(lines: Sequence[PricedLine], asking: Asking, fee: int, now: datetime) -> Basket:
    return Basket(
        items=tuple(_item_of(line) for line in lines),
        currency=asking.currency,
        channel=asking.channel,
        place=asking.place,
        shipping_minor=fee,
        codes=asking.coupons,
        choices=asking.choices,
        at=now,
    )


def _item_of(line: PricedLine) -> BasketItem:
    offer = line.offer
    return BasketItem(
        line.position, offer.code, offer.kind, offer.category, line.quantity, line.price_minor, line.monthly_minor, line.deposit_minor
    )


def _reduced(lines: Sequence[PricedLine], evaluation: Evaluation) -> list[PricedLine]:
    return [replace(line, discount_minor=evaluation.line_discount(line.position)) for line in lines]


def _is_promised(live: LiveCampaigns, evaluation: Evaluation, missing_minor: int) -> bool:
    """Say whether a campaign tells already that sending is free for so much more, or less."""
    for reason in evaluation.reasons:
        campaign, more = live.by_code.get(reason.campaign_code), reason.params.get("more")
        if reason.kind != "missing" or campaign is None or not isinstance(more, Money) or more.minor > missing_minor:
            continue
        if any(effect.kind == "free_shipping" for effect in campaign.document.effects):
            return True
    return False


def _gifts(session: Session, evaluation: Evaluation, asking: Asking, *, start: int, now: datetime) -> list[PricedLine]:
    """Give the gifts that are settled as lines at no price; one that is out of stock, or not there at all, is left out."""
    settled = [gift for gift in evaluation.gifts if gift.offering_code]
    if not settled:
        return []
    offers = find_along(session, asking, {gift.offering_code for gift in settled}, now=now)
    found = [(gift, offers[gift.offering_code]) for gift in settled if gift.offering_code in offers]
    return [
        PricedLine(start + index, offer, gift.quantity, 0, 0, 0, is_gift=True, campaign=gift.campaign_code)
        for index, (gift, offer) in enumerate(found)
        if not offer.stocked or offer.left is None or offer.left >= gift.quantity
    ]
