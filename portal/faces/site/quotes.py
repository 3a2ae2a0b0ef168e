"""One's quotes: what was priced, until when it holds; ordered at that price, withdrawn, or put into the cart anew."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import Invalid, NotFound, Refused
from portal.base.ids import new_token
from portal.carts import OUTLETS_BY_CODE, get_quote, list_quotes, order_quote, reopen_quote, withdraw_quote
from portal.catalog import find_pictures
from portal.faces.access import MINUTES_5, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.selling_words import selling_rules
from portal.faces.site.blueprint import bp
from portal.faces.site.checkout import LONGEST_KEY, checkout_of
from portal.faces.site.shopping import my_cart, ways_to_pay
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import sentence

STATES = {"open": "ok", "ordered": "info", "withdrawn": "neutral", "expired": "neutral"}


@bp.get("/quotes")
@requires(subscriber)
def list_my_quotes() -> Response:
    """List the quotes, newest first."""
    now = clock.now()
    with reading() as db:
        viewer = my_viewer(db, now=now)
        if not viewer.may("orders"):
            raise NotFound
        quotes = list_quotes(db, viewer.customer_id, now=now)
        pictures = find_pictures(db, {quote.items[0]["offering_code"] for quote in quotes})
    return make_response(render_template("site/cart/quotes.html", quotes=quotes, pictures=pictures, looks=STATES))


@bp.get("/quotes/<code:number>")
@requires(subscriber)
def show_quote(number: str) -> Response:
    """Show a quote as it was made."""
    return _quote_page(number, FormState())


@bp.post("/quotes/<code:number>/order")
@requires(subscriber, recent_proof=MINUTES_5)
def send_quote_order(number: str) -> BaseResponse:
    """Order a quote at the price it names: once, however often it is sent."""
    key, now = request.form.get("idempotency_key", ""), clock.now()
    if not 0 < len(key) <= LONGEST_KEY:
        return go(url_for("site.show_quote", number=number))
    try:
        with writing() as db:
            viewer = my_viewer(db, now=now)
            if not viewer.may("orders"):
                raise NotFound
            total = get_quote(db, viewer.customer_id, number, now=now).total_minor
            checkout = checkout_of(viewer, key, total, request.form.get("payment", ""))
            placed = order_quote(db, my_cart(viewer), selling_rules(), number, checkout, now=now)
    except Invalid as refusal:
        return _quote_page(number, FormState({}, {name: sentence(words) for name, words in refusal.fields.items()}))
    except Refused as refusal:
        return _quote_page(number, FormState(), refusal)
    session["done"] = gettext("Ordered.") if placed.is_new else gettext("This was sent before; here it is.")
    endpoint = "site.ask_payment" if checkout.payment == "online" and total else "site.show_order"
    return go(url_for(endpoint, order_id=placed.order_id))


@bp.post("/quotes/<code:number>/withdrawal")
@requires(subscriber)
def withdraw_my_quote(number: str) -> Response:
    """Take a quote back."""
    now = clock.now()
    with writing() as db:
        viewer = my_viewer(db, now=now)
        if not viewer.may("orders"):
            raise NotFound
        done = withdraw_quote(db, viewer.customer_id, number, now=now)
    session["done"] = gettext("The quote is withdrawn.") if done else gettext("The quote held no longer; nothing was done again.")
    return go(url_for("site.show_quote", number=number))


@bp.post("/quotes/<code:number>/cart")
@requires(subscriber)
def put_quote_in_cart(number: str) -> Response:
    """Put what a quote was for into the cart, at today's prices; kept again it has another number."""
    now = clock.now()
    with writing() as db:
        viewer = my_viewer(db, now=now)
        if not viewer.may("orders"):
            raise NotFound
        reopen_quote(db, my_cart(viewer), number, now=now)
    session["done"] = gettext("It is in your cart, at today’s prices.")
    return go(url_for("site.show_cart"))


def _quote_page(number: str, state: FormState, refused: Refused | None = None) -> Response:
    now = clock.now()
    with reading() as db:
        viewer = my_viewer(db, now=now)
        if not viewer.may("orders"):
            raise NotFound
        quote = get_quote(db, viewer.customer_id, number, now=now)
        pictures = find_pictures(db, {item["offering_code"] for item in quote.items})
    page = render_template(
        "site/cart/quote.html",
        quote=quote,
        pictures=pictures,
        outlet=OUTLETS_BY_CODE.get(str(quote.document.get("outlet"))),
        ways=ways_to_pay(viewer),
        looks=STATES,
        key=request.form.get("idempotency_key") or new_token(),
        refused=sentence(refused) if refused else None,
        done=session.pop("done", None),
        state=state,
    )
    return make_response(page, refused.status if refused else state.status)
