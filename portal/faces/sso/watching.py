"""Notes of a client's calls while somebody watches it. Of a client that nobody watches nothing is asked and nothing written.

Who calls is known once the client has proved itself; a call that failed before that is noted by the client it names.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, g, request

from portal.base import clock
from portal.faces.sso.blueprint import bp, machines
from portal.faces.transactions import reading, writing
from portal.openid import ClientView, find_client, note_exchange

ENDPOINTS: Mapping[str, str] = {
    "oauth.give_tokens": "token", "oauth.take_request": "par", "oauth.show_person": "userinfo", "oauth.show_person_by_post": "userinfo",
    "oauth.tell_token": "introspect", "oauth.take_token_back": "revoke", "oauth.begin_device": "device", "sso.ask": "authorize",
    "sso.ask_by_form": "authorize", "sso.decide": "authorize", "sso.leave": "logout",
}  # fmt: skip

OUR_FORM = "sso.decide"


def watched(client: ClientView | None) -> None:
    """Say which client this request is of."""
    if client is not None:
        g.watched_client = client


def went_wrong(code: str, description: str) -> None:
    """Say that the request was refused, and why."""
    g.watched_outcome = (code, description)


def asks_person() -> None:
    """Say that somebody at the browser has to do something first."""
    g.watched_outcome = ("person", None)


@bp.after_request
@machines.after_request
def note(response: Response) -> Response:
    """Note the request if its client is watched. After the answer was made: what is noted changes nothing of it."""
    endpoint = ENDPOINTS.get(request.endpoint or "")
    if endpoint is None or response.status_code >= 500:
        return response
    now, (outcome, description) = clock.now(), g.get("watched_outcome", ("ok", None))
    client: ClientView | None = g.get("watched_client")
    if client is None and outcome not in ("ok", "person"):
        client = _named()
    if client is not None and client.is_watched(now):
        with writing() as session:
            note_exchange(session, client, endpoint, outcome, description=description, params=_params(), auth=_auth(), now=now)
    return response


def _params() -> list[tuple[str, str]]:
    """Give what the site sent; the fields of our own form of consent are not the site's."""
    if request.endpoint == OUR_FORM:
        return []
    return list((request.args if request.method == "GET" else request.form).items(multi=True))


def _auth() -> str | None:
    """Give how the caller proved itself, as it looks: never what it proved itself by."""
    if request.blueprint != machines.name:
        return None
    if request.authorization is not None:
        return request.authorization.type
    return "private_key_jwt" if "client_assertion" in request.form else "post" if "client_secret" in request.form else None


def _named() -> ClientView | None:
    """Give the client that a call names which was refused before it was known."""
    given = request.authorization
    named = given.username if given is not None and given.type == "basic" else None
    name = named or request.values.get("client_id", "")
    with reading() as session:
        return find_client(session, name) if name else None
