"""Adding to an allowance of the running month, such as a data pack: once for each reference."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.clock import month_start, next_month, today
from portal.base.errors import N_, Invalid
from portal.base.money import MAX_MINOR
from portal.billing.models import AllowanceGrant, Bucket
from portal.billing.words import ALLOWANCES

_grant, _bucket = (Bucket.metadata.tables[name] for name in ("allowance_grant", "bucket"))


def _granting(insert: sqlite.Insert | postgresql.Insert) -> Any:
    return insert.on_conflict_do_nothing().returning(AllowanceGrant.reference)


def _adding(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    return insert.on_conflict_do_update(
        index_elements=[Bucket.customer_id, Bucket.subscription_id, Bucket.kind, Bucket.cycle_start],
        set_={"allowance": Bucket.allowance + insert.excluded.allowance},
    )


_grants = {"sqlite": _granting(sqlite.insert(_grant)), "postgresql": _granting(postgresql.insert(_grant))}
_adds = {"sqlite": _adding(sqlite.insert(_bucket)), "postgresql": _adding(postgresql.insert(_bucket))}


def add_allowance(
    session: Session, customer_id: int, subscription_id: int, kind: str, amount: int, *, reference: str, now: datetime
) -> bool:
    """Add seconds, kB or messages to a line's allowance of the month it is; False where the reference was added before.

    A line without such an allowance has one from then on, for this month. Raises Invalid for what is no whole number
    above zero; an unknown kind is our mistake and raises ValueError.
    """
    if kind not in ALLOWANCES:
        raise ValueError(f"no such allowance: {kind}")
    if type(amount) is not int or not 0 < amount <= MAX_MINOR:
        raise Invalid({"amount": N_("Enter an amount above zero.")})
    connection = session.connection()
    start = month_start(today(now))
    line = {"customer_id": customer_id, "subscription_id": subscription_id, "kind": kind, "cycle_start": start}
    grant = {**line, "reference": reference, "amount": amount, "at": now}
    if connection.execute(_grants[connection.dialect.name], grant).first() is None:
        return False
    bucket = {**line, "cycle_end": next_month(start), "allowance": amount, "used": 0}
    connection.execute(_adds[connection.dialect.name], bucket)
    return True
