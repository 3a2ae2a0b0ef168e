"""Taking a code: its row is the claim, so of any who come at once one gets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.codes.entry import Redeemer
from portal.codes.errors import CodeRefused
from portal.codes.limits import count_use, uncount_uses
from portal.codes.models import CodeUse
from portal.codes.reading import CodeFound, refusal_of
from portal.customers import get_shopper

HELD, USED = "held", "used"
_use = CodeUse.metadata.tables["code_use"]
_of_code = (_use.c.batch_id == sa.bindparam("of_batch"), _use.c.number == sa.bindparam("of_number"))
_insert = {
    name: insert(_use)
    .values({each.name: sa.bindparam(each.name, type_=each.type) for each in _use.c})
    .on_conflict_do_nothing()
    .returning(_use.c.number)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_standing = sa.select(_use.c.status, _use.c.customer_id, _use.c.holder).where(*_of_code)
_view = sa.select(_use.c.customer_id, _use.c.channel, _use.c.status, _use.c.holder, _use.c.prize, _use.c.at, _use.c.expires_at).where(
    *_of_code
)
_lapse = (
    sa.delete(_use)
    .where(*_of_code, _use.c.status == HELD, _use.c.expires_at <= sa.bindparam("at"))
    .returning(_use.c.batch_id, _use.c.customer_id, _use.c.at)
)


@dataclass(frozen=True, slots=True)
class CodeUseView:
    """Who took a code, where and when; `holder` and `prize` as far as there is one."""

    customer_id: int
    channel: str
    status: str
    holder: str | None
    prize: int | None
    at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has a code already."""

    status: str
    customer_id: int
    holder: str | None


class _TakenBack(Exception):
    """Carries a refusal out of the savepoint, which takes the claim back."""

    def __init__(self, refusal: CodeRefused) -> None:
        super().__init__()
        self.refusal = refusal


def _take_back(refusal: CodeRefused | None) -> None:
    if refusal is not None:
        raise _TakenBack(refusal)


def claim_code(
    session: Session, found: CodeFound, redeemer: Redeemer, *, status: str, holder: str | None, until: datetime | None, now: datetime
) -> Standing | CodeRefused | None:
    """Take a code for a customer; None: it is his. Gives who has it already, or what stands against it.

    The claim and what it counts stand together or not at all: a savepoint takes back a claim that a limit refuses.
    """
    refusal = refusal_of(found, channel=redeemer.channel, now=now) or _refusal_of_customer(session, found, redeemer, now)
    if refusal is not None:
        return refusal
    try:
        with session.begin_nested():
            lapse(session, found, now=now)
            row: dict[str, Any] = {
                "batch_id": found.batch_id, "number": found.number, "customer_id": redeemer.customer_id, "channel": redeemer.channel,
                "actor": redeemer.actor, "status": status, "holder": holder, "prize": None, "at": now, "expires_at": until,
            }  # fmt: skip
            connection = session.connection()
            if connection.execute(_insert[connection.dialect.name], row).first() is None:
                return find_standing(session, found)
            _take_back(count_use(session, found.batch_id, redeemer.customer_id, found.rules, now=now))
    except _TakenBack as taken_back:
        return taken_back.refusal
    return None


def find_use(session: Session, batch_id: int, number: int) -> CodeUseView | None:
    """Give who took a code; None: nobody."""
    row = session.connection().execute(_view, {"of_batch": batch_id, "of_number": number}).first()
    return None if row is None else CodeUseView(*row)


def find_standing(session: Session, found: CodeFound) -> Standing | None:
    """Give who has a code; None: nobody (any more)."""
    row = session.connection().execute(_standing, {"of_batch": found.batch_id, "of_number": found.number}).first()
    return None if row is None else Standing(*row)


def lapse(session: Session, found: CodeFound, *, now: datetime) -> None:
    """Let go of a code that was held for longer than was said."""
    gone = session.connection().execute(_lapse, {"of_batch": found.batch_id, "of_number": found.number, "at": now}).all()
    uncount_uses(session, _uses(gone))


def refuse_standing(standing: Standing, customer_id: int) -> CodeRefused:
    """Say that somebody has a code already; whether that is somebody else is all that is said of him."""
    if standing.status == HELD:
        return CodeRefused("held")
    return CodeRefused("mine" if standing.customer_id == customer_id else "used")


def _uses(rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> list[tuple[int, int, datetime]]:
    return [(row.batch_id, row.customer_id, row.at) for row in rows]


def _refusal_of_customer(session: Session, found: CodeFound, redeemer: Redeemer, now: datetime) -> CodeRefused | None:
    rules = found.rules
    if not rules.kinds and not rules.tiers:
        return None
    shopper = get_shopper(session, redeemer.customer_id, now=now)
    fits = (not rules.kinds or shopper.kind in rules.kinds) and (not rules.tiers or shopper.tier in rules.tiers)
    return None if fits else CodeRefused("customer")
