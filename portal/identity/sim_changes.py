"""A line whose SIM was changed: for a set time a code by message to it is not believed (CAMARA SIM Swap; NIST SP 800-63B-4 3.1.3.3).

Whoever has talked the operator into another SIM gets the owner's messages: with them alone they reach level 1.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.events import emit
from portal.base.settings import Settings
from portal.customers import Holder
from portal.identity.events import SimChanged
from portal.identity.ladder import CODE, PASSWORD
from portal.identity.models import SimChange
from portal.identity.session_ends import end_sessions_resting_on
from portal.interactions import record_interaction

_change = SimChange.metadata.tables["sim_change"]
_find = sa.select(_change.c.changed_at).where(
    _change.c.customer_id == sa.bindparam("customer"), _change.c.subscription_id == sa.bindparam("line")
)


def _noting(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    return insert.on_conflict_do_update(index_elements=["customer_id", "subscription_id"], set_={"changed_at": insert.excluded.changed_at})


_note = {"sqlite": _noting(sqlite.insert(_change)), "postgresql": _noting(postgresql.insert(_change))}


def note_sim_change(session: Session, holder: Holder, *, now: datetime, channel: str = "counter") -> None:
    """Note that the line got another SIM at `now`; on the timeline too. Sessions that rest on the number alone are over."""
    row = {"customer_id": holder.customer_id, "subscription_id": holder.subscription_id, "changed_at": now}
    session.connection().execute(_note[session.get_bind().dialect.name], row)
    end_sessions_resting_on(session, holder, now=now)
    emit(session, SimChanged(holder.party_id), now=now)
    line = holder.subscription_id
    record_interaction(session, holder.customer_id, channel=channel, kind="sim_changed", subscription_id=line, now=now)


def messages_believed_from(session: Session, holder: Holder, *, settings: Settings, now: datetime) -> datetime | None:
    """Give when codes by message to the line will be believed again; None: they are now."""
    asked = {"customer": holder.customer_id, "line": holder.subscription_id}
    changed_at = session.connection().execute(_find, asked).scalar_one_or_none()
    if changed_at is None:
        return None
    until: datetime = changed_at + timedelta(hours=settings.sim_change_hours)
    return until if until > now else None


def level_of_message(session: Session, holder: Holder, *, settings: Settings, now: datetime) -> int:
    """Give the level that a code by message to the line proves: 2, or 1 while its SIM is new."""
    return CODE if messages_believed_from(session, holder, settings=settings, now=now) is None else PASSWORD
