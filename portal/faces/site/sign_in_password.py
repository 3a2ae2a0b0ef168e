"""Signing in with the service password: the lowest level, enough to see, never to move money or change contacts."""

from __future__ import annotations

from flask import Response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import TooMany
from portal.faces.access import anybody, requires
from portal.faces.babel import gettext
from portal.faces.code_words import wait_words
from portal.faces.forms import FormState, limited_page
from portal.faces.htmx import go
from portal.faces.parts import hasher
from portal.faces.site.blueprint import bp
from portal.faces.site.sign_in import begin, enter, next_page, send_and_go
from portal.faces.transactions import reading, writing
from portal.faces.visiting import visitor
from portal.identity import (
    Limited,
    PasswordRight,
    clean_pin,
    password_hash_for,
    password_hash_unseen,
    record_password_outcome,
    verify,
)

MAX_TYPED = 200


@bp.get("/login/password")
@requires(anybody)
def ask_password() -> Response:
    """Ask for the service password."""
    if "number" not in session:
        return go(url_for("site.ask_number", next=next_page()))
    return _password_page(FormState())


@bp.post("/login/password")
@requires(anybody)
def take_password() -> Response:
    """Sign in at the lowest level with the service password, or use it to be sent a code where both ways are spent."""
    number = session.get("number")
    if number is None:
        return go(url_for("site.ask_number", next=next_page()))
    pin = clean_pin(request.form.get("password", "")[:MAX_TYPED])
    if session.get("vouching"):
        return _vouch(number, pin)
    now = clock.now()
    with reading() as db:
        given = password_hash_for(db, number, visitor(), now=now)
    if isinstance(given, Limited):
        return _password_limited(given)
    right = verify(given.hash, pin, hasher())
    with writing() as db:
        answer = record_password_outcome(db, given, right=right, now=clock.now())
        started = begin(db, answer.holder, level=1) if isinstance(answer, PasswordRight) else None
    if started is not None:
        return enter(started)
    if isinstance(answer, Limited):
        return _password_limited(answer)
    wrong = gettext("That number and service password do not belong together.")
    return _password_page(FormState(errors={"password": wrong}))


def _vouch(number: str, pin: str) -> Response:
    """Let a service password open a code, without telling whether it was right: only then is the code sent."""
    with writing() as db:
        given = password_hash_unseen(db, number, visitor(db, number), now=clock.now())
    if isinstance(given, Limited):
        raise TooMany(wait_words(given), retry_after_seconds=given.retry_after_seconds)
    return send_and_go(vouched=verify(given.hash, pin, hasher()))


def _password_page(state: FormState, *, limited: Limited | None = None) -> Response:
    page = render_template("site/sign_in/password.html", state=state, next=next_page(), note=session.pop("note", None))
    return limited_page(page, state, limited)


def _password_limited(limited: Limited) -> Response:
    if limited.other_way == "code":
        text = gettext("This was tried too often with this number. Sign in with a code instead.")
    else:
        text = wait_words(limited)
    return _password_page(FormState(errors={"password": text}), limited=limited)
