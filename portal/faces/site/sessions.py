"""Where one is signed in: each browser, and how to end it; and the sign-ins of late."""

from __future__ import annotations

from ipaddress import ip_address

from flask import Response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import N_
from portal.base.ids import from_ref, to_ref
from portal.faces.access import me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.htmx import go
from portal.faces.language import language
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.identity import end_listed_session, end_other_sessions, list_sessions, list_sign_ins
from portal.openid import list_told_by_session

METHODS = {
    "code": N_("Code by message"), "service_password": N_("Service password"), "passkey": N_("Passkey"),
    "company": N_("Your company’s sign-in"), "web_password": N_("Password"), "totp": N_("Authenticator app"),
    "recovery_code": N_("Recovery code"),
}  # fmt: skip

NEWEST_FEW, A_PAGE = 10, 30


@bp.get("/me/sessions")
@requires(subscriber, level=2)
def list_my_sessions() -> str:
    """Show each signed-in browser and the sign-ins of late."""
    party_id, now = me().party_id or 0, clock.now()
    with reading() as db:
        my_viewer(db, now=now)
        sessions = list_sessions(db, party_id, now=now)
        sites = list_told_by_session(db, [each.id for each in sessions])
        sign_ins = list_sign_ins(db, party_id, limit=NEWEST_FEW)
    return render_template(
        "site/me/sessions.html",
        sessions=sessions,
        sites=sites,
        sign_ins=sign_ins,
        method_names=METHODS,
        place=place_of,
        done=session.pop("done", None),
    )


@bp.get("/me/sign-ins")
@requires(subscriber, level=2)
def list_my_sign_ins() -> str:
    """Show every attempt to sign in, a page at a time, the newest first."""
    with reading() as db:
        my_viewer(db, now=clock.now())
        found = list_sign_ins(db, me().party_id or 0, before=_before(), limit=A_PAGE + 1)
    older = to_ref(found[A_PAGE - 1].id) if len(found) > A_PAGE else None
    return render_template("site/me/sign_ins.html", sign_ins=found[:A_PAGE], older=older, method_names=METHODS, place=place_of)


def place_of(address: str) -> str:
    """Say where an address lies as far as the operator's list of networks tells: nobody else is asked, and nothing is guessed.

    What the list does not know of this machine, or of a network of one's own, is said to be that; any other address stands alone.
    """
    place = portal().settings.places.find(address)
    if place is not None:
        return gettext("%(place)s (%(address)s)", place=place.name(language()), address=address)
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.is_loopback:
        return gettext("This computer (%(address)s)", address=address)
    return gettext("A private network (%(address)s)", address=address) if not found.is_global else address


def _before() -> int | None:
    """Give the attempt after which the page goes on; an address that names none begins anew."""
    try:
        return from_ref(request.args.get("before", "")) or None
    except ValueError:
        return None


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
