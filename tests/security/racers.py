"""Six processes that do one thing at the same moment, for tests of races; and how the same thing is done wrongly.

The wrong ones, `*_unguarded`, show that the tests can fail: they look first and write later.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.synchronize import Barrier
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.keys import Keys, make_keys
from portal.base.settings import Settings
from portal.identity import (
    CodeFor,
    PasswordToVerify,
    SignedAssertion,
    StaffToVerify,
    Visitor,
    check_assertion,
    check_code,
    read_assertion,
    record_password_outcome,
    record_staff_attempt,
)
from portal.messaging import claim_due

RACERS = 6
SECRET = "a secret that only the tests know and nobody else"
_line: Barrier | None = None


def _stand(line: Barrier) -> None:
    global _line  # noqa: PLW0603 - the one thing a process of the pool is given
    _line = line


def ready() -> None:
    """Wait until all racers are here."""
    assert _line is not None
    _line.wait(60)


class Race:
    """A pool of racers: each call starts all six at once and gives what each of them got."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def run(self, racer: Callable[..., Any], *arguments: Any) -> list[Any]:
        return list(self._pool.starmap(racer, [(index, *arguments) for index in range(RACERS)], chunksize=1))


@contextmanager
def racing() -> Iterator[Race]:
    """Start the pool."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(RACERS, _stand, (context.Barrier(RACERS),)) as pool:
        yield Race(pool)


def keys_of_the_tests() -> Keys:
    return make_keys(Settings(env="test", secret_key=SECRET, sms_adapter="tray"))  # type: ignore[arg-type]


def redeem(_: int, url: str, flow: CodeFor, code: str, now: datetime, device: str) -> str:
    """Give in a code, and say what the answer was."""
    database, keys = Database(url), keys_of_the_tests()
    ready()
    with database.writing() as session:
        answer = check_code(session, keys, flow, Visitor(device, "203.0.113.7", known=True), code=code, now=now)
    database.close()
    return type(answer).__name__


def redeem_unguarded(_: int, url: str, flow: CodeFor, code: str, now: datetime, device: str) -> str:
    """Give in a code as if it were enough to look before one writes."""
    database, keys = Database(url), keys_of_the_tests()
    challenge = Base.metadata.tables["code_challenge"]
    with database.reading() as session:
        found = session.execute(
            sa.select(challenge.c.id, challenge.c.used_at).where(challenge.c.code_hash == flow.seal(keys.codes, code))
        ).one()
    ready()
    if found.used_at is not None:
        return "CodeDead"
    with database.writing() as session:
        session.execute(sa.update(challenge).where(challenge.c.id == found.id).values(used_at=now))
    database.close()
    return "CodeRight"


def guess(index: int, url: str, flow: CodeFor, code: str, now: datetime, device: str) -> list[str]:
    """Guess five times, each racer other codes."""
    database, keys = Database(url), keys_of_the_tests()
    ready()
    answers = []
    for attempt in range(5):
        tried = f"{(int(code) + 1 + index * 5 + attempt) % 1_000_000:06d}"
        with database.writing() as session:
            answer = check_code(session, keys, flow, Visitor(device, "203.0.113.7", known=True), code=tried, now=now)
        answers.append(type(answer).__name__)
    database.close()
    return answers


def try_password(_: int, url: str, given: PasswordToVerify, now: datetime) -> list[str]:
    """Record four wrong service passwords."""
    database = Database(url)
    ready()
    answers = []
    for _attempt in range(4):
        with database.writing() as session:
            answers.append(type(record_password_outcome(session, given, right=False, now=now)).__name__)
    database.close()
    return answers


def enter_staff(_: int, url: str, given: StaffToVerify, totp: str, now: datetime) -> str:
    """Give in a second factor's code with the right password."""
    database, keys = Database(url), keys_of_the_tests()
    ready()
    with database.writing() as session:
        answer = record_staff_attempt(session, keys, given, Visitor("pc-1", "10.0.0.5"), password_right=True, totp=totp, now=now)
    database.close()
    return type(answer).__name__


def claim(_: int, url: str, now: datetime, limit: int) -> list[int]:
    """Claim messages, as workers do."""
    database = Database(url)
    ready()
    with database.writing() as session:
        claimed = claim_due(session, now=now, limit=limit)
    database.close()
    return [message.id for message in claimed]


def claim_unguarded(_: int, url: str, now: datetime, limit: int) -> list[int]:
    """Claim messages by looking first and marking later."""
    database = Database(url)
    message = Base.metadata.tables["message"]
    with database.reading() as session:
        ids = list(session.scalars(sa.select(message.c.id).where(message.c.status == "queued").limit(limit)))
    ready()
    with database.writing() as session:
        session.execute(sa.update(message).where(message.c.id.in_(ids)).values(status="sending"))
    database.close()
    return ids


def take_assertion(_: int, url: str, text: str, now: datetime) -> str:
    """Show an employee assertion, as a frame does."""
    database = Database(url)
    with database.reading() as session:
        signed = read_assertion(session, text, now=now)
    assert isinstance(signed, SignedAssertion)
    ready()
    with database.writing() as session:
        answer = check_assertion(session, signed, store=signed.store, audience=str(signed.audience), origin=signed.origin, now=now)
    database.close()
    return type(answer).__name__


def take_assertion_unguarded(_: int, url: str, text: str, now: datetime) -> str:
    """Show an employee assertion as if it were enough to look whether it was used before."""
    database = Database(url)
    use = Base.metadata.tables["assertion_use"]
    with database.reading() as session:
        used = session.execute(sa.select(sa.func.count()).select_from(use)).scalar_one()
    ready()
    database.close()
    return "AssertionRefused" if used else "Employee"
