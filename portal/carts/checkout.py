"""From the cart to the order: priced once more under the cart's lock, and placed only at the total its reader agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid
from portal.base.idempotency import claim, store
from portal.carts.asking import Asking
from portal.carts.basket import PricedBasket
from portal.carts.delivering import OUTLETS_BY_CODE
from portal.carts.errors import CartBlocked, CartChanged, CartEmpty
from portal.carts.giving import find_along
from portal.carts.holders import holder_of
from portal.carts.keeping import CartOf, close_cart, lock_cart
from portal.carts.looking import CartView, SellingRules, view_of
from portal.carts.pricing import PricedLine
from portal.codes import release_coupon
from portal.orders import Delivery, Placed, PricedItem, PricedOrder, papers_of_order, place_priced

PAYMENTS = ("online", "bill")
"""How an order of the cart is paid: at a provider before it is prepared, or with the next bill."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """What its reader decided at the last look. `key` is the form's own; `expected_total_minor` the total it showed."""

    key: str
    expected_total_minor: int
    payment: str
    agreed: bool
    actor: str
    party_id: int | None = None


def check_out(session: Session, whose: CartOf, rules: SellingRules, checkout: Checkout, *, now: datetime) -> Placed:
    """Place an order of what is in the cart: at today's prices, if they come to what was shown. All of it or nothing.

    The same key again gives the order that stands. Raises CartEmpty, CartChanged (with the difference), CartBlocked for what
    cannot be ordered, Invalid for what is missing, KeyReused, and what placing an order raises; upon each the caller rolls back.
    """
    scope = f"checkout:{whose.customer_id}:{whose.owner}"
    before = claim(session, scope, checkout.key, f"{checkout.expected_total_minor}:{checkout.payment}", now=now)
    if before is not None:
        return Placed(int(before["order_id"]), str(before["reference"]), is_new=False)
    cart = lock_cart(session, whose, now=now)
    view = view_of(session, whose, rules, cart, party_id=checkout.party_id, now=now)
    check_ready(view, checkout)
    let_go_of_idle(session, whose, view, now=now)
    placed = place_priced(session, write_order(session, whose, rules, view, checkout, now=now), now=now)
    close_cart(session, whose, cart.id)
    store(session, scope, checkout.key, {"order_id": placed.order_id, "reference": placed.reference})
    return placed


def used_coupons(view: CartView) -> tuple[str, ...]:
    """Give the references of the coupons that took something off."""
    return tuple(sorted({use.code for use in view.basket.evaluation.uses if use.code is not None} & set(view.codes)))


def let_go_of_idle(session: Session, whose: CartOf, view: CartView, *, now: datetime) -> None:
    """Let go of the coupons in a cart that take nothing off: they can be used another time."""
    idle = set(view.codes) - set(used_coupons(view))
    if view.id is not None and idle:
        release_coupon(session, whose.customer_id, holder_of(view.id), now=now, references=idle)


def check_ready(view: CartView, checkout: Checkout) -> None:
    """Raise what stands against ordering a cart as it is: CartEmpty, CartBlocked, CartChanged, or Invalid for what is missing."""
    basket = view.basket
    if not basket.has_started:
        raise CartEmpty
    if not basket.can_order:
        raise CartBlocked
    difference = basket.sums.total_minor - checkout.expected_total_minor
    if difference:
        raise CartChanged(difference)
    missing: dict[str, str] = {}
    if view.lines_missing:
        missing["line"] = N_("Choose the line it is for.")
    if not view.has_delivery:
        missing["delivery"] = N_("Say where it shall go.")
    missing |= missing_of(checkout)
    if missing:
        raise Invalid(missing)


def missing_of(checkout: Checkout) -> dict[str, str]:
    """Give what was not decided yet at the last look, by field."""
    missing: dict[str, str] = {}
    if checkout.payment not in PAYMENTS:
        missing["payment"] = N_("Choose how you pay.")
    if not checkout.agreed:
        missing["agreed"] = N_("Tick this to agree to the terms; without it there is no order.")
    return missing


