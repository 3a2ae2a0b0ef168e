"""Reading a code: which batch, which number of it, and what became of it. Costs one statement, and nothing at the brake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.keys import Keys
from portal.codes.batches import ACTIVE, DRAFT, read_rules
from portal.codes.entry import Rules
from portal.codes.errors import CodeRefused
from portal.codes.making import MARKS, Maker, open_maker, read_mark
from portal.codes.models import CodeBatch

_batch = CodeBatch.metadata.tables["code_batch"]
_marked = (
    sa.select(_batch)
    .where(_batch.c.id % MARKS == sa.bindparam("mark"), _batch.c.status != DRAFT)
    .order_by(_batch.c.id.desc())
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CodeFound:
    """A code that is one of ours, whatever became of it. `reference` names it for good without giving it away."""

    batch_id: int
    number: int
    kind: str
    campaign_code: str | None
    name: Mapping[str, str]
    status: str
    starts_at: datetime
    ends_at: datetime
    rules: Rules
    is_void: bool
    maker: Maker

    @property
    def reference(self) -> str:
        """Give `code:3:1207`: the batch and the number."""
        return f"code:{self.batch_id}:{self.number}"


def read_code(session: Session, keys: Keys, text: str) -> CodeFound | None:
    """Give whose code it is, None for none of ours; raises Invalid (`code`) for a typing error. One statement.

    Whoever shows a person what this gives counts it first: `hold_coupon` and `redeem_code` do.
    """
    mark, values = read_mark(text)
    for row in session.connection().execute(_marked, {"mark": mark}):
        maker = open_maker(keys, row.id, row.secret)
        number = maker.read(values)
        if number < row.size:
            return _found(row, number, maker)
    return None


def refusal_of(found: CodeFound, *, channel: str, now: datetime) -> CodeRefused | None:
    """Say what stands against a code whoever brings it: its batch, its time, where it is."""
    if found.status != ACTIVE:
        return CodeRefused("stopped")
    if found.is_void:
        return CodeRefused("voided")
    if now < found.starts_at:
        return CodeRefused("not_yet", {"day": today(found.starts_at).isoformat()})
    if now >= found.ends_at:
        return CodeRefused("ended", {"day": today(found.ends_at - timedelta(microseconds=1)).isoformat()})
    if found.rules.channels and channel not in found.rules.channels:
        return CodeRefused("channel")
    return None


def _found(row: sa.Row[*tuple[Any, ...]], number: int, maker: Maker) -> CodeFound:
    is_void = any(first <= number <= last for first, last in row.voided)
    return CodeFound(
        row.id, number, row.kind, row.campaign_code, row.name, row.status, row.starts_at, row.ends_at, read_rules(row.rules), is_void, maker
    )
