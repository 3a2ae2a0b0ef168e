"""Looks: noted first, told to the customer, in chains that show tampering, watched for bulk (guard.md 26, 28, 29)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.base.audit import verify as verify_audit
from portal.base.db import Base
from portal.identity import (
    StaffMember,
    end_staff,
    list_looks,
)
from tests.cast import Cast
from tests.identity.door import Door
from tests.security.desk import counter_code, look_at, opened, read_out, watched

# access_history


def test_access_history_the_customer_reads_who_looked_when_where_and_why_but_no_name(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    look_at(door, dora, cast.alice.customer_id, now)
    opened(door, dora, cast.alice.customer_id, now + timedelta(minutes=1), "bill_question")
    look_at(door, dora, cast.alice.customer_id, now + timedelta(minutes=2))
    look_at(door, dora, cast.charlie.customer_id, now + timedelta(minutes=3))
    with door.database.reading() as session:
        page = list_looks(session, cast.alice.customer_id)
    told = [(look.at, look.action, look.opened, look.proof, look.reason) for look in page.items]
    reason = "A question about a bill is being answered"
    assert told == [
        (now + timedelta(minutes=2), "customer.viewed", True, "reason", reason),
        (now + timedelta(minutes=1), "customer.opened", True, "reason", reason),
        (now, "customer.viewed", False, None, None),
    ]
    assert {(look.outlet, look.role, look.staff_number, look.channel) for look in page.items} == {("文三路厅", "clerk", 1001, "counter")}
    assert "dora" not in str(page).lower()


def test_access_history_pages_lead_through_everything_once(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    for minute in range(7):
        look_at(door, dora, cast.alice.customer_id, now + timedelta(minutes=minute))
        look_at(door, dora, cast.noise[0].customer_id, now + timedelta(minutes=minute))
    pages: list[list[datetime]] = []
    before = None
    with door.database.reading() as session:
        while not pages or before is not None:
            page = list_looks(session, cast.alice.customer_id, before=before, limit=3)
            pages.append([look.at for look in page.items])
            before = page.older
        assert list_looks(session, cast.alice.customer_id, before="no such place").items == ()
        assert list_looks(session, cast.charlie.customer_id).items == ()
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [at for page in pages for at in page] == [now + timedelta(minutes=minute) for minute in range(6, -1, -1)]


def test_access_history_a_visit_is_on_the_timeline_too(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    opened(door, dora, cast.alice.customer_id, now)
    code = counter_code(door, dora, cast.alice, now + timedelta(seconds=1))
    rows = {row["kind"]: row for row in door.rows("interaction") if row["channel"] == "counter"}
    assert set(rows) == {"visited_counter", "code_sent_counter"}
    assert rows["visited_counter"]["params"] == {"outlet": "文三路厅", "staff_number": 1001}
    assert code not in str(rows)


# audit_tamper


def altering(change: str) -> tuple[sa.Select[int, int], dict[str, object] | None]:
    """Give which entry is altered, the last one, and to what; None: it is deleted."""
    entry = Base.metadata.tables["audit_entry"]
    last = sa.select(entry.c.chain, entry.c.seq).order_by(entry.c.at.desc()).limit(1)
    changes: dict[str, dict[str, object] | None] = {
        "delete": None,
        "actor": {"actor": "staff:1"},
        "detail": {"detail": {"outlet": "文三路厅", "role": "clerk"}},
        "customer": {"customer_id": 1},
    }
    return last, changes[change]


def alter(session: Session, change: str) -> None:
    """Alter the log behind the services' back."""
    entry = Base.metadata.tables["audit_entry"]
    which, values = altering(change)
    chain, seq = session.execute(which).one()
    where = sa.and_(entry.c.chain == chain, entry.c.seq == seq)
    session.execute(sa.delete(entry).where(where) if values is None else sa.update(entry).where(where).values(values))


def tamper(door: Door, change: str) -> list[str]:
    """Alter the log as the database's owner can, who may take its triggers away, and give what verifying then finds."""
    sqlite = door.database.is_sqlite
    off = ["DROP TRIGGER audit_entry_no_update", "DROP TRIGGER audit_entry_no_delete"]
    with door.database.writing() as session:
        for statement in off if sqlite else ["ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_change"]:
            session.execute(sa.text(statement))
        alter(session, change)
        if not sqlite:
            session.execute(sa.text("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_no_change"))
    with door.database.snapshot() as session:
        return [fault.what for fault in verify_audit(session, door.keys.audit)]


