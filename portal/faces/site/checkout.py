"""The checkout: for which line, where to, how it is paid; a last look at everything; the order, or a quote.

Nothing a form says about prices or people counts: it carries choices, a key, and the total its reader saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import N_, Invalid, PortalError, Refused
from portal.base.idempotency import KeyReused
from portal.base.ids import from_ref, new_token, to_ref
from portal.carts import (
    OUTLETS,
    OUTLETS_BY_CODE,
    CartBlocked,
    CartChanged,
    CartEmpty,
    CartView,
    Checkout,
    check_out,
    keep_details,
    mark_seen,
    needs_line,
    save_quote,
    set_lines,
)
from portal.catalog import SoldOut
from portal.customers import DeliveryAddressView, Viewer, list_delivery_addresses, use_delivery_address
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.order_words import numbers_grouped
from portal.faces.selling_words import selling_rules
from portal.faces.site.blueprint import bp
from portal.faces.site.cart import cart_page
from portal.faces.site.shopping import cart_here, line_of, lines_for, my_cart, read_whole, ways_to_pay
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import money, sentence
from portal.orders import Delivery, MostReached
from portal.promotions import CampaignGone

LONGEST_KEY = 100
NEW = "new"
"""Not for a line there is: for a new one."""
MOST_SIGNS = 200
Form = tuple[CartView, Viewer, list[DeliveryAddressView]]


@bp.get("/checkout")
@requires(subscriber)
def ask_checkout() -> BaseResponse:
    """Ask what the cart needs before it can be ordered: a line, where to, how it is paid."""
    found = _look()
    if not found[0].basket.can_order:
        return go(url_for("site.show_cart"))
    return _form_page(found, FormState(_known(*found)))


@bp.post("/checkout")
@requires(subscriber)
def take_checkout() -> BaseResponse:
    """Keep what was said, and lead on to the last look; what is missing is said beside its field."""
    found = _look()
    view, viewer, book = found
    if not view.basket.can_order:
        return go(url_for("site.show_cart"))
    state = FormState({name: request.form.get(name, "")[:60] for name in ("where", "payment", *_line_fields(view))})
    with state.catching():
        lines, details = _said(view, viewer, book, state.values)
    if state.errors:
        return _form_page(found, state)
    with writing() as db:
        if details["delivery"]:
            use_delivery_address(db, viewer.customer_id, from_ref(details["where"][3:]), party_id=me().party_id, now=clock.now())
        set_lines(db, my_cart(viewer), lines, now=clock.now())
        keep_details(db, my_cart(viewer), details, now=clock.now())
        mark_seen(db, my_cart(viewer), cart_here(db, now=clock.now())[0])
    return go(url_for("site.check_order"))


@bp.get("/checkout/order")
@requires(subscriber, recent_proof=MINUTES_5)
def check_order() -> BaseResponse:
    """Show everything once more before it is ordered: things, prices, terms, where to, how it is paid."""
    return _check_page(new_token())


@bp.post("/checkout/order")
@requires(subscriber, recent_proof=MINUTES_5)
def send_order() -> BaseResponse:
    """Order what is in the cart: once, however often it is sent, and only at the total that was shown."""
    key, shown = request.form.get("idempotency_key", ""), read_whole(request.form.get("shown", ""))
    if not 0 < len(key) <= LONGEST_KEY or shown is None:
        return go(url_for("site.check_order"))
    now = clock.now()
    with reading() as db:
        viewer, rules = my_viewer(db, now=now), selling_rules()
    checkout = checkout_of(viewer, key, shown, request.form.get("payment", ""))
    try:
        with writing() as db:
            placed = check_out(db, my_cart(viewer), rules, checkout, now=now)
    except (Invalid, Refused) as refusal:
        return refused_page(refusal, key)
    session["done"] = gettext("Ordered.") if placed.is_new else gettext("This was sent before; here it is.")
    if checkout.payment == "online" and shown:
        return go(url_for("site.ask_payment", order_id=placed.order_id))
    return go(url_for("site.show_order", order_id=placed.order_id))


@bp.post("/checkout/quote")
@requires(subscriber, recent_proof=MINUTES_5)
def keep_quote() -> BaseResponse:
    """Keep the cart's price as a quote: once, however often it is sent."""
    key, shown = request.form.get("idempotency_key", ""), read_whole(request.form.get("shown", ""))
    if not 0 < len(key) <= LONGEST_KEY or shown is None:
        return go(url_for("site.check_order"))
    now = clock.now()
    try:
        with writing() as db:
            view, viewer, rules = cart_here(db, now=now)
            checkout = checkout_of(viewer, key, shown, str(view.details.get("payment", "")), agreed=True)
            quote = save_quote(db, my_cart(viewer), rules, checkout, now=now)
    except (Invalid, Refused) as refusal:
        return refused_page(refusal, key)
    session["done"] = gettext("The quote is kept. Its price holds until the day it says.")
    return go(url_for("site.show_quote", number=quote.number))


def checkout_of(viewer: Viewer, key: str, shown: int, payment: str, *, agreed: bool | None = None) -> Checkout:
    """Give what the reader decided; a way to pay that is not his or hers is none."""
    agrees = request.form.get("agreed") == "yes" if agreed is None else agreed
    way = payment if payment in ways_to_pay(viewer) else ""
    return Checkout(key, shown, way, agrees, viewer.actor, me().party_id)


