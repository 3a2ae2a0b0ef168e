"""One's bills: the list, and one bill with what it is made of."""

from __future__ import annotations

from flask import render_template

from portal.base import clock
from portal.billing import bills_card, get_bill
from portal.customers import profile_card
from portal.faces.access import requires, subscriber
from portal.faces.cards import line_names_in
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_links, my_viewer
from portal.faces.transactions import reading


@bp.get("/bills")
@requires(subscriber)
def list_bills() -> str:
    """Show the last six bills with their picture."""
    now = clock.now()
    with reading() as session:
        viewer = my_viewer(session, now=now)
        bills = bills_card(session, viewer, now=now)
    return render_template("site/bills.html", bills=bills, links=my_links(viewer))


@bp.get("/bills/<ref:bill_id>")
@requires(subscriber)
def show_bill(bill_id: int) -> str:
    """Show one bill, line by line; prints on A4."""
    now = clock.now()
    with reading() as session:
        viewer = my_viewer(session, now=now)
        bill = get_bill(session, viewer, bill_id, now=now)
        profile = profile_card(session, viewer, now=now)
    return render_template(
        "site/bill.html", bill=bill, customer_name=profile.name, links=my_links(viewer), line_names=line_names_in(profile)
    )
