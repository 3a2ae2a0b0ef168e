"""Batches: made by one of the staff, approved by another, stopped by anybody who may approve; numbers voided by range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.base.keys import Keys
from portal.codes.checking import check_batch
from portal.codes.entry import NewBatch, NewPrize, Rules
from portal.codes.errors import BatchNotOpen, SameHands
from portal.codes.making import new_secret
from portal.codes.models import CodeBatch

DRAFT, ACTIVE, STOPPED = "draft", "active", "stopped"
MOST_RANGES = 200

_batch, _prize, _use = (CodeBatch.metadata.tables[name] for name in ("code_batch", "code_prize", "code_use"))
_of_id = _batch.c.id == sa.bindparam("batch")
_add, _add_prizes = sa.insert(_batch).returning(_batch.c.id), sa.insert(_prize)
_approve = (
    sa.update(_batch)
    .where(_of_id, _batch.c.status == DRAFT, _batch.c.made_by != sa.bindparam("staff"))
    .values(status=ACTIVE, approved_by=sa.bindparam("staff"))
)
_stop = sa.update(_batch).where(_of_id, _batch.c.status == ACTIVE).values(status=STOPPED)
_drop_prizes = sa.delete(_prize).where(_prize.c.batch_id.in_(sa.select(_batch.c.id).where(_of_id, _batch.c.status == DRAFT)))
_drop = sa.delete(_batch).where(_of_id, _batch.c.status == DRAFT)
_state = sa.select(_batch.c.status, _batch.c.made_by).where(_of_id)
_lock = sa.select(_batch.c.size, _batch.c.voided, _batch.c.status).where(_of_id).with_for_update()
_void = sa.update(_batch).where(_of_id).values(voided=sa.bindparam("ranges", type_=_batch.c.voided.type))
_shown = [_batch.c[name] for name in (
    "id", "name", "kind", "campaign_code", "partner", "size", "status", "starts_at", "ends_at", "rules", "voided", "made_by", "made_at",
    "approved_by",
)]  # fmt: skip
_used = sa.select(sa.func.count()).where(_use.c.batch_id == _batch.c.id, _use.c.status == "used").correlate(_batch).scalar_subquery()
_list = sa.select(*_shown).order_by(_batch.c.id.desc()).limit(sa.bindparam("most"))
_get = sa.select(*_shown, _used.label("used")).where(_of_id)
_prizes = sa.select(_prize).where(_prize.c.batch_id == sa.bindparam("batch")).order_by(_prize.c.position)


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list."""

    batch_id: int
    name: Mapping[str, str]
    kind: str
    campaign_code: str | None
    partner: str | None
    size: int
    status: str
    starts_at: datetime
    ends_at: datetime
    rules: Rules
    voided: tuple[tuple[int, int], ...]
    made_by: int
    made_at: datetime
    approved_by: int | None


@dataclass(frozen=True, slots=True)
class PrizeView:
    """A prize: its weight of a million, how many there were and are left (None: as many as are drawn)."""

    position: int
    name: Mapping[str, str]
    kind: str
    points: int
    offering_code: str | None
    weight: int
    amount: int | None
    left: int | None


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with its prizes and how many of its codes were redeemed."""

    line: BatchLine
    prizes: Sequence[PrizeView]
    used: int


def draft_batch(session: Session, keys: Keys, new: NewBatch, *, staff_id: int, now: datetime) -> int:
    """Make a batch that waits for approval and give its id; no code of it is good before. Raises Invalid with the places."""
    check_batch(new, now=now)
    row: dict[str, Any] = {
        "name": dict(new.name), "kind": new.kind, "campaign_code": new.campaign_code, "partner": new.partner, "size": new.size,
        "status": DRAFT, "starts_at": new.starts_at, "ends_at": new.ends_at, "rules": asdict(new.rules), "voided": [],
        "secret": new_secret(keys), "made_by": staff_id, "made_at": now, "approved_by": None,
    }  # fmt: skip
    connection = session.connection()
    batch_id: int = connection.execute(_add, row).scalar_one()
    if new.prizes:
        connection.execute(_add_prizes, [_prize_row(batch_id, place, each) for place, each in enumerate(new.prizes, 1)])
    return batch_id


def approve_batch(session: Session, batch_id: int, *, staff_id: int) -> None:
    """Make a draft's codes good from its first day on. Raises SameHands for who made it, BatchNotOpen, NotFound."""
    _claim(session, _approve, batch_id, staff_id)


