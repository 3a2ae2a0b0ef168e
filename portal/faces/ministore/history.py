"""What this employee ordered, and where it stands. Colleagues' orders are nothing at all here."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from portal.customers import NOTHING, Viewer
from portal.faces.access import employee, requires
from portal.faces.employees import this_employee
from portal.faces.framing import store_here
from portal.faces.ministore.blueprint import bp
from portal.faces.order_words import step_rows
from portal.faces.transactions import reading
from portal.ministores import Ministore
from portal.orders import get_order, list_orders


@bp.get("/<slug>/orders")
@requires(employee)
def list_my_orders(slug: str) -> str:
    """List this employee's orders, newest first."""
    store = store_here(slug)
    with reading() as session:
        page = list_orders(session, my_viewer(store), before=request.args.get("before"))
    return render_template("ministore/_orders.html", store=store, page=page)


@bp.get("/<slug>/orders/<ref:order_id>")
@requires(employee)
def show_my_order(slug: str, order_id: int) -> Response:
    """Show one of this employee's orders with the steps it took; NotFound for anybody else's."""
    store = store_here(slug)
    with reading() as session:
        order = get_order(session, my_viewer(store), order_id)
    return make_response(render_template("ministore/_order.html", store=store, order=order, steps=step_rows(order.steps, {})))


def my_viewer(store: Ministore) -> Viewer:
    """Give this employee's view of the enterprise: no line of it, no bill, the orders placed for him or her."""
    who = f"employee:{this_employee().number}"
    return Viewer("subscriber", who, store.customer_id, lines=frozenset(), rights=NOTHING, full=False)
