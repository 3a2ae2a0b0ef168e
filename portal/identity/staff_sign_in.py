"""How staff sign in: password and second factor in one form, one answer for both (guard.md 10).

with reading() as session:
    given = staff_to_verify(session, login, visitor, now=now)          # or Limited
right = verify(given.hash, password, hasher)
with writing() as session:
    answer = record_staff_attempt(session, keys, given, visitor, password_right=right, totp=totp, now=now)
    if isinstance(answer, StaffIn):
        started = start_staff_session(session, answer.staff_id, visitor, settings=settings, now=now)
"""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.keys import Keys
from portal.identity.limits import Limited, staff_windows
from portal.identity.models import LoginSession, Staff
from portal.identity.sign_ins import record_sign_in
from portal.identity.staff import clean_login
from portal.identity.throttle import count_up, give_back, look
from portal.identity.visitor import Visitor

STEP_SECONDS = 30
_NOBODYS = pyotp.random_base32()

_staff = Staff.metadata.tables["staff"]
_session = LoginSession.metadata.tables["login_session"]
_find = sa.select(_staff.c.id, _staff.c.password_hash).where(_staff.c.login == sa.bindparam("login"), _staff.c.ended_at.is_(None))
_used_device = sa.select(sa.literal(1)).where(_session.c.staff_id == sa.bindparam("staff"), _session.c.device_id == sa.bindparam("device"))
_secret = sa.select(_staff.c.totp_secret).where(_staff.c.id == sa.bindparam("staff"))
_take_step = (
    sa.update(_staff)
    .where(
        _staff.c.id == sa.bindparam("staff"),
        _staff.c.ended_at.is_(None),
        _staff.c.password_hash == sa.bindparam("verified"),
        _staff.c.totp_last_step < sa.bindparam("step"),
    )
    .values(
        totp_last_step=sa.bindparam("step"),
        totp_confirmed_at=sa.func.coalesce(_staff.c.totp_confirmed_at, sa.bindparam("at", type_=_staff.c.totp_confirmed_at.type)),
    )
)


@dataclass(frozen=True, slots=True)
class StaffToVerify:
    """What to verify a password against. `hash` and `staff_id` are None for a login nobody has."""

    login: str
    staff_id: int | None
    hash: str | None = field(repr=False)
    known_device: bool


@dataclass(frozen=True, slots=True)
class StaffIn:
    """Password and second factor were right; the second factor's code is used up."""

    staff_id: int


@dataclass(frozen=True, slots=True)
class StaffWrong:
    """Login, password or code was wrong, or the code was used before: never told apart."""

    tries_left: int


def staff_to_verify(session: Session, login: str, visitor: Visitor, *, now: datetime) -> StaffToVerify | Limited:
    """Give what the password is to be verified against, unless the allowance is used up. Three statements."""
    wanted = clean_login(login)[:64]
    row = session.connection().execute(_find, {"login": wanted}).first()
    asked = {"staff": row.id if row else 0, "device": visitor.device_id}
    known = session.connection().execute(_used_device.limit(1), asked).first() is not None
    allowed = staff_windows(wanted, replace(visitor, known=known))
    if (seen := look(session, allowed, now=now).of(allowed)).full:
        return Limited(seen.retry_after_seconds)
    return StaffToVerify(wanted, row.id if row else None, row.password_hash if row else None, known)


def record_staff_attempt(
    session: Session, keys: Keys, given: StaffToVerify, visitor: Visitor, *, password_right: bool, totp: str, now: datetime
) -> StaffIn | StaffWrong | Limited:
    """Take the second factor's code once, with the password's outcome, and count the attempt. Commit what is returned."""
    allowed = staff_windows(given.login, replace(visitor, known=given.known_device))
    if (seen := count_up(session, allowed, now=now).of(allowed)).over:
        give_back(session, allowed)
        return Limited(seen.retry_after_seconds)
    connection = session.connection()
    stored = connection.execute(_secret, {"staff": given.staff_id or 0}).scalar_one_or_none()
    step = _step_of(keys.decrypt(stored) if stored else _NOBODYS, totp, now)
    taken = connection.execute(
        _take_step,
        {
            "staff": given.staff_id if password_right and step and stored else 0,
            "verified": given.hash or "",
            "step": step or 0,
            "at": now,
        },
    )
    right = taken.rowcount == 1
    outcome = "in" if right else "wrong" if seen.left else "limited"
    record_sign_in(session, visitor, method="password_totp", outcome=outcome, realm="staff", staff_id=given.staff_id, now=now)
    if right and given.staff_id is not None:
        give_back(session, allowed)
        return StaffIn(given.staff_id)
    return StaffWrong(seen.left)


def _step_of(secret: str, text: str, now: datetime) -> int | None:
    """Give the time step whose code this is, the one before or after the present one included (RFC 6238 §5.2)."""
    code = "".join(sign for sign in unicodedata.normalize("NFKC", text) if not sign.isspace())
    present, totp = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found
