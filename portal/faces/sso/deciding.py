"""What a person said on the consent page."""

from __future__ import annotations

from flask import Response, request

from portal.base import clock
from portal.faces.access import me, requires, subscriber
from portal.faces.provider import issuer
from portal.faces.sso.answers import refuse
from portal.faces.sso.authorize import answer, asked_about, look, proceed
from portal.faces.sso.blueprint import bp
from portal.faces.transactions import reading, writing
from portal.openid import RequestRefused, give_consent, read_authorization_request

YES = "yes"


@bp.post("/oauth/consent")
@requires(subscriber)
def decide() -> Response:
    """Remember a yes and answer the site; a no goes back as `access_denied`. The request is the one that was kept."""
    now, party_id = clock.now(), me().party_id or 0
    named = [(name, request.form.get(name, "")) for name in ("client_id", "request_uri")]
    with reading() as db:
        found = read_authorization_request(db, named, issuer=issuer(), now=now)
        asked = found if isinstance(found, RequestRefused) else look(db, found, me(), now=now, agreed=True)
    if isinstance(asked, RequestRefused):
        return refuse(asked)
    if request.form.get("answer") != YES:
        return refuse(asked.request.refused("access_denied", "the person said no"))
    if asked.next is not None:  # somebody else signed in meanwhile, or the proof grew old: one step back
        return proceed(named)
    with writing() as db:
        give_consent(db, party_id, asked.request.client.id, asked_about(asked.request), now=now)
    return answer(asked, now=now)
