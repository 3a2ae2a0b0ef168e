"""The routes that serve anybody, and programs that bring a proof of their own: a list somebody has read."""

from __future__ import annotations

OAUTH = (
    "show_configuration", "show_server", "show_keys", "give_tokens", "show_person", "show_person_by_post", "tell_token",
    "take_token_back", "take_request", "begin_device", "draw_user_code", "register", "show_registration", "change_registration",
    "end_registration",
)  # fmt: skip
OPEN_TO_ALL = {
    "public.tell_health", "public.tell_readiness", "public.show_metrics",
    "site.ask_number", "site.take_number", "site.ask_code", "site.take_code", "site.send_another_code",
    "site.offer_passkey", "site.take_passkey", "site.ask_own_password", "site.take_own_password",
    "site.ask_password", "site.take_password", "site.set_language", "site.set_theme",
    "counter.ask_login", "counter.take_login",
    "tray.show_tray", "tray.show_number",
    "ministore.show_frame", "ministore.show_colours", "ministore.take_assertion", "widgets.show_newest", "widgets.show_release",
    # what a site asks of a browser: without a sign-in it leads to one, and nothing is done without a form of ours
    "sso.ask", "sso.ask_by_form", "sso.leave", "sso.leave_by_form", "sso.confirm", "sso.show_left",
    # what programs call: each brings a proof of its own, or reads what is public
    *(f"oauth.{name}" for name in OAUTH),
}  # fmt: skip
