"""A transfer as a part of a larger statement, for where a round trip more is too many (PostgreSQL alone)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from portal.base.ledger import Account, LedgerAccount, Posting, check_entries, fingerprint_of

_accounts, _movements, _entries = (
    LedgerAccount.metadata.tables[name] for name in ("ledger_account", "ledger_movement", "ledger_entry")
)  # fmt: skip
_ENTRY = ("account_id", "number", "movement_id", "amount", "balance_after")
_KEY = ("book", "owner", "unit")


def transferring(after: sa.CTE) -> sa.CTE:
    """Give a transfer that is booked where `after` has a row; `transferring_values` fill it.

    It gives a row once it stands. It gives none where the reference is taken, or where the source has not enough or was
    never used: then the caller rolls back. The target is opened where it is used for the first time.
    """
    given = [_bind(name, _movements.c[name].type) for name in ("reference", "fingerprint", "at")]
    claim = postgresql.insert(_movements).from_select(("reference", "fingerprint", "at"), sa.select(*given).select_from(after))
    movement = claim.on_conflict_do_nothing().returning(_movements.c.id).cte("movement")
    amount = _bind("amount", sa.BigInteger())
    source = (
        sa.update(_accounts)
        .where(
            sa.exists(sa.select(movement.c.id)),
            *(_accounts.c[name] == _bind(f"source_{name}", sa.String()) for name in _KEY),
            _accounts.c.floor.is_not_distinct_from(_bind("source_floor", sa.BigInteger())),
            sa.or_(_accounts.c.floor.is_(None), _accounts.c.balance - amount >= _accounts.c.floor),
        )
        .values(balance=_accounts.c.balance - amount, entries=_accounts.c.entries + 1)
        .returning(_accounts.c.id, _accounts.c.entries, _accounts.c.balance)
        .cte("source")
    )
    target = _credited(source, amount)
    lines = [
        sa.select(one.c.id, one.c.entries, movement.c.id, change, one.c.balance).join_from(one, movement, sa.true())
        for one, change in ((source, -amount), (target, amount))
    ]
    written = sa.insert(_entries).from_select(_ENTRY, sa.union_all(*lines)).cte("entries_written")
    return sa.select(target.c.id).add_cte(written).cte("transferred")


def _credited(source: sa.CTE, amount: sa.BindParameter[int]) -> sa.CTE:
    keys = [_bind(f"target_{name}", sa.String()) for name in _KEY]
    new = sa.select(*keys, _bind("target_floor", sa.BigInteger()), amount, sa.literal_column("1"), _bind("at", _accounts.c.opened_at.type))
    insert = postgresql.insert(_accounts)
    insert = insert.from_select((*_KEY, "floor", "balance", "entries", "opened_at"), new.select_from(source))
    return (
        insert.on_conflict_do_update(
            index_elements=[_accounts.c[name] for name in _KEY],
            set_={"balance": _accounts.c.balance + insert.excluded.balance, "entries": _accounts.c.entries + 1},
            where=_accounts.c.floor.is_not_distinct_from(insert.excluded.floor),
        )
        .returning(_accounts.c.id, _accounts.c.entries, _accounts.c.balance)
        .cte("target")
    )


def transferring_values(reference: str, source: Account, target: Account, amount: int, *, now: datetime) -> Mapping[str, Any]:
    """Give the values for `transferring`. As for `ledger.transfer`; the source must come before the target in their order.

    Accounts are changed in that order everywhere, so a part that went against it could make two wait for each other.
    """
    ordered = check_entries(reference, [Posting(source, -amount), Posting(target, amount)])
    if ordered[0].account != source or amount <= 0:
        raise ValueError("a part moves more than nothing, from the first of two accounts to the second")
    values = {"reference": reference, "fingerprint": fingerprint_of(ordered), "at": now, "amount": amount}
    for side, account in (("source", source), ("target", target)):
        facts = {"book": account.book, "owner": account.owner, "unit": account.unit, "floor": account.floor}
        values |= {f"{side}_{name}": value for name, value in facts.items()}
    return {f"ledger_{name}": value for name, value in values.items()}


def _bind(name: str, kind: sa.types.TypeEngine[Any]) -> sa.BindParameter[Any]:
    return sa.bindparam(f"ledger_{name}", type_=kind)
