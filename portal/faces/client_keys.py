"""Asking a site for its keys, between two transactions: when it signs with one we do not hold, and every half hour."""

from __future__ import annotations

from datetime import datetime

import structlog

from portal.base import clock
from portal.base.db import Database
from portal.base.errors import Invalid
from portal.faces.parts import portal
from portal.faces.transactions import reading
from portal.openid import Documents, KeysWanted, NotTaken, claim_key_fetch, find_keys_wanted, keep_client_keys

log = structlog.get_logger()


def fetch_keys_wanted(assertion: str) -> None:
    """Ask for the keys of the client a signed statement names, if it is signed with one we do not hold."""
    with reading() as session:
        wanted = find_keys_wanted(session, assertion)
    if wanted is not None:
        fetch_client_keys(portal().db, portal().documents, wanted, now=clock.now())


def fetch_client_keys(database: Database, documents: Documents, wanted: KeysWanted, *, now: datetime) -> None:
    """Ask for one client's keys and keep what is found; what cannot be had, or is none, leaves what is held."""
    with database.writing() as session:
        claimed = claim_key_fetch(session, wanted, now=now)
    if not claimed:
        return
    try:
        found = documents.fetch(wanted.address)
        with database.writing() as session:
            keep_client_keys(session, wanted, found)
    except NotTaken as refused:
        log.warning("client_keys_not_had", client=wanted.client_id, why=str(refused))
    except Invalid:
        log.warning("client_keys_not_had", client=wanted.client_id, why="no keys that can be used")
