"""What a company's store offers at the company's price, and the cart beside it.

The cart is the form itself: nothing is kept here until it is ordered, and what was typed is where it was typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.money import Money
from portal.catalog import STANDARD, Buyer, Offer, get_offer, list_offers
from portal.faces.access import employee, requires
from portal.faces.employees import this_employee
from portal.faces.forms import FormState
from portal.faces.framing import store_here
from portal.faces.ministore.blueprint import bp
from portal.faces.parts import portal
from portal.faces.transactions import reading
from portal.ministores import Ministore

KINDS = frozenset({"device"})
FIELDS = ("offering", "quantity", "amount", "name", "phone", "address")
MAX_KEPT = 400
"""More than any field takes, so that what is too long is said to be so, not cut off."""


@dataclass(frozen=True, slots=True)
class Priced:
    """An offer at the company's price; `usual` is everybody's, where that is higher."""

    offer: Offer
    price: Money
    usual: Money | None

    @property
    def steps(self) -> Sequence[tuple[int, Money]]:
        """What one costs as of so many, beyond the first."""
        return [(least, Money(amount, self.offer.unit)) for least, amount in self.offer.tiers if least > 1]

    @property
    def is_left(self) -> bool:
        """There is one to be had now."""
        return self.offer.left is None or self.offer.left > 0


@bp.get("/<slug>/offers")
@requires(employee)
def show_offers(slug: str) -> str:
    """Show what the company's employees can order, and an empty cart."""
    return shop_region(store_here(slug), FormState())


@bp.post("/<slug>/cart")
@requires(employee)
def fill_cart(slug: str) -> str:
    """Put a handset into the cart, or go back to it from the check; what else was typed stays."""
    store, state = store_here(slug), typed_cart()
    with reading() as session:
        price_of(session, store, state.values["offering"])
    return shop_region(store, state)


def typed_cart() -> FormState:
    """Start from what was sent of the cart; a handset that is being chosen takes the place of the one in it."""
    values = {name: request.form.get(name, "")[:MAX_KEPT] for name in FIELDS}
    return FormState(values | {"offering": request.form.get("choose", values["offering"])[:MAX_KEPT]})


def shop_region(store: Ministore, state: FormState) -> str:
    """Render offers and cart; the cart is filled where `state` names an offering that is still offered."""
    with reading() as session:
        offers = list_priced(session, store)
    chosen = next((each for each in offers if each.offer.code == state.values.get("offering")), None)
    return render_template("ministore/_shop.html", store=store, offers=offers, employee=this_employee(), **cart_of(chosen, state))


def cart_of(chosen: Priced | None, state: FormState) -> dict[str, object]:
    """Give what the cart's template shows: the employee's own name until another is typed."""
    values = {"quantity": "1", "name": this_employee().name} | {name: text for name, text in state.values.items() if text}
    return {"chosen": chosen, "state": state, "values": values}


def list_priced(session: Session, store: Ministore) -> Sequence[Priced]:
    """Give what the store offers, the cheapest first, beside everybody's price; what the company cannot have is not there."""
    currency, now = portal().settings.currency, clock.now()
    everybody = list_offers(session, STANDARD, Buyer(None, "ministore"), kinds=KINDS, unit=currency, now=now)
    usual = {each.code: each.amount for each in everybody}
    own = list_offers(session, store.price_list, _buyer(store), kinds=KINDS, unit=currency, now=now)
    return [_priced(each, usual.get(each.code)) for each in own if each.can_be_had]


def price_of(session: Session, store: Ministore, offering_code: str, quantity: int = 1) -> Priced:
    """Give one offer at the company's price of so many; NotFound for what the store does not offer."""
    currency = portal().settings.currency
    offer = get_offer(session, store.price_list, offering_code, _buyer(store), unit=currency, now=clock.now(), quantity=quantity)
    if offer.kind not in KINDS or not offer.can_be_had:
        raise NotFound
    return _priced(offer, None)


def _buyer(store: Ministore) -> Buyer:
    return Buyer(store.customer_id, "ministore")


def _priced(offer: Offer, usual: int | None) -> Priced:
    higher = Money(usual, offer.unit) if usual is not None and usual > offer.amount else None
    return Priced(offer, Money(offer.amount, offer.unit), higher)