def write_order(session: Session, whose: CartOf, rules: SellingRules, view: CartView, checkout: Checkout, *, now: datetime) -> PricedOrder:
    """Give a priced cart as an order: a bundle's parts and the gifts are items of their own, at no price."""
    basket, details = view.basket, view.details
    assert view.id is not None, "an order is made of a cart that is kept"
    total = basket.sums.total_minor
    delivery, outlet = details.get("delivery"), details.get("outlet")
    items = tuple(_items(session, view.asking, basket, now))  # a bundle's parts among them: it may hold a new line
    by = view.asking.shopper.kind if view.asking.shopper else "individual"
    return PricedOrder(
        customer_id=whose.customer_id,
        items=items,
        price_list=whose.price_list,
        currency=basket.currency,
        channel=whose.channel,
        key=checkout.key,
        payment=("online" if checkout.payment == "online" else "bill") if total else "none",
        pay_by=now + timedelta(minutes=rules.pay_minutes) if total and checkout.payment == "online" else None,
        identity=holder_of(view.id),
        party_id=checkout.party_id,
        subscription_id=next((line.subscription_id for line in basket.lines if line.subscription_id is not None), None),
        delivery=Delivery(**delivery) if basket.sends and delivery and not outlet else None,
        outlet=outlet if basket.sends and outlet in OUTLETS_BY_CODE else None,
        place=view.asking.place,
        shipping_minor=basket.sums.shipping_minor,
        shipping_tax_minor=basket.sums.shipping_tax_minor,
        other_discount_minor=basket.shipping_full_minor - basket.sums.shipping_minor,
        uses=basket.evaluation.uses,
        coupons=used_coupons(view),
        coupons_of=holder_of(view.id),
        points=sum(each.points for each in basket.evaluation.points),
        promotion=told(basket),
        documents=papers_of_order(session, whose.customer_id, items, by=by, channel=whose.channel, now=now),
        actor=checkout.actor,
    )


def told(basket: PricedBasket) -> dict[str, Any] | None:
    """Give what campaigns did to a basket as it is kept with an order; None where they did nothing."""
    found = basket.evaluation
    if not found.uses and not found.held_out:
        return None
    return {
        "campaigns": [
            {"id": use.campaign_id, "version": use.version, "uses": use.uses, "amount_minor": use.amount_minor} for use in found.uses
        ],
        "applied": [{"code": each.campaign_code, "name": dict(each.name)} for each in found.reasons if each.kind == "applied"],
        "held_out": list(found.held_out),
    }


def _items(session: Session, asking: Asking, basket: PricedBasket, now: datetime) -> Sequence[PricedItem]:
    inside = {member.code for line in basket.all_lines for member in line.offer.members}
    along = find_along(session, asking, inside, now=now) if inside else {}
    free = {each.position: each.months for each in basket.evaluation.free_months}
    items: list[PricedItem] = []
    for line in basket.all_lines:
        items.append(_item(line, free.get(line.position, 0)))
        parent = len(items)
        for member in line.offer.members:
            offer = along.get(member.code)
            if offer is None:
                raise CartBlocked
            part = PricedLine(line.position, offer, line.quantity * member.quantity, 0, 0, 0, subscription_id=line.subscription_id)
            items.append(_item(part, 0, parent=parent))
    return items


def _item(line: PricedLine, free_months: int, parent: int | None = None) -> PricedItem:
    offer = line.offer
    return PricedItem(
        offering_code=offer.code,
        name=dict(offer.name),
        fulfilment=offer.fulfilment,
        quantity=line.quantity,
        price_minor=line.price_minor,
        stocked=offer.stocked,
        kind=offer.kind,
        monthly_minor=line.monthly_minor,
        deposit_minor=line.deposit_minor,
        discount_minor=line.discount_minor,
        tax_minor=line.tax_minor,
        offering_version=offer.version or None,
        terms=_terms(line, free_months),
        parent=parent,
        is_gift=line.is_gift,
        subscription_id=line.subscription_id,
        most=None if line.is_gift or parent is not None else offer.most_per_customer,
    )


def _terms(line: PricedLine, free_months: int) -> Mapping[str, Any] | None:
    terms = line.offer.terms
    said = {
        "months_bound": terms.months_bound,
        "early_end_minor": terms.early_end_minor,
        "notice_days": terms.notice_days,
        "return_days": terms.return_days,
        "free_months": free_months,
    }
    return said | ({"words": dict(terms.words)} if terms.words else {})
