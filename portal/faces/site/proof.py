"""Step-up: a further or a fresh proof, then back to exactly where one was (guard.md 7).

`level` in the address says only which ways lead on; what a route asks for is checked there.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Response, render_template, request, session, url_for

from portal.base import clock
from portal.base.privacy import mask_number
from portal.faces import cookies
from portal.faces.access import me, requires, safe_next, subscriber
from portal.faces.babel import gettext
from portal.faces.code_words import code_words, sent_words
from portal.faces.forms import FormState, limited_page
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.transactions import reading, writing
from portal.faces.visiting import end_flow, flow, visitor
from portal.faces.words import sentence
from portal.federation import find_provider_of_party
from portal.identity import (
    CODE_SENTENCES,
    CodeFor,
    CodeRight,
    CodeSent,
    Limited,
    Started,
    Way,
    check_code,
    level_of_message,
    list_factors,
    raise_level,
    send_code,
)

CODE, PASSKEY = 2, 4
COMPANY = "fed"
FIELDS: Mapping[str, Way] = {"code": "message", "factor": "authenticator", "password": "web_password"}


def next_page() -> str:
    """Give where to go once it is proved."""
    return safe_next(request.args.get("next"), url_for("site.show_home"))


def needed_level() -> int:
    """Give the level that is to be reached: 2 where nothing says more."""
    return min(max(request.args.get("level", CODE, type=int), CODE), PASSKEY)


def way_on(endpoint: str) -> str:
    """Give the address of a step of this proof; it knows where to go afterwards."""
    level = needed_level()
    return url_for(endpoint, next=next_page(), level=level if level > CODE else None)


@bp.get("/proof")
@requires(subscriber)
def ask_proof() -> Response:
    """Offer to send a code, or ask for the one that was sent."""
    return proof_page(FormState())


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
        return proof_page(FormState(errors={"": code_words(answer)}), limited=answer)
    return go(way_on("site.ask_proof"))


@bp.post("/proof")
@requires(subscriber)
def take_proof() -> Response:
    """Raise the session with the code; it goes on under a new token."""
    state = FormState()
    bound = CodeFor(flow(), me().number or "", "step_up")
    with state.catching(), writing() as db:
        now = clock.now()
        answer = check_code(db, portal().keys, bound, visitor(known=True), code=request.form.get("code", ""), now=now)
        believed = isinstance(answer, CodeRight) and level_of_message(db, answer.holder, settings=portal().settings, now=now) >= CODE
        started = raise_level(db, me(), level=CODE, now=now) if believed else None
    if state.errors:
        return proof_page(state)
    if started is None and isinstance(answer, CodeRight):
        state.errors[""] = gettext("The code was right, but the SIM of this number is new: for a while a code by message is not enough.")
        return proof_page(state)
    if started is None:
        state.errors["code"] = code_words(answer)
        return proof_page(state, limited=answer if isinstance(answer, Limited) else None)
    return proved(started)


def proved(started: Started) -> Response:
    """Send the reader back to where they were, with the session's new token."""
    target = next_page()
    end_flow()
    response = go(target)
    cookies.put(response, cookies.SUBSCRIBER, started.token)
    return response


def proof_page(state: FormState, *, limited: Limited | None = None) -> Response:
    """Show the ways to prove it, with what was wrong with the last try."""
    with reading() as db:
        factors = list_factors(db, me(), settings=portal().settings, now=clock.now())
        company = find_provider_of_party(db, me().party_id or 0) if COMPANY in me().methods else None
    ways = factors.ways_to(needed_level(), me())
    for field in FIELDS.keys() & state.errors:
        if FIELDS[field] not in ways:  # the form it stood on is not offered: it is said of the whole
            state.errors[""] = state.errors.pop(field)
    page = render_template(
        "site/proof.html",
        state=state,
        to=way_on,
        ways=ways,
        company=company if company is not None and company.level >= needed_level() else None,
        factors=factors,
        number=mask_number(me().number or ""),
        sent=session.get("proof_sent", False),
        note=session.pop("note", None),
        tray_url=url_for("tray.show_tray") if portal().settings.env != "production" else None,
    )
    return limited_page(page, state, limited)
