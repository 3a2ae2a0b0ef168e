"""Coupons: held by a cart while it lasts, moved to its order, used when that is paid, given back when it is cancelled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.keys import Keys
from portal.codes.claims import HELD, USED, Standing, claim_code, refuse_standing
from portal.codes.entry import Redeemer
from portal.codes.errors import CodeRefused
from portal.codes.limits import uncount_uses
from portal.codes.models import CodeBatch, CodeUse
from portal.codes.reading import CodeFound
from portal.codes.redeeming import read_counted
from portal.identity import Guesser

_use, _batch = CodeUse.metadata.tables["code_use"], CodeBatch.metadata.tables["code_batch"]
_holders = (_use.c.holder == sa.bindparam("of_holder"), _use.c.customer_id == sa.bindparam("customer"))
_of_code = (_use.c.batch_id == sa.bindparam("of_batch"), _use.c.number == sa.bindparam("of_number"))
_held = (_use.c.status == HELD,)
_gone = (_use.c.batch_id, _use.c.customer_id, _use.c.at)
_codes = (_use.c.batch_id, _use.c.number)
_in_order = sa.select(*_codes).where(*_holders).order_by(*_codes).with_for_update()
"""All that one holds, taken in the order in which `expire_coupons` takes what lapsed: no two wait for each other crosswise."""
_all = (sa.tuple_(*_codes).in_(_in_order), *_holders)
_longer = sa.update(_use).where(*_of_code, *_holders, *_held).values(expires_at=sa.bindparam("until", type_=_use.c.expires_at.type))
_move = (
    sa.update(_use)
    .where(*_all, *_held)
    .values(holder=sa.bindparam("to_holder"), expires_at=sa.bindparam("until", type_=_use.c.expires_at.type))
    .returning(_use.c.batch_id, _use.c.number)
)
_spend = sa.update(_use).where(*_all, *_held).values(status=USED, expires_at=None)
_release = sa.delete(_use).where(*_all).returning(*_gone)
_release_one = sa.delete(_use).where(*_holders, *_of_code, *_held).returning(*_gone)
_list = (
    sa.select(_use.c.batch_id, _use.c.number, _batch.c.campaign_code)
    .join(_batch, _batch.c.id == _use.c.batch_id)
    .where(*_holders)
    .order_by(_use.c.at, _use.c.batch_id, _use.c.number)
)
_due = (
    sa.select(_use.c.batch_id, _use.c.number)
    .where(*_held, _use.c.expires_at <= sa.bindparam("at"))
    .order_by(_use.c.batch_id, _use.c.number)
    .limit(sa.bindparam("most"))
)
_lapse = sa.delete(_use).where(*_of_code, *_held, _use.c.expires_at <= sa.bindparam("at")).returning(*_gone)


@dataclass(frozen=True, slots=True)
class HeldCoupon:
    """A coupon a cart or an order has. `reference` (`code:3:1207`) names it without giving the code away: show that it is there."""

    batch_id: int
    number: int
    campaign_code: str

    @property
    def reference(self) -> str:
        """Give `code:3:1207`: the batch and the number."""
        return f"code:{self.batch_id}:{self.number}"


def hold_coupon(  # noqa: PLR0913 - what a cart knows of a code that was typed
    session: Session,
    keys: Keys,
    customer_id: int,
    text: str,
    *,
    holder: str,
    until: datetime,
    channel: str,
    actor: str,
    now: datetime,
    guesser: Guesser | None = None,
) -> HeldCoupon | CodeRefused:
    """Keep a coupon for `holder` (`cart:7`) until a moment; the same again holds it longer. Commit what is returned.

    Nobody else gets it meanwhile; after `until` anybody may. `guesser`: whose wrong codes count; the customer's unless told.
    Raises Invalid (`code`) for a typing error, which counts as nothing.
    """
    redeemer = Redeemer(customer_id, channel, actor, guesser or Guesser(customer_id))
    found = read_counted(session, keys, text, redeemer, now=now)
    if isinstance(found, CodeRefused):
        return found
    if found.kind != "coupon" or found.campaign_code is None:
        return CodeRefused("prize")
    held = HeldCoupon(found.batch_id, found.number, found.campaign_code)
    taken = claim_code(session, found, redeemer, status=HELD, holder=holder, until=until, now=now)
    if not isinstance(taken, Standing):
        return held if taken is None else taken
    if _hold_longer(session, found, customer_id, holder, until):
        return held
    return refuse_standing(taken, customer_id)


def list_coupons(session: Session, customer_id: int, holder: str) -> Sequence[HeldCoupon]:
    """Give the coupons a cart or an order has, in the order they came. One statement."""
    rows = session.connection().execute(_list, {"customer": customer_id, "of_holder": holder})
    return [HeldCoupon(row.batch_id, row.number, row.campaign_code) for row in rows]


def move_coupons(
    session: Session,
    customer_id: int,
    from_holder: str,
    to_holder: str,
    *,
    until: datetime | None,
    now: datetime,  # noqa: ARG001
) -> Sequence[str]:
    """Hand all that is held over to another holder, a cart's to its order; give their references, sorted.

    Whoever priced with coupons compares: one that lapsed meanwhile and went to somebody else is missing.
    """
    named = {"customer": customer_id, "of_holder": from_holder, "to_holder": to_holder, "until": until}
    return sorted(f"code:{row.batch_id}:{row.number}" for row in session.connection().execute(_move, named))


def use_coupon(session: Session, customer_id: int, holder: str, *, now: datetime) -> int:  # noqa: ARG001 - as campaign uses are
    """Use up all that `holder` holds: from now on nothing lapses. Gives how many were; again: none."""
    return session.connection().execute(_spend, {"customer": customer_id, "of_holder": holder}).rowcount


def release_coupon(
    session: Session,
    customer_id: int,
    holder: str,
    *,
    now: datetime,  # noqa: ARG001
    references: Iterable[str] | None = None,
) -> int:
    """Give back all that `holder` holds or has used, or some that it holds; each can be taken again. Again: none."""
    connection, named = session.connection(), {"customer": customer_id, "of_holder": holder}
    if references is None:
        gone = list(connection.execute(_release, named).all())
    else:
        connection.execute(_in_order, named)  # the others, too: they are wanted next, and counters are taken below
        codes = sorted((int(batch), int(number)) for _, batch, number in (each.split(":") for each in references))
        gone = [
            row for batch, number in codes for row in connection.execute(_release_one, named | {"of_batch": batch, "of_number": number})
        ]
    uncount_uses(session, [(row.batch_id, row.customer_id, row.at) for row in gone])
    return len(gone)


def expire_coupons(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Give back coupons that were held for longer than was said; give how many."""
    connection = session.connection()
    due = connection.execute(_due, {"at": now, "most": limit}).all()
    gone: list[sa.Row[*tuple[Any, ...]]] = []
    for row in due:
        gone += connection.execute(_lapse, {"of_batch": row.batch_id, "of_number": row.number, "at": now}).all()
    uncount_uses(session, [(row.batch_id, row.customer_id, row.at) for row in gone])
    return len(gone)


def _hold_longer(session: Session, found: CodeFound, customer_id: int, holder: str, until: datetime) -> bool:
    named = {"of_batch": found.batch_id, "of_number": found.number, "customer": customer_id, "of_holder": holder, "until": until}
    return session.connection().execute(_longer, named).rowcount > 0
