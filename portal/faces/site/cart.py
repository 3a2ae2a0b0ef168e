"""The cart: what lies in it at today's price, with the reason for it; what stands against ordering; codes and gifts."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from flask import Response, make_response, render_template, request, session, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.carts import (
    CartFull,
    CartView,
    add_code,
    changing,
    drop_code,
    keep_choice,
    mark_seen,
    needs_line,
    put_in,
    set_quantity,
    take_out,
)
from portal.catalog import OfferingView, find_pictures, list_offerings, price_offerings
from portal.codes import CodeRefused
from portal.customers import Viewer
from portal.faces.access import me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.selling_words import selling_rules
from portal.faces.site.blueprint import bp
from portal.faces.site.shop import offer_page
from portal.faces.site.shopping import asking_here, cart_here, line_of, my_cart, read_whole
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.visiting import visitor
from portal.faces.words import sentence, text
from portal.identity import Guesser

HOW_MANY = N_("Enter a whole number from 1 to 99.")
TYPED = 60


@bp.get("/cart")
@requires(subscriber)
def show_cart() -> Response:
    """Show the cart at today's price; what changed by itself since is told until it is taken note of."""
    return cart_page(FormState())


@bp.post("/cart/items")
@requires(subscriber)
def put_in_cart() -> Response:
    """Put something the shop offers into the cart. What it costs is the catalogue's to say, never the form's."""
    code, now = request.form.get("offering", "")[:TYPED], clock.now()
    state = FormState({"quantity": request.form.get("quantity", "")[:TYPED], "line": request.form.get("line", "")[:TYPED]})
    with reading() as db:
        asking, _ = asking_here(db, now=now)
        offered = price_offerings(db, asking.price_list, {code: 1}, shopper=asking.shopper, channel=asking.channel, now=now)
        if code not in offered:
            raise NotFound
    try:
        with state.catching(), writing() as db:
            viewer = my_viewer(db, now=now)
            line = line_of(state.values["line"], viewer, asking.shopper) if needs_line(offered[code]) else None
            with changing_mine(db, viewer):
                put_in(db, my_cart(viewer), code, _quantity(state.values["quantity"]), line=line, now=now)
    except CartFull as refusal:
        state.errors[""] = sentence(refusal)
    if state.errors:
        return offer_page(code, state)
    session["done"] = gettext("It is in your cart.")
    return go(url_for("site.show_cart"))


@bp.post("/cart/items/<int:position>")
@requires(subscriber)
def change_quantity(position: int) -> Response:
    """Have so many of one thing; what is no number is said beside it."""
    typed = request.form.get("quantity", "")[:TYPED]
    state = FormState({f"quantity-{position}": typed})
    try:
        with writing() as db:
            viewer = my_viewer(db, now=clock.now())
            with changing_mine(db, viewer):
                set_quantity(db, my_cart(viewer), position, _quantity(typed), now=clock.now())
    except Invalid as refusal:
        state.errors[f"quantity-{position}"] = sentence(refusal.fields["quantity"])
        return cart_page(state)
    return go(url_for("site.show_cart"))


@bp.post("/cart/items/<int:position>/removal")
@requires(subscriber)
def take_from_cart(position: int) -> Response:
    """Take one thing out; once it is out, nothing more happens."""
    with writing() as db:
        viewer = my_viewer(db, now=clock.now())
        with changing_mine(db, viewer):
            gone = take_out(db, my_cart(viewer), position, now=clock.now())
    if gone:
        session["done"] = gettext("Taken out of the cart.")
    return go(url_for("site.show_cart"))


