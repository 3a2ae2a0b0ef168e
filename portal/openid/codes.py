"""Authorization codes: good once, for a minute, for the client that asked and whoever can show it made the request.

RFC 6749 4.1.2 and 10.5, RFC 7636 4.6, RFC 9700 2.1.1. A code is claimed by one conditional UPDATE before anything is given for
it; one that is shown again takes back what it gave.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import Refused
from portal.base.ids import new_token
from portal.openid.clients import ClientView
from portal.openid.grants import SignIn, bind_key, find_new_grant, insert_grant, revoke_grant
from portal.openid.hashes import challenge_of, hash_secret
from portal.openid.kept_requests import take_kept
from portal.openid.models import AuthorizationCode
from portal.openid.refresh import start_refreshing
from portal.openid.requests import AuthorizationRequest
from portal.openid.tokens import Granted, Provider, TokenRefused, audience_for, granted_by

CODE_SECONDS = 60

_code = AuthorizationCode.metadata.tables["authorization_code"]
_insert = sa.insert(_code).inline()
_fits = sa.and_(
    _code.c.code_hash == sa.bindparam("code"),
    _code.c.client_id == sa.bindparam("client"),
    _code.c.redirect_uri == sa.bindparam("address"),
    _code.c.challenge == sa.bindparam("proof"),
)
_claim = (
    sa.update(_code)
    .where(_fits, _code.c.used_at.is_(None), _code.c.expires_at > sa.bindparam("at"))
    .values(used_at=sa.bindparam("at"))
    .returning(_code.c.grant_id, _code.c.nonce)
)
_used = sa.select(_code.c.grant_id).where(_fits, _code.c.used_at.is_not(None))
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 4.1
_INVALID = TokenRefused("invalid_grant", "the code is wrong, used or expired, or was not issued to this client for this redirect_uri")


def issue_code(
    session: Session,
    client: ClientView,
    request: AuthorizationRequest,
    sign_in: SignIn,
    *,
    scopes: tuple[str, ...] | None = None,
    now: datetime,
) -> str:
    """Grant the client what it asked for, `scopes` or all of it, and give the code that fetches it.

    A kept or pushed request is used up by it; raises Refused when that has happened already (the page was sent twice).
    """
    if request.request_uri is not None and not take_kept(session, request.request_uri, client.id, now=now):
        raise Refused(code="request_used")
    grant_id = insert_grant(
        session, client, sign_in, request.scopes if scopes is None else scopes,
        kind="code", claims=request.claims, key_thumbprint=request.key_thumbprint, now=now,
    )  # fmt: skip
    code = new_token()
    session.connection().execute(
        _insert,
        {
            "code_hash": hash_secret(code), "grant_id": grant_id, "client_id": client.id, "redirect_uri": request.redirect_uri,
            "challenge": request.challenge, "nonce": request.nonce, "created_at": now,
            "expires_at": now + timedelta(seconds=CODE_SECONDS), "used_at": None,
        },
    )  # fmt: skip
    return code


def redeem_code(
    session: Session,
    provider: Provider,
    client: ClientView,
    *,
    code: str,
    redirect_uri: str,
    verifier: str,
    thumbprint: str | None = None,
    resource: str | None = None,
    now: datetime,
) -> Granted | TokenRefused:
    """Give the tokens of a code to the client that asked for it, once. Commit whatever is returned.

    `thumbprint`: of the key it proved to have with this call (DPoP); tokens are bound to it from now on.
    """
    audience = audience_for(provider, client, resource, thumbprint)
    if isinstance(audience, TokenRefused):
        return audience
    if _VERIFIER.fullmatch(verifier) is None:
        return _INVALID
    fits = {"code": hash_secret(code), "client": client.id, "address": redirect_uri, "proof": challenge_of(verifier)}
    claimed = session.connection().execute(_claim, fits | {"at": now}).first()
    if claimed is None:
        return _refuse(session, fits, now)
    grant = find_new_grant(session, claimed.grant_id, now=now)
    if grant is None:
        return _INVALID
    if grant.key_thumbprint is not None and grant.key_thumbprint != thumbprint:
        revoke_grant(session, grant.id, by="code_reused", now=now)
        return TokenRefused("invalid_grant", "the code is bound to another key (RFC 9449 10)")
    if thumbprint is not None:
        bind_key(session, grant.id, thumbprint)
    refresh_token = start_refreshing(session, client, grant, now=now)
    return granted_by(grant, client, audience, refresh_token=refresh_token, key_thumbprint=thumbprint, nonce=claimed.nonce, now=now)


def _refuse(session: Session, fits: dict[str, str], now: datetime) -> TokenRefused:
    """Say no; if the right code comes again with the right proof, take back all it gave: one of the two was stolen."""
    used = session.connection().execute(_used, fits).first()
    if used is not None:
        revoke_grant(session, used.grant_id, by="code_reused", now=now)
    return _INVALID
