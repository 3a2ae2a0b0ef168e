"""Letting a device in: its short code is typed where one is signed in, and what it wants is said before one agrees (RFC 8628 3.3)."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.faces.access import me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.code_words import wait_words
from portal.faces.forms import FormState, limited_page
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.sso.authorize import sign_in_of
from portal.faces.sso.blueprint import bp
from portal.faces.transactions import writing
from portal.identity import Limited, count_typed_code
from portal.openid import SCOPES, DeviceView, decide_device, find_device_by_user_code, open_client_session, subject_of

MAX_TYPED = 40
YES = "yes"


@bp.get("/oauth/device")
@requires(subscriber)
def ask_user_code() -> str:
    """Ask for the code that stands on the device; it is looked at when it is sent, never by opening a link."""
    typed = request.args.get("user_code", "")[:MAX_TYPED]
    return render_template("sso/device.html", state=FormState({"user_code": typed}), done=session.pop("done", None))


@bp.post("/oauth/device")
@requires(subscriber)
def take_user_code() -> Response:
    """Say what the device wants, if there is one that shows this code."""
    now, typed = clock.now(), request.form.get("user_code", "")[:MAX_TYPED]
    with writing() as db:
        limited = count_typed_code(db, me().party_id or 0, now=now)
        found = None if limited else find_device_by_user_code(db, portal().keys, typed, now=now)
    if found is not None:
        return make_response(_asking(found, typed))
    wrong = wait_words(limited) if limited else gettext("No device shows this code now. Look again; it may have changed.")
    return _page_again(FormState({"user_code": typed}, {"user_code": wrong}), limited)


@bp.post("/oauth/device/decide")
@requires(subscriber)
def decide_on_device() -> Response:
    """Let the device in, or not."""
    now, view, typed = clock.now(), me(), request.form.get("user_code", "")[:MAX_TYPED]
    yes = request.form.get("answer") == YES
    with writing() as db:
        found = find_device_by_user_code(db, portal().keys, typed, now=now)
        sign_in = None
        if found is not None and yes:
            subject = subject_of(portal().keys, found.client, view.party_id or 0)
            sid = open_client_session(db, found.client.id, session_id=view.id, subject=subject, now=now)
            sign_in = sign_in_of(view, subject, sid)
        decided = found is not None and decide_device(db, portal().keys, typed, sign_in, now=now)
    if not decided:
        gone = gettext("No device shows this code now. Look again; it may have changed.")
        return _page_again(FormState({"user_code": typed}, {"user_code": gone}), None)
    session["done"] = gettext("The device goes on by itself now.") if yes else gettext("The device was not let in.")
    return go(url_for("sso.ask_user_code"))


def _asking(found: DeviceView, typed: str) -> str:
    lets = [gettext(scope.sentence) for name, scope in SCOPES.items() if name in found.scopes]
    return render_template("sso/device_consent.html", client_name=found.client.name, lets=lets, user_code=typed)


def _page_again(state: FormState, limited: Limited | None) -> Response:
    return limited_page(render_template("sso/device.html", state=state, done=None), state, limited)
