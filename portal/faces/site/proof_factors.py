"""Proving it again with what one has besides messages: an authenticator app, a recovery code, a password."""

from __future__ import annotations

from flask import Response, request

from portal.base import clock
from portal.faces.access import me, requires, subscriber
from portal.faces.babel import gettext
from portal.faces.code_words import app_code_words, wait_words
from portal.faces.forms import FormState
from portal.faces.parts import hasher, portal
from portal.faces.site.blueprint import bp
from portal.faces.site.proof import proof_page, proved
from portal.faces.site.security import change_words
from portal.faces.transactions import reading, writing
from portal.faces.visiting import visitor
from portal.identity import (
    FactorRight,
    Limited,
    PasswordRight,
    check_authenticator,
    check_recovery_code,
    raise_level,
    record_web_password,
    verify,
    web_password_for,
)

MAX_TYPED = 1024
CODE, PASSWORD = 2, 1
APP_DIGITS = 6


@bp.post("/proof/authenticator")
@requires(subscriber)
def take_authenticator_proof() -> Response:
    """Raise the session with a code of the app, or with a recovery code."""
    typed = "".join(request.form.get("factor", "")[:MAX_TYPED].split())
    if len(typed) > APP_DIGITS:
        return _by_recovery(typed)
    now = clock.now()
    with writing() as db:
        answer = check_authenticator(db, portal().keys, me(), visitor(known=True), code=typed, now=now)
        started = raise_level(db, me(), level=CODE, methods=answer.methods, now=now) if isinstance(answer, FactorRight) else None
    if started is not None:
        return proved(started)
    if isinstance(answer, Limited):
        return _limited("factor", answer)
    assert not isinstance(answer, FactorRight)
    return proof_page(FormState(errors={"factor": app_code_words(answer)}))


@bp.post("/proof/password")
@requires(subscriber)
def take_password_proof() -> Response:
    """Add the password to the session's factors."""
    now = clock.now()
    with reading() as db:
        given = web_password_for(db, me().number or "", visitor(known=True), now=now)
    if isinstance(given, Limited):
        return _limited("password", given)
    right = verify(given.hash, request.form.get("password", "")[:MAX_TYPED], hasher())
    with writing() as db:
        answer = record_web_password(db, given, right=right, now=clock.now())
        own = isinstance(answer, PasswordRight) and answer.holder.party_id == me().party_id
        started = raise_level(db, me(), level=PASSWORD, methods=("pwd",), now=clock.now()) if own else None
    if started is not None:
        return proved(started)
    if isinstance(answer, Limited):
        return _limited("password", answer)
    return proof_page(FormState(errors={"password": gettext("That is not your password.")}))


def _by_recovery(typed: str) -> Response:
    now = clock.now()
    with writing() as db:
        said = change_words("recovery_code_used")
        answer = check_recovery_code(db, portal().keys, me(), visitor(known=True), code=typed, said=said, now=now)
        started = raise_level(db, me(), level=CODE, methods=("kba",), now=now) if answer is True else None
    if started is not None:
        return proved(started)
    if isinstance(answer, Limited):
        return _limited("factor", answer)
    return proof_page(FormState(errors={"factor": gettext("That is none of your recovery codes, or it was used before.")}))


def _limited(field: str, answer: Limited) -> Response:
    return proof_page(FormState(errors={field: wait_words(answer)}), limited=answer)
