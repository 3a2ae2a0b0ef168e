"""Linking another login of one's own: its number, the code sent there, and what else guards it; undone from either side at once."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import N_, NotFound, Refused
from portal.base.privacy import mask_number
from portal.customers import Holder, find_holder, parse_number
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.code_words import code_words, sent_words, wait_words
from portal.faces.forms import FormState, limited_page, typed
from portal.faces.htmx import go
from portal.faces.parts import hasher, portal
from portal.faces.site.blueprint import bp
from portal.faces.site.people_words import told
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.visiting import flow, visitor
from portal.faces.words import sentence
from portal.identity import (
    CODE_SENTENCES,
    CodeFor,
    CodeRight,
    CodeSent,
    Limited,
    LinkTexts,
    PasswordRight,
    check_code,
    check_linkable,
    clean_pin,
    find_guard,
    link_logins,
    password_hash_for,
    record_password_outcome,
    record_web_password,
    send_code,
    unlink_logins,
    verify,
    web_password_for,
)

LINKED = N_("This number was linked with your login of %(number)s: each acts for both. If it was not you, call %(support)s now.")
UNLINKED = N_("The link between your logins was undone. If it was not you, call %(support)s now.")
MAX_TYPED = 2048


@bp.get("/me/people/link")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_other_number() -> Response:
    """Ask for the other number."""
    return _page("number", FormState())


@bp.post("/me/people/link")
@requires(subscriber, recent_proof=MINUTES_5)
def take_other_number() -> Response:
    """Send a code to the other number. Whether anybody holds it is not told."""
    state = typed("number")
    with state.catching(), reading() as db:
        number = parse_number(request.form.get("number", ""), portal().settings.country)
        check_linkable(db, me(), number)
    if state.errors:
        return _page("number", state)
    session["link_number"] = number
    return _send()


@bp.post("/me/people/link/another")
@requires(subscriber, recent_proof=MINUTES_5)
def send_another_link_code() -> Response:
    """Send one more code to the other number."""
    return _send() if "link_number" in session else go(url_for("site.ask_other_number"))


@bp.get("/me/people/link/code")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_link_code() -> Response:
    """Ask for the code that was sent to the other number."""
    return _page("code", FormState()) if "link_number" in session else go(url_for("site.ask_other_number"))


@bp.post("/me/people/link/code")
@requires(subscriber, recent_proof=MINUTES_5)
def take_link_code() -> Response:
    """Take the code, and link, or go on to what else guards the number."""
    number, state, now = session.get("link_number"), FormState(), clock.now()
    if number is None:
        return go(url_for("site.ask_other_number"))
    bound = CodeFor(flow(), number, "link")
    with state.catching(), writing() as db:
        answer = check_code(db, portal().keys, bound, visitor(db, number), code=request.form.get("code", ""), now=now)
    if state.errors:
        return _page("code", state)
    if not isinstance(answer, CodeRight):
        state.errors["code"] = code_words(answer)
        return _page("code", state, limited=answer if isinstance(answer, Limited) else None)
    holder = answer.holder
    session["link_proved"] = [holder.number, holder.customer_id, holder.subscription_id, holder.party_id, int(now.timestamp())]
    try:
        with reading() as db:
            guard = find_guard(db, holder, settings=portal().settings, now=now)
    except Refused as refusal:
        return _over(sentence(refusal))
    return go(url_for("site.ask_guard")) if guard is not None else _link(holder)


@bp.get("/me/people/link/password")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_guard() -> Response:
    """Ask for the other number's own password besides the code."""
    return _page("guard", FormState()) if _proved() is not None else go(url_for("site.ask_other_number"))


@bp.post("/me/people/link/password")
@requires(subscriber, recent_proof=MINUTES_5)
def take_guard() -> Response:
    """Take that password, counted as at its sign-in, and link."""
    holder = _proved()
    if holder is None:
        return go(url_for("site.ask_other_number"))
    try:
        with reading() as db:
            guard = find_guard(db, holder, settings=portal().settings, now=clock.now())
    except Refused as refusal:
        return _over(sentence(refusal))
    refused = _try(holder, is_pin=guard == "service_password") if guard is not None else None
    return _link(holder) if refused is None else refused


