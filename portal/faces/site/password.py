"""The service password: set, changed, or set anew when forgotten; always with a proof not older than five minutes.

Who has forgotten it needs a second proof besides: another factor, a browser known for long, or an activation from a hall.
"""

from __future__ import annotations

from flask import Response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.privacy import show_number
from portal.customers import Holder, find_birth_date, find_holder
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.code_words import wait_words
from portal.faces.forms import FormState, limited_page
from portal.faces.htmx import go
from portal.faces.parts import hasher, portal
from portal.faces.site.blueprint import bp
from portal.faces.site.security import change_words
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.words import joined
from portal.identity import (
    ACTIVATION_MINUTES,
    SETTLED_DAYS,
    Limited,
    clean_pin,
    find_ground,
    policy_faults,
    set_own_service_password,
)

MAX_TYPED = 100


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
    typed_in = request.form.get("activation", "")[:MAX_TYPED]
    with writing() as db:
        said = change_words("service_password_set")
        answer = set_own_service_password(db, portal().keys, me(), hashed, activation=typed_in, said=said, now=clock.now())
    if answer is not True:
        return _refused(typed_in, answer)
    session["done"] = gettext("Your service password is set. Other browsers were signed out.")
    return go(url_for("site.show_me"))


def _refused(typed_in: str, answer: Limited | bool) -> Response:
    if isinstance(answer, Limited):
        return _page(FormState(errors={"activation": wait_words(answer)}), limited=answer)
    if typed_in.strip():
        text = gettext("That is not the activation the hall gave you, or its time is over.")
    else:
        text = gettext("Enter the activation a hall gave you.")
    return _page(FormState(errors={"activation": text}))


def _my_line(holder: Holder | None) -> Holder:
    if holder is None or holder.party_id != me().party_id:
        raise NotFound
    return holder


def _page(state: FormState, *, limited: Limited | None = None) -> Response:
    now = clock.now()
    with reading() as db:
        my_viewer(db, now=now)
        holder = _my_line(find_holder(db, me().number or ""))
        ground = find_ground(db, me(), now=now)
    if ground.proof is not None:
        state.errors.pop("activation", None)
    page = render_template(
        "site/me/password.html",
        state=state,
        ground=ground,
        has_password=ground.proof != "first",
        number=show_number(holder.number),
        settled_days=SETTLED_DAYS,
        minutes=ACTIVATION_MINUTES,
    )
    return limited_page(page, state, limited)
