"""One's authenticator app: shown to be scanned, confirmed by a code, removed; and the recovery codes that stand in for it."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.qr import draw_qr
from portal.faces.site.blueprint import bp
from portal.faces.site.security import change_words
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.identity import (
    begin_authenticator,
    confirm_authenticator,
    get_authenticator_offer,
    remove_authenticator,
    renew_recovery_codes,
)


@bp.post("/me/security/authenticator")
@requires(subscriber, recent_proof=MINUTES_5)
def start_authenticator() -> Response:
    """Make a secret for an app, and go on to the page that shows it."""
    with writing() as db:
        begin_authenticator(db, portal().keys, me(), now=clock.now())
    return go(url_for("site.show_authenticator"))


@bp.get("/me/security/authenticator")
@requires(subscriber, recent_proof=MINUTES_5)
def show_authenticator() -> Response:
    """Show the secret to be scanned or typed, and ask for the code the app makes of it."""
    return _page(FormState())


@bp.post("/me/security/authenticator/confirm")
@requires(subscriber, recent_proof=MINUTES_5)
def keep_authenticator() -> Response:
    """Take the app as a factor once it shows a right code, and show the recovery codes, once."""
    state = FormState()
    codes: tuple[str, ...] = ()
    with state.catching(), writing() as db:
        said = change_words("authenticator_set")
        codes = confirm_authenticator(db, portal().keys, me(), code=request.form.get("code", "")[:64], said=said, now=clock.now())
    if state.errors:
        return _page(state)
    return _show_once(codes)


@bp.post("/me/security/authenticator/remove")
@requires(subscriber, recent_proof=MINUTES_5)
def drop_authenticator() -> Response:
    """Take the app's codes no more."""
    with writing() as db:
        remove_authenticator(db, me(), said=change_words("authenticator_removed"), now=clock.now())
    session["done"] = gettext("The authenticator app is removed. Other browsers were signed out.")
    return go(url_for("site.show_security"))


@bp.post("/me/security/recovery-codes")
@requires(subscriber, recent_proof=MINUTES_5)
def make_recovery_codes() -> Response:
    """Make ten new recovery codes; the ones of before are good for nothing any more."""
    with writing() as db:
        codes = renew_recovery_codes(db, portal().keys, me(), said=change_words("recovery_codes_made"), now=clock.now())
    return _show_once(codes)


@bp.get("/me/security/recovery-codes")
@requires(subscriber, recent_proof=MINUTES_5)
def show_recovery_codes() -> Response:
    """Show the codes that were just made. They are shown once: whoever comes again is sent on."""
    sealed = session.pop("codes", None)
    if sealed is None:
        return go(url_for("site.show_security"))
    with reading() as db:
        my_viewer(db, now=clock.now())
    codes = portal().keys.decrypt(sealed).split()
    return make_response(render_template("site/me/security/recovery_codes.html", codes=codes))


def _show_once(codes: tuple[str, ...]) -> Response:
    """Keep the codes for the next page alone, encrypted: the cookie they travel in is only signed."""
    session["codes"] = portal().keys.encrypt(" ".join(codes))
    return go(url_for("site.show_recovery_codes"))


def _page(state: FormState) -> Response:
    with reading() as db:
        my_viewer(db, now=clock.now())
        offer = get_authenticator_offer(db, portal().keys, me(), issuer=portal().settings.brand)
    page = render_template("site/me/security/authenticator.html", state=state, secret=_grouped(offer.secret), qr=draw_qr(offer.otpauth_uri))
    return make_response(page, state.status)


def _grouped(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
