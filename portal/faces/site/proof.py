"""Step-up: a code to the number one signed in with, then back to exactly where one was (guard.md 7)."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.privacy import mask_number
from portal.faces import cookies
from portal.faces.access import me, requires, safe_next, subscriber
from portal.faces.code_words import code_words, sent_words
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.transactions import writing
from portal.faces.visiting import end_flow, flow, visitor
from portal.faces.words import sentence
from portal.identity import CODE_SENTENCES, CodeFor, CodeRight, CodeSent, Limited, check_code, raise_level, send_code


def next_page() -> str:
    """Give where to go once it is proved."""
    return safe_next(request.args.get("next"), url_for("site.show_home"))


@bp.get("/proof")
@requires(subscriber)
def ask_proof() -> Response:
    """Offer to send a code, or ask for the one that was sent."""
    return _page(FormState())


@bp.post("/proof/code")
@requires(subscriber)
def send_proof() -> Response:
    """Send a code to the number of this session."""
    with writing() as db:
        answer = send_code(
            db,
            portal().keys,
            CodeFor(flow(), me().number or "", "step_up"),
            visitor(known=True),
            now=clock.now(),
            base_host=urlsplit(portal().settings.base_url).hostname,
            sentence=sentence(CODE_SENTENCES["step_up"]),
        )
    if isinstance(answer, CodeSent):
        session["proof_sent"] = True
    elif session.get("proof_sent"):
        session["note"] = sent_words(answer)
    else:
        return _page(FormState(errors={"": code_words(answer)}), limited=answer)
    return go(url_for("site.ask_proof", next=next_page()))


@bp.post("/proof")
@requires(subscriber)
def take_proof() -> Response:
    """Raise the session with the code; it goes on under a new token."""
    state = FormState()
    bound = CodeFor(flow(), me().number or "", "step_up")
    with state.catching(), writing() as db:
        now = clock.now()
        answer = check_code(db, portal().keys, bound, visitor(known=True), code=request.form.get("code", ""), now=now)
        started = raise_level(db, me(), level=2, now=now) if isinstance(answer, CodeRight) else None
    if state.errors:
        return _page(state)
    if started is None:
        state.errors["code"] = code_words(answer)
        return _page(state, limited=answer if isinstance(answer, Limited) else None)
    target = next_page()
    end_flow()
    response = go(target)
    cookies.put(response, cookies.SUBSCRIBER, started.token)
    return response


def _page(state: FormState, *, limited: Limited | None = None) -> Response:
    page = render_template(
        "site/proof.html",
        state=state,
        next=next_page(),
        number=mask_number(me().number or ""),
        sent=session.get("proof_sent", False),
        note=session.pop("note", None),
        tray_url=url_for("tray.show_tray") if portal().settings.env != "production" else None,
    )
    response = make_response(page, 429 if limited else state.status)
    if limited:
        response.headers["Retry-After"] = str(limited.retry_after_seconds)
    return response
