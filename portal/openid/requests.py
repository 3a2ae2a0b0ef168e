"""An authorization request: what a client asks a person's browser to bring us, checked before anybody is asked anything.

RFC 6749 4.1.1, OpenID Connect Core 3.1.2, RFC 7636 (S256 alone, for every client), RFC 9101 (signed request objects),
RFC 9126 (pushed requests), RFC 9700 2.1. As long as it is not sure who asks and where answers may go, a refusal is a page
of ours (`redirect` is false); afterwards it is an answer to the client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from portal.openid.clients import ClientView, find_client
from portal.openid.kept_requests import PREFIX, find_kept
from portal.openid.request_objects import read_request_object
from portal.openid.request_rules import (
    No,
    Params,
    check_challenge,
    check_kind,
    check_redirect_uri,
    read_claims,
    read_level,
    read_max_age,
    read_prompt,
    read_request_scopes,
    read_resource,
    read_thumbprint,
    read_words,
    without_repeats,
)

ResponseMode = Literal["query", "form_post", "query.jwt", "form_post.jwt"]
_MODES: Mapping[str, ResponseMode] = {
    "form_post": "form_post",
    "jwt": "query.jwt",
    "query.jwt": "query.jwt",
    "form_post.jwt": "form_post.jwt",
}


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that may be answered. Who the person is, how well that was proved and what they agree to is not known yet."""

    client: ClientView
    redirect_uri: str  # as it was asked for, and registered
    scopes: tuple[str, ...]  # what it may have of what it asked for
    state: str | None
    nonce: str | None
    challenge: str  # PKCE, S256
    response_mode: ResponseMode
    prompt: frozenset[str]  # none | login | consent | select_account
    max_age: int | None  # seconds since the person last proved who they are
    level: int | None  # the rung of the ladder it wants
    level_essential: bool  # without it there is no answer; else it is asked for where somebody can be asked
    login_hint: str | None
    id_token_hint: str | None
    ui_locales: tuple[str, ...]
    claims: Mapping[str, tuple[str, ...]]  # names asked for one by one, under "userinfo" and "id_token"
    subject_wanted: str | None  # `claims` may want one subject and no other
    key_thumbprint: str | None  # `dpop_jkt`: the code is good for the holder of this key alone (RFC 9449 10)
    resource: str | None  # RFC 8707
    asked_at: datetime  # when it first reached us; `prompt=login` wants a proof after it
    params: Mapping[str, str]  # everything that was asked, to be kept meanwhile
    request_uri: str | None  # the name it is kept under, if it is

    def refused(self, code: str, description: str) -> RequestRefused:
        """Give the refusal that is this request's answer."""
        return RequestRefused(code, description, True, self.redirect_uri, self.state, self.response_mode, self.client)


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """A request that is not answered with a code. `code` and `description` are for the client's developers, in English.

    Redirect only when `redirect` is true: then `redirect_uri` is registered, and `state` and `response_mode` are the client's.
    `client`: whose answer it is; a signed one (JARM) is meant for it.
    """

    code: str
    description: str
    redirect: bool
    redirect_uri: str | None = None
    state: str | None = None
    response_mode: ResponseMode = "query"
    client: ClientView | None = None


def read_authorization_request(
    session: Session, params: Iterable[tuple[str, str]], *, issuer: str, now: datetime
) -> AuthorizationRequest | RequestRefused:
    """Check what came to the authorization endpoint, pair by pair as it came; reads alone.

    `issuer` is our own address: request objects must be meant for it. A `request_uri` names a request that was pushed or
    kept here, nothing outside; it stays good until a code is issued for it.
    """
    try:
        given = without_repeats(params)
        client = _client(session, given)
    except No as no:
        return RequestRefused(no.code, no.description, redirect=False)
    return check_request(session, client, given, issuer=issuer, now=now)


