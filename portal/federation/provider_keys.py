"""The keys OpenID Providers sign with: when to ask for them, and keeping what was found."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.jwks import knows_key, read_client_jwks
from portal.federation.models import IdentityProvider
from portal.federation.providers import ProviderView

EVERY = timedelta(hours=1)
"""A key a provider took away is taken here no longer than this."""
AT_MOST_EVERY = timedelta(minutes=1)
"""However many tokens with unknown keys come: a provider is not asked more often on their account."""

_provider = IdentityProvider.metadata.tables["identity_provider"]
_claim = (
    sa.update(_provider)
    .where(
        _provider.c.id == sa.bindparam("which"),
        sa.or_(_provider.c.fetched_at.is_(None), _provider.c.fetched_at <= sa.bindparam("before")),
    )
    .values(fetched_at=sa.bindparam("now"))
)
_keep = (
    sa.update(_provider)
    .where(_provider.c.id == sa.bindparam("which"), _provider.c.issuer == sa.bindparam("of"))
    .values(jwks=sa.bindparam("found"))
)


def wants_keys(provider: ProviderView, id_token: str, *, now: datetime) -> bool:
    """Say whether the provider is to be asked for its keys before a token can be judged: it names one we do not hold, or ours are old."""
    return provider.fetched_at is None or provider.fetched_at <= now - EVERY or not knows_key(provider.jwks, id_token)


def claim_provider_keys(session: Session, provider: ProviderView, *, now: datetime) -> bool:
    """Take it on to ask; False when somebody did within the last minute. One conditional statement."""
    return session.connection().execute(_claim, {"which": provider.id, "before": now - AT_MOST_EVERY, "now": now}).rowcount > 0


def keep_provider_keys(session: Session, provider: ProviderView, jwks: object) -> None:
    """Keep what was found in place of what was there. Raises Invalid for what is no set of keys that can be used."""
    session.connection().execute(_keep, {"which": provider.id, "of": provider.issuer, "found": read_client_jwks(jwks)})
