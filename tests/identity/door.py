"""The door as a face would keep it: each step in the transaction it belongs to, so that tests speak of people."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyotp
import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.customers import find_holder
from portal.identity import (
    CodeFor,
    CodeRight,
    Hasher,
    Limited,
    NewStaff,
    PasswordRight,
    SessionView,
    StaffIn,
    StaffMember,
    Visitor,
    check_code,
    clean_pin,
    create_staff,
    find_session,
    knows_device,
    make_hasher,
    password_hash_for,
    password_hash_unseen,
    record_password_outcome,
    record_staff_attempt,
    send_code,
    set_service_password,
    staff_to_verify,
    start_session,
    start_staff_session,
    verify,
)
from portal.identity.sessions import Started

HOST = "localhost"
STAFF_PASSWORD = "ein sehr langes Wort 雨"


@dataclass
class Browser:
    """Somebody's browser: its device cookie and where it is."""

    device_id: str
    ip: str = "203.0.113.7"
    label: str = "Chrome · Android"


@dataclass
class Door:
    """Everything a face needs to let people in."""

    database: Database
    keys: Keys
    settings: Settings
    hasher: Hasher
    flows: int = 0
    secrets: dict[str, str] = field(default_factory=dict)
    sent: dict[str, dict[int, str]] = field(default_factory=dict)

    def visitor(self, browser: Browser, number: str) -> Visitor:
        with self.database.reading() as session:
            known = knows_device(session, number, browser.device_id)
        return Visitor(browser.device_id, browser.ip, browser.label, known)

    def flow(self, number: str, purpose: Any = "sign_in") -> CodeFor:
        self.flows += 1
        return CodeFor(f"flow {self.flows}", number, purpose)

    def send(self, bound: CodeFor, browser: Browser, now: datetime, *, vouched: bool | None = None) -> Any:
        visitor = self.visitor(browser, bound.number)
        with self.database.writing() as session:
            answer = send_code(session, self.keys, bound, visitor, base_host=HOST, vouched=vouched, now=now)
        self.codes_sent(bound.number)
        return answer

    def check(self, bound: CodeFor, browser: Browser, code: str, now: datetime) -> Any:
        visitor = self.visitor(browser, bound.number)
        with self.database.writing() as session:
            return check_code(session, self.keys, bound, visitor, code=code, now=now)

    def give_password(self, number: str, browser: Browser, pin: str, now: datetime) -> Any:
        visitor = self.visitor(browser, number)
        with self.database.reading() as session:
            given = password_hash_for(session, number, visitor, now=now)
        if isinstance(given, Limited):
            return given
        right = verify(given.hash, clean_pin(pin), self.hasher)
        with self.database.writing() as session:
            return record_password_outcome(session, given, right=right, now=now)

    def vouch(self, number: str, browser: Browser, pin: str, now: datetime) -> Any:
        visitor = self.visitor(browser, number)
        with self.database.writing() as session:
            given = password_hash_unseen(session, number, visitor, now=now)
        if isinstance(given, Limited):
            return given
        return verify(given.hash, clean_pin(pin), self.hasher)

    def set_password(self, number: str, pin: str, now: datetime, keep: int | None = None) -> None:
        hashed = self.hasher.hash(pin)
        with self.database.writing() as session:
            holder = find_holder(session, number)
            assert holder is not None
            set_service_password(session, holder, hashed, keep_session=keep, channel="web", now=now)

    def enter(self, number: str, browser: Browser, now: datetime, *, level: int = 2, old: str | None = None) -> Started:
        """Sign in without more ado: what follows a right code (2) or service password (1)."""
        visitor = self.visitor(browser, number)
        with self.database.writing() as session:
            holder = find_holder(session, number)
            assert holder is not None
            return start_session(session, holder, visitor, level=level, settings=self.settings, old_token=old, now=now)

    def codes_sent(self, number: str) -> list[str]:
        """Give the codes whose messages are queued for a number, in the order they were sent."""
        message = Base.metadata.tables["message"]
        queued = sa.select(message.c.id, message.c.body).where(message.c.number == number, message.c.status == "queued")
        known = self.sent.setdefault(number, {})
        with self.database.reading() as session:
            for message_id, body in session.execute(queued.order_by(message.c.id)):
                known.setdefault(message_id, re.findall(r"\d{6}", body)[0])
        return list(known.values())

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Give a table's rows, the oldest first: what was vacuumed between leaves room that later rows take."""
        table = Base.metadata.tables[name]
        order = [*(table.c[moment] for moment in ("at", "created_at") if moment in table.c), *table.primary_key.columns]
        with self.database.reading() as session:
            return [dict(row) for row in session.execute(sa.select(table).order_by(*order)).mappings()]

    def hire(self, login: str, now: datetime, *, role: Any = "clerk", outlet: str = "文三路厅") -> None:
        hashed = self.hasher.hash(STAFF_PASSWORD)
        with self.database.writing() as session:
            made = create_staff(session, self.keys, NewStaff(login, f"{login} Chen", role, outlet), hashed, issuer="OneHall", now=now)
        self.secrets[login] = made.secret

    def totp(self, login: str, now: datetime) -> str:
        return pyotp.TOTP(self.secrets[login]).at(now)

    def staff_attempt(
        self, login: str, now: datetime, *, password: str = STAFF_PASSWORD, totp: str | None = None, device: str = "pc-1"
    ) -> Any:
        visitor = Visitor(device, "10.0.0.5", "Edge · Windows")
        with self.database.reading() as session:
            given = staff_to_verify(session, login, visitor, now=now)
        if isinstance(given, Limited):
            return given
        right = verify(given.hash, password, self.hasher)
        code = totp if totp is not None else self.totp(login, now)
        with self.database.writing() as session:
            return record_staff_attempt(session, self.keys, given, visitor, password_right=right, totp=code, now=now)

    def clerk(self, login: str, now: datetime, *, device: str = "pc-1") -> StaffMember:
        """Let a member of staff in by password and second factor, and give who acts."""
        answer = self.staff_attempt(login, now, device=device)
        assert isinstance(answer, StaffIn), answer
        with self.database.writing() as session:
            started = start_staff_session(session, answer.staff_id, Visitor(device, "10.0.0.5"), settings=self.settings, now=now)
        return started.view.staff

    def finds_again(self, view: SessionView, _now: datetime) -> SessionView:
        """Give a session as it stands now, by its id."""
        row = next(row for row in self.rows("login_session") if row["id"] == view.id)
        return replace(view, customer_id=row["customer_id"], level=row["level"], proved_at=row["proved_at"])

    def finds(self, token: str, realm: Any, now: datetime) -> Any:
        with self.database.reading() as session:
            return find_session(session, token, realm, now=now)


def make_door(database: Database, keys: Keys, settings: Settings) -> Door:
    return Door(database, keys, settings, make_hasher(settings))


def wrong(code: str) -> str:
    """Give a code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


__all__ = [
    "Browser", "CodeRight", "Door", "PasswordRight", "make_door", "wrong",
]  # fmt: skip
