"""Signing in: number first, then a code or the service password; and signing out."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Response, make_response, render_template, request, session, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.errors import TooMany
from portal.customers import Holder, parse_number
from portal.faces import cookies
from portal.faces.access import anybody, me, requires, safe_next, subscriber
from portal.faces.babel import gettext
from portal.faces.code_words import code_words, sent_words, wait_words
from portal.faces.forms import FormState, limited_page, typed
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.transactions import writing
from portal.faces.visiting import end_flow, flow, visitor
from portal.faces.words import sentence
from portal.identity import (
    CODE_SENTENCES,
    NEW_DEVICE,
    CodeExpired,
    CodeFor,
    CodeRight,
    CodeSent,
    Limited,
    Started,
    check_code,
    end_session,
    level_of_message,
    send_code,
    start_session,
    tell_new_device,
)


def next_page() -> str | None:
    """Give where to go after signing in, if that is a page of ours."""
    return safe_next(request.args.get("next"), "") or None


@bp.get("/login")
@requires(anybody)
def ask_number() -> str:
    """Ask for the number, or for a passkey: the browser gets its cookie now, which the passkey's question is bound to."""
    cookies.device_id()
    known = FormState({"number": session.get("login_hint", "")})  # what a site that sent the reader here says of them
    return render_template("site/sign_in/number.html", state=known, next=next_page())


@bp.post("/login")
@requires(anybody)
def take_number() -> Response:
    """Take the number, in any spelling, and go on by the way that was chosen."""
    state = typed("number")
    with state.catching():
        session["number"] = parse_number(request.form.get("number", ""), portal().settings.country)
    if state.errors:
        page = render_template("site/sign_in/number.html", state=state, next=next_page())
        return make_response(page, state.status)
    if request.form.get("way") == "password":
        return go(url_for("site.ask_password", next=next_page()))
    return send_and_go()


@bp.get("/login/code")
@requires(anybody)
def ask_code() -> Response:
    """Ask for the code that was sent."""
    if "number" not in session:
        return go(url_for("site.ask_number", next=next_page()))
    return _code_page(FormState())


@bp.post("/login/code/another")
@requires(anybody)
def send_another_code() -> Response:
    """Send one more code; earlier ones stay good for their own time."""
    if "number" not in session:
        return go(url_for("site.ask_number", next=next_page()))
    return send_and_go()


@bp.post("/login/code")
@requires(anybody)
def take_code() -> Response:
    """Sign in with the code, or say what is wrong with it."""
    number = session.get("number")
    if number is None:
        return go(url_for("site.ask_number", next=next_page()))
    state = FormState()
    now = clock.now()
    with state.catching(), writing() as db:
        answer = check_code(
            db, portal().keys, CodeFor(flow(), number, "sign_in"), visitor(db, number), code=request.form.get("code", ""), now=now
        )
        started = begin_by_message(db, answer.holder) if isinstance(answer, CodeRight) else None
    if state.errors:
        return _code_page(state)
    if started is not None:
        return enter(started)
    if isinstance(answer, CodeExpired):
        return send_and_go(note=gettext("That code has expired. Another one is on its way."))
    state.errors["code"] = code_words(answer)
    return _code_page(state, limited=answer if isinstance(answer, Limited) else None)


@bp.post("/logout")
@requires(subscriber)
def sign_out() -> Response:
    """Sign out here."""
    with writing() as db:
        end_session(db, me(), now=clock.now())
    end_flow()
    response = go(url_for("site.ask_number"))
    cookies.drop(response, cookies.SUBSCRIBER)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def send_and_go(*, note: str | None = None, vouched: bool | None = None) -> Response:
    """Send a code to the number of this flow and go on to the page that asks for it."""
    number = str(session["number"])
    with writing() as db:
        answer = send_code(
            db,
            portal().keys,
            CodeFor(flow(), number, "sign_in"),
            visitor(db, number),
            now=clock.now(),
            base_host=urlsplit(portal().settings.base_url).hostname,
            sentence=sentence(CODE_SENTENCES["sign_in"]),
            vouched=vouched,
        )
    if isinstance(answer, CodeSent):
        session["code_sent"] = True
        session.pop("vouching", None)
        session["note"] = note
        return go(url_for("site.ask_code", next=next_page()))
    if answer.other_way == "service_password":
        session["vouching"] = True
        session["note"] = gettext("Many codes were asked for with this number. Enter its service password first; then a code is sent.")
        return go(url_for("site.ask_password", next=next_page()))
    if session.get("code_sent"):  # a second click within the pause: the code is on its way already
        session["note"] = sent_words(answer)
        return go(url_for("site.ask_code", next=next_page()))
    raise TooMany(wait_words(answer), retry_after_seconds=answer.retry_after_seconds)


def begin(db: Session, holder: Holder, *, level: int, methods: Sequence[str] | None = None) -> Started:
    """Start the session under a new token, in the transaction that took the proof; the one the browser came with is over."""
    old_token = request.cookies.get(cookies.SUBSCRIBER)
    now, settings, who = clock.now(), portal().settings, visitor()
    started = start_session(db, holder, who, level=level, methods=methods, settings=settings, now=now, old_token=old_token)
    if started.is_new_device:
        device = who.label or gettext("a browser that does not say which it is")
        said = sentence(NEW_DEVICE, device=device, support=settings.support_number)
        tell_new_device(db, holder, who.device_id, said, now=now)
    return started


def begin_by_message(db: Session, holder: Holder) -> Started:
    """Start the session that a code by message opens: level 1 while the number's SIM is new."""
    level = level_of_message(db, holder, settings=portal().settings, now=clock.now())
    return begin(db, holder, level=level, methods=("sms",))


def enter(started: Started) -> Response:
    """Send the reader in with the session's token; the sign-in under way is over."""
    target = next_page() or url_for("site.show_home")
    end_flow()
    response = go(target)
    cookies.put(response, cookies.SUBSCRIBER, started.token)
    return response


def _code_page(state: FormState, *, limited: Limited | None = None) -> Response:
    tray = portal().settings.env != "production"
    page = render_template(
        "site/sign_in/code.html",
        state=state,
        next=next_page(),
        note=session.pop("note", None),
        tray_url=url_for("tray.show_tray") if tray else None,
    )
    return limited_page(page, state, limited)
