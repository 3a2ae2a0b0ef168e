"""What a token is, for servers that were given one (RFC 7662), and taking one back (RFC 7009)."""

from __future__ import annotations

from flask import Response, jsonify, make_response

from portal.base import clock
from portal.faces.access import machine, requires
from portal.faces.provider import provider
from portal.faces.sso.blueprint import machines
from portal.faces.sso.calling import CallRefused, authenticate, opened, read_form, refusal_of
from portal.faces.sso.cors import open_to_client
from portal.openid import ClientRefused, introspect_token, revoke_token


@machines.post("/oauth/introspect")
@requires(machine)
def tell_token() -> Response:
    """Tell a client that proved itself what a token is."""
    now, form = clock.now(), read_form()
    token = form.get("token")
    told = None
    with opened(form, writes=False) as db:
        client = authenticate(db, form, now=now)
        if not isinstance(client, ClientRefused) and token is not None and not client.is_public:
            told = introspect_token(db, provider(db, now=now), client, token, now=now)
    if isinstance(client, ClientRefused):
        raise refusal_of(client)
    if client.is_public:  # anybody could say they are it (RFC 7662 2.1)
        raise refusal_of(ClientRefused("invalid_client", "this client has nothing to prove itself by"))
    if told is None:
        raise CallRefused("invalid_request", "token is missing")
    return jsonify(told)


@machines.post("/oauth/revoke")
@requires(machine)
def take_token_back() -> Response:
    """Take a client's own token back; whatever it was, the answer is the same."""
    now, form = clock.now(), read_form()
    token = form.get("token")
    with opened(form, writes=True) as db:
        client = authenticate(db, form, now=now)
        if not isinstance(client, ClientRefused) and token is not None:
            revoke_token(db, provider(db, now=now), client, token, now=now)
    if isinstance(client, ClientRefused):
        raise refusal_of(client)
    if token is None:
        raise CallRefused("invalid_request", "token is missing", client=client)
    return open_to_client(make_response("", 200), client)
