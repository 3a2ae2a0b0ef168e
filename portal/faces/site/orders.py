"""One's orders: the list, one order with every step it took, and giving up one that nobody has begun to prepare."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.customers import Viewer
from portal.faces.access import requires, subscriber
from portal.faces.babel import gettext
from portal.faces.cards import line_names_of
from portal.faces.htmx import go, page_or_region
from portal.faces.order_words import BY_CUSTOMER, REASONS, step_rows
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_links, my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import joined, moment, sentence
from portal.orders import AlreadyTaken, OrderClosed, OrderView, cancel_order, get_order, list_orders

PAGE = 10


@bp.get("/orders")
@requires(subscriber)
def list_my_orders() -> Response:
    """Show a page of one's orders, newest first; `before` continues an earlier one."""
    with reading() as db:
        viewer = my_viewer(db, now=clock.now())
        found = list_orders(db, viewer, before=request.args.get("before"), limit=PAGE)
    return page_or_region(
        "site/orders/list.html", "shared/orders/_list.html", orders=found, links=my_links(viewer), newest=not request.args.get("before")
    )


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
    session["done"] = gettext("The order is cancelled.") if done else gettext("The order was cancelled before; nothing was done again.")
    return go(url_for("site.show_order", order_id=order_id))


def is_own(viewer: Viewer, order: OrderView) -> bool:
    """Say whether the order is this person's to give up: any for who may, of others those he or she placed."""
    return viewer.may("orders") or (bool(order.steps) and order.steps[0].actor == viewer.actor)


def may_cancel(viewer: Viewer, order: OrderView) -> bool:
    """Say whether this person may still give the order up."""
    return order.summary.can_cancel and is_own(viewer, order)


def what_next(order: OrderView) -> str:
    """Say in a sentence what happens next, or what came of it."""
    one, ways = order.summary, {item.fulfilment for item in order.items}
    if one.status == "cancelled":
        reason = REASONS.get(order.steps[-1].note or "")
        said = [gettext("This order was cancelled. What it took was given back at once.")]
        return joined(said + ([gettext("Reason: %(reason)s.", reason=gettext(reason))] if reason else []))
    if one.status == "fulfilled":
        if "voucher" in ways:
            return gettext("Your voucher is below. It can be used once; keep it to yourself.")
        return gettext("It is added to your line.") if "data_pack" in ways else gettext("It is on its way to you.")
    if one.due_at is None:
        return gettext("It is yours within a minute. Load this page again to see it.")
    if one.is_taken:
        return gettext("It is being packed now and is sent by %(when)s at the latest.", when=moment(one.due_at))
    return gettext("We prepare it and send it by %(when)s at the latest. Until we begin, you can cancel it.", when=moment(one.due_at))


def why_not(order: OrderView) -> str:
    """Say why the order can no longer be given up."""
    if order.summary.status == "reserved":
        if order.summary.is_taken:
            return gettext("The order is being packed already, so it can no longer be cancelled here. Nothing was changed.")
        return gettext("Whoever placed this order can cancel it. Nothing was changed.")
    return gettext("The order can no longer be cancelled: it stands at “%(status)s”.", status=sentence(order.summary.state.name))


def _look(order_id: int) -> tuple[Viewer, OrderView]:
    with reading() as db:
        viewer = my_viewer(db, now=clock.now())
        return viewer, get_order(db, viewer, order_id)


def _order_page(order_id: int, *, refused: bool = False) -> Response:
    now = clock.now()
    with reading() as db:
        viewer = my_viewer(db, now=now)
        order = get_order(db, viewer, order_id, keys=portal().keys)
        goes_to_a_line = any(item.fulfilment == "data_pack" for item in order.items)
        lines = line_names_of(db, viewer, now=now) if goes_to_a_line else {}
    page = render_template(
        "site/orders/order.html",
        order=order,
        steps=step_rows(order.steps, {viewer.actor: gettext("by you")}, named={"accepted"}),
        next_words=what_next(order),
        line=lines.get(order.summary.subscription_id or 0),
        may_cancel=may_cancel(viewer, order),
        refused=why_not(order) if refused else None,
        done=session.pop("done", None),
    )
    return make_response(page, 409 if refused else 200)
