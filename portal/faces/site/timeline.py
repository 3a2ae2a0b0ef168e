"""What happened lately, on any channel."""

from __future__ import annotations

from flask import Response, request

from portal.base import clock
from portal.faces.access import requires, subscriber
from portal.faces.htmx import page_or_region
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_links, my_viewer
from portal.faces.transactions import reading
from portal.interactions import timeline_card

PAGE = 25


@bp.get("/activity")
@requires(subscriber)
def show_timeline() -> Response:
    """Show a page of the timeline; `before` continues an earlier one."""
    now = clock.now()
    with reading() as session:
        viewer = my_viewer(session, now=now)
        timeline = timeline_card(session, viewer, now=now, before=request.args.get("before"), limit=PAGE)
    return page_or_region("site/activity.html", "shared/interactions/_timeline_page.html", card=timeline, links=my_links(viewer))
