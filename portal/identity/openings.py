"""Who has whom open at the counter: by the customer's code or with a reason, for a while (guard.md 18, 26).

Every opening is in the audit log before anything is shown, on the customer's timeline, and among the looks the
customer can read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.base.audit import Entry, record
from portal.base.errors import NotFound
from portal.base.ids import new_id
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.customers import EVERYTHING, NOTHING, Viewer
from portal.identity.alerts import raise_reasons_frequent
from portal.identity.models import CustomerOpening
from portal.identity.reasons import check_reason
from portal.identity.session_queries import StaffMember
from portal.interactions import record_interaction

Proof = Literal["code", "reason"]
REASONS_AN_HOUR = 10
CHANNEL = "counter"

_opening = CustomerOpening.metadata.tables["customer_opening"]
_columns = (
    _opening.c.id, _opening.c.customer_id, _opening.c.proof, _opening.c.reason, _opening.c.lines, _opening.c.money,
    _opening.c.opened_at, _opening.c.expires_at,
)  # fmt: skip
_live = sa.and_(
    _opening.c.staff_id == sa.bindparam("staff"),
    _opening.c.session_id == sa.bindparam("in_session"),
    _opening.c.closed_at.is_(None),
    _opening.c.expires_at > sa.bindparam("at"),
)
# The widest first: one by reason shows all, one by a member's code that member's lines.
_find = (
    sa.select(*_columns)
    .where(_opening.c.customer_id == sa.bindparam("customer"), _live)
    .order_by(_opening.c.money.desc(), _opening.c.id.desc())
    .limit(1)
)
# Named as foreign keys name them: the tabs need the customers' names and kinds, in one statement.
_customer = sa.table(
    "customer", sa.column("customer_id", sa.BigInteger), sa.column("party_id", sa.BigInteger), sa.column("kind", sa.String)
)
_party = sa.table("party", sa.column("id", sa.BigInteger), sa.column("name", sa.String))
_tabs = (
    sa.select(*_columns, _party.c.name, _customer.c.kind)
    .join_from(_opening, _customer, _customer.c.customer_id == _opening.c.customer_id)
    .join(_party, _party.c.id == _customer.c.party_id)
    .where(_live, _opening.c.opened_at > sa.bindparam("since"))
    .order_by(_opening.c.opened_at, _opening.c.id)
)
_by_reason = sa.select(sa.func.count()).where(
    _opening.c.staff_id == sa.bindparam("staff"),
    _opening.c.opened_at > sa.bindparam("since"),
    _opening.c.proof == "reason",
)
_close = sa.update(_opening).where(_opening.c.customer_id == sa.bindparam("customer"), _live).values(closed_at=sa.bindparam("at"))


@dataclass(frozen=True, slots=True)
class OpeningView:
    """A customer is open. `lines`: what the person who gave the code may see, None for everything."""

    id: int
    customer_id: int
    proof: Proof
    reason: str | None
    lines: frozenset[int] | None
    money: bool
    opened_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a customer may be opened. `scope`: what the person who gave the code may see; None: everything."""

    proof: Proof
    reason: str | None = None
    note: str | None = None
    scope: Viewer | None = None


@dataclass(frozen=True, slots=True)
class OpenTab:
    """One of the customers a member of staff has open now. `kind`: individual or organisation."""

    opening: OpeningView
    customer_name: str
    kind: str


def open_customer_by_reason(
    session: Session,
    keys: Keys,
    staff: StaffMember,
    customer_id: int,
    *,
    reason: str,
    note: str = "",
    settings: Settings,
    now: datetime,
) -> OpeningView:
    """Open a customer who cannot give a code. More than ten within an hour alert the supervisors; none is refused.

    Raises Invalid for a reason not on the list or without the note it needs, NotFound for no such customer.
    """
    grounds = Grounds("reason", reason, check_reason(reason, note))
    view = write_opening(session, keys, staff, customer_id, grounds, settings=settings, now=now)
    since = now - timedelta(hours=1)
    count = session.connection().execute(_by_reason, {"staff": staff.id, "since": since}).scalar_one()
    if count > REASONS_AN_HOUR:
        raise_reasons_frequent(session, keys, staff, count, now=now)
    return view


