"""The key a caller proves to have with a call (DPoP, RFC 9449)."""

from __future__ import annotations

from datetime import datetime

from flask import Response, g, request
from sqlalchemy.orm import Session

from portal.faces.parts import portal
from portal.faces.provider import issuer
from portal.faces.sso.blueprint import machines
from portal.openid import ClientView, ProofRefused, TokenRefused, check_proof, dpop_nonce, good_nonces

HEADER = "DPoP"


def read_proof(db: Session, client: ClientView, *, now: datetime, access_token: str | None = None) -> str | TokenRefused | None:
    """Give the thumbprint of the key this request proves, None where it proves none, or why its proof is not taken.

    The proof is used up by being looked at: commit, whatever comes of it. `access_token`: it must be made for this one, too.
    A client whose proofs must hold a nonce of ours is given the present one with each answer (RFC 9449 8.2).
    """
    keys = portal().keys
    if client.wants_nonces:
        g.dpop_nonce = dpop_nonce(keys, now=now)
    proofs = request.headers.getlist(HEADER)
    if not proofs:
        return None
    if len(proofs) > 1:
        return TokenRefused("invalid_dpop_proof", "there is more than one proof")
    nonces = good_nonces(keys, now=now) if client.wants_nonces else None
    url = issuer() + request.path
    found = check_proof(db, proofs[0], method=request.method, url=url, access_token=access_token, now=now, nonces=nonces)
    return TokenRefused(found.code, found.description) if isinstance(found, ProofRefused) else found


@machines.after_request
def give_nonce(response: Response) -> Response:
    """Hand the present nonce to a client that has to use it."""
    if "dpop_nonce" in g:
        response.headers["DPoP-Nonce"] = g.dpop_nonce
    return response
