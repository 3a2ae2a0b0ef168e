"""Taking a request from a client itself, ahead of the browser (RFC 9126)."""

from __future__ import annotations

from flask import Response, jsonify, make_response

from portal.base import clock
from portal.faces.access import machine, requires
from portal.faces.provider import issuer
from portal.faces.sso.blueprint import machines
from portal.faces.sso.calling import CallRefused, authenticate, opened, read_form, read_pairs, refusal_of
from portal.faces.sso.cors import open_to_client
from portal.faces.sso.proofs import read_proof
from portal.openid import ClientRefused, Pushed, RequestRefused, TokenRefused, push_request


@machines.post("/oauth/par")
@requires(machine)
def take_request() -> Response:
    """Check a request and give the name under which the browser brings it."""
    now, form = clock.now(), read_form()
    answer: Pushed | RequestRefused | TokenRefused | None = None
    with opened(form, writes=True) as db:
        client = authenticate(db, form, now=now)
        if not isinstance(client, ClientRefused):
            proof = read_proof(db, client, now=now)
            if isinstance(proof, TokenRefused):
                answer = proof
            else:
                answer = push_request(db, client, read_pairs(), issuer=issuer(), thumbprint=proof, now=now)
    if isinstance(client, ClientRefused):
        raise refusal_of(client)
    if not isinstance(answer, Pushed):
        assert answer is not None, "an authenticated client is answered"
        raise CallRefused(answer.code, answer.description, client=client)
    body = jsonify(request_uri=answer.request_uri, expires_in=answer.expires_in_seconds)
    return open_to_client(make_response(body, 201), client)
