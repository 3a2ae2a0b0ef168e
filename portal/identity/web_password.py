"""The password a person chose for the site: level 1 alone, with a second factor level 3 (guard.md 5).

Signing in takes three steps, as with the service password, since verifying is slow and must not hold a transaction:

    with reading() as session:
        given = web_password_for(session, number, visitor, now=now)         # or Limited
    right = verify(given.hash, text, hasher)
    with writing() as session:
        answer = record_web_password(session, given, right=right, now=now)
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.identity.factor_changes import note_change, own_line
from portal.identity.limits import Limited, web_password_windows
from portal.identity.models import WebPassword
from portal.identity.password_rules import password_faults
from portal.identity.password_tries import PasswordKind, PasswordRight, PasswordToVerify, PasswordWrong
from portal.identity.session_queries import SessionView
from portal.identity.visitor import Visitor

_password = WebPassword.metadata.tables["web_password"]
_find = sa.select(_password.c.hash).where(_password.c.party_id == sa.bindparam("party_id"))
_kind = PasswordKind("web_password", web_password_windows, _find)
_remove = sa.delete(_password).where(_password.c.party_id == sa.bindparam("party_id"))


def _setting(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    new = {"hash": insert.excluded.hash, "set_at": insert.excluded.set_at}
    return insert.on_conflict_do_update(index_elements=["party_id"], set_=new)


_set = {"sqlite": _setting(sqlite.insert(_password)), "postgresql": _setting(postgresql.insert(_password))}


def web_password_faults(password: str, *, number: str, name: str) -> list[str]:
    """Give a sentence for each reason why a person cannot have `password`; none: they can (ASVS 5.0 6.2.1, 6.2.4, 6.2.5)."""
    return password_faults(password, login=number, name=name)


def web_password_for(session: Session, number: str, visitor: Visitor, *, now: datetime) -> PasswordToVerify | Limited:
    """Give what an entry for `number` is to be verified against, unless the allowance is used up. Three statements."""
    return _kind.to_verify(session, number, visitor, now=now)


def record_web_password(
    session: Session, given: PasswordToVerify, *, right: bool, now: datetime
) -> PasswordRight | PasswordWrong | Limited:
    """Count the attempt and say what it was. Commit what is returned. Right counts for nothing, wrong stays counted."""
    return _kind.record(session, given, right=right, now=now)


def has_web_password(session: Session, party_id: int) -> bool:
    """Say whether a person has a password of their own: for their pages, never for a stranger."""
    return session.connection().execute(_find, {"party_id": party_id}).first() is not None


def set_web_password(session: Session, view: SessionView, hashed: str, *, now: datetime, said: str | None = None) -> None:
    """Give the person a password, hashed by `Hasher.hash` before; ask `web_password_faults` first, and for a fresh proof.

    Other browsers are signed out (ASVS 5.0 7.4.3), and the change is told.
    """
    row = {"party_id": own_line(session, view).party_id, "hash": hashed, "set_at": now}
    session.connection().execute(_set[session.get_bind().dialect.name], row)
    note_change(session, view, "web_password_set", said=said, now=now)


def remove_web_password(session: Session, view: SessionView, *, now: datetime, said: str | None = None) -> None:
    """Take the person's password no more; NotFound where there is none. Other browsers are signed out."""
    if session.connection().execute(_remove, {"party_id": view.party_id or 0}).rowcount == 0:
        raise NotFound
    note_change(session, view, "web_password_removed", said=said, now=now)
