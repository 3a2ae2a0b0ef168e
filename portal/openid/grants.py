"""Grants: what a person let a client have, once. Every code, refresh and access token that comes of one falls with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.ids import new_id
from portal.identity import has_session_ended, rests_on_number
from portal.openid.clients import ClientView
from portal.openid.models import OAuthGrant
from portal.openid.scopes import OFFLINE

OFFLINE_FOR = timedelta(days=90)
"""The longest anything lasts that somebody granted for while they are away (ASVS 10.4.8)."""

RevokedBy = Literal["code_reused", "refresh_reused", "client", "owner", "staff", "logout", "consent", "password", "sim_change", "employer"]

_grant = OAuthGrant.metadata.tables["oauth_grant"]
_insert = sa.insert(_grant).inline()
_standing = _grant.c.revoked_at.is_(None)
_revocation: dict[str, Any] = {"revoked_at": sa.bindparam("at"), "revoked_by": sa.bindparam("by")}
_revoke = sa.update(_grant).where(_grant.c.id == sa.bindparam("grant"), _standing).values(_revocation)
_revoke_session = (
    sa.update(_grant).where(_grant.c.session_id == sa.bindparam("of_session"), _standing, _grant.c.offline.is_(False)).values(_revocation)
)
_revoke_client = (
    sa.update(_grant)
    .where(_grant.c.party_id == sa.bindparam("party"), _grant.c.client_id == sa.bindparam("client"), _standing)
    .values(_revocation)
)
_revoke_party = sa.update(_grant).where(_grant.c.party_id == sa.bindparam("party"), _standing).values(_revocation)
_offline = sa.select(_grant.c.id, _grant.c.session_id, _grant.c.methods).where(
    _grant.c.party_id == sa.bindparam("party"), _standing, _grant.c.offline, _grant.c.expires_at > sa.bindparam("at")
)
_bind_key = (
    sa.update(_grant)
    .where(_grant.c.id == sa.bindparam("grant"), _grant.c.key_thumbprint.is_(None))
    .values(key_thumbprint=sa.bindparam("thumbprint"))
)
_get = sa.select(_grant).where(_grant.c.id == sa.bindparam("grant"), _standing, _grant.c.expires_at > sa.bindparam("at"))


@dataclass(frozen=True, slots=True)
class SignIn:
    """The sign-in a grant comes of: who, how well proved, and what the client knows it by.

    `sid` is the client's own name for it (ClientSession); `subject` what the client knows the person by (`subject_of`).
    `expires_at`: when the sign-in ends at the latest, and with it whatever is not for offline.
    """

    party_id: int
    customer_id: int | None
    session_id: int
    sid: str
    subject: str
    level: int
    methods: tuple[str, ...]
    authenticated_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant that stands."""

    id: int
    client_id: str
    party_id: int
    customer_id: int | None
    session_id: int | None
    sid: str | None
    subject: str
    scopes: tuple[str, ...]
    claims: Mapping[str, tuple[str, ...]]
    level: int
    methods: tuple[str, ...]
    authenticated_at: datetime
    key_thumbprint: str | None
    expires_at: datetime


def insert_grant(
    session: Session,
    client: ClientView,
    sign_in: SignIn,
    scopes: tuple[str, ...],
    *,
    kind: Literal["code", "device"],
    now: datetime,
    claims: Mapping[str, tuple[str, ...]] | None = None,
    key_thumbprint: str | None = None,
) -> int:
    """Write down what was granted; give its id. It ends with the sign-in, for offline access after 90 days."""
    grant_id, offline = new_id(now), OFFLINE in scopes
    session.connection().execute(
        _insert,
        {
            "id": grant_id, "kind": kind, "client_id": client.id, "party_id": sign_in.party_id, "customer_id": sign_in.customer_id,
            "session_id": sign_in.session_id, "sid": sign_in.sid, "subject": sign_in.subject, "scopes": list(scopes),
            "claims": {part: list(names) for part, names in claims.items()} if claims else None,
            "offline": offline, "level": sign_in.level, "methods": list(sign_in.methods),
            "authenticated_at": sign_in.authenticated_at, "key_thumbprint": key_thumbprint, "actor": None, "created_at": now,
            "expires_at": now + OFFLINE_FOR if offline else sign_in.expires_at, "revoked_at": None, "revoked_by": None,
        },
    )  # fmt: skip
    return grant_id


