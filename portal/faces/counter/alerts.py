"""What supervisors are told: frequent reasons, unusually many looks."""

from __future__ import annotations

from flask import render_template

from portal.base import clock
from portal.faces.access import me, requires, supervisor
from portal.faces.counter.blueprint import bp
from portal.faces.counter.tabs import my_tabs, tab_items
from portal.faces.transactions import reading
from portal.identity import ALERT_SENTENCES, list_alerts


@bp.get("/alerts")
@requires(supervisor)
def list_unusual() -> str:
    """Show the newest alerts."""
    with reading() as session:
        alerts = list_alerts(session, me().staff)
        tabs = my_tabs(session, me(), now=clock.now())
    return render_template("counter/alerts.html", alerts=alerts, sentences=ALERT_SENTENCES, open_customers=tab_items(tabs))
