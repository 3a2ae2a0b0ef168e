"""Sites that trust our sign-in, for tests: made by the real services, and grants as a sign-in leaves them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.base.ids import new_id, new_token
from portal.openid import ClientView, NewClient, create_client
from portal.openid.models import OAuthGrant

SITE = NewClient(
    name="Shop",
    redirect_uris=("https://shop.example/back",),
    post_logout_redirect_uris=("https://shop.example/bye",),
    scopes=("openid", "profile", "phone", "customer", "subscription", "points.read", "offline_access"),
    backchannel_logout_uri="https://shop.example/backchannel",
)


def make_site(session: Session, client_id: str, *, now: datetime, **changes: Any) -> ClientView:
    """Make a site; `changes` to what a site is otherwise."""
    changes.setdefault("name", client_id.capitalize())
    client, _ = create_client(session, replace(SITE, **changes), client_id=client_id, now=now)
    return client


def make_grant(session: Session, client: ClientView, party_id: int, *, now: datetime, session_id: int = 1, offline: bool = False) -> int:
    """Make a grant as a code leaves it; give its id."""
    grant = OAuthGrant(
        id=new_id(now), kind="code", client_id=client.id, party_id=party_id, customer_id=None, session_id=session_id, sid=new_token(8),
        subject="subject", scopes=["openid"], claims=None, offline=offline, level=2, methods=["sms"], authenticated_at=now,
        key_thumbprint=None, actor=None, created_at=now, expires_at=now + timedelta(days=1), revoked_at=None, revoked_by=None,
    )  # fmt: skip
    session.add(grant)
    session.flush()
    return grant.id
