"""What processes do at once with the catalogue; and the same done wrongly, by trusting memory and by looking before the transaction."""

from __future__ import annotations

import time
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.base.db import Database
from portal.catalog import STANDARD, ChangedMeanwhile, approve_change, find_published, get_change, price_offerings, set_price
from portal.catalog import held as memory
from portal.catalog import shelf as shelf_module
from portal.catalog.models import OfferingPrice
from portal.catalog.publishing import publish_document

PAUSE_SECONDS = 0.05
STEPS = 40


def raise_and_look(database: Database, index: int, code: str, now: datetime) -> int:
    """The first raises a price step by step, the others price it; give how often what was committed was not what was priced."""
    if index == 0:
        for amount in range(2, STEPS + 1):
            with database.writing() as session:
                set_price(session, STANDARD, code, "CNY", amount)
        return 0
    row = sa.select(OfferingPrice.amount).where(OfferingPrice.offering_code == code, OfferingPrice.price_list == STANDARD)
    stale, last = 0, 0
    until = time.monotonic() + 60
    while last < STEPS and time.monotonic() < until:
        with database.reading() as session:
            last = session.execute(row).scalar_one()
            priced = price_offerings(session, STANDARD, {code: 1}, shopper=None, channel="web", now=now)
        stale += priced[code].charges.once_minor < last
    return stale


def look_from_memory(database: Database, index: int, code: str, now: datetime) -> int:
    """The mutant: a catalogue that was read once is trusted."""
    read = memory.get_catalogue
    kept: list[memory.Catalogue] = []

    def trusted(session: Session) -> memory.Catalogue:
        if not kept:
            kept.append(read(session))
        return kept[0]

    shelf_module.get_catalogue = trusted
    try:
        return raise_and_look(database, index, code, now)
    finally:
        shelf_module.get_catalogue = read


def approve(database: Database, index: int, change_ids: list[int], staff_id: int, now: datetime) -> str:
    """Approve one of the changes that were drawn from the same version; give what came of it."""
    try:
        with database.writing() as session:
            return approve_change(session, change_ids[index], staff_id, now=now).status
    except ChangedMeanwhile as refusal:
        return refusal.code


def approve_unguarded(database: Database, index: int, change_ids: list[int], staff_id: int, now: datetime) -> str:
    """The mutant: looks which version there is, and publishes in a transaction of its own."""
    with database.reading() as session:
        change = get_change(session, change_ids[index])
        published = find_published(session, change.offering_code)
    time.sleep(PAUSE_SECONDS)
    if published is not None and published[1] != change.base_version:
        return "changed_meanwhile"
    try:
        with database.writing() as session:
            publish_document(session, change.document, change.base_version + 1, approved_by=staff_id, now=now)
    except SQLAlchemyError:
        return "broken"
    return "published"
