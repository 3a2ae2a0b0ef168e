"""The audit log: who looked at or changed what, in chains of keyed hashes that cannot be altered unnoticed.

Each entry carries HMAC-SHA-256(key, previous hash || the entry's canonical JSON). Entries of one customer share a
chain, so that counters at different customers do not wait for each other. Entries hold opaque ids only: a customer's
erasure leaves every chain whole. Basis: guard.md 26; OWASP ASVS 5.0 16.4.2.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.base.db import Base, Id, Json, table

CHAINS = 16
START = "0" * 64
MANY = 1000
_OF_CLIENT = sa.text("substr(subject, 1, 7) = 'client:'")


class AuditEntry(Base):
    """One look or change. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry_customer", "customer_id", "at", "chain", "seq"),
        sa.Index("ix_audit_entry_actor", "actor", "at"),
        sa.Index("ix_audit_entry_client", "subject", "at", sqlite_where=_OF_CLIENT, postgresql_where=_OF_CLIENT),
        table("global"),
    )
    chain: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(Id)
    subject: Mapped[str | None]
    channel: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(Json)
    hash: Mapped[str] = mapped_column(sa.String(64))


class AuditHead(Base):
    """The end of each chain. Its row is what writers of one chain wait for."""

    __tablename__ = "audit_head"
    __table_args__ = (table("global"),)
    chain: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Id, default=0)
    hash: Mapped[str] = mapped_column(sa.String(64), default=START)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be noted. `actor` such as `staff:7` or `party:9`; `action` such as `customer.opened`."""

    actor: str
    action: str
    channel: str
    customer_id: int | None = None
    subject: str | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain does not hold, and how."""

    chain: int
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry as it is read again."""

    at: datetime
    actor: str
    action: str
    detail: Mapping[str, Any]


_advance = (
    sa.update(AuditHead)
    .where(AuditHead.chain == sa.bindparam("which"))
    .values(seq=AuditHead.seq + 1)
    .returning(AuditHead.seq, AuditHead.hash)
)
_insert = sa.insert(AuditEntry)
_close = sa.update(AuditHead).where(AuditHead.chain == sa.bindparam("which")).values(hash=sa.bindparam("new_hash"))
_close_at = _close.values(seq=sa.bindparam("new_seq"))

_of_client = (
    sa.select(AuditEntry.at, AuditEntry.actor, AuditEntry.action, AuditEntry.detail)
    .where(_OF_CLIENT, AuditEntry.subject == sa.bindparam("subject"))
    .order_by(AuditEntry.at.desc(), AuditEntry.chain, AuditEntry.seq.desc())
    .limit(sa.bindparam("most"))
)


def record(session: Session, key: bytes, entry: Entry, *, now: datetime) -> None:
    """Append `entry` to its chain, in the caller's transaction. Three statements."""
    chain = chain_of(entry)
    connection = session.connection()
    seq, previous = connection.execute(_advance, {"which": chain}).one()
    row = _row(key, previous, chain, seq, entry, now)
    connection.execute(_insert, row)
    connection.execute(_close, {"which": chain, "new_hash": row["hash"]})


def list_changes_of_client(session: Session, client_id: str, *, limit: int = 20) -> Sequence[Noted]:
    """Give what was done to a client (`subject` `client:…`), the newest first."""
    rows = session.connection().execute(_of_client, {"subject": f"client:{client_id}", "most": limit})
    return [Noted(*row) for row in rows]


def record_many(session: Session, key: bytes, entries: Iterable[Entry], *, now: datetime) -> None:
    """Append many entries, given chain by chain (`chain_of`) in rising order; each chain is held from its first entry on.

    For the end of a long transaction: whoever writes to a chain waits until it is committed.
    """
    connection = session.connection()
    for chain, of_chain in groupby(entries, chain_of):
        seq, previous = connection.execute(_advance, {"which": chain}).one()
        rows: list[dict[str, Any]] = []
        for entry in of_chain:
            rows.append(_row(key, previous, chain, seq, entry, now))
            seq, previous = seq + 1, rows[-1]["hash"]
            if len(rows) == MANY:
                connection.execute(_insert, rows)
                rows = []
        if rows:
            connection.execute(_insert, rows)
        connection.execute(_close_at, {"which": chain, "new_seq": seq - 1, "new_hash": previous})


def _row(key: bytes, previous: str, chain: int, seq: int, entry: Entry, now: datetime) -> dict[str, Any]:
    row = {
        "chain": chain, "seq": seq, "at": now, "actor": entry.actor, "action": entry.action,
        "customer_id": entry.customer_id, "subject": entry.subject, "channel": entry.channel,
        "detail": dict(entry.detail or {}),
    }  # fmt: skip
    return row | {"hash": seal(key, previous, row)}


def chain_of(entry: Entry) -> int:
    """Give the chain an entry belongs to: its customer's, or the actor's where no customer is concerned."""
    if entry.customer_id is not None:
        return (entry.customer_id ^ entry.customer_id >> 21) % CHAINS
    return hashlib.sha256(entry.actor.encode()).digest()[0] % CHAINS


def seal(key: bytes, previous: str, row: Mapping[str, Any]) -> str:
    """Give the hash of an entry that follows `previous`; any changed field, order or gap changes it."""
    body = [
        row["chain"], row["seq"], row["at"].astimezone(UTC).isoformat(), row["actor"], row["action"],
        row["customer_id"], row["subject"], row["channel"], row["detail"],
    ]  # fmt: skip
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, previous.encode() + text.encode(), hashlib.sha256).hexdigest()


def verify(session: Session, keys: Sequence[bytes]) -> Iterator[Fault]:
    """Walk every chain from its start and yield each place where it does not hold. Nothing yielded: the log is whole.

    An entry may be sealed with any of `keys`: the present one and, after a rotation, former ones.
    """
    heads = {head.chain: (head.seq, head.hash) for head in session.scalars(sa.select(AuditHead))}
    for chain in range(CHAINS):
        if chain not in heads:
            yield Fault(chain, 0, "the chain's head is missing")
            continue
        previous, expected = START, 1
        rows = session.execute(
            sa.select(AuditEntry.__table__).where(AuditEntry.chain == chain).order_by(AuditEntry.seq).execution_options(yield_per=2000)
        ).mappings()
        for row in rows:
            if row["seq"] != expected:
                yield Fault(chain, expected, f"entries {expected} to {row['seq'] - 1} are missing")
                expected = row["seq"]
            if not any(hmac.compare_digest(seal(key, previous, dict(row)), row["hash"]) for key in keys):
                yield Fault(chain, row["seq"], "the entry was altered, or the one before it")
            previous, expected = row["hash"], expected + 1
        if heads[chain] != (expected - 1, previous):
            yield Fault(chain, expected - 1, "the chain ends before its head: entries were cut off")


def list_heads(session: Session) -> list[tuple[int, int, str]]:
    """Give (chain, length, hash) of each chain: kept elsewhere, it shows a log that was cut back together with its head."""
    return [(head.chain, head.seq, head.hash) for head in session.scalars(sa.select(AuditHead).order_by(AuditHead.chain))]