def check_request(
    session: Session, client: ClientView, given: Params, *, issuer: str, now: datetime, pushed: bool = False
) -> AuthorizationRequest | RequestRefused:
    """Check the request of a known client; `pushed`: it handed it in by itself and showed who it is (RFC 9126)."""
    try:
        asked = _asked(session, client, given, issuer, now, pushed=pushed)
    except No as no:  # what it asks is not known; where it would have its answers may be
        return _refuse(no, client, given)
    try:
        redirect_uri = check_redirect_uri(client, asked.params)
    except No as no:
        return RequestRefused(no.code, no.description, redirect=False)
    mode = _mode(asked.params)
    try:
        return _read(client, asked, redirect_uri, mode, issuer)
    except No as no:
        return RequestRefused(no.code, no.description, True, redirect_uri, asked.params.get("state"), mode, client)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters that count, wherever they stood; `by_itself`: the client handed them in without a browser."""

    params: Params
    at: datetime
    request_uri: str | None
    by_itself: bool


def _asked(session: Session, client: ClientView, given: Params, issuer: str, now: datetime, *, pushed: bool) -> _Asked:
    """Find what is asked: in the parameters, in a signed object in them, or here under the name they give."""
    if "request_uri" not in given:
        if client.settings.get("require_signed_request_object") and "request" not in given:
            raise No("invalid_request", "this client must sign its requests (RFC 9101)")
        signed = read_request_object(given["request"], client, issuer=issuer, now=now) if "request" in given else given
        return _Asked(signed, now, None, pushed)
    if pushed or "request" in given:
        raise No("invalid_request", "request_uri cannot be combined with a pushed request or with request")
    if not given["request_uri"].startswith(PREFIX):
        raise No("request_uri_not_supported", "request_uri must be one that was given out here (RFC 9126)")
    kept = find_kept(session, given["request_uri"], client.id, now=now)
    if kept is None:
        raise No("invalid_request_uri", "request_uri is unknown, used or expired, or another client's")
    return _Asked(kept.params, kept.created_at, given["request_uri"], by_itself=True)


def _refuse(no: No, client: ClientView, given: Params) -> RequestRefused:
    """Refuse a request that cannot be read: to the client where an address of its own stands beside it, else by a page."""
    address = given.get("redirect_uri")
    if address is None or not client.allows(address):
        return RequestRefused(no.code, no.description, redirect=False)
    return RequestRefused(no.code, no.description, True, address, given.get("state"), _mode(given), client)


def _mode(given: Params) -> ResponseMode:
    return _MODES.get(given.get("response_mode", ""), "query")


def _client(session: Session, given: Params) -> ClientView:
    client = find_client(session, given["client_id"]) if given.get("client_id") else None
    if client is None:
        raise No("invalid_request", "client_id is missing or not known here")
    return client


def _read(client: ClientView, asked: _Asked, redirect_uri: str, mode: ResponseMode, issuer: str) -> AuthorizationRequest:
    """Check everything whose refusal the client may be told."""
    given = asked.params
    if client.require_par and not asked.by_itself:
        raise No("invalid_request", "this client must push its requests (RFC 9126)")
    check_kind(client, given)
    challenge = check_challenge(given)
    scopes = read_request_scopes(client, given)
    claims = read_claims(given)
    level, essential = read_level(client, given, claims)
    max_age = read_max_age(given)
    return AuthorizationRequest(
        client=client,
        redirect_uri=redirect_uri,
        scopes=scopes,
        state=given.get("state"),
        nonce=given.get("nonce"),
        challenge=challenge,
        response_mode=mode,
        prompt=read_prompt(given),
        max_age=client.default_max_age if max_age is None else max_age,
        level=level,
        level_essential=essential,
        login_hint=given.get("login_hint"),
        id_token_hint=given.get("id_token_hint"),
        ui_locales=read_words(given, "ui_locales"),
        claims=claims.names,
        subject_wanted=claims.subject,
        key_thumbprint=read_thumbprint(given),
        resource=read_resource(given, client, issuer),
        asked_at=asked.at,
        params=given,
        request_uri=asked.request_uri,
    )
