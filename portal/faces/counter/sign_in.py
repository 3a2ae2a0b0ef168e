"""Staff sign in with login, password and the authenticator's code, all in one form: no answer tells which was wrong."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, url_for

from portal.base import clock
from portal.faces import cookies
from portal.faces.access import any_staff, anybody, me, requires, safe_next, staff_home
from portal.faces.babel import gettext
from portal.faces.code_words import wait_words
from portal.faces.counter.blueprint import bp
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.parts import hasher, portal
from portal.faces.transactions import reading, writing
from portal.faces.visiting import end_flow, visitor
from portal.identity import (
    Limited,
    StaffIn,
    end_session,
    find_session,
    record_staff_attempt,
    staff_to_verify,
    start_staff_session,
    verify,
)


@bp.get("/login")
@requires(anybody)
def ask_login() -> Response:
    """Ask for login, password and code."""
    return _page(FormState({"login": ""}))


@bp.post("/login")
@requires(anybody)
def take_login() -> Response:
    """Sign in, or say that it does not fit."""
    who = visitor()
    with reading() as db:
        given = staff_to_verify(db, request.form.get("login", ""), who, now=clock.now())
    if isinstance(given, Limited):
        return _limited(given)
    right = verify(given.hash, request.form.get("password", "")[:1024], hasher())
    now = clock.now()
    with writing() as db:
        answer = record_staff_attempt(db, portal().keys, given, who, password_right=right, totp=request.form.get("code", "")[:40], now=now)
        if isinstance(answer, StaffIn):
            old = request.cookies.get(cookies.STAFF)
            started = start_staff_session(db, answer.staff_id, who, settings=portal().settings, now=now, old_token=old)
            signed_in = find_session(db, started.token, "staff", now=now)
    if isinstance(answer, Limited):
        return _limited(answer)
    if not isinstance(answer, StaffIn):
        state = typed("login")
        state.errors["login"] = gettext("Login, password and code do not belong together, or the code was used before.")
        return _page(state)
    target = safe_next(request.args.get("next"), staff_home(signed_in.staff.role if signed_in else None))
    end_flow()
    response = go(target)
    cookies.put(response, cookies.STAFF, started.token)
    return response


@bp.post("/logout")
@requires(any_staff)
def sign_out() -> Response:
    """Sign out; open customers are masked again with the session."""
    with writing() as db:
        end_session(db, me(), now=clock.now())
    end_flow()
    response = go(url_for("counter.ask_login"))
    cookies.drop(response, cookies.STAFF)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _limited(limited: Limited) -> Response:
    state = typed("login")
    state.errors["login"] = wait_words(limited)
    response = _page(state)
    response.status_code = 429
    response.headers["Retry-After"] = str(limited.retry_after_seconds)
    return response


def _page(state: FormState) -> Response:
    page = render_template("counter/sign_in.html", state=state, next=safe_next(request.args.get("next"), "") or None)
    return make_response(page, state.status)