def stop_batch(session: Session, batch_id: int) -> None:
    """Take no more codes of an active batch, for good; what was redeemed stays. Raises BatchNotOpen, NotFound."""
    _claim(session, _stop, batch_id)


def drop_draft(session: Session, batch_id: int) -> None:
    """Forget a batch that was never approved. Raises BatchNotOpen, NotFound."""
    session.connection().execute(_drop_prizes, {"batch": batch_id})
    _claim(session, _drop, batch_id)


def void_codes(session: Session, batch_id: int, first: int, last: int) -> None:
    """Make the codes of numbers `first` to `last` no good: a carton that was stolen. What was redeemed stays.

    Raises Invalid (`first`, `last`) for no range of the batch, or too many of them; BatchNotOpen for one that is not active; NotFound.
    """
    connection = session.connection()
    found = connection.execute(_lock, {"batch": batch_id}).one_or_none()
    if found is None:
        raise NotFound
    if found.status != ACTIVE:
        raise BatchNotOpen
    if not 0 <= first <= last:
        raise Invalid({"first": N_("Enter the first number and the last, the last not below the first.")})
    if last >= found.size:
        raise Invalid({"last": N_("The batch has no such number: its last is %(last)s.")}, last=found.size - 1)
    ranges = merge_ranges([*found.voided, [first, last]])
    if len(ranges) > MOST_RANGES:
        raise Invalid({"first": N_("The batch has too many such ranges: stop it instead.")})
    connection.execute(_void, {"batch": batch_id, "ranges": ranges})


def merge_ranges(ranges: Sequence[Sequence[int]]) -> list[list[int]]:
    """Give the same numbers in as few ranges as can be, in order."""
    merged: list[list[int]] = []
    for first, last in sorted((pair[0], pair[1]) for pair in ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged


def list_batches(session: Session, *, most: int = 200) -> Sequence[BatchLine]:
    """Give the batches, the newest first. One statement."""
    return [_line(row) for row in session.connection().execute(_list, {"most": most})]


def get_batch(session: Session, batch_id: int) -> BatchView:
    """Give a batch; raises NotFound. Two statements."""
    connection = session.connection()
    row = connection.execute(_get, {"batch": batch_id}).one_or_none()
    if row is None:
        raise NotFound
    return BatchView(_line(row), [_view(each) for each in connection.execute(_prizes, {"batch": batch_id})], row.used)


def read_rules(stored: Mapping[str, Any]) -> Rules:
    """Give rules as they are stored."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    return Rules(**values)


def _claim(session: Session, statement: sa.Update | sa.Delete, batch_id: int, staff_id: int | None = None) -> None:
    connection = session.connection()
    named = {"batch": batch_id} if staff_id is None else {"batch": batch_id, "staff": staff_id}
    if connection.execute(statement, named).rowcount:
        return
    found = connection.execute(_state, {"batch": batch_id}).one_or_none()
    if found is None:
        raise NotFound
    if staff_id is not None and found.status == DRAFT:
        raise SameHands
    raise BatchNotOpen


def _prize_row(batch_id: int, position: int, prize: NewPrize) -> dict[str, Any]:
    value = {"points": {"points": prize.points}, "offering": {"offering": prize.offering_code}}.get(prize.kind, {})
    return {
        "batch_id": batch_id, "position": position, "name": dict(prize.name), "kind": prize.kind, "value": value,
        "weight": prize.weight, "amount": prize.amount, "remaining": prize.amount or 0,
    }  # fmt: skip


def _line(row: sa.Row[*tuple[Any, ...]]) -> BatchLine:
    ranges = tuple((first, last) for first, last in row.voided)
    return BatchLine(
        row.id, row.name, row.kind, row.campaign_code, row.partner, row.size, row.status, row.starts_at, row.ends_at,
        read_rules(row.rules), ranges, row.made_by, row.made_at, row.approved_by,
    )  # fmt: skip


def _view(row: sa.Row[*tuple[Any, ...]]) -> PrizeView:
    left = None if row.amount is None else row.remaining
    points, offering = row.value.get("points", 0), row.value.get("offering")
    return PrizeView(row.position, row.name, row.kind, points, offering, row.weight, row.amount, left)
