"""The ends of sessions, whoever brings them about: each is said, so that the sites they opened are told (guard.md 11, 13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.base.events import emit
from portal.customers import Holder
from portal.identity.events import SessionEnded
from portal.identity.ladder import rests_on_number
from portal.identity.models import LoginSession
from portal.identity.session_queries import SessionView
from portal.interactions import record_interaction

EndedBy = Literal["owner", "replaced", "expired", "staff", "password", "employer", "sim_change", "number"]

_session = LoginSession.metadata.tables["login_session"]
_live = _session.c.ended_at.is_(None)


def end_session(session: Session, view: SessionView, *, now: datetime, channel: str = "web") -> None:
    """Sign out. Of a session that is over already nothing more is written."""
    ended = end_where(session, _session.c.id == view.id, by="owner", now=now)
    if ended and view.customer_id is not None:
        params = {"device": view.device_label} if view.device_label else {}
        record_interaction(session, view.customer_id, channel=channel, kind="signed_out", params=params, now=now)


def end_listed_session(session: Session, party_id: int, session_id: int, *, now: datetime) -> None:
    """End one of the party's own sessions; raise NotFound for any other, or one that is over."""
    if not end_where(session, sa.and_(_session.c.id == session_id, _session.c.party_id == party_id), by="owner", now=now):
        raise NotFound


def end_other_sessions(session: Session, *, party_id: int, keep: int | None, by: EndedBy = "owner", now: datetime) -> int:
    """End all of the party's sessions except `keep`; give how many."""
    return end_where(session, sa.and_(_session.c.party_id == party_id, _session.c.id != (keep or 0)), by=by, now=now)


def end_sessions_resting_on(session: Session, holder: Holder, *, now: datetime) -> int:
    """End the sessions that the holder's number alone opened, once it has another SIM; give how many.

    Whichever of the two has the wrong one: of a lost phone its sessions end, and to who talked the operator into a new SIM a
    message opens little (sim_changes.py). What a passkey or an authenticator proved does not rest on the SIM, and goes on.
    """
    theirs = sa.and_(_session.c.party_id == holder.party_id, _session.c.number == holder.number)
    rows = session.connection().execute(sa.select(_session.c.id, _session.c.methods).where(_live, theirs)).all()
    return end_where(session, _session.c.id.in_([row.id for row in rows if rests_on_number(row.methods)]), by="sim_change", now=now)


def end_staff_sessions(session: Session, staff_id: int, *, now: datetime) -> int:
    """End every session of a member of staff; give how many."""
    return end_where(session, _session.c.staff_id == staff_id, by="staff", now=now)


def expire_sessions(session: Session, *, now: datetime) -> int:
    """Mark sessions that ran out of time as ended, for the record; they were refused before. Give how many."""
    count = end_where(session, _session.c.expires_at <= now, by="expired", now=now)
    idle = session.connection().execute(sa.select(_session.c.idle_seconds).where(_live).distinct()).scalars().all()
    for seconds in idle:
        quiet = sa.and_(_session.c.idle_seconds == seconds, _session.c.seen_at <= now - timedelta(seconds=seconds))
        count += end_where(session, quiet, by="expired", now=now)
    return count


def end_company_sessions(session: Session, party_ids: Sequence[int], *, now: datetime) -> int:
    """End the sessions of these parties that began at their enterprise's provider, without a number; give how many."""
    if not party_ids:
        return 0
    return end_where(session, sa.and_(_session.c.party_id.in_(party_ids), _session.c.number.is_(None)), by="employer", now=now)


def end_number_sessions(session: Session, party_id: int, number: str, *, now: datetime) -> int:
    """End a person's sessions of a number that is theirs no more; give how many."""
    return end_where(session, sa.and_(_session.c.party_id == party_id, _session.c.number == number), by="number", now=now)


def end_where(session: Session, which: sa.ColumnElement[bool], *, by: EndedBy, now: datetime) -> int:
    """End what is live of `which`, and say so of each person's session: the sites it opened are told (OpenID back channel)."""
    ending = sa.update(_session).where(_live, which).values(ended_at=now, ended_by=by).returning(_session.c.id, _session.c.party_id)
    ended = session.connection().execute(ending).all()
    for row in ended:
        if row.party_id is not None:  # of staff no site outside is told
            emit(session, SessionEnded(row.id, row.party_id, by), now=now)
    return len(ended)
