"""How many codes of a batch a customer takes, and everybody a day: counted by statements that refuse to count past a limit.

A code is claimed first, then the customer's lines are counted, then everybody's, which others wait for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.codes.entry import Rules
from portal.codes.errors import CodeRefused
from portal.codes.models import CodeTally

EVERYBODY = 0
_tally = CodeTally.metadata.tables["code_tally"]
_KEY = ("batch_id", "customer_id", "day")


def _counting(insert: Any) -> Any:
    more = {"uses": _tally.c.uses + 1}
    below = _tally.c.uses < sa.bindparam("most")
    values: dict[str, Any] = {name: sa.bindparam(name) for name in _KEY} | {"uses": 1}
    new = insert(_tally).values(values)
    return new.on_conflict_do_update(index_elements=_KEY, set_=more, where=below).returning(_tally.c.uses)


_count = {"sqlite": _counting(sqlite.insert), "postgresql": _counting(postgresql.insert)}
_give_back = (
    sa.update(_tally)
    .where(
        _tally.c.batch_id == sa.bindparam("of_batch"),
        _tally.c.customer_id == sa.bindparam("of_customer"),
        _tally.c.day == sa.bindparam("of_day"),
        _tally.c.uses > 0,
    )
    .values(uses=_tally.c.uses - 1)
)


def count_use(session: Session, batch_id: int, customer_id: int, rules: Rules, *, now: datetime) -> CodeRefused | None:
    """Count one more code of a batch; give what stands against it, whereupon the caller takes everything back."""
    connection = session.connection()
    for customer, day, most in _lines(customer_id, rules, now):
        named = {"batch_id": batch_id, "customer_id": customer, "day": day, "most": most}
        if connection.execute(_count[connection.dialect.name], named).first() is None:
            return CodeRefused("day_limit" if day else "customer_limit")
    return None


def uncount_uses(session: Session, uses: Iterable[tuple[int, int, datetime]]) -> None:
    """Take back what was counted for (batch, customer, moment); where nothing was, nothing is."""
    rows = sorted(
        (batch, customer == EVERYBODY, customer, day)
        for batch, customer_id, at in uses
        for customer, day in ((customer_id, ""), (customer_id, today(at).isoformat()), (EVERYBODY, today(at).isoformat()))
    )
    if rows:
        named = [{"of_batch": batch, "of_customer": customer, "of_day": day} for batch, _, customer, day in rows]
        session.connection().execute(_give_back, named)


def _lines(customer_id: int, rules: Rules, now: datetime) -> Sequence[tuple[int, str, int]]:
    day = today(now).isoformat()
    lines = ((customer_id, "", rules.per_customer), (customer_id, day, rules.per_customer_day), (EVERYBODY, day, rules.per_day))
    return [(customer, of_day, most) for customer, of_day, most in lines if most is not None]
