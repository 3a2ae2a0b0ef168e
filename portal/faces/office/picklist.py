"""The pick list: what to fetch from the store and where each parcel goes, for the orders one has taken; prints on A4."""

from __future__ import annotations

from collections import Counter

from flask import render_template

from portal.base import clock
from portal.base.errors import NotFound
from portal.faces.access import me, order_desk, requires
from portal.faces.office.blueprint import bp
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.faces.words import text
from portal.identity import note_orders_seen
from portal.orders import WorkOrder, get_work_order, list_work

MOST = 30


@bp.get("/pick-list")
@requires(order_desk)
def show_pick_list() -> str:
    """Show the orders one has taken, at most thirty: what to fetch, added up, then each order with its address."""
    now, staff = clock.now(), me().staff
    with reading() as db:
        mine = list_work(db, now=now, mine=staff.id)
    orders: list[WorkOrder] = []
    with writing() as db:
        for item in mine[:MOST]:
            try:
                orders.append(get_work_order(db, item.order_id, staff.id, now=now))
            except NotFound:  # finished in another tab a moment ago
                continue
        shown: dict[int, bool] = {}
        for one in orders:
            shown[one.customer_id] = shown.get(one.customer_id, False) or one.order.delivery is not None
        note_orders_seen(db, portal().keys, staff, shown, now=now)
    pieces: Counter[str] = Counter()
    for one in orders:
        for each in one.order.items:
            pieces[text(dict(each.name))] += each.quantity
    return render_template(
        "office/pick_list.html", orders=orders, pieces=sorted(pieces.items()), at=now, member=staff, more=len(mine) - len(orders)
    )
