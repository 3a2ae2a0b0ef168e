"""The pick list and the labels: what to fetch and where each parcel goes, for the orders one has taken; both print on A4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from flask import render_template, request, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.ids import to_ref
from portal.faces.access import me, order_desk, requires
from portal.faces.office.blueprint import bp
from portal.faces.office.bulk import read_chosen
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import text
from portal.identity import note_orders_seen
from portal.orders import WorkOrder, get_work_order, list_work

MOST = 50


@bp.get("/pick-list")
@requires(order_desk)
def show_pick_list() -> str:
    """Show the orders one has taken, those ticked or at most fifty: what to fetch, added up, then each order with its address."""
    now = clock.now()
    orders, more = _mine(now)
    pieces: Counter[str] = Counter()
    for one in orders:
        for each in one.order.items:
            pieces[text(dict(each.name))] += each.quantity
    return render_template(
        "office/pick_list.html",
        orders=orders,
        pieces=sorted(pieces.items()),
        at=now,
        member=me().staff,
        more=more,
        labels_url=url_for("office.show_labels", order=[to_ref(one.work.order_id) for one in orders]),
    )


@bp.get("/labels")
@requires(order_desk)
def show_labels() -> str:
    """Show a label for each parcel of the orders one has taken: those ticked, or at most fifty."""
    orders, _ = _mine(clock.now())
    return render_template("office/labels.html", orders=[one for one in orders if one.order.delivery is not None])


def _mine(now: datetime) -> tuple[Sequence[WorkOrder], int]:
    """Give the orders one has taken, as far as they were ticked, and how many more there are. Each look is noted before it shows."""
    staff, chosen = me().staff, set(read_chosen(request.args.getlist("order")))
    with reading() as db:
        mine = [item for item in list_work(db, now=now, mine=staff.id) if not chosen or item.order_id in chosen]
    orders: list[WorkOrder] = []
    with writing() as db:
        for item in mine[:MOST]:
            try:
                found = get_work_order(db, item.order_id, staff.id, now=now)
            except NotFound:  # finished in another tab a moment ago
                continue
            if found.work.taken_by == staff.id:
                orders.append(found)
        shown: dict[int, bool] = {}
        for one in orders:
            shown[one.customer_id] = shown.get(one.customer_id, False) or one.order.delivery is not None
        note_orders_seen(db, portal().keys, staff, shown, now=now)
    return orders, len(mine) - len(orders)
