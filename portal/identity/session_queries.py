"""Reading sessions: the one statement of every request, and the list its owner sees."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.driver import FrequentQuery
from portal.base.errors import Forbidden, NotFound
from portal.identity.ladder import best_spoken
from portal.identity.models import LoginSession, Staff

Realm = Literal["subscriber", "staff"]
TOUCH_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A signed-in member of staff, with the session that acts."""

    id: int
    session_id: int
    login: str
    name: str
    role: str
    outlet: str
    public_number: int

    @property
    def actor(self) -> str:
        """The name in the audit log."""
        return f"staff:{self.id}"


@dataclass(frozen=True, slots=True)
class SessionView:
    """A live session. `party_*`, `number`, `customer_id`: of a subscriber's; `member`: of a staff one.

    `methods`: how its person proved who they are, all told (`amr`); `authenticated_at`: when last (`auth_time`).
    """

    id: int
    realm: Realm
    level: int
    proved_at: datetime | None
    device_id: str | None
    device_label: str
    created_at: datetime
    seen_at: datetime
    idle_seconds: int
    expires_at: datetime
    methods: tuple[str, ...]
    authenticated_at: datetime
    party_id: int | None = None
    party_name: str = ""
    language: str | None = None
    customer_id: int | None = None
    number: str | None = None
    member: StaffMember | None = None

    @property
    def staff(self) -> StaffMember:
        """The member of staff whose session this is; raises Forbidden when it is a subscriber's."""
        if self.member is None:
            raise Forbidden
        return self.member

    def is_stale(self, now: datetime) -> bool:
        """Say whether `touch_session` is due: at most once a minute."""
        return now - self.seen_at >= TOUCH_AFTER

    def proved_within(self, seconds: int, now: datetime) -> bool:
        """Say whether level 2 was proved so recently (guard.md 7)."""
        return self.level >= 2 and self.proved_at is not None and now - self.proved_at <= timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One of a person's sessions in the list they can end them from."""

    id: int
    device_label: str
    ip: str
    created_at: datetime
    seen_at: datetime
    method: str = ""  # how it began, as the record of sign-ins names it


_session = LoginSession.metadata.tables["login_session"]
_staff = Staff.metadata.tables["staff"]
# Named as foreign keys name it: every request needs the name and language, and one statement must do (design.md).
_party = sa.table("party", sa.column("id", sa.BigInteger), sa.column("name", sa.String), sa.column("language", sa.String))
_own = (
    _session.c.id, _session.c.level, _session.c.proved_at, _session.c.device_id, _session.c.device_label,
    _session.c.created_at, _session.c.seen_at, _session.c.idle_seconds, _session.c.expires_at,
    _session.c.methods, sa.func.coalesce(_session.c.authenticated_at, _session.c.created_at).label("authenticated_at"),
)  # fmt: skip
_alive = sa.and_(
    _session.c.token_hash == sa.bindparam("token"),
    _session.c.ended_at.is_(None),
    _session.c.expires_at > sa.bindparam("at"),
)
_subscriber = FrequentQuery(
    sa.select(*_own, _session.c.party_id, _party.c.name, _party.c.language, _session.c.customer_id, _session.c.number)
    .join_from(_session, _party, _party.c.id == _session.c.party_id)
    .where(_alive, _session.c.realm == "subscriber")
)
_member = FrequentQuery(
    sa.select(*_own, _staff.c.id.label("staff_id"), _staff.c.login, _staff.c.name, _staff.c.role, _staff.c.outlet, _staff.c.public_number)
    .join_from(_session, _staff, _staff.c.id == _session.c.staff_id)
    .where(_alive, _session.c.realm == "staff", _staff.c.ended_at.is_(None))
)
_insert = sa.insert(_session).values({column.name: sa.bindparam(column.name, type_=column.type) for column in _session.c})
_its_party = _party.c.id == sa.bindparam("party_id")  # SQLite cannot say `login_session.party_id` here
_name, _language = (sa.select(column).where(_its_party).scalar_subquery() for column in (_party.c.name, _party.c.language))
_insert_subscriber = _insert.returning(*_own, _session.c.party_id, _name, _language, _session.c.customer_id, _session.c.number)
_list = (
    sa.select(
        _session.c.id,
        _session.c.device_label,
        _session.c.ip,
        _session.c.created_at,
        _session.c.seen_at,
        _session.c.idle_seconds,
        _session.c.methods,
    )
    .where(_session.c.party_id == sa.bindparam("party"), _session.c.ended_at.is_(None), _session.c.expires_at > sa.bindparam("at"))
    .order_by(_session.c.seen_at.desc(), _session.c.id.desc())
)
_ended = sa.select(_session.c.id).where(_session.c.id == sa.bindparam("of_session"), _session.c.ended_at.is_not(None))


def hash_token(token: str) -> str:
    """Give a session's token as it is stored. 256 random bits need no salt and no slowness."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_session(session: Session, token: str, realm: Realm, *, now: datetime) -> SessionView | None:
    """Give the live session of a cookie's token, with what every request needs, in one statement; None: sign in.

    Over are sessions that were ended, that are past their absolute time or idle too long, and those of staff who left.
    """
    row = (_subscriber if realm == "subscriber" else _member).first(session, {"token": hash_token(token), "at": now})
    if row is None or row.seen_at + timedelta(seconds=row.idle_seconds) <= now:
        return None
    return _view_subscriber(row) if realm == "subscriber" else _view_member(row)


def has_session_ended(session: Session, session_id: int) -> bool:
    """Say whether a session was ended before its time: for what came of it and is handed out a moment later."""
    return session.connection().execute(_ended, {"of_session": session_id}).first() is not None


def insert_session(session: Session, row: Mapping[str, Any], token: str, *, now: datetime) -> SessionView:
    """Write a session and give it as `find_session` will. One statement; two for staff."""
    if row["realm"] == "subscriber":
        return _view_subscriber(session.connection().execute(_insert_subscriber, row).one())
    session.connection().execute(_insert, row)
    view = find_session(session, token, "staff", now=now)
    if view is None:
        raise NotFound
    return view


def list_sessions(session: Session, party_id: int, *, now: datetime) -> Sequence[SessionLine]:
    """Give the party's live sessions, the one used last first."""
    rows = session.connection().execute(_list, {"party": party_id, "at": now})
    return [SessionLine(*row[:5], best_spoken(row.methods)) for row in rows if row.seen_at + timedelta(seconds=row.idle_seconds) > now]


def _view_subscriber(row: Any) -> SessionView:
    return SessionView(
        row[0], "subscriber", row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], tuple(row[9]), row[10],
        party_id=row[11], party_name=row[12], language=row[13], customer_id=row[14], number=row[15],
    )  # fmt: skip


def _view_member(row: Any) -> SessionView:
    member = StaffMember(row[11], row[0], row[12], row[13], row[14], row[15], row[16])
    return SessionView(
        row[0], "staff", row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], tuple(row[9]), row[10], member=member
    )  # fmt: skip