def refused_page(refusal: PortalError, key: str) -> BaseResponse:
    """Say what stands against the order: at the last look where it can be put right there, else in the cart."""
    if isinstance(refusal, CartEmpty | CartBlocked | MostReached | SoldOut):
        return cart_page(FormState(), refusal)
    if isinstance(refusal, CartChanged):
        more, less = max(refusal.difference_minor, 0), max(-refusal.difference_minor, 0)
        words = (
            gettext("It is %(price)s more than you were shown.", price=money(more))
            if more
            else gettext("It is %(price)s less than you were shown.", price=money(less))
        )
        return _check_page(key, refused=f"{sentence(refusal)} {words}", status=refusal.status)
    if isinstance(refusal, Invalid) and set(refusal.fields) - {"agreed"}:
        return go(url_for("site.ask_checkout"))
    state = FormState()
    if isinstance(refusal, Invalid):
        state.errors = {name: sentence(text, **refusal.params) for name, text in refusal.fields.items()}
        return _check_page(key, state=state, status=refusal.status)
    if isinstance(refusal, CampaignGone):
        return _check_page(new_token(), refused=sentence(refusal), status=refusal.status)
    return _check_page(new_token() if isinstance(refusal, KeyReused) else key, refused=sentence(refusal), status=refusal.status)


def _look() -> Form:
    with reading() as db:
        view, viewer, _ = cart_here(db, now=clock.now())
        book = list_delivery_addresses(db, viewer.customer_id, party_id=me().party_id)
    return view, viewer, list(book)


def _line_fields(view: CartView) -> list[str]:
    return [f"line-{line.position}" for line in view.lines_to_choose]


def _known(view: CartView, viewer: Viewer, book: list[DeliveryAddressView]) -> dict[str, str]:
    """Start from what was said before, else from what is likely."""
    details, lines = view.details, lines_for(viewer, view.asking.shopper)
    likely = f"to-{to_ref(book[0].id)}" if book else ""
    values = {"where": str(details.get("where") or likely), "payment": str(details.get("payment") or "online")}
    first = to_ref(next(iter(lines))) if lines else ""
    for line in view.lines_to_choose:
        values[f"line-{line.position}"] = (
            to_ref(line.subscription_id) if line.subscription_id else (first if needs_line(line.offer) else NEW)
        )
    return values


def _said(
    view: CartView, viewer: Viewer, book: list[DeliveryAddressView], values: Mapping[str, str]
) -> tuple[dict[int, int | None], dict[str, Any]]:
    """Read what was chosen; raises Invalid for what is missing."""
    wrong: dict[str, str] = {}
    lines: dict[int, int | None] = {}
    for line in view.lines_to_choose:
        typed, optional = values[f"line-{line.position}"], not needs_line(line.offer)
        found = None if optional and typed == NEW else line_of(typed, viewer, view.asking.shopper)
        lines[line.position] = found
        if found is None and not (optional and typed == NEW):
            wrong[f"line-{line.position}"] = N_("Choose the line it is for.")
    free = not view.basket.sums.total_minor
    details: dict[str, Any] = {
        "payment": "online" if free else values["payment"],
        "where": values["where"],
        "delivery": None,
        "outlet": None,
    }
    if view.basket.sends:
        kind, _, which = values["where"].partition("-")
        address = next((each for each in book if kind == "to" and to_ref(each.id) == which), None)
        if kind == "at" and which in OUTLETS_BY_CODE:
            details["outlet"] = which
        elif address is not None:
            details["delivery"] = Delivery(address.name, address.phone, written(address)).as_row()
        else:
            wrong["where"] = N_("Say where it shall go.")
    if details["payment"] not in ways_to_pay(viewer):
        wrong["payment"] = N_("Choose how you pay.")
    if wrong:
        raise Invalid(wrong)
    return lines, details


def written(address: DeliveryAddressView) -> str:
    """Write an address in one line, naming a province that is its own city once."""
    return ("".join(dict.fromkeys((address.province, address.city, address.area))) + address.line)[:MOST_SIGNS]


def _form_page(found: Form, state: FormState) -> BaseResponse:
    view, viewer, book = found
    lines = {to_ref(line): number for line, number in lines_for(viewer, view.asking.shopper).items()}
    page = render_template(
        "site/cart/checkout.html",
        view=view,
        basket=view.basket,
        lines=lines,
        new={line.position for line in view.lines_to_choose if not needs_line(line.offer)},
        places=[(f"to-{to_ref(each.id)}", f"{each.name}, {numbers_grouped(each.phone)}", written(each)) for each in book],
        outlets=OUTLETS,
        ways=ways_to_pay(viewer),
        state=state,
    )
    return make_response(page, state.status)


def _check_page(key: str, *, state: FormState | None = None, refused: str | None = None, status: int = 200) -> BaseResponse:
    now = clock.now()
    with reading() as db:
        view, viewer, rules = cart_here(db, now=now)
    if not view.basket.can_order:
        return go(url_for("site.show_cart"))
    if view.lines_missing or not view.has_delivery or view.details.get("payment") not in ways_to_pay(viewer):
        return go(url_for("site.ask_checkout"))
    numbers = lines_for(viewer, view.asking.shopper)
    page = render_template(
        "site/cart/check.html",
        view=view,
        basket=view.basket,
        numbers=numbers,
        outlet=OUTLETS_BY_CODE.get(str(view.details.get("outlet"))),
        payment=view.details["payment"] if view.basket.sums.total_minor else "none",
        pay_minutes=rules.pay_minutes,
        until=now + timedelta(days=rules.quote_days),
        key=key,
        refused=refused,
        state=state or FormState(),
    )
    return make_response(page, status)
