"""Authorization requests that are kept here under a name: those clients pushed, and those somebody must sign in for first.

Named by a `request_uri` of 256 random bits, which is stored as a hash; good for the client that asked alone, and until one
code was issued for it (RFC 9126 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.ids import new_token
from portal.openid.hashes import hash_secret
from portal.openid.models import PushedRequest

PREFIX = "urn:ietf:params:oauth:request_uri:"
PUSHED_SECONDS = 90
KEEP_FOR = timedelta(minutes=30)
"""How long somebody may take to sign in and to agree."""

_kept = PushedRequest.metadata.tables["pushed_request"]
_unused = sa.and_(_kept.c.uri_hash == sa.bindparam("uri"), _kept.c.client_id == sa.bindparam("client"), _kept.c.used_at.is_(None))
_find = sa.select(_kept.c.params, _kept.c.created_at).where(_unused, _kept.c.expires_at > sa.bindparam("at"))
_insert = sa.insert(_kept).inline()
_prolong = sa.update(_kept).where(_unused).values(expires_at=sa.bindparam("until"))
_take = sa.update(_kept).where(_unused, _kept.c.expires_at > sa.bindparam("at")).values(used_at=sa.bindparam("at"))


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """A request's parameters, and when they first came."""

    params: Mapping[str, str]
    created_at: datetime


def find_kept(session: Session, request_uri: str, client_id: str, *, now: datetime) -> KeptRequest | None:
    """Give the request of that name, if it is this client's and still good."""
    row = session.connection().execute(_find, {"uri": _hash(request_uri), "client": client_id, "at": now}).first()
    return None if row is None else KeptRequest(row.params, row.created_at)


def insert_kept(session: Session, client_id: str, params: Mapping[str, str], lasts: timedelta, *, now: datetime) -> str:
    """Keep a request that was checked; give its `request_uri`."""
    request_uri = PREFIX + new_token()
    session.connection().execute(
        _insert,
        {
            "uri_hash": _hash(request_uri), "client_id": client_id, "params": dict(params),
            "created_at": now, "expires_at": now + lasts, "used_at": None,
        },
    )  # fmt: skip
    return request_uri


def prolong_kept(session: Session, request_uri: str, client_id: str, *, now: datetime) -> None:
    """Let a request that reached the browser in time wait for the person."""
    session.connection().execute(_prolong, {"uri": _hash(request_uri), "client": client_id, "until": now + KEEP_FOR})


def take_kept(session: Session, request_uri: str, client_id: str, *, now: datetime) -> bool:
    """Use a request up; False when it was used already or is over. One conditional UPDATE: of two at once one has it."""
    taken = session.connection().execute(_take, {"uri": _hash(request_uri), "client": client_id, "at": now})
    return taken.rowcount == 1


def _hash(request_uri: str) -> str:
    return hash_secret(request_uri)
