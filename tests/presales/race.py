"""Processes that want places of one pre-sale at once; and the same done wrongly, by looking at the count and the number first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.base.db import Database
from portal.presales import Buyer, PresaleFull, places, take_place
from portal.presales.models import Presale
from portal.presales.places import note_deposit_paid

PAUSE_SECONDS = 0.02


def queue_up(database: Database, index: int, presale_id: int, customers: Sequence[Sequence[int]], now: datetime) -> list[int]:
    """Take a place for each of one's own customers, twice as whoever taps twice; pay each deposit; give who has one."""
    taken = []
    for customer_id in customers[index]:
        for _ in range(2):
            try:
                with database.writing() as session:
                    placed = take_place(session, presale_id, Buyer(customer_id, "party:1"), now=now)
            except PresaleFull:
                continue
            if placed.is_new:
                taken.append((customer_id, placed.order_id))
    for customer_id, order_id in taken:
        for _ in range(2):  # the word of a payment comes twice
            with database.writing() as session:
                note_deposit_paid(session, customer_id, order_id)
    return [customer_id for customer_id, _ in taken]


def queue_up_unguarded(database: Database, index: int, presale_id: int, customers: Sequence[Sequence[int]], now: datetime) -> list[int]:
    """The mutant: how many places are left, and the next number, are read before they are written."""
    seat, vars(places)["_seat"] = places._seat, sa.select(Presale.id).where(Presale.id == places._presale)
    try:
        return _looking_first(database, index, presale_id, customers, now)
    finally:
        vars(places)["_seat"] = seat


def _looking_first(database: Database, index: int, presale_id: int, customers: Sequence[Sequence[int]], now: datetime) -> list[int]:
    taken = []
    for customer_id in customers[index]:
        with database.reading() as session:
            row = session.execute(sa.select(Presale.most, Presale.taken).where(Presale.id == presale_id)).one()
        if row.most is not None and row.taken >= row.most:
            continue
        time.sleep(PAUSE_SECONDS)
        with database.writing() as session:
            placed = take_place(session, presale_id, Buyer(customer_id, "party:1"), now=now)
            session.execute(sa.update(Presale).where(Presale.id == presale_id).values(taken=Presale.taken + 1))
        taken.append((customer_id, placed.order_id))
    for customer_id, order_id in taken:
        with database.reading() as session:
            number = session.execute(sa.select(Presale.next_number).where(Presale.id == presale_id)).scalar_one()
        time.sleep(PAUSE_SECONDS)
        paid = {"presale": presale_id, "customer": customer_id, "order": order_id, "drawn": number}
        try:
            with database.writing() as session:
                session.connection().execute(places._deposit_paid, paid)
                session.execute(sa.update(Presale).where(Presale.id == presale_id).values(next_number=number + 1))
        except IntegrityError:  # somebody else has this number: a paid deposit without one
            continue
    return [customer_id for customer_id, _ in taken]
