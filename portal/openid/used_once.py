"""Names that may be used once: of a client's assertion, a request object, a DPoP proof."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.openid.models import UsedOnce

CLIENT_ASSERTION = "client_assertion"
_used = UsedOnce.metadata.tables["oauth_used_once"]
_TAKE = {
    engine: insert(_used).on_conflict_do_nothing(index_elements=["kind", "issuer", "jti_hash"]).returning(_used.c.kind)
    for engine, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def take_once(session: Session, kind: str, issuer: str, jti: str, *, expires_at: datetime) -> bool:
    """Use a `jti` up; False when it was used before. Of two at once the second waits: the unique key decides. Commit either.

    `expires_at`: when what it names is refused for its age, so that it need not be remembered any longer.
    """
    connection = session.connection()
    row = {"kind": kind, "issuer": issuer, "jti_hash": hashlib.sha256(jti.encode()).hexdigest(), "expires_at": expires_at}
    return connection.execute(_TAKE[connection.dialect.name], row).first() is not None