@bp.post("/me/people/links/<ref:party_id>/end")
@requires(subscriber, recent_proof=MINUTES_5)
def end_one_link(party_id: int) -> Response:
    """Undo a link, from either side, at once."""
    with writing() as db:
        unlink_logins(db, me(), party_id, texts=LinkTexts(told(UNLINKED), told(UNLINKED)), now=clock.now())
    return _over(gettext("The link is undone."))


def _try(holder: Holder, *, is_pin: bool) -> Response | None:
    """Verify the password between two transactions; None where it was right, else the page that says what was wrong."""
    state, typed_in = FormState(), request.form.get("password", "")[:MAX_TYPED]
    ask, record = (password_hash_for, record_password_outcome) if is_pin else (web_password_for, record_web_password)
    with reading() as db:
        given = ask(db, holder.number, visitor(db, holder.number), now=clock.now())
    answer: object = given
    if not isinstance(given, Limited):
        right = verify(given.hash, clean_pin(typed_in) if is_pin else typed_in, hasher())
        with writing() as db:
            answer = record(db, given, right=right, now=clock.now())
    if isinstance(answer, PasswordRight) and answer.holder == holder:
        return None
    limited = answer if isinstance(answer, Limited) else None
    state.errors["password"] = wait_words(limited) if limited else gettext("That password does not belong to this number.")
    return _page("guard", state, limited=limited)


def _send() -> Response:
    number = str(session["link_number"])
    with writing() as db:
        answer = send_code(
            db, portal().keys, CodeFor(flow(), number, "link"), visitor(db, number), now=clock.now(),
            base_host=urlsplit(portal().settings.base_url).hostname, sentence=sentence(CODE_SENTENCES["link"]),
        )  # fmt: skip
    if isinstance(answer, CodeSent):
        session["link_sent"] = True
    elif session.get("link_sent"):
        session["note"] = sent_words(answer)
    else:
        return _page("number", FormState({"number": number}, {"": code_words(answer)}), limited=answer)
    return go(url_for("site.ask_link_code"))


def _proved() -> Holder | None:
    """Give whose number was proved here within five minutes, if they hold it still."""
    kept = session.get("link_proved")
    if kept is None or clock.now().timestamp() - kept[4] > MINUTES_5:
        return None
    holder = Holder(*kept[:4])
    with reading() as db:
        return holder if find_holder(db, holder.number) == holder else None


def _link(holder: Holder) -> Response:
    there = told(LINKED, number=mask_number(me().number or ""))
    here = told(LINKED, number=mask_number(holder.number))
    try:
        with writing() as db:
            link_logins(db, me(), holder, texts=LinkTexts(here, there), now=clock.now())
    except (Refused, NotFound) as refusal:
        return _over(sentence(refusal))
    return _over(gettext("Linked. Change whom you act for under Me."))


def _over(done: str) -> Response:
    """End the linking under way and say how it ended."""
    for name in ("link_number", "link_sent", "link_proved"):
        session.pop(name, None)
    session["done"] = done
    return go(url_for("site.show_people"))


def _page(step: str, state: FormState, *, limited: Limited | None = None) -> Response:
    now = clock.now()
    holder = _proved() if step == "guard" else None
    with reading() as db:
        my_viewer(db, now=now)
        guard = find_guard(db, holder, settings=portal().settings, now=now) if holder is not None else None
    page = render_template(
        "site/me/people/link.html",
        step=step,
        state=state,
        is_pin=guard == "service_password",
        number=mask_number(str(session.get("link_number", ""))),
        note=session.pop("note", None),
        tray_url=url_for("tray.show_tray") if portal().settings.env != "production" else None,
    )
    return limited_page(page, state, limited)
