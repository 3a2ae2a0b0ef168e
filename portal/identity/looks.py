"""Looks: every sight of a customer by staff is noted first, and the customer can read who looked (guard.md 26, 28, 29)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.audit import AuditEntry, Entry, chain_of, record_many
from portal.base.keys import Keys
from portal.base.keyset import read_place, write_place
from portal.identity.alerts import raise_views_unusual
from portal.identity.models import LoginSession, Staff
from portal.identity.openings import CHANNEL, OpeningView, note_action, told_of
from portal.identity.reasons import ORDER, find_reason
from portal.identity.session_queries import StaffMember

VIEWS_AN_HOUR = 60
_SHOWN = ("customer.opened", "customer.viewed", "customer.code_sent")

_entry = AuditEntry.metadata.tables["audit_entry"]
_staff = Staff.metadata.tables["staff"]
_session = LoginSession.metadata.tables["login_session"]
# Whoever worked within the hour; then, by the index on actor and time, whom they looked at.
_at_work = (
    sa.select(_staff.c.id, _staff.c.outlet)
    .where(
        _staff.c.id.in_(sa.select(_session.c.staff_id).where(_session.c.realm == "staff", _session.c.expires_at > sa.bindparam("since")))
    )
    .order_by(_staff.c.id)
)
_distinct = sa.select(sa.func.count(sa.distinct(_entry.c.customer_id))).where(
    _entry.c.actor == sa.bindparam("who"), _entry.c.at > sa.bindparam("since"), _entry.c.action == "customer.viewed"
)
_looks = (
    sa.select(_entry.c.at, _entry.c.chain, _entry.c.seq, _entry.c.action, _entry.c.channel, _entry.c.detail)
    .where(_entry.c.customer_id == sa.bindparam("customer"), _entry.c.action.in_(_SHOWN))
    .order_by(_entry.c.at.desc(), _entry.c.seq.desc())
    .limit(sa.bindparam("most"))
)
_older = _looks.where(
    _entry.c.at <= sa.bindparam("at_before"),
    sa.or_(_entry.c.at < sa.bindparam("at_before"), _entry.c.seq < sa.bindparam("seq_before")),
)


@dataclass(frozen=True, slots=True)
class Look:
    """One sight of the customer, as the customer may know it: hall, role and number of the staff, never a name.

    `action`: customer.opened | customer.viewed | customer.code_sent. `opened`: personal data was unmasked, by `proof`
    (code | reason; order: where an order goes, and no more); `reason` is the sentence of the reason given.
    """

    at: datetime
    action: str
    channel: str
    outlet: str
    role: str
    staff_number: int
    opened: bool
    proof: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class LooksPage:
    """Looks, newest first; `older` leads to the next page, None: there are no more."""

    items: tuple[Look, ...]
    older: str | None


def note_look(session: Session, keys: Keys, staff: StaffMember, customer_id: int, *, opening: OpeningView | None, now: datetime) -> None:
    """Note that staff look at a customer, masked unless `opening`. Commit it before anything is read. Three statements."""
    detail: dict[str, object] = {"opened": opening is not None}
    if opening is not None:
        detail |= {"proof": opening.proof, "reason": opening.reason}
    note_action(session, keys, staff, customer_id, "customer.viewed", detail, now=now)


def note_orders_seen(session: Session, keys: Keys, staff: StaffMember, customers: Mapping[int, bool], *, now: datetime) -> None:
    """Note that staff look at orders of these customers; the value says whether where goods go is unmasked. Commit it first."""
    why = told_of(staff) | {"proof": ORDER.code, "reason": ORDER.code}
    entries = [
        Entry(staff.actor, "customer.viewed", CHANNEL, customer_id=customer_id, detail=why | {"opened": shown})
        for customer_id, shown in customers.items()
    ]
    record_many(session, keys.audit[0], sorted(entries, key=chain_of), now=now)


def watch_looks(session: Session, keys: Keys, *, now: datetime) -> int:
    """Alert the supervisors of each member of staff who looked at more than sixty customers within the hour; give how many.

    The worker asks every minute, so that no page waits for a count over the log.
    """
    since, found = now - timedelta(hours=1), 0
    connection = session.connection()
    for staff_id, outlet in connection.execute(_at_work, {"since": since}).all():
        count = connection.execute(_distinct, {"who": f"staff:{staff_id}", "since": since}).scalar_one()
        if count > VIEWS_AN_HOUR:
            raise_views_unusual(session, keys, staff_id, outlet, count, now=now)
            found += 1
    return found


def list_looks(session: Session, customer_id: int, *, before: str | None = None, limit: int = 20) -> LooksPage:
    """Give who looked at a customer, newest first; `before` is an earlier page's `older`, anything else gives nothing."""
    named: dict[str, object] = {"customer": customer_id, "most": limit + 1}
    if before is not None:
        try:
            named["at_before"], named["seq_before"] = read_place(before)
        except ValueError:
            return LooksPage((), None)
    rows = session.connection().execute(_looks if before is None else _older, named).all()
    shown = rows[:limit]
    older = write_place(shown[-1].at, shown[-1].seq) if len(rows) > limit else None
    return LooksPage(tuple(_look(row.at, row.action, row.channel, row.detail) for row in shown), older)


def _look(at: datetime, action: str, channel: str, detail: dict[str, object]) -> Look:
    reason = find_reason(str(detail.get("reason") or ""))
    return Look(
        at,
        action,
        channel,
        str(detail.get("outlet", "")),
        str(detail.get("role", "")),
        int(str(detail.get("staff_number", 0))),
        bool(detail.get("opened", action == "customer.opened")),
        str(detail["proof"]) if detail.get("proof") else None,
        reason.sentence if reason else None,
    )
