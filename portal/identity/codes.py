"""One-time codes: made here, sent by messaging, taken in code_check.py (guard.md 1–3; NIST SP 800-63B-4 §3.1.3).

For a number nobody holds the same statements run and the same answer is given; only nothing leaves the house.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_
from portal.base.ids import new_id
from portal.base.keys import Keys
from portal.base.privacy import keyed_hash
from portal.customers import Holder, find_holder
from portal.identity.limits import RESEND_SECONDS, Limited, flow_windows, sending_windows, vouched_windows
from portal.identity.models import CodeChallenge
from portal.identity.throttle import Window, count_up, look
from portal.identity.visitor import Visitor
from portal.messaging import queue_message

Purpose = Literal["sign_in", "step_up", "password", "counter", "link"]
CODE_MINUTES = 10
CODE_SENTENCES: Mapping[Purpose, str] = {
    "sign_in": N_("%(code)s is your code to sign in, valid for %(minutes)s minutes. We never ask you for it."),
    "step_up": N_("%(code)s is your code to confirm that it is you, valid for %(minutes)s minutes. We never ask for it."),
    "password": N_("%(code)s is your code to set a service password, valid for %(minutes)s minutes. We never ask for it."),
    "link": N_("%(code)s is your code to link this number with another login, valid for %(minutes)s minutes. Tell nobody."),
    "counter": N_("%(code)s lets the staff at the counter see your data for a while. Tell it only if you stand there now."),
}
"""What the message says. Faces pass the translation; `%(code)s` and `%(minutes)s` are filled in here."""

_insert = sa.insert(CodeChallenge.metadata.tables["code_challenge"])


@dataclass(frozen=True, slots=True)
class CodeFor:
    """What a code is bound to: the flow it was asked for in (a random token of 128 bits or more that the browser
    holds), the number it goes to, as `parse_number` gives it, and what it is to prove."""

    flow: str = field(repr=False)
    number: str = field(repr=False)
    purpose: Purpose

    @property
    def flow_hash(self) -> str:
        """The flow as it is stored."""
        return hashlib.sha256(self.flow.encode()).hexdigest()

    def seal(self, key: bytes, code: str) -> str:
        """Give the hash a code is stored as: of no use with another flow, number or purpose."""
        return keyed_hash(key, "code", f"{self.flow_hash}\x00{self.number}\x00{self.purpose}\x00{code}")


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code was made and, should anybody hold the number, is on its way. Says nothing of whether anybody does."""

    challenge_id: int
    expires_at: datetime
    resend_after_seconds: int


def send_code(
    session: Session,
    keys: Keys,
    bound: CodeFor,
    visitor: Visitor,
    *,
    now: datetime,
    base_host: str | None = None,
    sentence: str | None = None,
    vouched: bool | None = None,
) -> CodeSent | Limited:
    """Make a code of six digits, valid for 10 minutes, and queue its message. Commit what is returned, whatever it is.

    `base_host`: the site's host, for the message's last line `@host #123456`, from which browsers fill the code in;
    None leaves it out. `sentence`: CODE_SENTENCES[purpose] in the reader's language. `vouched`: whether a service
    password given just before was right (None: none was given); with a wrong one nothing is sent, and nothing tells.
    Earlier codes of the flow stay valid for their own time, and failures already counted stay counted.
    """
    flow = flow_windows(bound.flow_hash, bound.purpose)
    allowed = sending_windows(bound.number, visitor, vouched=vouched)
    refused = _refused(session, bound, visitor, flow, allowed, vouched=vouched, now=now)
    if refused is not None:
        return refused
    deliver = True
    if vouched is not None and not visitor.known:
        unseen = vouched_windows(bound.number, right=vouched)
        buried = count_up(session, unseen, now=now).of(unseen).over  # counted in both cases, at the same cost
        deliver = vouched and not buried
    holder = find_holder(session, bound.number)
    return write_code(
        session, keys, bound, holder if deliver else None, base_host=base_host, sentence=sentence, vouched=vouched is not None, now=now
    )


def write_code(
    session: Session,
    keys: Keys,
    bound: CodeFor,
    holder: Holder | None,
    *,
    base_host: str | None,
    sentence: str | None,
    vouched: bool,
    now: datetime,
) -> CodeSent:
    """Write a challenge and its message: two statements, with or without a holder; without, nothing is ever sent."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    challenge_id, expires_at = new_id(now), now + timedelta(minutes=CODE_MINUTES)
    session.connection().execute(
        _insert,
        {
            "id": challenge_id, "flow_hash": bound.flow_hash, "purpose": bound.purpose, "number": bound.number,
            "customer_id": holder.customer_id if holder else None, "party_id": holder.party_id if holder else None,
            "code_hash": bound.seal(keys.codes, code), "vouched": vouched, "tries": 0, "created_at": now,
            "expires_at": expires_at, "used_at": None,
        },
    )  # fmt: skip
    words = (sentence or CODE_SENTENCES[bound.purpose]) % {"code": code, "minutes": CODE_MINUTES}
    body = f"{words}\n@{base_host} #{code}" if base_host else words
    queue_message(session, bound.number, body, kind="code", secret=True, now=now, expires_at=expires_at, deliver=holder is not None)
    return CodeSent(challenge_id, expires_at, RESEND_SECONDS)


def _refused(
    session: Session, bound: CodeFor, visitor: Visitor, flow: list[Window], allowed: list[Window], *, vouched: bool | None, now: datetime
) -> Limited | None:
    seen = look(session, flow + allowed, now=now)
    if not seen.of(flow + allowed).full:
        seen = count_up(session, flow + allowed, now=now)
        if not seen.of(flow + allowed).over:
            return None
    if seen.of(flow).over or (seen.of(flow).full and not seen.of(allowed).full):
        return Limited(seen.of(flow).retry_after_seconds)
    another = not visitor.known and vouched is None and bound.purpose == "sign_in"
    return Limited(seen.of(allowed).retry_after_seconds, "service_password" if another else None)
