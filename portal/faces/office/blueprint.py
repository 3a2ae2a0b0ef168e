"""The back office's face: its blueprint and what every page of it is given."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from portal.faces.access import marketing, order_desk, signed_in, staff_home
from portal.faces.babel import gettext

bp = Blueprint("office", __name__)


@bp.context_processor
def page_frame() -> dict[str, Any]:
    """Give layouts their switches and the signed-in member's menu."""
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    session = signed_in()
    role = session.staff.role if session is not None else ""
    links = []
    if role in order_desk.roles:
        links.append({"label": gettext("Pick list"), "url": url_for("office.show_pick_list"), "icon": "printer"})
        links.append({"label": gettext("Payments compared"), "url": url_for("office.list_reconciliation"), "icon": "credit-card"})
    if role in marketing.roles:
        links.append({"label": gettext("Campaigns"), "url": url_for("office.list_campaigns"), "icon": "calendar"})
    if role == "supervisor":
        links.append({"label": gettext("Counter"), "url": url_for("counter.show_desk"), "icon": "building-store"})
    return {
        "language_url": url_for("site.set_language"),
        "theme_url": url_for("site.set_theme"),
        "home_url": staff_home(role) if role in ("administrator", "marketing") else url_for("office.show_worklist"),
        "here": here,
        "account_links": links,
    }
