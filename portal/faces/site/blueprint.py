"""The subscriber's face: its blueprint and what every page of it is given."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request, url_for

from portal.faces.access import signed_in
from portal.faces.babel import gettext

bp = Blueprint("site", __name__)

PARTS_OF = {
    "site.list_bills": ("site.show_bill",),
    "site.show_points": ("site.list_points_history", "site.show_gift", "site.take_details", "site.check_redemption", "site.redeem_gift"),
    "site.show_me": (
        "site.ask_new_password", "site.keep_password", "site.show_security", "site.ask_new_passkey", "site.keep_passkey",
        "site.show_passkey", "site.name_passkey", "site.show_authenticator", "site.keep_authenticator", "site.show_recovery_codes",
        "site.ask_web_password", "site.keep_web_password", "site.list_my_sessions", "site.list_my_sites", "site.list_looks_at_me",
        "site.list_my_orders", "site.show_order", "site.check_cancel",
    ),
}  # fmt: skip
"""Pages under a tab: it stays lit on them."""
OF_MONEY = ("site.list_bills", "site.show_points")
"""Tabs for those who see the customer's money, and so the points."""


@bp.context_processor
def page_frame() -> dict[str, Any]:
    """Give layouts their tabs and switches."""
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    tabs = [
        {
            "endpoint_url": url_for(endpoint),
            "icon": icon,
            "label": label,
            "current": request.endpoint in (endpoint, *PARTS_OF.get(endpoint, ())),
        }
        for endpoint, icon, label in (
            ("site.show_home", "home", gettext("Home")),
            ("site.list_bills", "receipt", gettext("Bills")),
            ("site.show_points", "gift", gettext("Points")),
            ("site.show_timeline", "history", gettext("Activity")),
            ("site.show_me", "user", gettext("Me")),
        )
        if endpoint not in OF_MONEY or g.get("sees_money", True)
    ]
    return {
        "tabs": tabs if signed_in() else [],
        "language_url": url_for("site.set_language"),
        "theme_url": url_for("site.set_theme"),
        "home_url": url_for("site.show_home"),
        "here": here,
        "account_links": [{"label": gettext("Me"), "url": url_for("site.show_me"), "icon": "user"}],
    }
