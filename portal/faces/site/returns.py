"""After the door: saying that a parcel has arrived, and giving something of an order back."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.ids import new_token
from portal.customers import Viewer
from portal.faces.access import requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.site.blueprint import bp
from portal.faces.site.order_next import is_own
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.orders import NotReturnable, OrderClosed, OrderView, Returnable, ask_return, find_returnable, get_order, note_delivered


@bp.post("/orders/<ref:order_id>/received")
@requires(subscriber)
def confirm_received(order_id: int) -> Response:
    """Note that what was sent is here; that ends the order."""
    viewer, _, _ = _look(order_id)
    try:
        with writing() as db:
            done = note_delivered(db, order_id, actor=viewer.actor, customer_id=viewer.customer_id, now=clock.now())
        session["done"] = gettext("Thank you. The order is complete.") if done else gettext("The order was complete before.")
    except OrderClosed:
        session["done"] = gettext("This order has moved on meanwhile. Nothing was changed.")
    return go(url_for("site.show_order", order_id=order_id))


@bp.get("/orders/<ref:order_id>/return")
@requires(subscriber, level=2)
def choose_return(order_id: int) -> Response:
    """Ask which pieces come back and why, and say what goes back for them."""
    _, order, left = _look(order_id)
    return _return_page(order, left, FormState({"reason": "", "key": new_token()}))


@bp.post("/orders/<ref:order_id>/return")
@requires(subscriber, level=2)
def send_return(order_id: int) -> Response:
    """Ask for the return: once, however often it is sent."""
    viewer, order, left = _look(order_id)
    state = typed("reason", "key")
    pieces = {item.position: _count(request.form.get(f"pieces-{item.position}", "")) for item in order.items}
    try:
        with state.catching(), writing() as db:
            ask_return(
                db,
                viewer.customer_id,
                order_id,
                pieces,
                reason=state.values["reason"],
                key=f"{order_id}:{state.values['key'][:60]}",
                actor=viewer.actor,
                now=clock.now(),
            )
    except NotReturnable:
        return _return_page(order, left, state, refused=True)
    if state.errors:
        return _return_page(order, left, state)
    session["done"] = gettext("We look at your return and tell you here how to send it.")
    return go(url_for("site.show_order", order_id=order_id))


def _count(text: str) -> int:
    """Read a number of pieces; what is none is told apart by the order's own check."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0 if not text.strip() else -1


def _look(order_id: int) -> tuple[Viewer, OrderView, Returnable]:
    now = clock.now()
    with reading() as db:
        viewer = my_viewer(db, now=now)
        order = get_order(db, viewer, order_id)
        if not is_own(viewer, order):
            raise NotFound
        return viewer, order, find_returnable(db, viewer.customer_id, order_id, now=now)


def _return_page(order: OrderView, left: Returnable, state: FormState, *, refused: bool = False) -> Response:
    refused = refused or not left.pieces
    page = render_template("site/orders/return.html", order=order, left=left, state=FormState() if refused else state, refused=refused)
    return make_response(page, 409 if refused and request.method == "POST" else state.status)
