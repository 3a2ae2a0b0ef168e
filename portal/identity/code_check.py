"""Taking a one-time code: claimed by one conditional UPDATE, so that six at once are one."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import N_, Invalid
from portal.base.keys import Keys
from portal.customers import Holder, find_holder
from portal.identity.codes import CodeFor
from portal.identity.limits import TRIES_PER_CODE, Limited, code_windows
from portal.identity.models import CodeChallenge
from portal.identity.sign_ins import record_sign_in
from portal.identity.throttle import Reading, count_up, give_back, look
from portal.identity.visitor import Visitor

CODE_DIGITS = 6

_code = CodeChallenge.metadata.tables["code_challenge"]
_of_flow = sa.and_(
    _code.c.flow_hash == sa.bindparam("flow"),
    _code.c.purpose == sa.bindparam("for_purpose"),
    _code.c.number == sa.bindparam("to_number"),
)
_live = sa.and_(
    _of_flow,
    _code.c.vouched == sa.bindparam("seen_vouched"),
    _code.c.used_at.is_(None),
    _code.c.expires_at > sa.bindparam("at"),
    _code.c.tries < TRIES_PER_CODE,
)
_list = (
    sa.select(_code.c.tries, _code.c.expires_at, _code.c.used_at, _code.c.vouched, _code.c.party_id)
    .where(_of_flow)
    .order_by(_code.c.id.desc())
)
_claim = (
    sa.update(_code)
    .where(_live, _code.c.code_hash == sa.bindparam("sealed"), _code.c.customer_id.is_not(None))
    .values(used_at=sa.bindparam("at"))
    .returning(_code.c.customer_id, _code.c.party_id)
)
_count_try = sa.update(_code).where(_live).values(tries=_code.c.tries + 1).returning(_code.c.id, _code.c.tries)
_retire = sa.update(_code).where(_of_flow, _code.c.used_at.is_(None)).values(used_at=sa.bindparam("at"))


@dataclass(frozen=True, slots=True)
class CodeRight:
    """The code was right and is used up. `holder`: whose number it is; the session's level 2 is proved."""

    holder: Holder


@dataclass(frozen=True, slots=True)
class CodeWrong:
    """The code was wrong. With no try left a new code has to be asked for."""

    tries_left: int


@dataclass(frozen=True, slots=True)
class CodeDead:
    """The flow's codes are used or were guessed at too often: a new one has to be asked for."""


@dataclass(frozen=True, slots=True)
class CodeExpired:
    """The flow has no code any more, or never had: a new one has to be asked for."""


CodeAnswer = CodeRight | CodeWrong | CodeDead | CodeExpired | Limited


def clean_code(text: str) -> str:
    """Give the six digits of a code as people type it (spaces, hyphens, full-width digits); raise Invalid for others."""
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign not in " -–—.\t\r\n\u200b")
    if len(digits) != CODE_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise Invalid({"code": N_("Enter the six digits of the code we sent.")})
    return digits


def check_code(session: Session, keys: Keys, bound: CodeFor, visitor: Visitor, *, code: str, now: datetime) -> CodeAnswer:
    """Take a code once. Commit what is returned, whatever it is: wrong tries are counted in this transaction.

    A wrong try counts against every live code of the flow and against the number's allowance; the sixth within five
    minutes is Limited though it were right. Raises Invalid for what is no code at all; that counts as nothing.
    """
    sealed = bound.seal(keys.codes, clean_code(code))
    bind = {"flow": bound.flow_hash, "for_purpose": bound.purpose, "to_number": bound.number}
    rows = session.connection().execute(_list, bind).all()
    # Once a password was given in a flow only codes that were asked for with one are taken: the others' tries belong
    # to the strangers' allowance, which this flow then leaves.
    vouched = bool(rows) and bool(rows[0].vouched)
    rows = [row for row in rows if row.vouched == vouched]
    allowed = code_windows(bound.number, bound.flow_hash, visitor, vouched=vouched)
    seen = look(session, allowed, now=now).of(allowed)
    if seen.full:
        return _limited(bound, visitor, seen, vouched=vouched)
    end = _end_of(rows, now)
    if end is not None:
        return end
    # Counted before it is looked at, and given back when right: racing guesses wait here for each other.
    seen = count_up(session, allowed, now=now).of(allowed)
    answer: CodeAnswer
    if seen.over:
        answer = _limited(bound, visitor, seen, vouched=vouched)
    else:
        named = {**bind, "at": now, "seen_vouched": vouched, "sealed": sealed}
        answer = _redeem(session, bound, named, seen.left)
    if not isinstance(answer, CodeWrong):
        give_back(session, allowed)
    elif bound.purpose == "sign_in":
        outcome = "wrong" if answer.tries_left else "limited"
        record_sign_in(session, visitor, method="code", outcome=outcome, party_id=rows[0].party_id, now=now)
    return answer


def _redeem(session: Session, bound: CodeFor, named: dict[str, Any], allowance: int) -> CodeRight | CodeWrong | CodeDead:
    connection = session.connection()
    claimed = connection.execute(_claim, named).first()
    if claimed is not None:
        connection.execute(_retire, named)
        holder = find_holder(session, bound.number)
        if holder is None or (holder.customer_id, holder.party_id) != (claimed.customer_id, claimed.party_id):
            return CodeDead()  # the number changed hands since the code was sent
        return CodeRight(holder)
    tried = {row.id: row.tries for row in connection.execute(_count_try, named)}
    if not tried:  # somebody used or finished the codes since we looked
        return CodeDead()
    return CodeWrong(max(min(TRIES_PER_CODE - tried[max(tried)], allowance), 0))


def _end_of(rows: Sequence[sa.Row[*tuple[Any, ...]]], now: datetime) -> CodeDead | CodeExpired | None:
    if any(row.used_at is None and row.expires_at > now and row.tries < TRIES_PER_CODE for row in rows):
        return None
    in_time = any(row.expires_at > now for row in rows)
    return CodeDead() if in_time else CodeExpired()


def _limited(bound: CodeFor, visitor: Visitor, seen: Reading, *, vouched: bool) -> Limited:
    another = bound.purpose == "sign_in" and not visitor.known and not vouched
    return Limited(seen.retry_after_seconds, "service_password" if another else None)
