"""The counter's face: its blueprint and what every page of it is given."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from portal.faces.access import signed_in
from portal.faces.babel import gettext

bp = Blueprint("counter", __name__)


@bp.context_processor
def page_frame() -> dict[str, Any]:
    """Give layouts their switches and the signed-in member's menu."""
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    session = signed_in()
    links = (
        [{"label": gettext("To be picked up"), "url": url_for("counter.list_waiting_here"), "icon": "building-store"}] if session else []
    )
    if session is not None and session.staff.role == "supervisor":
        links.append({"label": gettext("Alerts"), "url": url_for("counter.list_unusual"), "icon": "alert-triangle"})
        links.append({"label": gettext("Order desk"), "url": url_for("office.show_worklist"), "icon": "shopping-bag"})
    return {
        "language_url": url_for("site.set_language"),
        "theme_url": url_for("site.set_theme"),
        "home_url": url_for("counter.show_desk"),
        "here": here,
        "account_links": links,
    }
