"""Every attempt to sign in, and how it ended: written for both realms, read by the person it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.ids import new_id
from portal.base.metrics import sign_ins_total
from portal.identity.models import SignInEvent
from portal.identity.visitor import MAX_LABEL, Visitor

_event = SignInEvent.metadata.tables["sign_in_event"]
_insert = sa.insert(_event)
_own = (
    sa.select(_event.c.id, _event.c.at, _event.c.method, _event.c.outcome, _event.c.device_label, _event.c.ip)
    .where(_event.c.party_id == sa.bindparam("party"), _event.c.id < sa.bindparam("before"))
    .order_by(_event.c.id.desc())
    .limit(sa.bindparam("most"))
)
NEWEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class SignInView:
    """One attempt: when, how, with what end, from which device and address."""

    id: int
    at: datetime
    method: str
    outcome: str
    device_label: str
    ip: str


def record_sign_in(
    session: Session,
    visitor: Visitor,
    *,
    method: str,
    outcome: str,
    now: datetime,
    realm: str = "subscriber",
    party_id: int | None = None,
    staff_id: int | None = None,
) -> None:
    """Keep one attempt, and count it. One statement, also when nobody knows whose it was."""
    sign_ins_total.labels(realm, method, outcome).inc()
    session.connection().execute(
        _insert,
        {
            "id": new_id(now), "at": now, "realm": realm, "party_id": party_id, "staff_id": staff_id, "method": method,
            "outcome": outcome, "device_label": visitor.label[:MAX_LABEL], "ip": visitor.ip[:64],
        },
    )  # fmt: skip


def list_sign_ins(session: Session, party_id: int, *, before: int | None = None, limit: int = 20) -> Sequence[SignInView]:
    """Give the party's attempts to sign in, newest first; `before` is the id of the last one already shown."""
    found = session.connection().execute(_own, {"party": party_id, "before": before or NEWEST, "most": limit})
    return [SignInView(*row) for row in found]