def find_grant(session: Session, grant_id: int, *, now: datetime) -> Grant | None:
    """Give a grant that is neither revoked nor over."""
    row = session.connection().execute(_get, {"grant": grant_id, "at": now}).first()
    return None if row is None else view_grant(row)


def find_new_grant(session: Session, grant_id: int, *, now: datetime) -> Grant | None:
    """Give a grant whose first tokens are due. None as well when its sign-in ended in the moment it was made.

    Whoever ends a sign-in revokes the grants there are; one that was just being made is caught here.
    """
    grant = find_grant(session, grant_id, now=now)
    if grant is None or OFFLINE in grant.scopes or grant.session_id is None:
        return grant
    return None if has_session_ended(session, grant.session_id) else grant


def view_grant(row: Any) -> Grant:
    """Give a row with the grant's columns as a view."""
    claims = {part: tuple(names) for part, names in (row.claims or {}).items()}
    return Grant(
        row.id, row.client_id, row.party_id, row.customer_id, row.session_id, row.sid, row.subject, tuple(row.scopes), claims, row.level,
        tuple(row.methods), row.authenticated_at, row.key_thumbprint, row.expires_at,
    )  # fmt: skip


def bind_key(session: Session, grant_id: int, thumbprint: str) -> None:
    """Bind all tokens of a grant to the client's key, which it showed with the code (RFC 9449 5)."""
    session.connection().execute(_bind_key, {"grant": grant_id, "thumbprint": thumbprint})


def revoke_grant(session: Session, grant_id: int, *, by: RevokedBy, now: datetime) -> bool:
    """Take a grant back with everything that came of it; False when it was revoked before."""
    return session.connection().execute(_revoke, {"grant": grant_id, "at": now, "by": by}).rowcount == 1


def revoke_grants_of_session(session: Session, session_id: int, *, by: RevokedBy, now: datetime) -> int:
    """Take back what came of a sign-in that has ended, save what was granted for offline (Back-Channel Logout 1.0, 2.7)."""
    return session.connection().execute(_revoke_session, {"of_session": session_id, "at": now, "by": by}).rowcount


def revoke_grants(session: Session, party_id: int, *, by: RevokedBy, now: datetime, client_id: str | None = None) -> int:
    """Take back all a person granted, for offline as well: to one client, or to all. Give how many grants that were."""
    given = {"party": party_id, "at": now, "by": by}
    if client_id is None:
        return session.connection().execute(_revoke_party, given).rowcount
    return session.connection().execute(_revoke_client, given | {"client": client_id}).rowcount


def revoke_offline_grants_but(session: Session, party_id: int, session_id: int, *, now: datetime) -> int:
    """Take back what a person granted for offline in other sign-ins than this one, after they changed a factor; give how many.

    Whoever was in before the change may have let an app of theirs in (ASVS 5.0 7.4.3).
    """
    return _revoke_offline(session, party_id, lambda row: row.session_id != session_id, by="password", now=now)


def revoke_offline_grants_on_number(session: Session, party_id: int, *, now: datetime) -> int:
    """Take back what was granted for offline with no more than a number's SIM to show for it, after a new SIM; give how many."""
    return _revoke_offline(session, party_id, lambda row: rests_on_number(row.methods), by="sim_change", now=now)


def _revoke_offline(
    session: Session, party_id: int, which: Callable[[sa.Row[*tuple[Any, ...]]], bool], *, by: RevokedBy, now: datetime
) -> int:
    rows: Sequence[sa.Row[*tuple[Any, ...]]] = session.connection().execute(_offline, {"party": party_id, "at": now}).all()
    return sum(revoke_grant(session, row.id, by=by, now=now) for row in rows if which(row))
