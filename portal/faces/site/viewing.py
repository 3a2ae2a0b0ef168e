"""Whom the signed-in person looks at: authorised by the query that finds it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import Response, g, session, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.ids import from_ref
from portal.customers import Viewer, get_viewer, list_acting
from portal.faces.access import me
from portal.faces.babel import gettext
from portal.faces.cards import Links
from portal.faces.htmx import go
from portal.faces.site.blueprint import bp
from portal.faces.transactions import writing
from portal.identity import act_for
from portal.orders import sees_orders


class RoleEnded(NotFound):
    """Somebody acts for a customer they have no role at any more; there is one of their own to go on with."""

    def __init__(self, customer_id: int) -> None:
        super().__init__()
        self.customer_id = customer_id


@bp.errorhandler(RoleEnded)
def act_for_oneself(refusal: RoleEnded) -> Response:
    """Lead back to one's own customer and say why. What was asked for is not done: it was meant for the other one."""
    with writing() as db:
        act_for(db, me(), refusal.customer_id, now=clock.now())
    session["done"] = gettext("You can no longer act for that customer. You see your own again.")
    return go(url_for("site.show_home"))


def my_viewer(session: Session, *, now: datetime) -> Viewer:
    """Give the viewer for the customer one acts for.

    Raises RoleEnded where that is no longer one's own and another one is, NotFound where none is.
    """
    signed_in = me()
    if signed_in.party_id is None or signed_in.customer_id is None:
        raise NotFound
    try:
        viewer = get_viewer(session, signed_in.party_id, signed_in.customer_id, now=now)
    except NotFound as error:
        acting = list_acting(session, signed_in.party_id, now=now)
        if not acting:
            raise
        raise RoleEnded(acting[0].customer_id) from error
    g.viewer = viewer  # the page's tabs go by it
    return viewer


def narrowed(viewer: Viewer, line: str | None) -> Viewer:
    """Narrow a viewer to the line of reference `line`, if one is given; NotFound when it is not in sight."""
    if not line:
        return viewer
    try:
        subscription_id = from_ref(line)
    except ValueError as error:
        raise NotFound from error
    if not viewer.sees_line(subscription_id):
        raise NotFound
    return replace(viewer, lines=frozenset({subscription_id}), rights=viewer.rights - {"orders"})  # of the orders, those of the line


def my_links(viewer: Viewer) -> Links:
    """Give where the cards lead in the hall."""
    return Links(
        bills=url_for("site.list_bills") if viewer.money else None,
        bill=lambda bill_id: url_for("site.show_bill", bill_id=bill_id),
        activity=url_for("site.show_timeline"),
        activity_before=lambda place: url_for("site.show_timeline", before=place),
        orders=url_for("site.list_my_orders") if sees_orders(viewer) else None,
        order=lambda order_id: url_for("site.show_order", order_id=order_id),
        points=url_for("site.show_points") if viewer.may("points") else None,
    )
