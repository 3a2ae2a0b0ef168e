"""The routes that serve anybody, and programs that bring a proof of their own: a list somebody has read."""

from __future__ import annotations

OAUTH = (
    "show_configuration", "show_server", "show_keys", "give_tokens", "show_person", "show_person_by_post", "tell_token",
    "take_token_back", "take_request", "begin_device", "draw_user_code", "register", "show_registration", "change_registration",
    "end_registration",
)  # fmt: skip
SCIM = (
    "show_config", "list_types", "show_type", "list_schemas", "show_schema", "list_users", "search_users", "list_all_groups",
    "search_groups", "list_everything", "search_everything", "create_user", "show_user", "replace_user", "modify_user",
    "remove_user", "create_group", "show_group", "replace_group", "modify_group", "remove_group", "change_many", "find_nothing",
    "post_nothing", "put_nothing", "patch_nothing", "delete_nothing",
)  # fmt: skip
SCIM_EXAMPLES: dict[str, dict[str, object]] = {
    **{f"scim.{name}": {"name": "User"} for name in ("show_type", "show_schema")},
    **{f"scim.{does}_{what}": {"ref": "0"} for does in ("show", "replace", "modify", "remove") for what in ("user", "group")},
    **{f"scim.{does}_nothing": {"rest": "Me"} for does in ("find", "post", "put", "patch", "delete")},
}
"""Directories' addresses: a token is the proof, and whose ids they hold is asked in tests/security/test_scim_isolation.py."""
OPEN_TO_ALL = {
    "public.tell_health", "public.tell_readiness", "public.show_metrics",
    "public.show_picture",  # of an offer, which everybody may see
    "public.take_notification",  # a provider of payments: its signature over the raw bytes is the proof
    "site.ask_number", "site.take_number", "site.ask_code", "site.take_code", "site.send_another_code",
    "site.offer_passkey", "site.take_passkey", "site.ask_own_password", "site.take_own_password",
    "site.ask_second_factor", "site.take_second_factor",
    "site.ask_password", "site.take_password", "site.set_language", "site.set_theme",
    "site.ask_company", "site.take_company", "site.show_company", "site.go_to_company", "site.come_back", "site.take_posted_answer",
    "site.arrive", "site.show_metadata",  # a company's provider: what comes back is proved by it, in the browser that set out
    "site.show_shop", "site.show_offer",  # what there is, at everybody's prices
    "site.list_public_sales", "site.show_sale", "site.tell_sale_state", "site.give_calendar", "site.give_draw", "site.show_presale",
    "counter.ask_login", "counter.take_login",
    "tray.show_tray", "tray.show_number", "tray.send_text",
    "ministore.show_frame", "ministore.show_colours", "ministore.take_assertion", "widgets.show_newest", "widgets.show_release",
    # what a site asks of a browser: without a sign-in it leads to one, and nothing is done without a form of ours
    "sso.ask", "sso.ask_by_form", "sso.leave", "sso.leave_by_form", "sso.confirm", "sso.show_left",
    # what programs call: each brings a proof of its own, or reads what is public
    *(f"oauth.{name}" for name in OAUTH),
    *(f"scim.{name}" for name in SCIM),
}  # fmt: skip
