"""What a frame acts with: an opaque token of five minutes, held in the page's memory, stored here as a hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.ids import new_token
from portal.identity.embed_assertions import Employee
from portal.identity.models import AssertionUse, EmbedClient, EmbedToken
from portal.identity.session_queries import hash_token

TOKEN_SECONDS = 300
KEEP_EXPIRED = timedelta(hours=1)

_token = EmbedToken.metadata.tables["embed_token"]
_client = EmbedClient.metadata.tables["embed_client"]
_use = AssertionUse.metadata.tables["assertion_use"]
_insert = sa.insert(_token)
_find = (
    sa.select(_token.c.client_id, _client.c.customer_id, _client.c.store, _token.c.employee, _token.c.employee_name, _token.c.origin)
    .join_from(_token, _client, _client.c.id == _token.c.client_id)
    .where(
        _token.c.token_hash == sa.bindparam("token"),
        _token.c.expires_at > sa.bindparam("at"),
        _client.c.store == sa.bindparam("of_store"),
        _client.c.ended_at.is_(None),
    )
)
_expired = (
    sa.delete(_token).where(_token.c.expires_at < sa.bindparam("at")),
    sa.delete(_use).where(_use.c.expires_at < sa.bindparam("at")),
)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token as it is given out, once."""

    token: str = field(repr=False)
    expires_in_seconds: int


def issue_embed_token(session: Session, employee: Employee, *, now: datetime) -> IssuedToken:
    """Give the frame of an employee a token for five minutes, good in this one store."""
    token = new_token()
    session.connection().execute(
        _insert,
        {
            "token_hash": hash_token(token), "client_id": employee.client_id, "employee": employee.number,
            "employee_name": employee.name, "origin": employee.origin, "issued_at": now,
            "expires_at": now + timedelta(seconds=TOKEN_SECONDS),
        },
    )  # fmt: skip
    return IssuedToken(token, TOKEN_SECONDS)


def find_embed_token(session: Session, token: str, store: str, *, now: datetime) -> Employee | None:
    """Give who acts with this token in this store; None for one that has run out, of another store, or of an ended client."""
    row = session.connection().execute(_find, {"token": hash_token(token), "at": now, "of_store": store}).first()
    return None if row is None else Employee(*row)


def sweep_embedding(session: Session, *, now: datetime) -> int:
    """Delete tokens and used assertions an hour after their time; give how many rows went."""
    return sum(session.connection().execute(each, {"at": now - KEEP_EXPIRED}).rowcount for each in _expired)
