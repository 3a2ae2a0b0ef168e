"""The password one chooses for the site: set, changed, removed; always with a proof not older than five minutes."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.parts import hasher, portal
from portal.faces.site.blueprint import bp
from portal.faces.site.security import change_words
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import joined
from portal.identity import list_factors, remove_web_password, set_web_password, web_password_faults

MAX_TYPED = 2048


@bp.get("/me/security/password")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_web_password() -> Response:
    """Ask for a new password."""
    return _page(FormState())


@bp.post("/me/security/password")
@requires(subscriber, recent_proof=MINUTES_5)
def keep_web_password() -> Response:
    """Keep the new password, or say beside the field why not."""
    password = request.form.get("password", "")[:MAX_TYPED]
    faults = web_password_faults(password, number=me().number or "", name=me().party_name)
    if faults:
        return _page(FormState(errors={"password": joined(gettext(fault) for fault in faults)}))
    hashed = hasher().hash(password)
    with writing() as db:
        set_web_password(db, me(), hashed, said=change_words("web_password_set"), now=clock.now())
    session["done"] = gettext("Your password is set. Other browsers were signed out.")
    return go(url_for("site.show_security"))


@bp.post("/me/security/password/remove")
@requires(subscriber, recent_proof=MINUTES_5)
def drop_web_password() -> Response:
    """Take the password no more."""
    with writing() as db:
        remove_web_password(db, me(), said=change_words("web_password_removed"), now=clock.now())
    session["done"] = gettext("The password is removed. Other browsers were signed out.")
    return go(url_for("site.show_security"))


def _page(state: FormState) -> Response:
    now = clock.now()
    with reading() as db:
        my_viewer(db, now=now)
        factors = list_factors(db, me(), settings=portal().settings, now=now)
    page = render_template("site/me/security/password.html", state=state, has_password=factors.web_password_since is not None)
    return make_response(page, state.status)
