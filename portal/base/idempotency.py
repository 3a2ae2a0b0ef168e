"""Idempotency keys: a repeated request acts once and gets the first answer again.

The claim is a row under (scope, key); a second request with the same key waits for the first one's transaction (row
lock on PostgreSQL, the writers' line on SQLite) and is then given what the first one stored. The same key with another
body is refused, as in the IETF draft "The Idempotency-Key HTTP Header Field" (422).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.base.db import Base, Json, table
from portal.base.driver import FrequentStatement
from portal.base.errors import N_, Refused


class IdempotencyKey(Base):
    """A request that was acted on, what it asked (as a hash) and what it was told."""

    __tablename__ = "idempotency_key"
    __table_args__ = (sa.Index("ix_idempotency_key_created_at", "created_at"), table("global"))
    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime]


_table = IdempotencyKey.metadata.tables["idempotency_key"]
_this = sa.and_(_table.c.scope == sa.bindparam("of_scope"), _table.c.key == sa.bindparam("of_key"))
_claim = FrequentStatement(
    {
        name: dialect.insert(_table)
        .values({each.name: sa.bindparam(each.name, type_=each.type) for each in _table.c})
        .on_conflict_do_nothing()
        .returning(_table.c.key)
        for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
    }
)
_find = sa.select(_table.c.fingerprint, _table.c.answer).where(_this)
_store = FrequentStatement(sa.update(_table).where(_this).values(answer=sa.bindparam("given", type_=_table.c.answer.type)))


class KeyReused(Refused):
    """The key was used for something else."""

    code = "idempotency_key_reused"
    status = 422
    sentence = N_("This form was already sent with other entries. Open it again to start afresh.")


def claim(session: Session, scope: str, key: str, body: str, *, now: datetime) -> dict[str, Any] | None:
    """Claim `key` within `scope` for `body`. None: go on, then `store`. Otherwise the first answer; raises KeyReused."""
    fingerprint = hashlib.sha256(body.encode()).hexdigest()
    connection = session.connection()
    values = {"scope": scope, "key": key, "fingerprint": fingerprint, "answer": None, "created_at": now}
    if _claim.first(session, values) is not None:
        return None
    found = connection.execute(_find, {"of_scope": scope, "of_key": key}).one()
    if found.fingerprint != fingerprint:
        raise KeyReused
    return dict(found.answer or {})


def store(session: Session, scope: str, key: str, answer: dict[str, Any]) -> None:
    """Keep the answer of a claimed key, for whoever repeats the request."""
    _store.change(session, {"of_scope": scope, "of_key": key, "given": answer})


def forget_before(session: Session, moment: datetime) -> int:
    """Delete keys older than `moment`; give how many."""
    return session.execute(sa.delete(IdempotencyKey).where(IdempotencyKey.created_at < moment)).rowcount  # type: ignore[attr-defined,no-any-return]
