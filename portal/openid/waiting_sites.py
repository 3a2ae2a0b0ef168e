"""Sites that did not take a word: they are knocked at, and sent all that waits for them as soon as one answers again.

A word that was not taken is put off for longer and longer (logouts.py). Knocking costs no writing and no signature, so it goes on
at the same pace for as long as a word waits: whoever comes back after a night hears within two seconds, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.openid.models import LogoutDelivery, OAuthClient

MANY = 200

_delivery = LogoutDelivery.metadata.tables["logout_delivery"]
_client = OAuthClient.metadata.tables["oauth_client"]
_waits = _delivery.c.status == sa.literal_column("'pending'")  # a literal: SQLite uses a partial index for nothing else
_waiting = (
    sa.select(_client.c.id, _client.c.backchannel_logout_uri)
    .where(
        _client.c.id.in_(
            sa.select(_delivery.c.client_id).where(_waits, _delivery.c.next_at > sa.bindparam("now"), _delivery.c.last_error.is_not(None))
        ),
        _client.c.backchannel_logout_uri.is_not(None),
        _client.c.ended_at.is_(None),
    )
    .order_by(_client.c.id)
    .limit(MANY)
)
_wake = (
    sa.update(_delivery)
    .where(_delivery.c.client_id == sa.bindparam("client"), _waits, _delivery.c.last_error.is_not(None))
    .values(next_at=sa.bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class WaitingSite:
    """A site that did not take a word, and where it is knocked at."""

    client_id: str
    address: str


def list_waiting_sites(session: Session, *, now: datetime) -> Sequence[WaitingSite]:
    """Give the sites for which a word waits that was not taken, two hundred at most."""
    return [WaitingSite(*row) for row in session.connection().execute(_waiting, {"now": now})]


def wake_site(session: Session, client_id: str, *, now: datetime) -> int:
    """Have all that waits for a site sent now, since it answers again; give how many words that are."""
    return session.connection().execute(_wake, {"client": client_id, "now": now}).rowcount
