"""One's orders: the list, one order with every step it took, and giving up one that nobody has begun to prepare."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.carts import OUTLETS_BY_CODE
from portal.catalog import find_pictures
from portal.customers import Viewer
from portal.faces.access import requires, subscriber
from portal.faces.babel import gettext
from portal.faces.cards import line_names_of
from portal.faces.htmx import go, page_or_region
from portal.faces.language import language
from portal.faces.order_words import BY_CUSTOMER, step_rows
from portal.faces.papers import TITLES
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.order_next import is_own, may_cancel, what_next, why_not
from portal.faces.site.viewing import my_links, my_viewer
from portal.faces.transactions import reading, writing
from portal.orders import (
    AlreadyTaken,
    OrderClosed,
    OrderView,
    cancel_order,
    find_returnable,
    get_order,
    list_orders,
    list_papers,
    list_returns,
)

PAGE = 10


@bp.get("/orders")
@requires(subscriber)
def list_my_orders() -> Response:
    """Show a page of one's orders, newest first; `before` continues an earlier one."""
    with reading() as db:
        viewer = my_viewer(db, now=clock.now())
        found = list_orders(db, viewer, before=request.args.get("before"), limit=PAGE)
        pictures = find_pictures(db, {each.offering_code for each in found.orders})
    return page_or_region(
        "site/orders/list.html", "shared/orders/_list.html", orders=found, pictures=pictures, links=my_links(viewer),
        newest=not request.args.get("before"),
    )  # fmt: skip


@bp.get("/orders/<ref:order_id>")
@requires(subscriber)
def show_order(order_id: int) -> Response:
    """Show one order: where it stands, what happens next, what was ordered; a voucher's code once it is there."""
    return _order_page(order_id)


@bp.get("/orders/<ref:order_id>/cancel")
@requires(subscriber, level=2)
def check_cancel(order_id: int) -> Response:
    """Show what giving the order up would do, before anything is done."""
    viewer, order = _look(order_id)
    if not may_cancel(viewer, order):
        return _order_page(order_id, refused=True)
    return make_response(render_template("site/orders/cancel.html", order=order))


@bp.post("/orders/<ref:order_id>/cancel")
@requires(subscriber, level=2)
def cancel_my_order(order_id: int) -> Response:
    """Give the order up: once, however often it is sent."""
    viewer, order = _look(order_id)
    if not is_own(viewer, order):
        raise NotFound
    try:
        with writing() as db:
            done = cancel_order(db, viewer.customer_id, order_id, actor=viewer.actor, reason=BY_CUSTOMER, now=clock.now())
    except (AlreadyTaken, OrderClosed):
        return _order_page(order_id, refused=True)
    _, order = _look(order_id)
    if order.summary.is_being_stopped:
        session["done"] = gettext("We ask the carrier to stop the parcel.")
    else:
        session["done"] = gettext("The order is cancelled.") if done else gettext("The order was cancelled before; nothing was done again.")
    return go(url_for("site.show_order", order_id=order_id))


def _look(order_id: int) -> tuple[Viewer, OrderView]:
    with reading() as db:
        viewer = my_viewer(db, now=clock.now())
        return viewer, get_order(db, viewer, order_id)


def _order_page(order_id: int, *, refused: bool = False) -> Response:
    now = clock.now()
    with reading() as db:
        viewer = my_viewer(db, now=now)
        order = get_order(db, viewer, order_id, keys=portal().keys)
        goes_to_a_line = any(item.fulfilment in ("data_pack", "service") for item in order.items)
        lines = line_names_of(db, viewer, now=now) if goes_to_a_line else {}
        ended = order.summary.status == "completed" and is_own(viewer, order)
        left = find_returnable(db, viewer.customer_id, order_id, now=now).pieces if ended else {}
        returns = list_returns(db, viewer.customer_id, order_id) if order.summary.status in ("completed", "returned") else ()
        papers = list_papers(db, viewer.customer_id, order_id, language())
        pictures = find_pictures(db, {item.offering_code for item in order.items})
    page = render_template(
        "site/orders/order.html",
        order=order,
        steps=step_rows(order.steps, {viewer.actor: gettext("by you")}, named={"accepted"}),
        next_words=what_next(order),
        line=lines.get(order.summary.subscription_id or 0),
        may_cancel=may_cancel(viewer, order),
        may_return=bool(left),
        may_receive=order.summary.status == "shipped" and is_own(viewer, order),
        returns=returns,
        outlet=OUTLETS_BY_CODE.get(order.outlet or ""),
        papers=papers,
        pictures=pictures,
        titles=TITLES,
        refused=why_not(order) if refused else None,
        done=session.pop("done", None),
    )
    return make_response(page, 409 if refused else 200)
