"""Holding points as a part of a larger statement, for the rush on a gift (PostgreSQL alone).

A statement sees the lots as they stood when it began. So the purse is locked before, by a statement of its own: whoever
changes a customer's lots changes the purse first, and waits there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.base.clock import today
from portal.base.ids import new_id
from portal.base.ledger import LedgerAccount
from portal.base.ledger_part import transferring, transferring_values
from portal.points.accounts import account_of, check_amount, movement_of, owner_of, unit_of
from portal.points.data import SPENDABLE
from portal.points.holding import hold_row, lots_chosen, take_lots

_HOLD = ("customer_id", "id", "purse", "reference", "amount", "status", "held_at")


def locked_purse() -> sa.ScalarSelect[int]:
    """Give a customer's balance of channel points as a part of a larger query, and lock it; `holding_values` fill it."""
    account = LedgerAccount
    return (
        sa.select(account.balance)
        .where(account.book == "points", account.owner == sa.bindparam("purse_owner"), account.unit == unit_of(SPENDABLE))
        .with_for_update(key_share=True)
        .scalar_subquery()
    )


def purse_values(customer_id: int) -> Mapping[str, Any]:
    """Give the values for `locked_purse`."""
    return {"purse_owner": owner_of(customer_id)}


def hold_part(after: sa.CTE) -> sa.CTE:
    """Give `hold_points` as a part, done where `after` has a row; `holding_values` fill it. The purse must be locked before.

    It gives a row once the points are held, none where there are not enough: then the caller rolls back.
    """
    moved = transferring(after)
    chosen = lots_chosen().where(sa.exists(sa.select(moved.c.id)))
    uses = take_lots(chosen, hold_row(moved)).cte("uses")
    total = sa.func.sum(uses.c.amount)
    return sa.select(total.label("amount")).having(total == sa.bindparam("wanted")).cte("held")


def holding_values(customer_id: int, amount: int, *, reference: str, now: datetime) -> Mapping[str, Any]:
    """Give the values for `hold_part`; Invalid for what is no whole number of points above zero."""
    check_amount(amount)
    accounts = account_of("points", customer_id, SPENDABLE), account_of("points_held", customer_id, SPENDABLE)
    moved = transferring_values(movement_of("held", customer_id, reference), *accounts, amount, now=now)
    lots = {"customer": customer_id, "wanted": amount, "hold": new_id(now), "under": reference, "at": now, "today": today(now)}
    return {**moved, **lots}
