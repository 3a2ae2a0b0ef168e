"""Where one is signed in: each browser, and how to end it; and the sign-ins of late."""

from __future__ import annotations

from flask import Response, render_template, session, url_for

from portal.base import clock
from portal.base.errors import N_
from portal.faces.access import me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.htmx import go
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.identity import end_listed_session, end_other_sessions, list_sessions, list_sign_ins

METHODS = {
    "code": N_("Code by message"), "service_password": N_("Service password"), "passkey": N_("Passkey"),
    "web_password": N_("Password"), "totp": N_("Authenticator app"), "recovery_code": N_("Recovery code"),
}  # fmt: skip


@bp.get("/me/sessions")
@requires(subscriber, level=2)
def list_my_sessions() -> str:
    """Show each signed-in browser and the sign-ins of late."""
    party_id, now = me().party_id or 0, clock.now()
    with reading() as db:
        my_viewer(db, now=now)
        sessions = list_sessions(db, party_id, now=now)
        sign_ins = list_sign_ins(db, party_id)
    return render_template(
        "site/me/sessions.html", sessions=sessions, sign_ins=sign_ins, method_names=METHODS, done=session.pop("done", None)
    )


@bp.post("/me/sessions/<ref:session_id>/end")
@requires(subscriber, level=2)
def end_one_session(session_id: int) -> Response:
    """End one of one's own sessions."""
    with writing() as db:
        end_listed_session(db, me().party_id or 0, session_id, now=clock.now())
    session["done"] = gettext("That browser is signed out.")
    return go(url_for("site.list_my_sessions"))


@bp.post("/me/sessions/end-others")
@requires(subscriber, level=2)
def end_others() -> Response:
    """End all of one's sessions but this one."""
    with writing() as db:
        end_other_sessions(db, party_id=me().party_id or 0, keep=me().id, now=clock.now())
    session["done"] = gettext("All other browsers are signed out.")
    return go(url_for("site.list_my_sessions"))
