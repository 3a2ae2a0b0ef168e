"""One's passkeys: made with a fresh proof, named, removed."""

from __future__ import annotations

from flask import Response, jsonify, make_response, render_template, request, session, url_for

from portal.base import clock
from portal.base.errors import NotFound
from portal.faces.access import MINUTES_5, me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.forms import FormState, typed
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.site.blueprint import bp
from portal.faces.site.passkey_sign_in import ask_for
from portal.faces.site.security import change_words
from portal.faces.site.viewing import my_viewer
from portal.faces.transactions import reading, writing
from portal.faces.visiting import visitor
from portal.faces.words import sentence
from portal.identity import (
    PasskeyRefused,
    PasskeyView,
    add_passkey,
    list_passkeys,
    offer_registration,
    relying_party,
    remove_passkey,
    rename_passkey,
)


@bp.get("/me/security/passkeys/new")
@requires(subscriber, recent_proof=MINUTES_5)
def ask_new_passkey() -> Response:
    """Say what a passkey is, and offer to make one in this browser."""
    return _page(FormState({"name": visitor().label}))


@bp.post("/me/security/passkeys/options")
@requires(subscriber, recent_proof=MINUTES_5)
def offer_new_passkey() -> Response:
    """Give a browser what it needs to make a passkey."""
    with writing() as db:
        given = offer_registration(db, relying_party(portal().settings), me(), ask_for("register"), now=clock.now())
    return make_response(jsonify(given))


@bp.post("/me/security/passkeys/new")
@requires(subscriber, recent_proof=MINUTES_5)
def keep_passkey() -> Response:
    """Keep the passkey the browser made, or say why not."""
    state = typed("name")
    made: PasskeyView | PasskeyRefused | None = None
    with state.catching(), writing() as db:
        made = add_passkey(
            db,
            relying_party(portal().settings),
            me(),
            ask_for("register"),
            answer=request.form.get("answer", ""),
            name=request.form.get("name", ""),
            said=change_words("passkey_added"),
            now=clock.now(),
        )
    if isinstance(made, PasskeyRefused):
        state.errors[""] = sentence(made.sentence)
    if state.errors:
        return _page(state)
    session["done"] = gettext("The passkey is ready. Next time you sign in with it, without a code. Other browsers were signed out.")
    return go(url_for("site.show_security"))


@bp.get("/me/security/passkeys/<ref:passkey_id>")
@requires(subscriber, level=2)
def show_passkey(passkey_id: int) -> Response:
    """Show one of one's passkeys, to name it anew or to remove it."""
    passkey = _mine(passkey_id)
    return _one(passkey, FormState({"name": passkey.name}))


@bp.post("/me/security/passkeys/<ref:passkey_id>/name")
@requires(subscriber, level=2)
def name_passkey(passkey_id: int) -> Response:
    """Call one of one's passkeys something else."""
    passkey, state = _mine(passkey_id), typed("name")
    with state.catching(), writing() as db:
        rename_passkey(db, me(), passkey_id, request.form.get("name", ""))
    if state.errors:
        return _one(passkey, state)
    session["done"] = gettext("The passkey has its new name.")
    return go(url_for("site.show_security"))


@bp.post("/me/security/passkeys/<ref:passkey_id>/remove")
@requires(subscriber, recent_proof=MINUTES_5)
def drop_passkey(passkey_id: int) -> Response:
    """Take one of one's passkeys no more."""
    with writing() as db:
        remove_passkey(db, me(), passkey_id, said=change_words("passkey_removed"), now=clock.now())
    session["done"] = gettext("The passkey is removed. Other browsers were signed out.")
    return go(url_for("site.show_security"))


def _mine(passkey_id: int) -> PasskeyView:
    with reading() as db:
        my_viewer(db, now=clock.now())
        found = next((each for each in list_passkeys(db, me().party_id or 0) if each.id == passkey_id), None)
    if found is None:
        raise NotFound
    return found


def _page(state: FormState) -> Response:
    with reading() as db:
        my_viewer(db, now=clock.now())
    return make_response(render_template("site/me/security/passkey_new.html", state=state), state.status)


def _one(passkey: PasskeyView, state: FormState) -> Response:
    return make_response(render_template("site/me/security/passkey.html", state=state, passkey=passkey), state.status)
