"""What Dora does at the desk, each step in the transaction it belongs to."""

from __future__ import annotations

from datetime import datetime

from portal.identity import (
    CodeSent,
    OpeningView,
    StaffMember,
    find_opening,
    note_look,
    open_customer_by_code,
    open_customer_by_reason,
    send_counter_code,
    watch_looks,
)
from tests.cast import Person
from tests.identity.door import Door


def opened(door: Door, staff: StaffMember, customer_id: int, now: datetime, reason: str = "phone_lost", note: str = "") -> OpeningView:
    with door.database.writing() as session:
        return open_customer_by_reason(session, door.keys, staff, customer_id, reason=reason, note=note, settings=door.settings, now=now)


def counter_code(door: Door, staff: StaffMember, person: Person, now: datetime) -> str:
    with door.database.writing() as session:
        sent = send_counter_code(session, door.keys, staff, person.customer_id, person.subscription_id, now=now)
    assert isinstance(sent, CodeSent)
    return door.codes_sent(person.number)[-1]


def read_out(door: Door, staff: StaffMember, person: Person, code: str, now: datetime) -> object:
    with door.database.writing() as session:
        return open_customer_by_code(
            session, door.keys, staff, person.customer_id, person.subscription_id, code=code, settings=door.settings, now=now
        )


def look_at(door: Door, staff: StaffMember, customer_id: int, now: datetime) -> None:
    with door.database.writing() as session:
        opening = find_opening(session, staff, customer_id, now=now)
        note_look(session, door.keys, staff, customer_id, opening=opening, now=now)


def watched(door: Door, now: datetime) -> int:
    with door.database.writing() as session:
        return watch_looks(session, door.keys, now=now)
