"""A fresh proof of somebody of the staff who is signed in: a code of their authenticator, taken once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.keys import Keys
from portal.identity.limits import Limited, staff_windows
from portal.identity.models import Staff
from portal.identity.session_queries import SessionView
from portal.identity.sessions import Started, raise_level
from portal.identity.sign_ins import record_sign_in
from portal.identity.staff_sign_in import StaffWrong
from portal.identity.throttle import count_up, give_back
from portal.identity.totp import step_of
from portal.identity.visitor import Visitor

_staff = Staff.metadata.tables["staff"]
_secret = sa.select(_staff.c.totp_secret).where(_staff.c.id == sa.bindparam("staff"), _staff.c.ended_at.is_(None))
_take_step = (
    sa.update(_staff)
    .where(_staff.c.id == sa.bindparam("staff"), _staff.c.ended_at.is_(None), _staff.c.totp_last_step < sa.bindparam("step"))
    .values(totp_last_step=sa.bindparam("step"))
)


def prove_staff(
    session: Session, keys: Keys, view: SessionView, visitor: Visitor, *, totp: str, now: datetime
) -> Started | StaffWrong | Limited:
    """Take a code of the authenticator, once: the session goes on, freshly proved, under a new token (ASVS 7.2.4, 7.5.3).

    Commit what is returned: wrong codes count together with wrong sign-ins. Raises NotFound where the session ended meanwhile.
    """
    staff = view.staff
    allowed = staff_windows(staff.login, replace(visitor, known=True))
    if (seen := count_up(session, allowed, now=now).of(allowed)).over:
        give_back(session, allowed)
        return Limited(seen.retry_after_seconds)
    connection = session.connection()
    stored = connection.execute(_secret, {"staff": staff.id}).scalar_one_or_none()
    step = step_of(keys.decrypt(stored), totp, now) if stored is not None else None
    if step is None or connection.execute(_take_step, {"staff": staff.id, "step": step}).rowcount == 0:
        outcome = "wrong" if seen.left else "limited"
        record_sign_in(session, visitor, method="totp", outcome=outcome, realm="staff", staff_id=staff.id, now=now)
        return StaffWrong(seen.left)
    give_back(session, allowed)
    return raise_level(session, view, level=view.level, methods=("otp",), now=now)