@pytest.mark.parametrize("change", ["delete", "actor", "detail", "customer"])
def test_audit_tamper_the_database_itself_refuses_to_alter_a_look(
    door: Door, cast: Cast, now: datetime, dora: StaffMember, change: str
) -> None:
    look_at(door, dora, cast.alice.customer_id, now)
    with pytest.raises(DBAPIError, match="audit entries are never changed"), door.database.writing() as session:
        alter(session, change)
    assert len(door.rows("audit_entry")) == 1


@pytest.mark.parametrize("change", ["delete", "actor", "detail", "customer"])
def test_audit_tamper_an_altered_look_is_found(door: Door, cast: Cast, now: datetime, dora: StaffMember, change: str) -> None:
    look_at(door, dora, cast.alice.customer_id, now)
    opened(door, dora, cast.alice.customer_id, now + timedelta(minutes=1))
    with door.database.snapshot() as session:
        assert list(verify_audit(session, door.keys.audit)) == []
    assert tamper(door, change)


def test_audit_tamper_every_opening_and_look_has_its_entry_and_none_holds_personal_data(
    door: Door, cast: Cast, now: datetime, dora: StaffMember
) -> None:
    look_at(door, dora, cast.alice.customer_id, now)
    read_out(door, dora, cast.alice, counter_code(door, dora, cast.alice, now), now)
    opened(door, dora, cast.alice.customer_id, now, "other", "王爱丽 asked")
    entries = door.rows("audit_entry")
    assert sorted(entry["action"] for entry in entries) == ["customer.code_sent", "customer.opened", "customer.opened", "customer.viewed"]
    assert {entry["actor"] for entry in entries} == {f"staff:{dora.id}"}
    for personal in (cast.alice.name, cast.alice.number, "asked"):
        assert personal not in str(entries)


# bulk_guard


def test_bulk_guard_more_than_sixty_customers_an_hour_alert_once(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    for index in range(60):
        look_at(door, dora, 1000 + index, now + timedelta(seconds=index))
    for _ in range(5):
        look_at(door, dora, 1000, now + timedelta(seconds=61))
    assert watched(door, now + timedelta(seconds=62)) == 0
    assert door.rows("staff_alert") == []
    look_at(door, dora, 2000, now + timedelta(seconds=63))
    watched(door, now + timedelta(seconds=64))
    look_at(door, dora, 2001, now + timedelta(seconds=65))
    watched(door, now + timedelta(seconds=66))
    (alert,) = door.rows("staff_alert")
    assert (alert["kind"], alert["count"], alert["staff_id"]) == ("views_unusual", 61, dora.id)
    assert [event["type"] for event in door.rows("outbox_event")] == ["identity.views_unusual"]
    assert [row["action"] for row in door.rows("audit_entry") if row["customer_id"] is None] == ["alert.views_unusual"]


def test_bulk_guard_what_goes_on_alerts_again_an_hour_later(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    for index in range(140):
        look_at(door, dora, 1000 + index, now + timedelta(seconds=55 * index))
        if index % 5 == 0:
            watched(door, now + timedelta(seconds=55 * index + 1))
    alerts = sorted(alert["at"] for alert in door.rows("staff_alert"))
    assert len(alerts) == 2
    assert alerts[1] - alerts[0] >= timedelta(hours=1)


def test_bulk_guard_who_signs_out_at_once_is_seen_all_the_same(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    for index in range(61):
        look_at(door, dora, 1000 + index, now)
    with door.database.writing() as session:
        end_staff(session, "dora", now=now)
    watched(door, now + timedelta(minutes=1))
    assert len(door.rows("staff_alert")) == 1


def test_bulk_guard_a_day_of_ordinary_work_and_others_work_alert_nobody(door: Door, cast: Cast, now: datetime, dora: StaffMember) -> None:
    door.hire("erik", now)
    erik = door.clerk("erik", now)
    for index in range(80):
        look_at(door, dora if index % 2 else erik, 1000 + index, now + timedelta(minutes=index))
        watched(door, now + timedelta(minutes=index))
    assert door.rows("staff_alert") == []
