"""Signing in, and proving it again, with a passkey: the browser asks, the person unlocks, nobody types anything."""

from __future__ import annotations

from flask import Response, jsonify, make_response, render_template, request

from portal.base import clock
from portal.base.errors import TooMany
from portal.faces import cookies
from portal.faces.access import anybody, me, requires, subscriber
from portal.faces.code_words import wait_words
from portal.faces.forms import FormState, limited_page
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.proof import proof_page, proved
from portal.faces.site.sign_in import begin, enter, next_page
from portal.faces.transactions import writing
from portal.faces.visiting import visitor
from portal.faces.words import sentence
from portal.identity import (
    Limited,
    PasskeyAsk,
    PasskeyPurpose,
    PasskeyRight,
    SessionView,
    check_passkey,
    offer_passkeys,
    raise_level,
    relying_party,
)

PASSKEY = 4


@bp.post("/login/passkey/options")
@requires(anybody)
def offer_passkey() -> Response:
    """Give a browser what it needs to ask for a passkey: anybody's."""
    return _options("sign_in", None)


@bp.post("/login/passkey")
@requires(anybody)
def take_passkey() -> Response:
    """Sign in at the highest level with a passkey, or say on the first page that it did not do."""
    now = clock.now()
    with writing() as db:
        given = request.form.get("answer", "")
        answer = check_passkey(db, relying_party(portal().settings), ask_for("sign_in"), visitor(), answer=given, now=now)
        started = begin(db, answer.holder, level=PASSKEY, methods=answer.methods) if isinstance(answer, PasskeyRight) else None
    if started is not None:
        return enter(started)
    assert not isinstance(answer, PasskeyRight)
    state = FormState({"number": ""}, {"": sentence(answer.sentence)})
    return limited_page(render_template("site/sign_in/number.html", state=state, next=next_page()), state, None)


@bp.post("/proof/passkey/options")
@requires(subscriber)
def offer_passkey_proof() -> Response:
    """Give a browser what it needs to ask for one of one's own passkeys."""
    return _options("step_up", me())


@bp.post("/proof/passkey")
@requires(subscriber)
def take_passkey_proof() -> Response:
    """Raise the session with a passkey; it goes on under a new token."""
    now = clock.now()
    with writing() as db:
        given = request.form.get("answer", "")
        site, ask = relying_party(portal().settings), ask_for("step_up")
        answer = check_passkey(db, site, ask, visitor(known=True), answer=given, view=me(), now=now)
        started = raise_level(db, me(), level=PASSKEY, methods=answer.methods, now=now) if isinstance(answer, PasskeyRight) else None
    if started is not None:
        return proved(started)
    assert not isinstance(answer, PasskeyRight)
    return proof_page(FormState(errors={"": sentence(answer.sentence)}))


def ask_for(purpose: PasskeyPurpose) -> PasskeyAsk:
    """Bind a question to this browser, by the cookie that it alone has."""
    return PasskeyAsk(cookies.device_id(), purpose)


def _options(purpose: PasskeyPurpose, view: SessionView | None) -> Response:
    with writing() as db:
        site = relying_party(portal().settings)
        given = offer_passkeys(db, site, ask_for(purpose), visitor(known=view is not None), view=view, now=clock.now())
    if isinstance(given, Limited):
        raise TooMany(wait_words(given), retry_after_seconds=given.retry_after_seconds)
    return make_response(jsonify(given))
