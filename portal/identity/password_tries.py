"""Verifying a password, of whichever kind, as often as its allowance has attempts and no more (guard.md 6).

Verifying is slow and must not hold a transaction, so it takes two: one gives the hash, one counts and says what it was.
However many requests race, only as many learn whether they were right as there are attempts: the answer is given while counting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.customers import Holder, find_holder
from portal.identity.limits import Limited
from portal.identity.sign_ins import record_sign_in
from portal.identity.throttle import Window, count_up, give_back, look
from portal.identity.visitor import Visitor, knowing


@dataclass(frozen=True, slots=True)
class PasswordToVerify:
    """What to verify an entry against, and who made it. `hash` is None for a number without a password, or without a holder."""

    number: str = field(repr=False)
    visitor: Visitor
    hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PasswordRight:
    """It was right: level 1 and no more."""

    holder: Holder


@dataclass(frozen=True, slots=True)
class PasswordWrong:
    """It was wrong, or nobody holds the number, or it has no password: never told apart."""

    tries_left: int


class PasswordKind:
    """One kind of password: its name in the record of sign-ins, where its attempts count, and how its hash is found.

    `hash_of` asks for the `party_id`, or the `customer` and `line`, of whoever holds the number.
    """

    def __init__(self, method: str, windows: Callable[[str, Visitor], list[Window]], hash_of: sa.Select[Any]) -> None:
        self._method = method
        self._windows = windows
        self._hash_of = hash_of
        self._known_and_hash = sa.select(knowing(), hash_of.scalar_subquery())

    def stored(self, session: Session, holder: Holder | None) -> str | None:
        """Give the hash of a holder's password; None without one. One statement, whoever holds the number."""
        found: str | None = session.connection().execute(self._hash_of, _whose(holder)).scalar_one_or_none()
        return found

    def to_verify(self, session: Session, number: str, visitor: Visitor, *, now: datetime) -> PasswordToVerify | Limited:
        """Give what an entry for `number` is to be verified against, unless the allowance is used up. Three statements.

        Whether the visitor's device is known is looked up here.
        """
        asked = _whose(find_holder(session, number)) | {"device_id": visitor.device_id}
        is_known, hashed = session.connection().execute(self._known_and_hash, asked).one()
        visitor = replace(visitor, known=visitor.known or is_known)
        allowed = self._windows(number, visitor)
        if (seen := look(session, allowed, now=now).of(allowed)).full:
            return _limited(seen.retry_after_seconds, visitor)
        return PasswordToVerify(number, visitor, hashed)

    def record(self, session: Session, given: PasswordToVerify, *, right: bool, now: datetime) -> PasswordRight | PasswordWrong | Limited:
        """Count the attempt and say what it was. Commit what is returned. Right counts for nothing, wrong stays counted."""
        visitor = given.visitor
        allowed = self._windows(given.number, visitor)
        seen = count_up(session, allowed, now=now, attempts=0 if right else 1).of(allowed)
        if seen.over or (right and seen.full):
            if not right:
                give_back(session, allowed)
            return _limited(seen.retry_after_seconds, visitor)
        holder = find_holder(session, given.number)
        if right:
            # Still the same hash: the password was not changed, nor the number given to somebody else, while we verified.
            if holder is not None and self.stored(session, holder) == given.hash:
                return PasswordRight(holder)
            seen = count_up(session, allowed, now=now).of(allowed)
        outcome, party_id = "limited" if seen.left == 0 else "wrong", holder.party_id if holder else None
        record_sign_in(session, visitor, method=self._method, outcome=outcome, party_id=party_id, now=now)
        return PasswordWrong(seen.left)


def _whose(holder: Holder | None) -> dict[str, Any]:
    if holder is None:
        return {"customer": 0, "line": 0, "party_id": 0}
    return {"customer": holder.customer_id, "line": holder.subscription_id, "party_id": holder.party_id}


def _limited(seconds: int, visitor: Visitor) -> Limited:
    return Limited(seconds, None if visitor.known else "code")
