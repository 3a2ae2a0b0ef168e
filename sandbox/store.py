"""What the sandbox knows: payments, refunds, notifications to be sent, and what it was told to do wrong. One SQLite file."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS payment (
  merchant_ref TEXT PRIMARY KEY, token TEXT UNIQUE, trade_no TEXT, amount_minor INTEGER, currency TEXT, description TEXT,
  notify_url TEXT, return_url TEXT, created_at REAL, expires_at REAL, state TEXT, paid_at REAL, pay_at REAL);
CREATE TABLE IF NOT EXISTS refund (
  refund_ref TEXT PRIMARY KEY, merchant_ref TEXT, refund_no TEXT, amount_minor INTEGER, state TEXT, error TEXT, at REAL);
CREATE TABLE IF NOT EXISTS notice (
  number INTEGER PRIMARY KEY, id TEXT, url TEXT, body TEXT, forged INTEGER, due REAL, tries INTEGER DEFAULT 0, done_at REAL,
  answer TEXT);
CREATE INDEX IF NOT EXISTS ix_notice_due ON notice (due) WHERE done_at IS NULL;
CREATE INDEX IF NOT EXISTS ix_payment_paid ON payment (paid_at);
CREATE INDEX IF NOT EXISTS ix_refund_at ON refund (at);
CREATE TABLE IF NOT EXISTS fault (name TEXT PRIMARY KEY, value INTEGER);
"""
FAULTS = ("delay", "copies", "forged", "swapped", "lost", "refuse_refunds", "refunds_take", "away")
"""Seconds late, copies besides, a forged one first, each after the next, none at all, no refund, seconds of a refund, no answer."""
RETRIES = (5, 15, 60, 300, 1800, 3600, 3600 * 6)
Row = dict[str, Any]


class Wrong(Exception):
    """What is asked cannot be; the text is the code."""


