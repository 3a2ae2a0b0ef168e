"""What each of six processes does with one passkey's answer, one code of an app, one recovery code."""

from __future__ import annotations

from datetime import datetime

from portal.base.db import Database
from portal.base.errors import NotFound
from portal.identity import (
    PasskeyAsk,
    RelyingParty,
    SessionView,
    Visitor,
    accept_invitation,
    add_passkey,
    check_authenticator,
    check_passkey,
    check_recovery_code,
    confirm_authenticator,
)
from tests.security.racers import keys_of_the_tests, ready


def _visitor(index: int) -> Visitor:
    return Visitor(f"racer {index}", "203.0.113.7", known=True)


def use_passkey(index: int, url: str, site: RelyingParty, answer: str, now: datetime) -> str:
    database = Database(url)
    ready()
    with database.writing() as session:
        given = check_passkey(session, site, PasskeyAsk("flow", "sign_in"), _visitor(index), answer=answer, now=now)
    database.close()
    return type(given).__name__


def make_passkey(_: int, url: str, site: RelyingParty, view: SessionView, answer: str, now: datetime) -> str:
    database = Database(url)
    ready()
    with database.writing() as session:
        given = add_passkey(session, site, view, PasskeyAsk("flow", "register"), answer=answer, name="Phone", now=now)
    database.close()
    return type(given).__name__


def use_app(index: int, url: str, view: SessionView, code: str, now: datetime) -> str:
    database, keys = Database(url), keys_of_the_tests()
    ready()
    with database.writing() as session:
        given = check_authenticator(session, keys, view, _visitor(index), code=code, now=now)
    database.close()
    return type(given).__name__


def confirm_app(_: int, url: str, view: SessionView, code: str, now: datetime) -> str:
    from portal.base.errors import PortalError

    database, keys = Database(url), keys_of_the_tests()
    ready()
    try:
        with database.writing() as session:
            codes = confirm_authenticator(session, keys, view, code=code, now=now)
    except PortalError as refusal:
        return type(refusal).__name__
    finally:
        database.close()
    return codes[0]


def use_recovery_code(index: int, url: str, view: SessionView, code: str, now: datetime) -> bool:
    database, keys = Database(url), keys_of_the_tests()
    ready()
    with database.writing() as session:
        given = check_recovery_code(session, keys, view, _visitor(index), code=code, now=now)
    database.close()
    return given is True


def accept_the_invitation(_: int, url: str, view: SessionView, invitation_id: int, now: datetime) -> str:
    database = Database(url)
    ready()
    try:
        with database.writing() as session:
            accept_invitation(session, view, invitation_id, said=None, now=now)
    except NotFound as refusal:
        return type(refusal).__name__
    else:
        return "accepted"
    finally:
        database.close()