def write_opening(
    session: Session,
    keys: Keys,
    staff: StaffMember,
    customer_id: int,
    grounds: Grounds,
    *,
    settings: Settings,
    now: datetime,
) -> OpeningView:
    """Write an opening, its audit entry and its place on the timeline. Raises NotFound for no such customer."""
    proof, reason, scope = grounds.proof, grounds.reason, grounds.scope
    lines = None if scope is None or scope.lines is None else frozenset(scope.lines)
    until = now + timedelta(minutes=settings.opening_minutes)
    view = OpeningView(new_id(now), customer_id, proof, reason, lines, scope is None or scope.whole, now, until)
    row = {
        "customer_id": customer_id, "id": view.id, "staff_id": staff.id, "session_id": staff.session_id, "proof": proof,
        "reason": reason, "note": grounds.note, "lines": sa.null() if lines is None else sorted(lines),
        "money": view.money, "opened_at": now, "expires_at": until, "closed_at": None,
    }  # fmt: skip
    try:
        session.connection().execute(sa.insert(_opening).values(row))
    except IntegrityError as error:
        raise NotFound from error
    note_action(session, keys, staff, customer_id, "customer.opened", {"proof": proof, "reason": reason}, now=now)
    params = {"outlet": staff.outlet, "staff_number": staff.public_number}
    record_interaction(session, customer_id, channel=CHANNEL, kind="visited_counter", params=params, now=now)
    return view


def find_opening(session: Session, staff: StaffMember, customer_id: int, *, now: datetime) -> OpeningView | None:
    """Give the opening under which this session of this member of staff may see a customer now. One statement."""
    row = session.connection().execute(_find, _named(staff, now) | {"customer": customer_id}).first()
    return None if row is None else _view(row)


def viewer_at_counter(staff: StaffMember, customer_id: int, opening: OpeningView | None) -> Viewer:
    """Give what staff see: with an opening what it allows, unmasked; without, everything behind masks."""
    if opening is None:
        return Viewer("staff", staff.actor, customer_id, full=False)
    return Viewer("staff", staff.actor, customer_id, lines=opening.lines, rights=EVERYTHING if opening.money else NOTHING, full=True)


def list_open_customers(session: Session, staff: StaffMember, *, settings: Settings, now: datetime) -> Sequence[OpenTab]:
    """Give the customers this session has open now, the first opened first, each once with its widest opening. One statement."""
    since = now - timedelta(minutes=settings.opening_minutes, seconds=1)
    rows = session.connection().execute(_tabs, _named(staff, now) | {"since": since})
    tabs: dict[int, OpenTab] = {}
    for row in rows:
        tab, known = OpenTab(_view(row), row.name, row.kind), tabs.get(row.customer_id)
        if known is None or _width(tab.opening) > _width(known.opening):
            tabs[row.customer_id] = tab
    return list(tabs.values())


def _width(opening: OpeningView) -> tuple[bool, int]:
    """Rank openings of one customer: one that shows money before one that does not, then the later one."""
    return opening.money, opening.id


def close_opening(session: Session, keys: Keys, staff: StaffMember, customer_id: int, *, now: datetime) -> None:
    """Mask the customer again. Raises NotFound when the customer is not open in this session."""
    closed = session.connection().execute(_close, _named(staff, now) | {"customer": customer_id})
    if closed.rowcount == 0:
        raise NotFound
    note_action(session, keys, staff, customer_id, "customer.closed", {}, now=now)


def note_action(
    session: Session, keys: Keys, staff: StaffMember, customer_id: int, action: str, detail: dict[str, Any], *, now: datetime
) -> None:
    """Put what staff did with a customer into the audit log, as the customer may be told it: hall, role, number."""
    entry = Entry(staff.actor, action, CHANNEL, customer_id=customer_id, detail=told_of(staff) | detail)
    record(session, keys.audit[0], entry, now=now)


def told_of(staff: StaffMember) -> dict[str, Any]:
    """Give what a customer may be told of a member of staff: hall, role and number, never a name."""
    return {"outlet": staff.outlet, "role": staff.role, "staff_number": staff.public_number}


def _named(staff: StaffMember, now: datetime) -> dict[str, Any]:
    return {"staff": staff.id, "in_session": staff.session_id, "at": now}


def _view(row: sa.Row[*tuple[Any, ...]]) -> OpeningView:
    opening_id, customer_id, proof, reason, lines, money, opened_at, expires_at = row[:8]
    seen = None if lines is None else frozenset(lines)
    return OpeningView(opening_id, customer_id, proof, reason, seen, bool(money), opened_at, expires_at)
