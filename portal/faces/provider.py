"""Us, as clients know us; the keys that sign are read from the database at most once a minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import current_app, url_for
from sqlalchemy.orm import Session

from portal.faces.parts import portal
from portal.openid import KeyRing, Provider, load_key_ring

KEEP_KEYS = timedelta(seconds=60)
KEPT = "openid_key_ring"
"""Where an application keeps them."""


def issuer() -> str:
    """Give our name: the base address without a slash at its end, to the letter (OpenID Connect Discovery 1.0, 3)."""
    return portal().settings.base_url.rstrip("/")


def endpoint(name: str) -> str:
    """Give the full address of one of our endpoints, as discovery says it, whatever host a request came by."""
    return issuer() + url_for(name)


def provider(session: Session, *, now: datetime) -> Provider:
    """Give us, with keys no older than a minute."""
    return Provider(issuer(), portal().keys, key_ring(session, now=now))


def key_ring(session: Session, *, now: datetime) -> KeyRing:
    """Give the published keys. A key is published a day before it signs, so a minute's delay harms nobody."""
    kept: tuple[object, datetime, KeyRing] | None = current_app.extensions.get(KEPT)
    if kept is None or kept[0] is not portal().db or not timedelta(0) <= now - kept[1] < KEEP_KEYS:
        kept = (portal().db, now, load_key_ring(session, portal().keys, now=now))
        current_app.extensions[KEPT] = kept
    return kept[2]
