"""The subscriber's face: its blueprint and what every page of it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, g, request, url_for

from portal.customers import Viewer
from portal.faces.access import signed_in
from portal.faces.babel import gettext

bp = Blueprint("site", __name__)

PARTS_OF = {
    "site.show_home": ("site.show_timeline",),
    "site.list_bills": ("site.show_bill",),
    "site.show_points": ("site.list_points_history", "site.show_gift", "site.take_details", "site.check_redemption", "site.redeem_gift",
                         "site.ask_prize_code", "site.redeem_prize_code"),
    "site.show_shop": (
        "site.show_offer", "site.show_cart", "site.put_in_cart", "site.change_quantity", "site.enter_code", "site.ask_checkout",
        "site.take_checkout", "site.check_order", "site.send_order", "site.ask_payment", "site.go_and_pay", "site.wait_for_payment",
        "site.list_my_quotes", "site.show_quote", "site.send_quote_order", "site.list_public_sales", "site.show_sale", "site.ask_piece",
        "site.order_one_piece", "site.show_presale", "site.ask_rest", "site.order_one_rest",
    ),
    "site.show_me": (
        "site.list_my_addresses", "site.ask_new_address", "site.add_address", "site.show_address", "site.change_address",
        "site.ask_new_password", "site.keep_password", "site.show_security", "site.ask_new_passkey", "site.keep_passkey",
        "site.show_passkey", "site.name_passkey", "site.show_authenticator", "site.keep_authenticator", "site.show_recovery_codes",
        "site.ask_web_password", "site.keep_web_password", "site.list_my_sessions", "site.list_my_sign_ins",
        "site.list_my_sites", "site.list_looks_at_me", "site.list_my_orders", "site.show_order", "site.check_cancel",
        "site.choose_return", "site.send_return", "site.list_my_papers",
        "site.show_developers", "site.ask_new_site", "site.register_site", "site.show_my_site", "site.ask_site_change",
        "site.change_my_site", "site.ask_new_secret", "site.ask_site_end", "site.show_try", "site.take_try_code", "site.take_try_tokens",
        "site.show_people", "site.ask_invitation", "site.send_invitation", "site.show_person", "site.change_one_person",
        "site.ask_other_number", "site.take_other_number", "site.ask_link_code", "site.take_link_code", "site.ask_guard", "site.take_guard",
    ),
}  # fmt: skip
"""Pages under a tab: it stays lit on them."""
SHOWN_TO: Mapping[str, Callable[[Viewer], bool]] = {
    "site.list_bills": lambda viewer: viewer.money,
    "site.show_points": lambda viewer: viewer.may("points"),
}
"""Tabs that not everybody has who acts for a customer."""


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
            ("site.show_shop", "shopping-bag", gettext("Shop")),
            ("site.show_points", "gift", gettext("Points")),
            ("site.show_me", "user", gettext("Me")),
        )
        if endpoint not in SHOWN_TO or "viewer" not in g or SHOWN_TO[endpoint](g.viewer)
    ]
    return {
        "tabs": tabs if signed_in() else [],
        "language_url": url_for("site.set_language"),
        "theme_url": url_for("site.set_theme"),
        "home_url": url_for("site.show_home"),
        "here": here,
        "account_links": [{"label": gettext("Me"), "url": url_for("site.show_me"), "icon": "user"}],
    }
