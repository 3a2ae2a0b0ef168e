"""The key a caller proves to have with a call (DPoP, RFC 9449)."""

from __future__ import annotations

from datetime import datetime

from flask import request
from sqlalchemy.orm import Session

from portal.faces.sso.provider import issuer
from portal.openid import ProofRefused, TokenRefused, check_proof

HEADER = "DPoP"


def read_proof(db: Session, *, now: datetime, access_token: str | None = None) -> str | TokenRefused | None:
    """Give the thumbprint of the key this request proves, None where it proves none, or why its proof is not taken.

    The proof is used up by being looked at: commit, whatever comes of it. `access_token`: it must be made for this one, too.
    """
    proofs = request.headers.getlist(HEADER)
    if not proofs:
        return None
    if len(proofs) > 1:
        return TokenRefused("invalid_dpop_proof", "there is more than one proof")
    url = issuer() + request.path
    found = check_proof(db, proofs[0], method=request.method, url=url, access_token=access_token, now=now)
    return TokenRefused(found.code, found.description) if isinstance(found, ProofRefused) else found
