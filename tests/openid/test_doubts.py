"""Offline access outlives a sign-in, and yet not a doubt: another factor, another SIM."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.base.db import Base
from portal.base.events import Handlers
from portal.customers import find_holder
from portal.identity import note_sim_change, set_web_password
from portal.identity.events import FactorChanged, SimChanged
from portal.openid.handlers import register
from tests.identity.door import Browser, make_door
from tests.openid.sites import make_grant, make_site

GRANTS = Base.metadata.tables["oauth_grant"]


def react(database: Any, kind: type, now: Any) -> None:
    """Have the provider hear of every event of a kind, as the worker would."""
    handlers, outbox = Handlers(), Base.metadata.tables["outbox_event"]
    register(handlers)
    with database.writing() as session:
        for row in session.execute(sa.select(outbox).where(outbox.c.type == kind.type)).all():
            for _, handle in handlers.wanted(kind.type):
                handle(session, handlers.load(row.type, row.payload), now)


def standing(database: Any) -> dict[int, str | None]:
    with database.reading() as session:
        return {row.id: row.revoked_by for row in session.execute(sa.select(GRANTS.c.id, GRANTS.c.revoked_by))}


def test_a_new_password_ends_offline_access_that_other_sign_ins_granted(database, keys, settings, cast, now):
    door = make_door(database, keys, settings)
    here = door.enter(cast.alice.number, Browser("here"), now).view
    with database.writing() as session:
        site = make_site(session, "shop", now=now)
        mine = make_grant(session, site, cast.alice.party_id, session_id=here.id, offline=True, now=now)
        theirs = make_grant(session, site, cast.alice.party_id, session_id=99, offline=True, now=now)
        bobs = make_grant(session, site, cast.bob.party_id, session_id=98, offline=True, now=now)
        set_web_password(session, here, "a hash", now=now)
    react(database, FactorChanged, now)
    assert standing(database) == {mine: None, theirs: "password", bobs: None}


def test_a_new_sim_ends_offline_access_for_which_a_message_was_all_that_was_shown(database, keys, settings, cast, now):
    with database.writing() as session:
        site = make_site(session, "shop", now=now)
        by_message, by_passkey = (make_grant(session, site, cast.alice.party_id, session_id=each, offline=True, now=now) for each in (1, 2))
        session.execute(sa.update(GRANTS).where(GRANTS.c.id == by_passkey).values(methods=["hwk"]))
        holder = find_holder(session, cast.alice.number)
        note_sim_change(session, holder, now=now)
    react(database, SimChanged, now)
    assert standing(database) == {by_message: "sim_change", by_passkey: None}
