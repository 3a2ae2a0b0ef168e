"""The authorization endpoint: whoever a site sends here is signed in where needed, asked where needed, and sent back.

The rules are portal.openid's (`read_authorization_request`, `next_step`); here each step is a page. A request that has to wait
for a person is kept in the database, and goes on under its `request_uri`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Response, g, request, session, url_for
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.i18n import LANGUAGES
from portal.faces.access import anybody, csrf, requires, signed_in
from portal.faces.client_keys import fetch_keys_wanted
from portal.faces.htmx import go
from portal.faces.parts import portal
from portal.faces.provider import issuer, key_ring
from portal.faces.sso.answers import give_code, go_to, refuse
from portal.faces.sso.blueprint import bp
from portal.faces.sso.choosing import ask_which, was_chosen
from portal.faces.sso.consent import ask_consent
from portal.faces.sso.watching import asks_person, watched
from portal.faces.transactions import reading, writing
from portal.identity import SessionView
from portal.openid import (
    AuthorizationRequest,
    Known,
    RequestRefused,
    SignIn,
    Step,
    find_consent,
    issue_code,
    keep_request,
    next_step,
    open_client_session,
    read_authorization_request,
    scopes_behind,
    subject_of,
)

HINT_TYPE = "JWT"
MAX_HINT = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, who is at the browser, and what is to be done next: a step, a refusal, or None for the answer."""

    request: AuthorizationRequest
    view: SessionView | None
    subject: str | None
    next: Step | RequestRefused | None


@bp.get("/oauth/authorize")
@requires(anybody)
def ask() -> Response:
    """Answer a request, or take the next step towards its answer."""
    return proceed(request.args.items(multi=True))


@bp.post("/oauth/authorize")
@requires(anybody)
def ask_by_form() -> Response:
    """Take a request by POST (OIDC Core 3.1.2.1): it is kept, and goes on by GET, which brings the browser's cookies."""
    now, params = clock.now(), _with_keys_at_hand(request.form.items(multi=True))
    with writing() as db:
        found = read_authorization_request(db, params, issuer=issuer(), now=now)
        answer = found if isinstance(found, RequestRefused) else way_back(found, keep_request(db, found, now=now))
    return refuse(answer) if isinstance(answer, RequestRefused) else go_to(answer)


csrf.exempt(ask_by_form)  # another site's form: it comes without our cookies, and changes nothing but that its request is kept


def proceed(params: Iterable[tuple[str, str]]) -> Response:
    """Do what is next for a request."""
    params = _with_keys_at_hand(params)
    now, view = clock.now(), signed_in()
    with reading() as db:
        found = read_authorization_request(db, params, issuer=issuer(), now=now)
        asked = found if isinstance(found, RequestRefused) else look(db, found, view, now=now)
    if isinstance(asked, RequestRefused):
        return refuse(asked)
    _speak(asked.request)
    if isinstance(asked.next, RequestRefused):
        return refuse(asked.next)
    if asked.next is None:
        return answer(asked, now=now)
    watched(asked.request.client)
    asks_person()
    with writing() as db:
        request_uri = keep_request(db, asked.request, now=now)
    return _take_step(replace(asked, request=replace(asked.request, request_uri=request_uri)), asked.next)


def look(db: Session, asked_for: AuthorizationRequest, view: SessionView | None, *, now: datetime, agreed: bool = False) -> Asked:
    """Find out what is next for a request and whoever is signed in; `agreed`: they said yes on our page just now."""
    client = asked_for.client
    subject = None if view is None else subject_of(portal().keys, client, view.party_id or 0)
    asked_for = _with_hint(db, asked_for, now=now)
    if view is None or subject is None:
        return Asked(asked_for, None, None, next_step(asked_for, None, now=now))
    since = view.created_at >= asked_for.asked_at
    if asked_for.subject_wanted not in (None, subject) and since:
        return Asked(asked_for, view, subject, _no(asked_for, "login_required", "somebody else is signed in"))
    if asked_for.level is not None and view.level < asked_for.level and view.authenticated_at >= asked_for.asked_at:
        # They proved what they could since the request came. A wish is not asked for twice; a demand stays unmet.
        if asked_for.level_essential:
            return Asked(asked_for, view, subject, _no(asked_for, "unmet_authentication_requirements", "the acr was not reached"))
        asked_for = replace(asked_for, level=None)
    consent = find_consent(db, view.party_id or 0, client.id)
    covered = consent is not None and consent.covers(asked_about(asked_for))
    known = Known(
        subject, view.level, view.authenticated_at, consented=asked_for.scopes if covered else (),
        chosen=since or was_chosen(asked_for, view),
        agreed=agreed or (client.first_party and "consent" not in asked_for.prompt),
    )  # fmt: skip
    return Asked(asked_for, view, subject, next_step(asked_for, known, now=now))


