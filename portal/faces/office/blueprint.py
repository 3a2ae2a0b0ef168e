"""The back office's face: its blueprint and what every page of it is given."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from portal.faces.access import signed_in
from portal.faces.babel import gettext

bp = Blueprint("office", __name__)


@bp.context_processor
def page_frame() -> dict[str, Any]:
    """Give layouts their switches and the signed-in member's menu."""
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    session = signed_in()
    links = [{"label": gettext("Pick list"), "url": url_for("office.show_pick_list"), "icon": "printer"}]
    if session is not None and session.staff.role == "supervisor":
        links.append({"label": gettext("Counter"), "url": url_for("counter.show_desk"), "icon": "building-store"})
    return {
        "language_url": url_for("site.set_language"),
        "theme_url": url_for("site.set_theme"),
        "home_url": url_for("office.show_worklist"),
        "here": here,
        "account_links": links,
    }