@bp.post("/cart/codes")
@requires(subscriber)
def enter_code() -> Response:
    """Put a coupon's code into the cart; a wrong one is counted, and said beside the field."""
    typed, now = request.form.get("code", "")[:TYPED], clock.now()
    state, refused = FormState({"code": typed}), None
    with state.catching(), writing() as db:
        viewer = my_viewer(db, now=now)
        known = visitor(db, me().number, known=me().number is None)
        guesser = Guesser(viewer.customer_id, party_id=me().party_id, visitor=known)
        with changing_mine(db, viewer):
            refused = add_code(db, portal().keys, my_cart(viewer), typed, guesser=guesser, now=now)
    if refused is not None:
        state.errors["code"] = code_words(refused)
    if state.errors:
        page = cart_page(state)
        if refused is not None and refused.retry_after_seconds:
            page.status_code = 429
            page.headers["Retry-After"] = str(refused.retry_after_seconds)
        return page
    session["done"] = gettext("The code is in your cart.")
    return go(url_for("site.show_cart"))


@bp.post("/cart/codes/removal")
@requires(subscriber)
def take_code_out() -> Response:
    """Take a code out of the cart; it can be used elsewhere again."""
    with writing() as db:
        viewer = my_viewer(db, now=clock.now())
        with changing_mine(db, viewer):
            drop_code(db, my_cart(viewer), request.form.get("code", "")[:TYPED], now=clock.now())
    return go(url_for("site.show_cart"))


@bp.post("/cart/gifts")
@requires(subscriber)
def choose_gift() -> Response:
    """Keep which of a campaign's gifts was chosen; what it does not offer is not taken."""
    campaign, chosen, now = request.form.get("campaign", "")[:TYPED], request.form.get("gift", "")[:TYPED], clock.now()
    with reading() as db:
        view, viewer, _ = cart_here(db, now=now)
    options = {gift.campaign_code: gift.options for gift in view.basket.evaluation.gifts}
    if chosen not in options.get(campaign, ()):
        raise NotFound
    with writing() as db, changing_mine(db, viewer):
        keep_choice(db, my_cart(viewer), campaign, chosen, now=now)
    return go(url_for("site.show_cart"))


@bp.post("/cart/changes")
@requires(subscriber)
def take_note() -> Response:
    """Take note of what changed by itself: it is not told again."""
    with writing() as db:
        view, viewer, _ = cart_here(db, now=clock.now())
        mark_seen(db, my_cart(viewer), view)
    return go(url_for("site.show_cart"))


def cart_page(state: FormState, refused: Refused | None = None) -> Response:
    """Show the cart, with what changed since its owner last did something to it."""
    now = clock.now()
    with reading() as db:
        view, _, _ = cart_here(db, now=now)
        offered = names_of(list_offerings(db)) if needs_names(view) else {}
        choices = [gift for gift in view.basket.evaluation.gifts if gift.options]
        pictures = find_pictures(db, {code for gift in choices for code in gift.options})
    names = offered | {line.offer.code: text(dict(line.offer.name)) for line in view.basket.all_lines}
    page = render_template(
        "site/cart/cart.html",
        view=view,
        basket=view.basket,
        names=names,
        choices=choices,
        pictures=pictures,
        refused=sentence(refused) if refused else None,
        state=state,
        done=session.pop("done", None),
    )
    return make_response(page, refused.status if refused else state.status)


def changing_mine(db: Session, viewer: Viewer) -> AbstractContextManager[None]:
    """Change one's own cart inside."""
    return changing(db, my_cart(viewer), selling_rules(), party_id=me().party_id, now=clock.now())


def needs_names(view: CartView) -> bool:
    """Say whether the page names offerings that do not lie in the cart."""
    faults = any(fault.others for line in view.basket.lines for fault in line.faults)
    return faults or bool(view.basket.gone) or any(gift.options for gift in view.basket.evaluation.gifts)


def names_of(offerings: Iterable[OfferingView]) -> dict[str, str]:
    """Give what offerings are called, by code."""
    return {each.code: text(dict(each.name)) for each in offerings}


def code_words(refused: CodeRefused) -> str:
    """Say why a code is not taken."""
    return sentence(refused.sentence, **refused.params)


def _quantity(typed: str) -> int:
    found = read_whole(typed)
    if found is None:
        raise Invalid({"quantity": HOW_MANY})
    return found
