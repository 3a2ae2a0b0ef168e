"""Who a token is about (OpenID Connect Core 5.3), for whoever holds it (RFC 6750; RFC 9449 where it is bound to a key)."""

from __future__ import annotations

from flask import Response, jsonify, request

from portal.base import clock
from portal.faces.access import machine, requires
from portal.faces.parts import portal
from portal.faces.provider import provider
from portal.faces.sso.blueprint import machines
from portal.faces.sso.calling import CallRefused, opened
from portal.faces.sso.cors import open_to_client
from portal.faces.sso.proofs import read_proof
from portal.faces.sso.watching import watched
from portal.openid import OPENID, USE_NONCE, AccessToken, ClientView, TokenRefused, find_client, read_access_token, read_claims, sign_person

_SCHEMES = ("bearer", "dpop")


@machines.get("/oauth/userinfo")
@requires(machine)
def show_person() -> Response:
    """Give the claims a token opens."""
    return _answer(*_token_in_header())


@machines.post("/oauth/userinfo")
@requires(machine)
def show_person_by_post() -> Response:
    """Give them to a POST as well; the token may stand in the form (RFC 6750 2.2)."""
    scheme, token = _token_in_header()
    in_form = request.form.getlist("access_token")
    if in_form and (token or len(in_form) > 1):
        raise CallRefused("invalid_request", "send one token, in one place")
    return _answer(scheme, token or (in_form[0] if in_form else ""))


def _token_in_header() -> tuple[str, str]:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return (scheme.lower(), token.strip()) if scheme.lower() in _SCHEMES else ("bearer", "")


def _answer(scheme: str, token: str) -> Response:
    if not token:
        raise CallRefused("invalid_request", "there is no token", status=401, challenge="Bearer")
    now = clock.now()
    with opened({}, writes=False) as db:
        us = provider(db, now=now)
        found = read_access_token(db, us, token, now=now)
        client = find_client(db, found.client_id) if found is not None else None
        watched(client)
        proof = read_proof(db, client, now=now, access_token=token) if client is not None else None
        fault = "" if found is None else _fault_of_key(found, scheme, proof)
        claims = None
        if found is not None and found.grant is not None and client is not None and not fault:
            claims = read_claims(
                db, found.grant.party_id, found.subject, scopes=found.scopes, names=found.grant.claims.get("userinfo", ()),
                allowed=client.scopes, country=portal().settings.country, now=now,
            )  # fmt: skip
    if found is None or client is None or fault:
        code = USE_NONCE if isinstance(proof, TokenRefused) and proof.code == USE_NONCE else "invalid_token"
        raise _no(code, fault or "the token is not good, or no longer", 401, scheme, client)
    if claims is None or OPENID not in found.scopes:
        raise _no("insufficient_scope", "the token was not granted openid by a person", 403, scheme, client)
    signed = sign_person(us.ring, client, claims, issuer=us.issuer, now=now)
    said = jsonify(claims) if signed is None else Response(signed, content_type="application/jwt")
    return open_to_client(said, client)


def _fault_of_key(token: AccessToken, scheme: str, proof: str | TokenRefused | None) -> str:
    """Say what is wrong with how a token is held: one that is bound to a key is good with that key alone (RFC 9449 7.1)."""
    if token.key_thumbprint is None:
        return "" if scheme == "bearer" else "the token is bound to no key"
    if scheme != "dpop" or proof is None:
        return "the token is bound to a key, which was not proved"
    if isinstance(proof, TokenRefused):
        return proof.description
    return "" if proof == token.key_thumbprint else "the token is bound to another key"


def _no(code: str, description: str, status: int, scheme: str, client: ClientView | None) -> CallRefused:
    named = "DPoP" if scheme == "dpop" else "Bearer"
    challenge = f'{named} error="{code}", error_description="{description}"'
    return CallRefused(code, description, status=status, challenge=challenge, client=client)
