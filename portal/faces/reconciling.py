"""Comparing days with their providers: a bill is fetched outside transactions, and put down piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import structlog

from portal.base.db import Database
from portal.payments import (
    PaymentProvider,
    add_bill_lines,
    begin_day,
    compare_day,
    list_days_due,
    note_no_bill,
)

log = structlog.get_logger()

PIECE = 500


def compare_days(database: Database, providers: Mapping[str, PaymentProvider], zone: ZoneInfo, now: datetime) -> None:
    """Compare every day of every provider that is due."""
    for name, provider in providers.items():
        with database.reading() as session:
            due = list_days_due(session, name, now=now)
        for day in due:
            compare_one_day(database, provider, day, zone, now)


def compare_one_day(database: Database, provider: PaymentProvider, day: date, zone: ZoneInfo, now: datetime) -> str | None:
    """Compare one day; give its status, or None where another is at it."""
    with database.writing() as session:
        if not begin_day(session, provider.name, day, now=now):
            return None
    try:
        complete = _put_down(database, provider, day)
    except Exception as error:  # noqa: BLE001 - away, refused or unreadable: the day is asked for again, and the others go on
        log.warning("bill_not_fetched", provider=provider.name, day=str(day), kind=type(error).__name__, said=str(error)[:200])
        complete = False
    with database.writing() as session:
        if not complete:
            note_no_bill(session, provider.name, day, now=now)
            return "no_bill"
        made = compare_day(session, provider.name, day, zone, now=now)
    report = log.info if made.status == "even" else log.warning
    report("day_compared", provider=provider.name, day=str(day), status=made.status, lines=made.lines, matched=made.matched)
    return made.status


def _put_down(database: Database, provider: PaymentProvider, day: date) -> bool:
    """Put the bill down; False where there is none yet. What is between two pieces is held in no transaction."""
    lines = provider.fetch_bill(day)
    if lines is None:
        return False
    number = 1
    while piece := list(islice(lines, PIECE)):
        with database.writing() as session:
            add_bill_lines(session, provider.name, day, number, piece)
        number += len(piece)
    return True
