"""Signing in with the password one chose for the site: the lowest level, until a second factor is added."""

from __future__ import annotations

from flask import Response, render_template, request, session, url_for

from portal.base import clock
from portal.faces.access import anybody, requires
from portal.faces.babel import gettext
from portal.faces.code_words import wait_words
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.parts import hasher
from portal.faces.site.blueprint import bp
from portal.faces.site.sign_in import begin, enter, limited_page, next_page
from portal.faces.transactions import reading, writing
from portal.faces.visiting import visitor
from portal.identity import Limited, PasswordRight, record_web_password, verify, web_password_for

MAX_TYPED = 2048


@bp.get("/login/own-password")
@requires(anybody)
def ask_own_password() -> Response:
    """Ask for the password one chose."""
    if "number" not in session:
        return go(url_for("site.ask_number", next=next_page()))
    return _page(FormState())


@bp.post("/login/own-password")
@requires(anybody)
def take_own_password() -> Response:
    """Sign in at the lowest level with it: what costs money asks for a second factor."""
    number = session.get("number")
    if number is None:
        return go(url_for("site.ask_number", next=next_page()))
    with reading() as db:
        given = web_password_for(db, number, visitor(), now=clock.now())
    if isinstance(given, Limited):
        return _limited(given)
    right = verify(given.hash, request.form.get("password", "")[:MAX_TYPED], hasher())
    with writing() as db:
        answer = record_web_password(db, given, right=right, now=clock.now())
        started = begin(db, answer.holder, level=1, methods=("pwd",)) if isinstance(answer, PasswordRight) else None
    if started is not None:
        return enter(started)
    if isinstance(answer, Limited):
        return _limited(answer)
    return _page(FormState(errors={"password": gettext("That number and password do not belong together.")}))


def _page(state: FormState, *, limited: Limited | None = None) -> Response:
    return limited_page(render_template("site/sign_in/own_password.html", state=state, next=next_page()), state, limited)


def _limited(limited: Limited) -> Response:
    if limited.other_way == "code":
        text = gettext("This was tried too often with this number. Sign in with a code instead.")
    else:
        text = wait_words(limited)
    return _page(FormState(errors={"password": text}), limited=limited)
