"""Whom the signed-in person looks at: authorised by the query that finds it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import g, url_for
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.ids import from_ref
from portal.customers import Viewer, get_viewer
from portal.faces.access import me
from portal.faces.cards import Links


def my_viewer(session: Session, *, now: datetime) -> Viewer:
    """Give the viewer for the customer one acts for. NotFound where that is no longer one's own."""
    signed_in = me()
    if signed_in.party_id is None or signed_in.customer_id is None:
        raise NotFound
    viewer = get_viewer(session, signed_in.party_id, signed_in.customer_id, now=now)
    g.sees_money = viewer.money  # the page's tabs go by it
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
    return replace(viewer, lines=frozenset({subscription_id}))


def my_links(viewer: Viewer) -> Links:
    """Give where the cards lead in the hall."""
    return Links(
        bills=url_for("site.list_bills") if viewer.money else None,
        bill=lambda bill_id: url_for("site.show_bill", bill_id=bill_id),
        activity=url_for("site.show_timeline"),
        activity_before=lambda place: url_for("site.show_timeline", before=place),
        orders=url_for("site.list_my_orders"),
        order=lambda order_id: url_for("site.show_order", order_id=order_id),
        points=url_for("site.show_points") if viewer.money else None,
    )
