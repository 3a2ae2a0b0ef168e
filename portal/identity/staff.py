"""Staff: made, given a second factor, and let go. There is no default account (guard.md 10)."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid, NotFound
from portal.base.ids import new_id
from portal.base.keys import Keys
from portal.identity.models import Staff
from portal.identity.session_ends import end_staff_sessions

Role = Literal["clerk", "supervisor", "order_desk", "administrator", "marketing"]
ROLES: tuple[Role, ...] = ("clerk", "supervisor", "order_desk", "administrator", "marketing")
"""Who serves customers at a counter, supervises them, moves orders on, looks after the sign-in of all sites, makes offers."""
FIRST_NUMBER = 1001

_staff = Staff.metadata.tables["staff"]
_names = sa.select(_staff.c.id, _staff.c.name).where(_staff.c.id.in_(sa.bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Somebody to be let in. `outlet`: the hall they work in, as customers know it."""

    login: str
    name: str
    role: Role
    outlet: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor to be scanned. Shown once: the secret is kept encrypted and never given out again."""

    staff_id: int
    secret: str = field(repr=False)
    otpauth_uri: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StaffLine:
    """A member of staff in a list. `is_confirmed`: the second factor was used at least once."""

    login: str
    public_number: int
    name: str
    role: str
    outlet: str
    is_confirmed: bool
    ended_at: datetime | None


def clean_login(text: str) -> str:
    """Give a login as it is stored: without case, without stray spaces."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def create_staff(session: Session, keys: Keys, new: NewStaff, password_hash: str, *, issuer: str, now: datetime) -> Enrolment:
    """Make a member of staff and give the second factor to scan, once. `issuer`: the brand shown in the authenticator.

    Ask `password_faults` and hash before. Raises Invalid for an unknown role, an empty field or a login that is taken.
    The first sign-in with a code of this second factor confirms it.
    """
    login = clean_login(new.login)
    faults = {}
    if not login or len(login) > 64 or any(sign.isspace() for sign in login):
        faults["login"] = N_("Enter a login of up to 64 characters without spaces.")
    elif session.connection().execute(sa.select(_staff.c.id).where(_staff.c.login == login)).first() is not None:
        faults["login"] = N_("This login is taken.")
    if new.role not in ROLES:
        faults["role"] = N_("A role is clerk, supervisor, order_desk, administrator or marketing.")
    if not new.name.strip():
        faults["name"] = N_("Enter a name.")
    if not new.outlet.strip():
        faults["outlet"] = N_("Enter an outlet.")
    if faults:
        raise Invalid(faults)
    staff_id, secret = new_id(now), pyotp.random_base32()
    highest = session.connection().execute(sa.select(sa.func.max(_staff.c.public_number))).scalar_one()
    session.connection().execute(
        sa.insert(_staff),
        {
            "id": staff_id, "login": login, "public_number": (highest or FIRST_NUMBER - 1) + 1, "name": new.name.strip(),
            "role": new.role, "outlet": new.outlet.strip(), "password_hash": password_hash,
            "totp_secret": keys.encrypt(secret), "totp_last_step": 0, "totp_confirmed_at": None, "created_at": now,
            "ended_at": None,
        },
    )  # fmt: skip
    return _enrolment(staff_id, login, secret, issuer)


def renew_second_factor(session: Session, keys: Keys, login: str, *, issuer: str, now: datetime) -> Enrolment:
    """Give a new second factor for one that was lost; the sessions end. Raises NotFound for nobody, or who has left."""
    staff_id, secret = _get_id(session, login), pyotp.random_base32()
    session.connection().execute(
        sa.update(_staff).where(_staff.c.id == staff_id).values(totp_secret=keys.encrypt(secret), totp_last_step=0, totp_confirmed_at=None)
    )
    end_staff_sessions(session, staff_id, now=now)
    return _enrolment(staff_id, clean_login(login), secret, issuer)


def set_staff_password(session: Session, login: str, password_hash: str, *, now: datetime) -> None:
    """Give a new password, hashed before; the sessions end. Raises NotFound for nobody, or who has left."""
    staff_id = _get_id(session, login)
    session.connection().execute(sa.update(_staff).where(_staff.c.id == staff_id).values(password_hash=password_hash))
    end_staff_sessions(session, staff_id, now=now)


def end_staff(session: Session, login: str, *, now: datetime) -> None:
    """Let somebody go: no sign-in any more, every session over. Raises NotFound for nobody, or who has left before."""
    staff_id = _get_id(session, login)
    session.connection().execute(sa.update(_staff).where(_staff.c.id == staff_id).values(ended_at=now))
    end_staff_sessions(session, staff_id, now=now)


def list_staff(session: Session, *, with_former: bool = False) -> Sequence[StaffLine]:
    """Give who works here, by login; `with_former`: also who has left."""
    query = sa.select(
        _staff.c.login, _staff.c.public_number, _staff.c.name, _staff.c.role, _staff.c.outlet,
        _staff.c.totp_confirmed_at.is_not(None), _staff.c.ended_at,
    ).order_by(_staff.c.login)  # fmt: skip
    if not with_former:
        query = query.where(_staff.c.ended_at.is_(None))
    return [StaffLine(*row) for row in session.connection().execute(query)]


def find_staff_names(session: Session, staff_ids: Collection[int]) -> Mapping[int, str]:
    """Give what members of staff are called, by id, for their colleagues' eyes; who has left included. At most one statement."""
    if not staff_ids:
        return {}
    rows = session.connection().execute(_names, {"ids": sorted(staff_ids)})
    return {row.id: row.name for row in rows}


def find_staff_id(session: Session, login: str) -> int:
    """Give the id of somebody who works here, by login; NotFound for nobody, or who has left."""
    return _get_id(session, login)


def _get_id(session: Session, login: str) -> int:
    found = session.connection().execute(sa.select(_staff.c.id).where(_staff.c.login == clean_login(login), _staff.c.ended_at.is_(None)))
    staff_id: int | None = found.scalar_one_or_none()
    if staff_id is None:
        raise NotFound(N_("Nobody has this login."))
    return staff_id


def _enrolment(staff_id: int, login: str, secret: str, issuer: str) -> Enrolment:
    return Enrolment(staff_id, secret, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer))
