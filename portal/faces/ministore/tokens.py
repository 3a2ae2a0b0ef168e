"""Swapping an assertion for a token. Both travel in bodies, never in an address."""

from __future__ import annotations

import structlog
from flask import Response, jsonify, request

from portal.base import clock
from portal.base.errors import Forbidden
from portal.faces.access import anybody, requires
from portal.faces.employees import ForeignPage, StoreClosed
from portal.faces.framing import from_own_page, store_here
from portal.faces.ministore.blueprint import bp
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.identity import AssertionRefused, check_assertion, issue_embed_token, read_assertion

log = structlog.get_logger()


class AssertionNotTaken(Forbidden):
    """What the enterprise's server signed is not taken; `code` says why, for its developer."""

    status = 401

    def __init__(self, refused: AssertionRefused) -> None:
        super().__init__(refused.sentence, code=refused.code)


@bp.post("/<slug>/tokens")
@requires(anybody)
def take_assertion(slug: str) -> Response:
    """Give the frame a token for the employee an assertion names. The assertion is used up, whatever the answer."""
    store, now = store_here(slug), clock.now()
    if not from_own_page():
        raise ForeignPage
    if not store.is_open:
        raise StoreClosed
    origin = request.form.get("origin", "")
    with reading() as session:
        signed = read_assertion(session, request.form.get("assertion", ""), now=now)
    if isinstance(signed, AssertionRefused):
        raise _refused(signed, slug)
    with writing() as session:
        answer = check_assertion(session, signed, store=slug, audience=portal().settings.base_url.rstrip("/"), origin=origin, now=now)
        if not isinstance(answer, AssertionRefused) and origin not in store.origins:
            answer = AssertionRefused("assertion_origin")
        issued = None if isinstance(answer, AssertionRefused) else issue_embed_token(session, answer, now=now)
    if isinstance(answer, AssertionRefused) or issued is None:
        raise _refused(answer, slug)
    return jsonify(token=issued.token, expires_in=issued.expires_in_seconds)


def _refused(answer: object, slug: str) -> AssertionNotTaken:
    assert isinstance(answer, AssertionRefused), "only a refusal is raised"
    log.warning("assertion_refused", code=answer.code, store=slug)
    return AssertionNotTaken(answer)
