"""Tokens by which sites register themselves (RFC 7591): given to whoever builds them, so many uses, so many days."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.faces.access import administrator, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.proving import prove
from portal.faces.office.sign_on import note
from portal.faces.shown_once import hand_on, take_secret
from portal.faces.transactions import reading, writing
from portal.openid import create_registration_token, end_registration_token, list_registration_tokens

DAYS = (1, 7, 30, 90, 365)


@bp.get("/sign-on/registration")
@requires(administrator)
def list_tokens() -> Response:
    """List the tokens by which somebody may still register, and offer a new one."""
    return _page(FormState({"label": "", "clients": "1", "days": "7"}))


@bp.post("/sign-on/registration")
@requires(administrator)
def add_token() -> Response | BaseResponse:
    """Make a token, shown once."""
    state = typed("label", "clients", "days")
    clients, days = _whole(state.values["clients"]), _whole(state.values["days"])
    if not prove(state):
        return _page(state)
    with state.catching(), writing() as db:
        label = state.values["label"].strip()
        text = create_registration_token(db, label, clients=clients, valid=timedelta(days=days), now=clock.now())
        note(db, "sso.token_created", f"registration:{label}", detail={"clients": clients, "days": days})
    if state.errors:
        if "valid" in state.errors:
            state.errors["days"] = state.errors.pop("valid")
        return _page(state)
    hand_on("registration", text)
    return go(url_for("office.list_tokens"))


@bp.post("/sign-on/registration/end")
@requires(administrator)
def end_token() -> Response | BaseResponse:
    """Let nobody register by the tokens of a name any more."""
    label = request.form.get("label", "")[:100]
    with writing() as db:
        end_registration_token(db, label, now=clock.now())
        note(db, "sso.token_ended", f"registration:{label}")
    session["done"] = gettext("Ended. Nobody registers by it any more.")
    return go(url_for("office.list_tokens"))


def _page(state: FormState) -> Response:
    with reading() as db:
        tokens = list_registration_tokens(db, now=clock.now())
    page = render_template(
        "office/sso/tokens.html", tokens=tokens, state=state, days=DAYS, secret=take_secret("registration"), done=session.pop("done", None)
    )
    return make_response(page, state.status)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
