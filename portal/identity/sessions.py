"""Sessions in our own table: begun, raised, switched, ended (guard.md 11, 13; ASVS 5.0 V7).

A person may have any number of sessions at once; each is listed and can be ended (ASVS 7.1.2, 7.5.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.base.clock import today
from portal.base.errors import NotFound
from portal.base.events import emit
from portal.base.ids import new_id, new_token
from portal.base.settings import Settings
from portal.customers import Holder, get_viewer
from portal.identity.events import Visited
from portal.identity.ladder import (
    CODE,
    CODE_METHODS,
    COMPANY,
    COMPANY_METHODS,
    STAFF_METHODS,
    add_methods,
    level_of,
    methods_at,
    spoken,
)
from portal.identity.models import LoginSession
from portal.identity.session_ends import end_where
from portal.identity.session_queries import TOUCH_AFTER, Realm, SessionView, find_session, hash_token, insert_session
from portal.identity.sign_ins import record_sign_in
from portal.identity.visitor import MAX_LABEL, Visitor, remember_device
from portal.interactions import record_interaction

_session = LoginSession.metadata.tables["login_session"]
_live = _session.c.ended_at.is_(None)


@dataclass(frozen=True, slots=True)
class Started:
    """A session that begins, or goes on under a new token. `token` goes into the cookie and is kept nowhere else."""

    token: str = field(repr=False)
    view: SessionView
    is_new_device: bool = False


def start_session(
    session: Session,
    holder: Holder,
    visitor: Visitor,
    *,
    level: int,
    settings: Settings,
    now: datetime,
    methods: Sequence[str] | None = None,
    channel: str = "web",
    old_token: str | None = None,
) -> Started:
    """Sign the number's user in: 1 after a password, 2 after a code, 4 by passkey. The device is known from now on.

    `methods`: how, as `amr` says it (RFC 8176); unsaid: the service password at level 1, else a code by message.
    `old_token`: the session the browser came with, which is over. Written too: the attempt, the timeline's entry, the visit.
    Where `is_new_device`, tell the number so (`tell_new_device`).
    """
    if old_token is not None:
        end_where(session, _session.c.token_hash == hash_token(old_token), by="replaced", now=now)
    used = list(methods or methods_at(level))
    started = _begin(
        session,
        "subscriber",
        visitor,
        settings=settings,
        now=now,
        party_id=holder.party_id,
        customer_id=holder.customer_id,
        number=holder.number,
        level=level,
        methods=used,
        proved_at=now if level >= CODE else None,
    )
    is_new = remember_device(session, holder.party_id, visitor.device_id, now=now)
    record_sign_in(session, visitor, method=spoken(used), outcome="in", party_id=holder.party_id, now=now)
    _tell(session, holder.customer_id, holder.subscription_id, "signed_in", visitor.label, channel=channel, now=now)
    emit(session, Visited(holder.customer_id, channel, today(now).isoformat()), now=now)
    return replace(started, is_new_device=is_new)


def start_person_session(
    session: Session,
    party_id: int,
    customer_id: int,
    visitor: Visitor,
    *,
    level: int,
    settings: Settings,
    now: datetime,
    authenticated_at: datetime | None = None,
    old_token: str | None = None,
) -> Started:
    """Sign in somebody who came by their enterprise's provider, and by no number of ours, to act for that enterprise.

    `authenticated_at`: when they proved it there; None where the provider does not say, and then nothing counts as proved of late.
    The enterprise's timeline is not told: its people are many, and its own provider keeps who signed in.
    """
    if old_token is not None:
        end_where(session, _session.c.token_hash == hash_token(old_token), by="replaced", now=now)
    acts = {"party_id": party_id, "customer_id": customer_id, "level": level, "methods": list(COMPANY_METHODS)}
    proved = {"authenticated_at": authenticated_at or now, "proved_at": authenticated_at if level >= CODE else None}
    started = _begin(session, "subscriber", visitor, settings=settings, now=now, **acts, **proved)
    remember_device(session, party_id, visitor.device_id, now=now)
    record_sign_in(session, visitor, method=spoken(COMPANY_METHODS), outcome="in", party_id=party_id, now=now)
    return started


def start_staff_session(
    session: Session, staff_id: int, visitor: Visitor, *, settings: Settings, now: datetime, old_token: str | None = None
) -> Started:
    """Sign a member of staff in, after `record_staff_attempt` said so."""
    if old_token is not None:
        end_where(session, _session.c.token_hash == hash_token(old_token), by="replaced", now=now)
    proved = {"level": CODE, "methods": list(STAFF_METHODS), "proved_at": now}
    return _begin(session, "staff", visitor, settings=settings, now=now, staff_id=staff_id, **proved)


def touch_session(session: Session, view: SessionView, *, now: datetime, channel: str = "web") -> None:
    """Note that the session is in use; call it when `view.is_stale(now)`. Writes once a minute, whoever races.

    On a new day that is a visit of the customer acted for.
    """
    touched = session.connection().execute(
        sa.update(_session).where(_session.c.id == view.id, _live, _session.c.seen_at <= now - TOUCH_AFTER).values(seen_at=now)
    )
    if touched.rowcount and view.customer_id is not None and today(view.seen_at) < today(now):
        emit(session, Visited(view.customer_id, channel, today(now).isoformat()), now=now)


def raise_level(session: Session, view: SessionView, *, level: int, now: datetime, methods: Sequence[str] = CODE_METHODS) -> Started:
    """Let the session go on at a higher or freshly proved level, under a new token: the old one is dead (ASVS 7.2.4).

    `methods`: what was proved just now. With those of before it may be worth more than `level`: two factors are level 3. A
    password is no fresh proof of level 2, whatever it adds up to.
    Raises NotFound when the session has ended meanwhile.
    """
    token = new_token()
    added = add_methods(view.methods, view.level, methods)
    raised_to = max(level, view.level, level_of(added))
    proved = {
        "level": raised_to,
        "methods": added,
        "authenticated_at": now,
        "proved_at": now if level_of(methods) >= CODE or (COMPANY in methods and level >= CODE) else view.proved_at,
    }
    raised = session.connection().execute(
        sa.update(_session).where(_session.c.id == view.id, _live).values(token_hash=hash_token(token), seen_at=now, **proved)
    )
    if raised.rowcount == 0:
        raise NotFound
    return _started(session, token, view.realm, now)


def act_for(session: Session, view: SessionView, customer_id: int, *, now: datetime) -> None:
    """Let the party act for another of its customers from now on; raise NotFound for one that is not its own."""
    if view.party_id is None:
        raise NotFound
    get_viewer(session, view.party_id, customer_id, now=now)
    session.connection().execute(sa.update(_session).where(_session.c.id == view.id, _live).values(customer_id=customer_id))


def _begin(session: Session, realm: Realm, visitor: Visitor, *, settings: Settings, now: datetime, **values: Any) -> Started:
    token = new_token()
    idle, hours = (
        (settings.session_idle_minutes, settings.session_hours)
        if realm == "subscriber"
        else (settings.staff_idle_minutes, settings.staff_hours)
    )
    row = {
        "id": new_id(now), "token_hash": hash_token(token), "realm": realm, "party_id": None, "staff_id": None,
        "customer_id": None, "number": None, "level": 0, "proved_at": None,
        "methods": [], "authenticated_at": now,
        "device_id": visitor.device_id, "device_label": visitor.label[:MAX_LABEL],
        "ip": visitor.ip[:64], "created_at": now, "seen_at": now, "idle_seconds": idle * 60,
        "expires_at": now + timedelta(hours=hours), "ended_at": None, "ended_by": None,
    }  # fmt: skip
    return Started(token, insert_session(session, row | values, token, now=now))


def _started(session: Session, token: str, realm: Realm, now: datetime) -> Started:
    view = find_session(session, token, realm, now=now)
    if view is None:
        raise NotFound
    return Started(token, view)


def _tell(session: Session, customer_id: int, subscription_id: int | None, kind: str, device: str, *, channel: str, now: datetime) -> None:
    record_interaction(
        session,
        customer_id,
        channel=channel,
        kind=kind,
        params={"device": device} if device else {},
        subscription_id=subscription_id,
        now=now,
    )
