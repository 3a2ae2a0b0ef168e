"""A subscriber's authenticator app: codes of six digits, made anew every 30 seconds, each taken once (RFC 6238).

It is shown (`begin_authenticator`), proves nothing until one of its codes is confirmed, and is then a factor of its own.
Codes that stand in for it when it is lost are in recovery.py.
"""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyotp
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from portal.base.errors import N_, Invalid, NotFound, Refused
from portal.base.keys import Keys
from portal.base.privacy import mask_number
from portal.identity.factor_changes import note_change, own_line
from portal.identity.limits import Limited, authenticator_windows
from portal.identity.models import Authenticator
from portal.identity.recovery import make_recovery_codes
from portal.identity.session_queries import SessionView
from portal.identity.sign_ins import record_sign_in
from portal.identity.throttle import count_up, give_back
from portal.identity.visitor import Visitor

STEP_SECONDS = 30

_authenticator = Authenticator.metadata.tables["authenticator"]
_of_party = _authenticator.c.party_id == sa.bindparam("party")
_pending = sa.select(_authenticator.c.secret).where(_of_party, _authenticator.c.confirmed_at.is_(None))
_confirmed = sa.select(_authenticator.c.secret).where(_of_party, _authenticator.c.confirmed_at.is_not(None))
_confirm = (
    sa.update(_authenticator)
    .where(_of_party, _authenticator.c.confirmed_at.is_(None), _authenticator.c.secret == sa.bindparam("shown"))
    .values(confirmed_at=sa.bindparam("at"), last_step=sa.bindparam("step"))
)
_take_step = (
    sa.update(_authenticator)
    .where(_of_party, _authenticator.c.confirmed_at.is_not(None), _authenticator.c.last_step < sa.bindparam("step"))
    .values(last_step=sa.bindparam("step"))
)
_remove = sa.delete(_authenticator).where(_of_party, _authenticator.c.confirmed_at.is_not(None))


def _beginning(insert: sqlite.Insert | postgresql.Insert) -> ReturningInsert[Any]:
    new = {"secret": insert.excluded.secret, "created_at": insert.excluded.created_at}
    kept = insert.on_conflict_do_update(index_elements=["party_id"], set_=new, where=_authenticator.c.confirmed_at.is_(None))
    return kept.returning(_authenticator.c.party_id)


_begin = {"sqlite": _beginning(sqlite.insert(_authenticator)), "postgresql": _beginning(postgresql.insert(_authenticator))}


@dataclass(frozen=True, slots=True)
class AuthenticatorOffer:
    """A secret to be scanned or typed into an authenticator app; shown until one of its codes is confirmed."""

    secret: str = field(repr=False)
    otpauth_uri: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FactorRight:
    """A second factor was right, and its code is used up. `methods`: what the session's `amr` says of it."""

    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactorWrong:
    """It was wrong, used before, or there is none."""

    tries_left: int


class HasAuthenticator(Refused):
    """The person has an authenticator app already."""

    code = "has_authenticator"
    sentence = N_("You have an authenticator app already. Remove it before you add another one.")


def begin_authenticator(session: Session, keys: Keys, view: SessionView, *, now: datetime) -> None:
    """Make a new secret for the person, in place of one not yet confirmed. Raises HasAuthenticator where one is."""
    row = {"party_id": own_line(session, view).party_id, "secret": keys.encrypt(pyotp.random_base32()), "last_step": 0,
           "created_at": now, "confirmed_at": None}  # fmt: skip
    if session.connection().execute(_begin[session.get_bind().dialect.name], row).first() is None:
        raise HasAuthenticator


def get_authenticator_offer(session: Session, keys: Keys, view: SessionView, *, issuer: str) -> AuthenticatorOffer:
    """Give the secret that waits to be confirmed; NotFound where none does. `issuer`: the brand the app shows."""
    stored = session.connection().execute(_pending, {"party": view.party_id or 0}).scalar_one_or_none()
    if stored is None:
        raise NotFound
    secret = keys.decrypt(stored)
    return AuthenticatorOffer(secret, pyotp.TOTP(secret).provisioning_uri(name=mask_number(view.number or ""), issuer_name=issuer))


def confirm_authenticator(
    session: Session, keys: Keys, view: SessionView, *, code: str, now: datetime, said: str | None = None
) -> tuple[str, ...]:
    """Take the app as a factor once it shows a right code; give ten recovery codes, once. Other browsers are signed out.

    Raises NotFound where nothing waits to be confirmed, Invalid for a wrong code.
    """
    stored = session.connection().execute(_pending, {"party": view.party_id or 0}).scalar_one_or_none()
    if stored is None:
        raise NotFound
    step = step_of(keys.decrypt(stored), code, now)
    if step is None:
        raise Invalid({"code": N_("That is not the code the app shows now. Check that the clock of your phone is right.")})
    taken = session.connection().execute(_confirm, {"party": view.party_id or 0, "shown": stored, "at": now, "step": step})
    if taken.rowcount == 0:
        raise NotFound
    note_change(session, view, "authenticator_set", said=said, now=now)
    return make_recovery_codes(session, keys, view.party_id or 0, now=now)


def remove_authenticator(session: Session, view: SessionView, *, now: datetime, said: str | None = None) -> None:
    """Take the app's codes no more; NotFound where there is none. Other browsers are signed out."""
    if session.connection().execute(_remove, {"party": view.party_id or 0}).rowcount == 0:
        raise NotFound
    note_change(session, view, "authenticator_removed", said=said, now=now)


def check_authenticator(
    session: Session, keys: Keys, view: SessionView, visitor: Visitor, *, code: str, now: datetime
) -> FactorRight | FactorWrong | Limited:
    """Take a code of the person's app, once. Commit what is returned, whatever it is: tries are counted."""
    return check_authenticator_of(session, keys, view.party_id or 0, visitor, code=code, now=now)


def has_authenticator(session: Session, party_id: int) -> bool:
    """Say whether a person has an app whose codes are asked for beside their password."""
    return session.connection().execute(_confirmed, {"party": party_id}).first() is not None


def check_authenticator_of(
    session: Session, keys: Keys, party: int, visitor: Visitor, *, code: str, now: datetime
) -> FactorRight | FactorWrong | Limited:
    """Take a code of somebody's app who is not signed in yet: only after their password was right. Otherwise as above."""
    allowed = authenticator_windows(party, visitor)
    if (seen := count_up(session, allowed, now=now).of(allowed)).over:
        give_back(session, allowed)
        return Limited(seen.retry_after_seconds)
    stored = session.connection().execute(_confirmed, {"party": party}).scalar_one_or_none()
    step = step_of(keys.decrypt(stored), code, now) if stored is not None else None
    if step is not None and session.connection().execute(_take_step, {"party": party, "step": step}).rowcount == 1:
        give_back(session, allowed)
        return FactorRight(("otp",))
    record_sign_in(session, visitor, method="totp", outcome="wrong" if seen.left else "limited", party_id=party, now=now)
    return FactorWrong(seen.left)


def step_of(secret: str, text: str, now: datetime) -> int | None:
    """Give the time step whose code this is, the one before or after the present one included (RFC 6238 5.2)."""
    code = "".join(sign for sign in unicodedata.normalize("NFKC", text) if not sign.isspace())
    present, totp = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode("utf-8", "replace")):
            found = step
    return found
