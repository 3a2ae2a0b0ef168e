"""People on their way to a provider and back: what is kept of them meanwhile, good once, in the browser that set out."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.ids import new_token
from portal.base.keys import Keys
from portal.federation.models import UpstreamRequest
from portal.federation.providers import ProviderView
from portal.federation.saml_requests import address_with_request

ON_THE_WAY = timedelta(minutes=10)
AT_THE_DOOR = timedelta(minutes=1)
"""How long what a SAML provider posted waits for the browser that set out to come and fetch it."""
MAX_HINT = 254

_request = UpstreamRequest.metadata.tables["upstream_request"]
_insert = sa.insert(_request).inline()
_right_one = (
    _request.c.state_hash == sa.bindparam("state"),
    _request.c.provider_id == sa.bindparam("provider"),
    _request.c.expires_at > sa.bindparam("at"),
)
_own = (_request.c.flow_hash, _request.c.nonce, _request.c.verifier, _request.c.request_id, _request.c.next, _request.c.again,
        _request.c.said, _request.c.expires_at)  # fmt: skip
_take = sa.delete(_request).where(*_right_one, _request.c.flow_hash == sa.bindparam("flow"), _request.c.said.is_(None)).returning(*_own)
_take_posted = sa.delete(_request).where(*_right_one, _request.c.said.is_(None)).returning(*_own)
_take_waiting = (
    sa.delete(_request).where(*_right_one, _request.c.flow_hash == sa.bindparam("flow"), _request.c.said.is_not(None)).returning(*_own)
)


@dataclass(frozen=True, slots=True)
class Ourselves:
    """What a provider knows us by: where its answers go, and, for SAML, our entityID."""

    answers_to: str
    entity_id: str = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """One way there and back. `again`: they were to be asked there who they are, however lately they were."""

    provider_id: int
    next: str | None
    again: bool
    started_at: datetime
    flow_hash: str
    nonce: str | None = field(default=None, repr=False)
    verifier: str | None = field(default=None, repr=False)
    request_id: str | None = None
    said: Mapping[str, Any] | None = field(default=None, repr=False)


def start_upstream(
    session: Session,
    keys: Keys,
    provider: ProviderView,
    ourselves: Ourselves,
    *,
    flow_id: str,
    next: str | None,  # noqa: A002 - what the address calls it
    login_hint: str | None = None,
    again: bool = False,
    now: datetime,
) -> str:
    """Set out: give the address at the provider, good for ten minutes, once, and in the browser of `flow_id` alone.

    OpenID Connect: code, PKCE by S256, nonce and state; SAML: an unsigned AuthnRequest by HTTP-Redirect.
    """
    state = new_token()
    row: dict[str, Any] = {
        "state_hash": _hash(state), "provider_id": provider.id, "flow_hash": _hash(flow_id), "nonce": None, "verifier": None,
        "request_id": None, "next": next, "again": again, "said": None, "expires_at": now + ON_THE_WAY,
    }  # fmt: skip
    if provider.kind == "saml":
        row["request_id"] = f"_{new_token()}"
        to = address_with_request(
            provider.document["sign_in"], request_id=row["request_id"], state=state, entity_id=ourselves.entity_id,
            answers_to=ourselves.answers_to, again=again, now=now,
        )  # fmt: skip
    else:
        verifier, row["nonce"] = new_token(), new_token()
        row["verifier"] = keys.encrypt(verifier)
        to = _authorize_address(provider, ourselves, state, verifier, row["nonce"], login_hint=login_hint, again=again)
    session.connection().execute(_insert, row)
    return to


def take_journey(session: Session, keys: Keys, provider: ProviderView, state: str, *, flow_id: str, now: datetime) -> Journey | None:
    """Use up the way back that `state` names; None unless it is this provider's, this browser's, in time and not used before."""
    return _taken(session, keys, _take, provider, {"state": _hash(state), "flow": _hash(flow_id)}, now)


def take_posted(session: Session, keys: Keys, provider: ProviderView, state: str, *, now: datetime) -> Journey | None:
    """Use up the way back of an answer that another site's form posted, which no cookie of ours came with.

    Whoever calls this goes on by `wait_at_the_door`: whether it is the right browser is found out there.
    """
    return _taken(session, keys, _take_posted, provider, {"state": _hash(state)}, now)


def wait_at_the_door(session: Session, keys: Keys, journey: Journey, said: Mapping[str, Any], *, now: datetime) -> str:
    """Keep what was said of somebody for a minute; give the one-time name under which the browser that set out gets it."""
    name = new_token()
    row = {
        "state_hash": _hash(name), "provider_id": journey.provider_id, "flow_hash": journey.flow_hash, "nonce": None, "verifier": None,
        "request_id": None, "next": journey.next, "again": journey.again, "said": keys.encrypt(json.dumps(dict(said))),
        "expires_at": now + AT_THE_DOOR,
    }  # fmt: skip
    session.connection().execute(_insert, row)
    return name


def take_waiting(session: Session, keys: Keys, provider: ProviderView, name: str, *, flow_id: str, now: datetime) -> Journey | None:
    """Use up what waits under `name`; None unless it is this provider's, this browser's and in time."""
    return _taken(session, keys, _take_waiting, provider, {"state": _hash(name), "flow": _hash(flow_id)}, now)


def _taken(
    session: Session,
    keys: Keys,
    statement: sa.Executable,
    provider: ProviderView,
    which: dict[str, str],
    now: datetime,
) -> Journey | None:
    row = session.connection().execute(statement, which | {"provider": provider.id, "at": now}).first()
    if row is None:
        return None
    return Journey(
        provider.id, row.next, row.again, row.expires_at - (AT_THE_DOOR if row.said else ON_THE_WAY), row.flow_hash, row.nonce,
        keys.decrypt(row.verifier) if row.verifier else None, row.request_id,
        json.loads(keys.decrypt(row.said)) if row.said else None,
    )  # fmt: skip


def _authorize_address(
    provider: ProviderView, ourselves: Ourselves, state: str, verifier: str, nonce: str, *, login_hint: str | None, again: bool
) -> str:
    """Give the authorization request (OpenID Connect Core 3.1.2.1, RFC 7636 4.3)."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code", "client_id": provider.client_id or "", "redirect_uri": ourselves.answers_to,
        "scope": " ".join(provider.scopes), "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    if login_hint:
        asked["login_hint"] = login_hint[:MAX_HINT]
    if again:
        asked |= {"max_age": "0", "prompt": "login"}
    endpoint = str(provider.document["authorization_endpoint"])
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
