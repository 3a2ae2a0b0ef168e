"""Which sites were told of a sign-in, and by which name (`sid`): who is to be told of its end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.ids import new_token
from portal.openid.models import ClientSession, OAuthClient

SID_BYTES = 16

_told = ClientSession.metadata.tables["oauth_client_session"]
_client = OAuthClient.metadata.tables["oauth_client"]
_columns = (_told.c.session_id, _told.c.client_id, _told.c.sid, _told.c.subject, _told.c.told_at, _told.c.ended_at)
_OPEN = {
    engine: insert(_told).on_conflict_do_nothing(index_elements=["session_id", "client_id"])
    for engine, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_sid_of = sa.select(_told.c.sid).where(_told.c.session_id == sa.bindparam("session"), _told.c.client_id == sa.bindparam("client"))
_by_sid = sa.select(*_columns).where(_told.c.sid == sa.bindparam("sid"))
_names = (
    sa.select(_client.c.name)
    .join_from(_told, _client, _client.c.id == _told.c.client_id)
    .where(_told.c.session_id == sa.bindparam("session"), _told.c.ended_at.is_(None))
    .order_by(_client.c.name)
)

_names_by_session = (
    sa.select(_told.c.session_id, _client.c.name)
    .join_from(_told, _client, _client.c.id == _told.c.client_id)
    .where(_told.c.session_id.in_(sa.bindparam("sessions", expanding=True)), _told.c.ended_at.is_(None))
    .order_by(_client.c.name)
)


@dataclass(frozen=True, slots=True)
class ClientSessionView:
    """A sign-in as one client knows it."""

    session_id: int
    client_id: str
    sid: str
    subject: str
    told_at: datetime
    ended_at: datetime | None


def open_client_session(session: Session, client_id: str, *, session_id: int, subject: str, now: datetime) -> str:
    """Note that a client is told of a sign-in; give its name for it, the same one however often it asks.

    The name says nothing of ours and differs from client to client, so that two of them cannot compare (OpenID Connect
    Back-Channel Logout 1.0, section 2.1).
    """
    connection = session.connection()
    row = {
        "session_id": session_id, "client_id": client_id, "sid": new_token(SID_BYTES), "subject": subject,
        "told_at": now, "ended_at": None,
    }  # fmt: skip
    connection.execute(_OPEN[connection.dialect.name], row)
    return str(connection.execute(_sid_of, {"session": session_id, "client": client_id}).scalar_one())


def find_client_session(session: Session, sid: str) -> ClientSessionView | None:
    """Give the sign-in a `sid` names, ended ones too; None for a name never given."""
    row = session.connection().execute(_by_sid, {"sid": sid}).first()
    return None if row is None else ClientSessionView(*row)


def list_told_clients(session: Session, session_id: int) -> Sequence[str]:
    """Give the names of the sites a live sign-in has opened, for the page that asks whether to sign out."""
    return list(session.connection().execute(_names, {"session": session_id}).scalars())


def list_told_by_session(session: Session, session_ids: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Give the names of the sites each of these live sign-ins has opened. One statement."""
    names: dict[int, list[str]] = {session_id: [] for session_id in session_ids}
    for row in session.connection().execute(_names_by_session, {"sessions": list(session_ids)}):
        names[row.session_id].append(row.name)
    return names
