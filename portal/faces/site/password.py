"""The service password: set, changed, or set anew when forgotten; always with a code not older than five minutes."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.privacy import show_number
from portal.customers import Holder, find_birth_date, find_holder
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.parts import hasher
from portal.faces.site.blueprint import bp
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import joined
from portal.identity import clean_pin, has_service_password, policy_faults, set_service_password


@bp.get("/me/password")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_new_password() -> Response:
    """Ask for a new service password."""
    return _page(FormState())


@bp.post("/me/password")
@requires(subscriber, recent_proof=MINUTES_5)
def keep_password() -> Response:
    """Keep the new service password, or say beside the field why not."""
    pin, again = clean_pin(request.form.get("password", "")), clean_pin(request.form.get("again", ""))
    with reading() as db:
        holder = _my_line(find_holder(db, me().number or ""))
        birth_date = find_birth_date(db, holder.party_id)
    faults = policy_faults(pin, number=holder.number, birth_date=birth_date)
    state = FormState()
    if faults:
        state.errors["password"] = joined(gettext(fault) for fault in faults)
    elif pin != again:
        state.errors["again"] = gettext("The two entries differ.")
    if state.errors:
        return _page(state)
    hashed = hasher().hash(pin)
    with writing() as db:
        set_service_password(db, holder, hashed, keep_session=me().id, channel="web", now=clock.now())
    session["done"] = gettext("Your service password is set. Other browsers were signed out.")
    return go(url_for("site.show_me"))


def _my_line(holder: Holder | None) -> Holder:
    if holder is None or holder.party_id != me().party_id:
        raise NotFound
    return holder


def _page(state: FormState) -> Response:
    with reading() as db:
        my_viewer(db, now=clock.now())
        holder = _my_line(find_holder(db, me().number or ""))
        has = has_service_password(db, holder)
    page = render_template("site/me/password.html", state=state, has_password=has, number=show_number(holder.number))
    return make_response(page, state.status)
