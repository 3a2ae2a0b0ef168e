"""What a person lets a site know or do, remembered until it is taken back (ASVS 5.0 10.7.1–3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.base.errors import NotFound
from portal.openid.grants import revoke_grants
from portal.openid.models import OAuthClient, OAuthConsent

_consent = OAuthConsent.metadata.tables["oauth_consent"]
_client = OAuthClient.metadata.tables["oauth_client"]
_columns = (_consent.c.client_id, _client.c.name, _consent.c.scopes, _consent.c.given_at)
_live = (
    sa.select(*_columns)
    .join_from(_consent, _client, _client.c.id == _consent.c.client_id)
    .where(_consent.c.party_id == sa.bindparam("party"), _consent.c.revoked_at.is_(None), _client.c.ended_at.is_(None))
)
_find = _live.where(_consent.c.client_id == sa.bindparam("client"))
_list = _live.order_by(_client.c.name, _consent.c.client_id)
_count = sa.select(sa.func.count(), sa.func.max(sa.literal_column("given_at", _consent.c.given_at.type))).select_from(
    sa.select(_consent.c.given_at)
    .where(_consent.c.client_id == sa.bindparam("client"), _consent.c.revoked_at.is_(None))
    .order_by(_consent.c.given_at.desc())
    .limit(sa.bindparam("most"))
    .subquery()
)
_take_back = (
    sa.update(_consent)
    .where(
        _consent.c.party_id == sa.bindparam("party"),
        _consent.c.client_id == sa.bindparam("client"),
        _consent.c.revoked_at.is_(None),
    )
    .values(revoked_at=sa.bindparam("at"))
)


def _giving(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["party_id", "client_id"], set_={"scopes": new.scopes, "given_at": new.given_at, "revoked_at": None}
    )


_GIVE = {"sqlite": _giving(sqlite.insert(_consent)), "postgresql": _giving(postgresql.insert(_consent))}


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What a person allowed a site, and when."""

    client_id: str
    client_name: str
    scopes: tuple[str, ...]
    given_at: datetime

    def covers(self, scopes: Iterable[str]) -> bool:
        """Say whether all of these were allowed."""
        return set(scopes) <= set(self.scopes)


def find_consent(session: Session, party_id: int, client_id: str) -> ConsentView | None:
    """Give what a person allows a site now; None where that is nothing, or was taken back."""
    row = session.connection().execute(_find, {"party": party_id, "client": client_id}).first()
    return None if row is None else _view(row)


def give_consent(session: Session, party_id: int, client_id: str, scopes: Iterable[str], *, now: datetime) -> None:
    """Remember what a person lets a site know or do; what was allowed before and not taken back stays allowed."""
    before = find_consent(session, party_id, client_id)
    allowed = sorted({*scopes, *(before.scopes if before else ())})
    connection = session.connection()
    row = {"party_id": party_id, "client_id": client_id, "scopes": allowed, "given_at": now, "revoked_at": None}
    connection.execute(_GIVE[connection.dialect.name], row)


def list_consents(session: Session, party_id: int) -> Sequence[ConsentView]:
    """Give the sites a person allowed something, by name."""
    return [_view(row) for row in session.connection().execute(_list, {"party": party_id})]


def count_consents(session: Session, client_id: str, *, most: int = 1000) -> tuple[int, datetime | None]:
    """Give how many people allow a site something now, counted up to `most`, and when the last of them agreed."""
    row = session.connection().execute(_count, {"client": client_id, "most": most}).one()
    return row[0], row[1]


def revoke_consent(session: Session, party_id: int, client_id: str, *, now: datetime) -> None:
    """Take back what a site was allowed: its tokens for this person are dead at once, offline ones too (ASVS 10.4.9).

    Raises NotFound where nothing is allowed.
    """
    connection = session.connection()
    given = {"party": party_id, "client": client_id, "at": now}
    if connection.execute(_take_back, given).rowcount == 0:
        raise NotFound
    revoke_grants(session, party_id, by="consent", client_id=client_id, now=now)


def _view(row: sa.Row[*tuple[Any, ...]]) -> ConsentView:
    return ConsentView(row.client_id, row.name, tuple(row.scopes), row.given_at)
