"""Signing in with the password one chose for the site: the lowest level, or the third at once with a code of one's app."""

from __future__ import annotations

from datetime import datetime

from flask import Response, render_template, request, session, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.customers import Holder, find_holder
from portal.faces.access import anybody, requires
from portal.faces.babel import gettext
from portal.faces.code_words import app_code_words, wait_words
from portal.faces.forms import FormState, limited_page
from portal.faces.htmx import go
from portal.faces.parts import hasher, portal
from portal.faces.site.blueprint import bp
from portal.faces.site.security import change_words
from portal.faces.site.sign_in import begin, enter, next_page
from portal.faces.transactions import reading, writing
from portal.faces.visiting import visitor
from portal.identity import (
    FactorRight,
    FactorWrong,
    Limited,
    PasswordRight,
    check_authenticator_of,
    check_recovery_code_of,
    has_authenticator,
    record_web_password,
    verify,
    web_password_for,
)

MAX_TYPED = 2048
SECOND_SECONDS = 300
APP_DIGITS = 6


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
    """Sign in at the lowest level with it, or go on to the second factor of whoever has an authenticator app."""
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
        holder = answer.holder if isinstance(answer, PasswordRight) else None
        asks_more = holder is not None and has_authenticator(db, holder.party_id)
        started = begin(db, holder, level=1, methods=("pwd",)) if holder is not None and not asks_more else None
    if started is not None:
        return enter(started)
    if holder is not None:
        session["password_right"] = {"party": holder.party_id, "number": number, "at": clock.now().timestamp()}
        return go(url_for("site.ask_second_factor", next=next_page()))
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


@bp.get("/login/second")
@requires(anybody)
def ask_second_factor() -> Response:
    """Ask whoever gave the right password for a code of their app, or a recovery code in its place."""
    if _half_way() is None:
        return go(url_for("site.ask_number", next=next_page()))
    return _second_page(FormState())


@bp.post("/login/second")
@requires(anybody)
def take_second_factor() -> Response:
    """Sign in at the third level with it. The number must still be that person's."""
    holder_of, now = _half_way(), clock.now()
    if holder_of is None:
        return go(url_for("site.ask_number", next=next_page()))
    party_id, number = holder_of
    typed = "".join(request.form.get("factor", "")[:MAX_TYPED].split())
    with writing() as db:
        holder = find_holder(db, number)
        if holder is None or holder.party_id != party_id:
            return go(url_for("site.ask_number", next=next_page()))
        answer, method = _take_factor(db, holder, typed, now)
        started = begin(db, holder, level=3, methods=("pwd", method)) if answer is None else None
    if started is not None:
        return enter(started)
    if isinstance(answer, Limited):
        text = wait_words(answer)
    elif isinstance(answer, FactorWrong):
        text = app_code_words(answer)
    else:
        text = gettext("That is none of your recovery codes, or it was used before.")
    return _second_page(FormState(errors={"factor": text}), limited=answer if isinstance(answer, Limited) else None)


def _take_factor(db: Session, holder: Holder, typed: str, now: datetime) -> tuple[FactorWrong | Limited | bool | None, str]:
    """Take a code of the app, or the longer one that stands in for it: nothing where it was right, and how `amr` says it."""
    if len(typed) > APP_DIGITS:
        said = change_words("recovery_code_used")
        taken = check_recovery_code_of(db, portal().keys, holder, visitor(db, holder.number), code=typed, said=said, now=now)
        return None if taken is True else taken, "kba"
    answer = check_authenticator_of(db, portal().keys, holder.party_id, visitor(db, holder.number), code=typed, now=now)
    return None if isinstance(answer, FactorRight) else answer, "otp"


def _half_way() -> tuple[int, str] | None:
    """Give who gave the right password in this browser within the last minutes, and the number it was given for."""
    given = session.get("password_right")
    if given is None or given["number"] != session.get("number") or clock.now().timestamp() - given["at"] > SECOND_SECONDS:
        return None
    return given["party"], given["number"]


def _second_page(state: FormState, *, limited: Limited | None = None) -> Response:
    return limited_page(render_template("site/sign_in/second.html", state=state, next=next_page()), state, limited)
