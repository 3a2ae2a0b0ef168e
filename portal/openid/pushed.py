"""Handing an authorization request in by oneself (RFC 9126), and keeping one while somebody signs in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.openid.clients import ClientView
from portal.openid.kept_requests import KEEP_FOR, PUSHED_SECONDS, insert_kept, prolong_kept
from portal.openid.request_rules import No, without_repeats
from portal.openid.requests import AuthorizationRequest, RequestRefused, check_request

_OF_THE_CLIENT = frozenset(("client_secret", "client_assertion", "client_assertion_type"))


@dataclass(frozen=True, slots=True)
class Pushed:
    """A request that was taken in: the name the browser brings, and for how long it is good."""

    request_uri: str
    expires_in_seconds: int


def push_request(
    session: Session,
    client: ClientView,
    params: Iterable[tuple[str, str]],
    *,
    issuer: str,
    now: datetime,
    thumbprint: str | None = None,
) -> Pushed | RequestRefused:
    """Check the request of a client that showed who it is, as the authorization endpoint would, and keep it for 90 s.

    `thumbprint`: of the key it proved with this call; the code will be bound to it (RFC 9449 10.1). A refusal is an answer to
    the client itself, whatever its `redirect` says.
    """
    try:
        given = {name: value for name, value in without_repeats(params).items() if name not in _OF_THE_CLIENT}
    except No as no:
        return RequestRefused(no.code, no.description, redirect=False)
    if given.get("client_id", client.id) != client.id:
        return RequestRefused("invalid_request", "client_id names another client", redirect=False)
    if thumbprint is not None and given.setdefault("dpop_jkt", thumbprint) != thumbprint:
        return RequestRefused("invalid_dpop_proof", "dpop_jkt is not the key of the proof", redirect=False)
    request = check_request(session, client, given, issuer=issuer, now=now, pushed=True)
    if isinstance(request, RequestRefused):
        return request
    kept = {**request.params, "client_id": client.id} | ({"dpop_jkt": thumbprint} if thumbprint else {})
    request_uri = insert_kept(session, client.id, kept, timedelta(seconds=PUSHED_SECONDS), now=now)
    return Pushed(request_uri, PUSHED_SECONDS)


def keep_request(session: Session, request: AuthorizationRequest, *, now: datetime) -> str:
    """Keep a request for half an hour while somebody signs in and agrees; give the `request_uri` to come back with.

    A pushed one goes on under the name it has.
    """
    if request.request_uri is None:
        return insert_kept(session, request.client.id, request.params, KEEP_FOR, now=now)
    prolong_kept(session, request.request_uri, request.client.id, now=now)
    return request.request_uri
