"""Recovery codes: ten of 50 bits each, shown once, kept as keyed hashes, each good once in place of an authenticator."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.ids import ALPHABET
from portal.base.keys import Keys
from portal.base.privacy import keyed_hash
from portal.customers import Holder
from portal.identity.factor_changes import note_change, own_line, tell_change
from portal.identity.limits import Limited, authenticator_windows
from portal.identity.models import RecoveryCode
from portal.identity.session_queries import SessionView
from portal.identity.sign_ins import record_sign_in
from portal.identity.throttle import count_up, give_back
from portal.identity.visitor import Visitor

RECOVERY_CODES = 10
FEW_CODES = 3
LETTERS = 10

_code = RecoveryCode.metadata.tables["recovery_code"]
_forget = sa.delete(_code).where(_code.c.party_id == sa.bindparam("party"))
_insert = sa.insert(_code)
_use = (
    sa.update(_code)
    .where(_code.c.party_id == sa.bindparam("party"), _code.c.code_hash == sa.bindparam("hash"), _code.c.used_at.is_(None))
    .values(used_at=sa.bindparam("at"))
)


def make_recovery_codes(session: Session, keys: Keys, party_id: int, *, now: datetime) -> tuple[str, ...]:
    """Give ten new codes, once; the ones of before are good for nothing any more."""
    codes = tuple("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)) for _ in range(RECOVERY_CODES))
    session.connection().execute(_forget, {"party": party_id})
    rows = [{"party_id": party_id, "code_hash": _hash(keys, party_id, code), "created_at": now, "used_at": None} for code in codes]
    session.connection().execute(_insert, rows)
    return tuple(f"{code[:5]}-{code[5:]}" for code in codes)


def renew_recovery_codes(session: Session, keys: Keys, view: SessionView, *, now: datetime, said: str | None = None) -> tuple[str, ...]:
    """Give ten new codes at the person's wish, once. Other browsers are signed out."""
    codes = make_recovery_codes(session, keys, view.party_id or 0, now=now)
    note_change(session, view, "recovery_codes_made", said=said, now=now)
    return codes


def check_recovery_code(
    session: Session, keys: Keys, view: SessionView, visitor: Visitor, *, code: str, now: datetime, said: str | None = None
) -> bool | Limited:
    """Take one of the person's codes, once, and say whether it was one. Commit what is returned: tries are counted.

    Its use is told by message, since it stands in for what only the person has.
    """
    return check_recovery_code_of(session, keys, own_line(session, view), visitor, code=code, now=now, said=said)


def check_recovery_code_of(
    session: Session, keys: Keys, holder: Holder, visitor: Visitor, *, code: str, now: datetime, said: str | None = None
) -> bool | Limited:
    """Take a code of somebody's who is not signed in yet: only after their password was right. Otherwise as above."""
    party = holder.party_id
    allowed = authenticator_windows(party, visitor)
    if (seen := count_up(session, allowed, now=now).of(allowed)).over:
        give_back(session, allowed)
        return Limited(seen.retry_after_seconds)
    hashed = _hash(keys, party, clean_recovery_code(code))
    if session.connection().execute(_use, {"party": party, "hash": hashed, "at": now}).rowcount == 0:
        record_sign_in(session, visitor, method="recovery_code", outcome="wrong" if seen.left else "limited", party_id=party, now=now)
        return False
    give_back(session, allowed)
    tell_change(session, holder, "recovery_code_used", said=said, now=now)
    return True


def clean_recovery_code(text: str) -> str:
    """Give a code as it was made, forgiving case, hyphens, spaces and look-alike letters."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text).lower() if sign not in " -–—\t\r\n")
    return plain.translate(str.maketrans("ilo", "110"))


def _hash(keys: Keys, party_id: int, code: str) -> str:
    return keyed_hash(keys.codes, "recovery", f"{party_id}\x00{code}")
