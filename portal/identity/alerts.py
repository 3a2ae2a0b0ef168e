"""Alerts for supervisors: raised once an hour for each kind and person, kept, audited, and told as an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.audit import Entry, record
from portal.base.errors import N_, Forbidden
from portal.base.events import Event, emit
from portal.base.ids import new_id
from portal.base.keys import Keys
from portal.identity.events import ReasonsFrequent, ViewsUnusual
from portal.identity.limits import HOUR, windows
from portal.identity.models import Staff, StaffAlert
from portal.identity.session_queries import StaffMember
from portal.identity.sign_ins import NEWEST
from portal.identity.throttle import count_up

ALERT_SENTENCES = {
    "reasons_frequent": N_("%(count)s customers opened by reason alone within an hour"),
    "views_unusual": N_("%(count)s customers looked at within an hour"),
}

_alert = StaffAlert.metadata.tables["staff_alert"]
_staff = Staff.metadata.tables["staff"]
_list = (
    sa.select(_alert.c.id, _alert.c.at, _alert.c.kind, _alert.c.count, _staff.c.public_number, _staff.c.name, _staff.c.outlet)
    .join_from(_alert, _staff, _staff.c.id == _alert.c.staff_id)
    .where(_alert.c.id < sa.bindparam("before"))
    .order_by(_alert.c.id.desc())
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert: ALERT_SENTENCES[kind] filled with `count`, about whom."""

    id: int
    at: datetime
    kind: str
    count: int
    staff_number: int
    staff_name: str
    outlet: str


def list_alerts(session: Session, viewer: StaffMember, *, before: int | None = None, limit: int = 50) -> Sequence[AlertView]:
    """Give the newest alerts to a supervisor; raise Forbidden for anybody else."""
    if viewer.role != "supervisor":
        raise Forbidden
    rows = session.connection().execute(_list, {"before": before or NEWEST, "most": limit})
    return [AlertView(*row) for row in rows]


def raise_reasons_frequent(session: Session, keys: Keys, staff: StaffMember, count: int, *, now: datetime) -> None:
    """Tell that openings by reason alone are frequent."""
    _raise(session, keys, staff.id, staff.outlet, "reasons_frequent", ReasonsFrequent(staff.id, count), count, now)


def raise_views_unusual(session: Session, keys: Keys, staff_id: int, outlet: str, count: int, *, now: datetime) -> None:
    """Tell that unusually many customers were looked at."""
    _raise(session, keys, staff_id, outlet, "views_unusual", ViewsUnusual(staff_id, count), count, now)


def _raise(session: Session, keys: Keys, staff_id: int, outlet: str, kind: str, event: Event, count: int, now: datetime) -> None:
    once = windows(f"alert:{kind}:{staff_id}", ((1, HOUR),))
    if count_up(session, once, now=now).of(once).over:
        return
    session.connection().execute(sa.insert(_alert), {"id": new_id(now), "at": now, "staff_id": staff_id, "kind": kind, "count": count})
    detail = {"count": count, "outlet": outlet}
    record(session, keys.audit[0], Entry(f"staff:{staff_id}", f"alert.{kind}", "counter", detail=detail), now=now)
    emit(session, event, now=now)
