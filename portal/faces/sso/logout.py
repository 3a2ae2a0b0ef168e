"""Signing out for all sites at once (OpenID Connect RP-Initiated Logout 1.0); the others are told by the back channel.

A site that shows an ID token of the very sign-in ends it at once. Whoever shows none, or another's, makes us ask the person:
else any page could sign anybody out (ASVS 10.6.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.faces import cookies
from portal.faces.access import anybody, csrf, requires, signed_in
from portal.faces.provider import issuer, key_ring
from portal.faces.sso.answers import go_to, let_forms_reach, show_refusal
from portal.faces.sso.blueprint import bp
from portal.faces.transactions import reading, writing
from portal.faces.visiting import end_flow
from portal.identity import SessionView, end_session
from portal.openid import ClientView, RequestRefused, find_client, find_client_session, list_told_clients

HINT_TYPE = "JWT"
MAX_STATE = 2048
_NAMES = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "logout_hint", "ui_locales")


@dataclass(frozen=True, slots=True)
class Leaving:
    """A sign-out a site asked for. `hinted`: it showed an ID token of the sign-in that is here, or nobody is here."""

    client: ClientView | None
    address: str | None
    state: str | None
    hinted: bool


@bp.get("/oauth/logout")
@requires(anybody)
def leave() -> Response:
    """Sign out for a site that shows whom it means; ask first where it shows nothing."""
    view, now = signed_in(), clock.now()
    with reading() as db:
        leaving = _read(db, request.args.items(multi=True), view, now=now)
        told = [] if view is None else list_told_clients(db, view.id)
    if isinstance(leaving, RequestRefused):
        return show_refusal(leaving)
    if view is not None and not leaving.hinted:
        return _ask(leaving, told)
    return _end(leaving, view)


@bp.post("/oauth/logout")
@requires(anybody)
def leave_by_form() -> Response:
    """Take the same by POST, and go on by GET, which brings the browser's cookies."""
    pairs = [(name, value) for name, value in request.form.items(multi=True) if name in _NAMES]
    if len(dict(pairs)) != len(pairs):
        return show_refusal(_no("a parameter is repeated"))
    if not pairs:
        return show_refusal(_no("nothing is asked"))
    return go_to(url_for("sso.leave"), dict(pairs))


csrf.exempt(leave_by_form)  # another site's form: it comes without our cookies, and goes on by GET


@bp.post("/oauth/logout/confirm")
@requires(anybody)
def confirm() -> Response:
    """Sign out, since the person said so on our page; where they go on to is checked once more."""
    view, now = signed_in(), clock.now()
    pairs = [(name, request.form.get(name, "")) for name in ("client_id", "post_logout_redirect_uri", "state")]
    with reading() as db:
        leaving = _read(db, [pair for pair in pairs if pair[1]], view, now=now)
    return show_refusal(leaving) if isinstance(leaving, RequestRefused) else _end(leaving, view)


def _read(db: Session, pairs: Iterable[tuple[str, str]], view: SessionView | None, *, now: datetime) -> Leaving | RequestRefused:
    """Check what a site asks (section 2 and 3): nobody is sent anywhere that its client did not register."""
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given or len(value) > 16 * MAX_STATE:
            return _no("a parameter is repeated or too long")
        given[name] = value
    hint = None
    if given.get("id_token_hint"):
        hint = key_ring(db, now=now).verify(given["id_token_hint"], typ=HINT_TYPE, now=now, expired_too=True)
        if hint is None or hint.get("iss") != issuer():
            return _no("id_token_hint is no ID token of ours")
    client_id = given.get("client_id") or (str(hint.get("aud")) if hint else "")
    client = find_client(db, client_id) if client_id else None
    if (client_id and client is None) or (hint is not None and hint.get("aud") != client_id):
        return _no("client_id is not known, or not whom id_token_hint was for")
    address = given.get("post_logout_redirect_uri") or None
    if address is not None and (client is None or not client.allows_after_logout(address)):
        return _no("post_logout_redirect_uri is not registered for this client")
    return Leaving(client, address, given.get("state", "")[:MAX_STATE] or None, _means(db, hint, view))


def _means(db: Session, hint: Mapping[str, Any] | None, view: SessionView | None) -> bool:
    """Say whether an ID token is of the very sign-in that is here."""
    if hint is None or view is None or not isinstance(hint.get("sid"), str):
        return False
    known = find_client_session(db, hint["sid"])
    return known is not None and known.session_id == view.id and known.client_id == hint.get("aud")


def _ask(leaving: Leaving, told: list[str] | Any) -> Response:
    if leaving.address is not None:
        let_forms_reach(leaving.address)
    fields = {
        "client_id": leaving.client.id if leaving.client else None,
        "post_logout_redirect_uri": leaving.address,
        "state": leaving.state,
    }
    named = leaving.client.name if leaving.client else None
    hidden = {name: value for name, value in fields.items() if value}
    return make_response(render_template("sso/logout.html", client_name=named, fields=hidden, told=told))


def _end(leaving: Leaving, view: SessionView | None) -> Response:
    """End the sign-in that is here, and go where the site said, or to a page that says it is done."""
    if view is not None:
        with writing() as db:
            end_session(db, view, now=clock.now())
        end_flow()
    address = leaving.address or url_for("sso.show_left")
    response = go_to(address, {"state": leaving.state} if leaving.address else None)
    if view is not None:
        cookies.drop(response, cookies.SUBSCRIBER)
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.get("/oauth/left")
@requires(anybody)
def show_left() -> str:
    """Say that one is signed out, here and at the sites one had opened from here."""
    return render_template("sso/left.html")


def _no(description: str) -> RequestRefused:
    return RequestRefused("invalid_request", description, redirect=False)
