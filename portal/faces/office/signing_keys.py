"""The keys we sign with: which signs now, which is next, until when each is published; a next one brought forward; one withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, make_response, render_template, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.base import clock
from portal.base.errors import NotFound
from portal.faces.access import administrator, requires
from portal.faces.babel import gettext
from portal.faces.forms import FormState
from portal.faces.htmx import go
from portal.faces.office.blueprint import bp
from portal.faces.office.proving import prove
from portal.faces.office.sign_on import note
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.openid import (
    SIGNING_ALGORITHMS,
    SigningKeyView,
    bring_key_forward,
    list_signing_keys,
    make_key_pair,
    withdraw_key,
)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key of ours in words. `may_renew`: its follower can be made now."""

    key: SigningKeyView
    word: str
    state: str
    times: str
    may_renew: bool


@bp.get("/sign-on/keys")
@requires(administrator)
def show_keys() -> str:
    """Show every key and its times; nothing private is shown."""
    now = clock.now()
    with reading() as db:
        keys = list_signing_keys(db)
    rows = {alg: [_row(each, keys, now) for each in keys if each.alg == alg] for alg in SIGNING_ALGORITHMS}
    return render_template("office/sso/keys.html", rows=rows, done=session.pop("done", None))


@bp.get("/sign-on/keys/new")
@requires(administrator)
def ask_key() -> Response:
    """Ask whether the next key of an algorithm is to be made now, and say what that does."""
    return _question_new(request.args.get("alg", ""), FormState())


@bp.post("/sign-on/keys/new")
@requires(administrator)
def make_key() -> Response | BaseResponse:
    """Make the next key of an algorithm now; it signs once it was published for a day."""
    state, alg = FormState(), request.form.get("alg", "")
    if alg not in SIGNING_ALGORITHMS:
        raise NotFound
    if not prove(state):
        return _question_new(alg, state)
    pair = make_key_pair(alg)
    with writing() as db:
        signs_from = bring_key_forward(db, portal().keys, pair, now=clock.now())
        note(db, "sso.key_made", f"key:{alg}")
    session["done"] = (
        gettext("The next key for %(alg)s waits already. Nothing was made.", alg=alg)
        if signs_from is None
        else gettext("A new key for %(alg)s is published from now on. It signs a day from now.", alg=alg)
    )
    return go(url_for("office.show_keys"))


@bp.get("/sign-on/keys/<code:kid>/withdraw")
@requires(administrator)
def ask_withdrawal(kid: str) -> Response:
    """Ask whether a key is to be withdrawn, and say what that does."""
    return _question(kid, FormState())


@bp.post("/sign-on/keys/<code:kid>/withdraw")
@requires(administrator)
def withdraw(kid: str) -> Response | BaseResponse:
    """Take a key that somebody else may have out of use at once; another signs."""
    state = FormState()
    with reading() as db:
        alg = _find(list_signing_keys(db), kid).alg
    if not prove(state):
        return _question(kid, state)
    ready = [make_key_pair(alg)]
    with writing() as db:
        withdraw_key(db, portal().keys, kid, now=clock.now(), ready=ready)
        note(db, "sso.key_withdrawn", f"key:{kid}")
    session["done"] = gettext("The key is withdrawn. What it signed is refused within a minute.")
    return go(url_for("office.show_keys"))


def _question_new(alg: str, state: FormState) -> Response:
    if alg not in SIGNING_ALGORITHMS:
        raise NotFound
    return make_response(render_template("office/sso/key_question.html", what="new", alg=alg, state=state), state.status)


def _question(kid: str, state: FormState) -> Response:
    now = clock.now()
    with reading() as db:
        keys = list_signing_keys(db)
    row = _row(_find(keys, kid), keys, now)
    return make_response(render_template("office/sso/key_question.html", what="withdraw", row=row, state=state), state.status)


def _find(keys: Sequence[SigningKeyView], kid: str) -> SigningKeyView:
    found = next((each for each in keys if each.kid == kid), None)
    if found is None:
        raise NotFound
    return found


def _row(key: SigningKeyView, keys: Sequence[SigningKeyView], now: datetime) -> KeyRow:
    waits = any(each.alg == key.alg and each.signs_from > now for each in keys)
    if key.signs_from > now:
        return KeyRow(key, gettext("Next"), "info", "next", False)
    if key.signs_until is None or key.signs_until > now:
        return KeyRow(key, gettext("Signs"), "ok", "signs", not waits)
    return KeyRow(key, gettext("Was used"), "neutral", "was", False)