def asked_about(asked_for: AuthorizationRequest) -> tuple[str, ...]:
    """Give all that has to be agreed to: the scopes, and those behind claims asked for one by one."""
    names = {name for wanted in asked_for.claims.values() for name in wanted}
    return tuple({*asked_for.scopes, *scopes_behind(names, asked_for.client.scopes)})


def answer(asked: Asked, *, now: datetime) -> Response:
    """Issue a code for whoever is signed in; the site is told of its end from now on."""
    view, client = asked.view, asked.request.client
    assert view is not None, "an answer is about somebody"
    assert asked.subject is not None, "whom the client has a name for"
    with writing() as db:
        sid = open_client_session(db, client.id, session_id=view.id, subject=asked.subject, now=now)
        code = issue_code(db, client, asked.request, sign_in_of(view, asked.subject, sid), now=now)
    return give_code(asked.request, code)


def sign_in_of(view: SessionView, subject: str, sid: str) -> SignIn:
    """Say of a session what a grant keeps of it."""
    return SignIn(
        party_id=view.party_id or 0, customer_id=view.customer_id, session_id=view.id, sid=sid, subject=subject, level=view.level,
        methods=view.methods, authenticated_at=view.authenticated_at, expires_at=view.expires_at,
    )  # fmt: skip


def _with_keys_at_hand(params: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give the parameters once the keys of whoever signed them are here (RFC 9101): their site is asked between transactions."""
    pairs = list(params)
    signed = [value for name, value in pairs if name == "request"]
    if len(signed) == 1:
        fetch_keys_wanted(signed[0])
    return pairs


def way_back(asked_for: AuthorizationRequest, request_uri: str) -> str:
    """Give the short address under which a kept request goes on."""
    return url_for("sso.ask", client_id=asked_for.client.id, request_uri=request_uri)


def _take_step(asked: Asked, step: Step) -> Response:
    back = way_back(asked.request, asked.request.request_uri or "")
    if step.kind == "consent":
        return ask_consent(asked.request, asked_about(asked.request))
    somebody_else = asked.request.subject_wanted not in (None, asked.subject)
    if step.kind == "select" and asked.view is not None:
        return ask_which(asked.request, asked.view)
    if asked.view is None or somebody_else:
        if asked.request.login_hint:
            session["login_hint"] = asked.request.login_hint[:MAX_HINT]
        return go(url_for("site.ask_number", next=back))
    return go(url_for("site.ask_proof", next=back, level=asked.request.level))


def _with_hint(db: Session, asked_for: AuthorizationRequest, *, now: datetime) -> AuthorizationRequest:
    """Let an `id_token_hint` of ours say who is wanted; one that is not ours, or another client's, says nothing."""
    if asked_for.id_token_hint is None or asked_for.subject_wanted is not None:
        return asked_for
    hint = key_ring(db, now=now).verify(asked_for.id_token_hint, typ=HINT_TYPE, now=now, audience=asked_for.client.id, expired_too=True)
    return asked_for if hint is None else replace(asked_for, subject_wanted=str(hint.get("sub")))


def _speak(asked_for: AuthorizationRequest) -> None:
    """Speak the first language of ours the site names (`ui_locales`)."""
    for tag in asked_for.ui_locales:
        if tag[:2].lower() in LANGUAGES:
            g.language = tag[:2].lower()
            return


def _no(asked_for: AuthorizationRequest, code: str, description: str) -> RequestRefused:
    return asked_for.refused(code, description)
