"""The token endpoint (RFC 6749 3.2): each grant in one transaction, signed after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, jsonify
from sqlalchemy.orm import Session

from portal.base import clock
from portal.faces.access import machine, requires
from portal.faces.parts import portal
from portal.faces.provider import provider
from portal.faces.sso.blueprint import machines
from portal.faces.sso.calling import authenticate, opened, read_form, refusal_of
from portal.faces.sso.cors import open_to_client
from portal.faces.sso.proofs import read_proof
from portal.openid import (
    CODE,
    DEVICE,
    EXCHANGE,
    GRANT_TYPES,
    MACHINE,
    REFRESH,
    ClientRefused,
    ClientView,
    Granted,
    Provider,
    TokenRefused,
    client_credentials,
    exchange_token,
    mint_tokens,
    poll_device,
    read_claims,
    redeem_code,
    refresh_tokens,
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call by a client that proved itself; `thumbprint`: of the key it proved besides (DPoP)."""

    us: Provider
    client: ClientView
    form: Mapping[str, str]
    thumbprint: str | None
    now: datetime

    def __getitem__(self, name: str) -> str | None:
        """Give a field, or None."""
        return self.form.get(name)


@machines.post("/oauth/token")
@requires(machine)
def give_tokens() -> Response:
    """Give tokens for a grant, or say why not."""
    now, form = clock.now(), read_form()
    id_claims: dict[str, Any] = {}
    with opened(form, writes=form.get("grant_type") != MACHINE) as db:
        us = provider(db, now=now)
        client = authenticate(db, form, now=now)
        if isinstance(client, ClientRefused):
            answer: Granted | TokenRefused | ClientRefused = client
        else:
            answer = _grant(db, us, client, form, now)
        if isinstance(answer, Granted):
            id_claims = _asked_for_id_token(db, answer, client, now=now)
    known = client if isinstance(client, ClientView) else None
    if not isinstance(answer, Granted):
        raise refusal_of(answer, known)
    return open_to_client(jsonify(mint_tokens(us, answer, now=now, id_claims=id_claims).as_json()), known)


def _grant(db: Session, us: Provider, client: ClientView, form: Mapping[str, str], now: datetime) -> Granted | TokenRefused:
    kind = form.get("grant_type")
    if kind is None:
        return TokenRefused("invalid_request", "grant_type is missing")
    if kind not in GRANT_TYPES:
        return TokenRefused("unsupported_grant_type", "this grant_type is not known here")
    if kind not in client.grant_types:
        return TokenRefused("unauthorized_client", "this client is not registered for this grant_type")
    proof = read_proof(db, client, now=now)
    if isinstance(proof, TokenRefused):
        return proof
    if proof is None and client.require_dpop:
        return TokenRefused("invalid_dpop_proof", "this client must prove its key (RFC 9449)")
    return _GRANTS[kind](db, Call(us, client, form, proof, now))


def _by_code(db: Session, call: Call) -> Granted | TokenRefused:
    code, address, verifier = call["code"], call["redirect_uri"], call["code_verifier"]
    if code is None or address is None or verifier is None:
        return TokenRefused("invalid_request", "code, redirect_uri and code_verifier are needed")
    return redeem_code(
        db, call.us, call.client, code=code, redirect_uri=address, verifier=verifier, thumbprint=call.thumbprint,
        resource=call["resource"], now=call.now,
    )  # fmt: skip


def _by_refresh(db: Session, call: Call) -> Granted | TokenRefused:
    token = call["refresh_token"]
    if token is None:
        return TokenRefused("invalid_request", "refresh_token is needed")
    return refresh_tokens(
        db, call.us, call.client, refresh_token=token, scope=call["scope"], thumbprint=call.thumbprint, resource=call["resource"],
        now=call.now,
    )  # fmt: skip


def _as_machine(_: Session, call: Call) -> Granted | TokenRefused:
    return client_credentials(
        call.us, call.client, scope=call["scope"], thumbprint=call.thumbprint, resource=call["resource"], now=call.now
    )


def _for_device(db: Session, call: Call) -> Granted | TokenRefused:
    code = call["device_code"]
    if code is None:
        return TokenRefused("invalid_request", "device_code is needed")
    return poll_device(db, call.us, call.client, device_code=code, thumbprint=call.thumbprint, resource=call["resource"], now=call.now)


def _in_exchange(db: Session, call: Call) -> Granted | TokenRefused:
    if call["subject_token"] is None:
        return TokenRefused("invalid_request", "subject_token is needed")
    return exchange_token(db, call.us, call.client, call.form, thumbprint=call.thumbprint, now=call.now)


_GRANTS = {CODE: _by_code, REFRESH: _by_refresh, MACHINE: _as_machine, DEVICE: _for_device, EXCHANGE: _in_exchange}


def _asked_for_id_token(db: Session, granted: Granted, client: ClientView | ClientRefused, *, now: datetime) -> dict[str, Any]:
    """Give the claims that were asked for in the ID token by name (OIDC Core 5.5)."""
    grant = granted.grant
    names = grant.claims.get("id_token", ()) if grant is not None and granted.id_token_alg is not None else ()
    if grant is None or not names or isinstance(client, ClientRefused):
        return {}
    country = portal().settings.country
    told = read_claims(db, grant.party_id, grant.subject, scopes=(), names=names, allowed=client.scopes, country=country, now=now)
    return told or {}
