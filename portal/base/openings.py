"""Taking over balances from elsewhere: the first movement of many accounts at once, in four statements and no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.ledger import LedgerAccount, LedgerEntry, Posted, Posting, check_entries, claim_movement, fingerprint_of

_accounts = sa.insert(LedgerAccount).returning(LedgerAccount.id, sort_by_parameter_order=True)
_entries = sa.insert(LedgerEntry.__table__)  # type: ignore[arg-type]


def post_openings(session: Session, reference: str, entries: Sequence[Posting], *, now: datetime) -> Posted:
    """Book one movement between accounts that were never used before. What is refused is refused as by `ledger.post`.

    The same reference again is the same movement. An account that was used already, or would lie below its floor, is our
    mistake: the database's IntegrityError.
    """
    ordered = check_entries(reference, entries)
    connection = session.connection()
    claimed = claim_movement(connection, reference, fingerprint_of(ordered), now)
    if not claimed.is_new:
        return claimed
    rows = [
        {
            "book": each.account.book, "owner": each.account.owner, "unit": each.account.unit, "floor": each.account.floor,
            "balance": each.amount, "entries": 1, "opened_at": now,
        }
        for each in ordered
    ]  # fmt: skip
    ids = connection.execute(_accounts, rows).scalars().all()
    lines = [
        {"account_id": account, "number": 1, "movement_id": claimed.movement_id, "amount": each.amount, "balance_after": each.amount}
        for account, each in zip(ids, ordered, strict=True)
    ]
    connection.execute(_entries, lines)
    return claimed
