"""From the cart to the order: checked by the employee, placed for the employee, paid by the company."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

from flask import Response, make_response, render_template, request

from portal.base import clock
from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.idempotency import KeyReused
from portal.base.ids import new_token
from portal.base.money import Money
from portal.catalog import SoldOut
from portal.faces.access import employee, requires
from portal.faces.employees import this_employee
from portal.faces.forms import FormState
from portal.faces.framing import store_here
from portal.faces.ministore.blueprint import bp
from portal.faces.ministore.history import my_viewer
from portal.faces.ministore.shop import price_of, shop_region, typed_cart
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence
from portal.identity import Employee
from portal.ministores import Ministore
from portal.orders import Delivery, Item, MostReached, NewOrder, NotForYou, NotOffered, PriceChanged, get_order, place_order

MOST = 99
MOST_SIGNS = {"name": 60, "phone": 30, "address": 200}
MISSING = {
    "name": N_("Enter who it is for."),
    "phone": N_("Enter a phone number the courier can call."),
    "address": N_("Enter the office address it goes to."),
}
MIN_KEY, MAX_KEY = 16, 100


class KeyMissing(Refused):
    """The form carries no key, so that a second click could be a second order."""

    code = "key_missing"
    status = 400
    sentence = N_("Go back to the cart and check the order once more.")


@dataclass(frozen=True, slots=True)
class Cart:
    """What was typed, once it can be an order: `amount` is the price of one as the employee saw it, in minor units."""

    offering: str
    quantity: int
    amount: int
    delivery: Delivery


@bp.post("/<slug>/checks")
@requires(employee)
def check_order(slug: str) -> Response:
    """Show what will be ordered, to be looked at once more; or the cart again, with what is to be corrected."""
    store, state = store_here(slug), typed_cart()
    cart = read_cart(state)
    with reading() as session:
        one = price_of(session, store, state.values["offering"])
        chosen = price_of(session, store, state.values["offering"], cart.quantity) if cart is not None else one
    if cart is not None and cart.amount not in (one.price.minor, chosen.price.minor):
        state.errors[""] = sentence(PriceChanged.sentence)
    if cart is None or state.errors:
        return make_response(shop_region(store, state), state.status)
    total = Money(chosen.price.minor * cart.quantity, chosen.price.currency)
    values = {name: text for name, text in state.values.items() if text} | {"amount": str(chosen.price.minor)}
    return make_response(
        render_template("ministore/_check.html", store=store, cart=cart, chosen=chosen, total=total, values=values, key=new_token())
    )


@bp.post("/<slug>/orders")
@requires(employee)
def send_order(slug: str) -> Response:
    """Place the order. The same form sent twice is one order; what stands against it is said in the cart."""
    store, state, who, key = store_here(slug), typed_cart(), this_employee(), request.form.get("key", "")
    if not MIN_KEY <= len(key) <= MAX_KEY:
        raise KeyMissing
    cart = read_cart(state)
    if cart is None:
        return make_response(shop_region(store, state), state.status)
    try:
        with writing() as session:
            placed = place_order(session, _order(store, who, cart, key), now=clock.now())
    except (PriceChanged, SoldOut, NotOffered, NotForYou, MostReached, KeyReused) as refusal:
        state.errors[""] = sentence(refusal)
        return make_response(shop_region(store, state), refusal.status)
    with reading() as session:
        order = get_order(session, my_viewer(store), placed.order_id)
    return make_response(render_template("ministore/_done.html", store=store, order=order), 201 if placed.is_new else 200)


def read_cart(state: FormState) -> Cart | None:
    """Read the cart; None where something is to be corrected, which `state` then says."""
    values = {name: " ".join(text.split()) for name, text in state.values.items()}
    wrong = {name: said for name, said in MISSING.items() if not values[name]}
    wrong |= {name: N_("This is too long.") for name, most in MOST_SIGNS.items() if len(values[name]) > most}
    quantity, amount = _whole(values["quantity"]), _whole(values["amount"])
    if quantity is None or not 1 <= quantity <= MOST:
        wrong = {"quantity": N_("Order 1 to 99 of them.")} | wrong
    if amount is None:
        raise NotFound  # no form of ours sends no price
    with state.catching():
        if wrong:
            raise Invalid(wrong)
    if state.errors or quantity is None:
        return None
    return Cart(values["offering"], quantity, amount, Delivery(values["name"], values["phone"], values["address"]))


def _order(store: Ministore, who: Employee, cart: Cart, key: str) -> NewOrder:
    # The key is this employee's in this store: nobody else's can be met, however it was made.
    own_key = hashlib.sha256(f"ministore\x00{store.slug}\x00{who.number}\x00{key}".encode()).hexdigest()
    return NewOrder(
        customer_id=store.customer_id,
        items=(Item(cart.offering, cart.quantity, cart.amount),),
        price_list=store.price_list,
        unit=portal().settings.currency,
        channel="ministore",
        key=own_key,
        placed_for=who.number,
        delivery=cart.delivery,
        actor=f"employee:{who.number}",
    )


def _whole(text: str) -> int | None:
    """Read a whole number as people type it (full-width digits too); None for anything else, or a huge one."""
    digits = unicodedata.normalize("NFKC", text).strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else None