@dataclass(frozen=True)
class Store:
    """The file at `path`."""

    path: Path

    def __post_init__(self) -> None:
        with self.open() as db:
            db.executescript(TABLES)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction: returning commits, raising rolls back."""
        with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.rollback()
                raise
            if db.in_transaction:
                db.commit()

    def create(self, asked: Row, now: float) -> Row:
        """Take a payment in; the same reference again is the same payment, with another amount it is wrong."""
        amount = asked.get("amount_minor")
        if type(amount) is not int or not 0 < amount < 10**12:
            raise Wrong("bad_amount")
        if asked["expires_at"] <= now:
            raise Wrong("expired")
        with self.open() as db:
            db.execute(
                "INSERT INTO payment VALUES (?,?,?,?,?,?,?,?,?,?,'open',NULL,NULL) ON CONFLICT DO NOTHING",
                (
                    asked["merchant_ref"], secrets.token_urlsafe(18), f"S{secrets.token_hex(8).upper()}", amount, asked["currency"],
                    asked["description"], asked["notify_url"], asked["return_url"], now, asked["expires_at"],
                ),
            )  # fmt: skip
            found = _get(db, asked["merchant_ref"])
        if (found["amount_minor"], found["currency"]) != (amount, asked["currency"]):
            raise Wrong("reference_reused")
        return found

    def find(self, merchant_ref: str) -> Row | None:
        """Give a payment, or None."""
        with self.open() as db:
            row = db.execute("SELECT * FROM payment WHERE merchant_ref = ?", (merchant_ref,)).fetchone()
        return None if row is None else dict(row)

    def find_by_token(self, token: str) -> Row | None:
        """Give the payment whose page this is, or None."""
        with self.open() as db:
            row = db.execute("SELECT * FROM payment WHERE token = ?", (token,)).fetchone()
        return None if row is None else dict(row)

    def pay(self, merchant_ref: str, now: float, *, even_if_over: bool = False) -> bool:
        """Pay, and have it told; say whether it could be. `even_if_over`: as a bank does whose word was under way."""
        states = "('open', 'closed')" if even_if_over else "('open')"
        with self.open() as db:
            found = _get(db, merchant_ref)
            if now > found["expires_at"] and not even_if_over:
                return False
            done = db.execute(
                f"UPDATE payment SET state = 'paid', paid_at = ?, pay_at = NULL WHERE merchant_ref = ? AND state IN {states}",  # noqa: S608  # nosec B608 - our own words
                (now, merchant_ref),
            ).rowcount
            if done:
                self._tell(db, found["notify_url"], "paid", _facts(found) | {"occurred_at": now}, now)
        return bool(done)

    def pay_later(self, merchant_ref: str, at: float) -> None:
        """Have it paid by itself at a moment to come."""
        with self.open() as db:
            db.execute("UPDATE payment SET pay_at = ? WHERE merchant_ref = ? AND state = 'open'", (at, merchant_ref))

    def pay_due(self, now: float) -> None:
        """Pay what was to be paid by now."""
        with self.open() as db:
            due = db.execute("SELECT merchant_ref FROM payment WHERE state = 'open' AND pay_at <= ?", (now,)).fetchall()
        for row in due:
            self.pay(row["merchant_ref"], now)

    def close(self, merchant_ref: str) -> Row | None:
        """End a payment that is open; give it as it is then."""
        with self.open() as db:
            db.execute("UPDATE payment SET state = 'closed' WHERE merchant_ref = ? AND state = 'open'", (merchant_ref,))
        return self.find(merchant_ref)

    def refund(self, asked: Row, now: float) -> Row:
        """Give money back; the same reference again is the same refund, and the sum is never more than was paid."""
        faults = self.faults()
        with self.open() as db:
            there = db.execute("SELECT * FROM refund WHERE refund_ref = ?", (asked["refund_ref"],)).fetchone()
            if there is not None:
                if there["amount_minor"] != asked["amount_minor"]:
                    raise Wrong("reference_reused")
                return dict(there)
            paid = _get(db, asked["merchant_ref"])
            query = "SELECT coalesce(sum(amount_minor), 0) FROM refund WHERE merchant_ref = ? AND state <> 'refused'"
            before = db.execute(query, (asked["merchant_ref"],)).fetchone()[0]
            amount = asked["amount_minor"]
            if paid["state"] != "paid" or type(amount) is not int or amount <= 0 or before + amount > paid["amount_minor"]:
                raise Wrong("refund_too_large")
            state, error = ("refused", "not_allowed") if faults["refuse_refunds"] else ("done", None)
            at = now + faults["refunds_take"]
            row = (asked["refund_ref"], asked["merchant_ref"], f"T{secrets.token_hex(8).upper()}", amount, state, error, at)
            db.execute("INSERT INTO refund VALUES (?,?,?,?,?,?,?)", row)
            facts = {"reference": asked["refund_ref"], "provider_ref": row[2], "amount_minor": amount, "currency": paid["currency"]}
            facts |= {"error": error, "occurred_at": at}
            self._tell(db, asked["notify_url"], "refunded" if state == "done" else "refund_failed", facts, at)
        return self.find_refund(asked["refund_ref"]) or {}

    def find_refund(self, refund_ref: str) -> Row | None:
        """Give a refund, or None."""
        with self.open() as db:
            row = db.execute("SELECT * FROM refund WHERE refund_ref = ?", (refund_ref,)).fetchone()
        return None if row is None else dict(row)

    def bill(self, start: float, end: float, after: int, limit: int) -> list[Row]:
        """Give a piece of the bill of a stretch of time: what was paid, then what went back."""
        query = (
            "SELECT * FROM (SELECT 'payment' AS kind, merchant_ref AS reference, trade_no AS provider_ref, amount_minor, currency,"
            " paid_at AS occurred_at FROM payment WHERE paid_at >= ?1 AND paid_at < ?2 UNION ALL"
            " SELECT 'refund', r.refund_ref, r.refund_no, r.amount_minor, p.currency, r.at FROM refund r JOIN payment p"
            " USING (merchant_ref) WHERE r.state = 'done' AND r.at >= ?1 AND r.at < ?2) ORDER BY occurred_at, reference LIMIT ?3 OFFSET ?4"
        )
        with self.open() as db:
            return [dict(row) for row in db.execute(query, (start, end, limit, after))]

    def latest(self, table: str) -> list[Row]:
        """Give the last payments, or the last notifications, for the operator's page."""
        query = {
            "payment": "SELECT * FROM payment ORDER BY created_at DESC LIMIT 20",
            "notice": "SELECT * FROM notice ORDER BY number DESC LIMIT 30",
        }[table]
        with self.open() as db:
            return [dict(row) for row in db.execute(query)]

    def faults(self) -> dict[str, int]:
        """Give what is to be done wrong."""
        with self.open() as db:
            return dict.fromkeys(FAULTS, 0) | {row["name"]: row["value"] for row in db.execute("SELECT * FROM fault")}

    def set_faults(self, **values: int) -> None:
        """Set what is to be done wrong from now on; what is not named stays."""
        with self.open() as db:
            for name in set(values) & set(FAULTS):
                db.execute("INSERT INTO fault VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2", (name, values[name]))

    def tell_again(self, number: int, now: float) -> None:
        """Send a notification once more, now."""
        with self.open() as db:
            db.execute(
                "INSERT INTO notice (id, url, body, forged, due) SELECT id, url, body, forged, ? FROM notice WHERE number = ?",
                (now, number),
            )

    def take_due(self, now: float) -> list[Row]:
        """Take notifications that are due, and have them come again in case nobody answers."""
        with self.open() as db:
            rows = [
                dict(row)
                for row in db.execute("SELECT * FROM notice WHERE done_at IS NULL AND due <= ? ORDER BY due, number LIMIT 20", (now,))
            ]
            for row in rows:
                pause = RETRIES[min(row["tries"], len(RETRIES) - 1)]
                db.execute("UPDATE notice SET tries = tries + 1, due = ? WHERE number = ?", (now + pause, row["number"]))
        return rows

    def note_answer(self, row: Row, answer: str, *, taken: bool, now: float) -> None:
        """Note what a notification was answered; a forged one is sent once, a true one until it is taken or all tries are used."""
        over = taken or row["forged"] or row["tries"] + 1 >= len(RETRIES)
        with self.open() as db:
            db.execute("UPDATE notice SET answer = ?, done_at = ? WHERE number = ?", (answer, now if over else None, row["number"]))

    def _tell(self, db: sqlite3.Connection, url: str, kind: str, facts: Row, now: float) -> None:
        """Put a notification in line, as wrongly as we were told to."""
        faults = dict.fromkeys(FAULTS, 0) | {row["name"]: row["value"] for row in db.execute("SELECT * FROM fault")}
        if faults["lost"]:
            return
        ident = f"evt_{secrets.token_hex(12)}"
        body = json.dumps({"id": ident, "kind": kind, **facts})
        due = now + faults["delay"] + (3 if faults["swapped"] and db.execute("SELECT count(*) FROM notice").fetchone()[0] % 2 == 0 else 0)
        rows = [(f"evt_{secrets.token_hex(12)}", url, body, 1, due)] if faults["forged"] else []
        rows += [(ident, url, body, 0, due)] * (1 + min(faults["copies"], 9))
        db.executemany("INSERT INTO notice (id, url, body, forged, due) VALUES (?,?,?,?,?)", rows)


def _get(db: sqlite3.Connection, merchant_ref: str) -> Row:
    row = db.execute("SELECT * FROM payment WHERE merchant_ref = ?", (merchant_ref,)).fetchone()
    if row is None:
        raise Wrong("unknown_payment")
    return dict(row)


def _facts(found: Row) -> Row:
    return {
        "reference": found["merchant_ref"], "provider_ref": found["trade_no"], "amount_minor": found["amount_minor"],
        "currency": found["currency"],
    }  # fmt: skip
