"""The audit log: whatever is altered, moved or cut off shows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.base.audit import CHAINS, AuditEntry, AuditHead, Entry, chain_of, list_heads, record, record_many, seal, verify
from portal.base.db import Database
from portal.base.keys import Keys

CUSTOMER = 4711


def fill(database: Database, keys: Keys, now: datetime, count: int = 6) -> None:
    with database.writing() as session:
        for place in range(count):
            entry = Entry("staff:7", "customer.opened", "counter", CUSTOMER, "bill:3", {"reason": "card lost", "place": place, "中": None})
            record(session, keys.audit[0], entry, now=now + timedelta(seconds=place))
            record(session, keys.audit[0], Entry("staff:8", "staff.signed_in", "counter"), now=now)


def faults(database: Database, keys: Keys) -> list[str]:
    with database.snapshot() as session:
        return [fault.what for fault in verify(session, keys.audit)]


def tamper(database: Database, statement: sa.Executable) -> None:
    """Change the log as somebody with the database's own rights would: past every guard."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            for name in connection.scalars(
                sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
            ).all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.execute(statement)


def test_a_log_nobody_touched_is_whole(database: Database, keys: Keys, now: datetime) -> None:
    assert faults(database, keys) == []
    fill(database, keys, now)
    assert faults(database, keys) == []
    with database.reading() as session:
        assert sum(length for _, length, _ in list_heads(session)) == 12
        assert len(list_heads(session)) == CHAINS


def test_entries_of_a_customer_are_numbered_without_gaps(database: Database, keys: Keys, now: datetime) -> None:
    fill(database, keys, now)
    with database.reading() as session:
        rows = session.execute(
            sa.select(AuditEntry.chain, AuditEntry.seq).where(AuditEntry.customer_id == CUSTOMER).order_by(AuditEntry.seq)
        ).all()
    assert {row.chain for row in rows} == {chain_of(Entry("staff:7", "x", "web", CUSTOMER))}
    assert [row.seq for row in rows] == sorted({row.seq for row in rows})


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "staff:9"},
        {"action": "customer.looked"},
        {"subject": None},
        {"channel": "web"},
        {"detail": {}},
        {"detail": {"reason": "card lost", "place": 2, "中": ""}},
        {"customer_id": None},
        {"hash": "0" * 64},
    ],
)
def test_any_altered_field_shows(database: Database, keys: Keys, now: datetime, change: dict[str, Any]) -> None:
    fill(database, keys, now)
    chain = chain_of(Entry("staff:7", "x", "web", CUSTOMER))
    tamper(database, sa.update(AuditEntry).where(AuditEntry.chain == chain, AuditEntry.seq == 3).values(**change))
    found = faults(database, keys)
    assert found
    assert "altered" in found[0]


def test_an_altered_moment_shows(database: Database, keys: Keys, now: datetime) -> None:
    fill(database, keys, now)
    tamper(
        database, sa.update(AuditEntry).where(AuditEntry.customer_id == CUSTOMER, AuditEntry.seq == 2).values(at=now - timedelta(days=1))
    )
    assert faults(database, keys)


def test_an_entry_taken_out_shows(database: Database, keys: Keys, now: datetime) -> None:
    fill(database, keys, now)
    tamper(database, sa.delete(AuditEntry).where(AuditEntry.customer_id == CUSTOMER, AuditEntry.seq == 3))
    assert any("missing" in what for what in faults(database, keys))


def test_a_log_cut_off_at_its_end_shows(database: Database, keys: Keys, now: datetime) -> None:
    fill(database, keys, now)
    tamper(database, sa.delete(AuditEntry).where(AuditEntry.customer_id == CUSTOMER, AuditEntry.seq >= 5))
    assert any("cut off" in what for what in faults(database, keys))


def test_a_head_taken_away_shows(database: Database, keys: Keys, now: datetime) -> None:
    fill(database, keys, now)
    tamper(database, sa.delete(AuditHead).where(AuditHead.chain == 3))
    assert faults(database, keys) == ["the chain's head is missing"]


def test_an_entry_written_without_the_key_shows(database: Database, keys: Keys, now: datetime) -> None:
    fill(database, keys, now)
    with database.writing() as session:
        record(session, b"not the key", Entry("staff:7", "customer.opened", "counter", CUSTOMER), now=now)
    assert faults(database, keys)


def test_entries_sealed_before_a_rotation_still_hold(database: Database, keys: Keys, now: datetime) -> None:
    fill(database, keys, now)
    with database.writing() as session:
        record(session, b"new key", Entry("staff:7", "customer.opened", "counter", CUSTOMER), now=now)
    with database.snapshot() as session:
        assert list(verify(session, [b"new key", *keys.audit])) == []


def test_an_entry_goes_with_the_transaction_that_made_it(database: Database, keys: Keys, now: datetime) -> None:
    fill(database, keys, now)
    with suppress(RuntimeError), database.writing() as session:
        record(session, keys.audit[0], Entry("staff:7", "customer.opened", "counter", CUSTOMER), now=now)
        raise RuntimeError
    assert faults(database, keys) == []
    with database.reading() as session:
        assert sum(length for _, length, _ in list_heads(session)) == 12


def test_six_writers_of_one_chain_make_one_chain(database: Database, keys: Keys, now: datetime) -> None:
    def write(place: int) -> None:
        with database.writing() as session:
            record(session, keys.audit[0], Entry(f"staff:{place}", "customer.opened", "counter", CUSTOMER), now=now)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(18)))
    assert faults(database, keys) == []
    with database.reading() as session:
        assert max(length for _, length, _ in list_heads(session)) == 18


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(detail=st.dictionaries(words, values, max_size=4), actor=words, subject=st.none() | words)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_noted_is_whole_when_read_back(
    database: Database, keys: Keys, now: datetime, detail: dict[str, Any], actor: str, subject: str | None
) -> None:
    with database.writing() as session:
        record(session, keys.audit[0], Entry(actor, "x", "web", CUSTOMER, subject, detail), now=now.replace(microsecond=123457))
    assert faults(database, keys) == []


def test_customers_are_spread_over_all_chains() -> None:
    from portal.base.ids import id_at

    moment = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
    chains = {chain_of(Entry("a", "b", "c", id_at(moment + timedelta(milliseconds=place), 0))) for place in range(200)}
    assert chains == set(range(CHAINS))


def test_a_seal_depends_on_key_and_predecessor(now: datetime) -> None:
    row = {"chain": 1, "seq": 1, "at": now, "actor": "a", "action": "b", "customer_id": 1, "subject": None, "channel": "web", "detail": {}}
    assert len({seal(b"k", "0", row), seal(b"l", "0", row), seal(b"k", "1", row)}) == 3


@pytest.mark.parametrize("count", [1, 40, 2_300])
def test_entries_appended_many_at_once_are_those_appended_singly(database: Database, keys: Keys, now: datetime, count: int) -> None:
    fill(database, keys, now)
    entries = [Entry("operator", "customer.corrected", "cli", 9_000 + place, "import:1", {"fields": ["name"]}) for place in range(count)]
    with database.writing() as session:
        record_many(session, keys.audit[0], iter(sorted(entries, key=chain_of)), now=now)
        record_many(session, keys.audit[0], iter(()), now=now)
    fill(database, keys, now)
    assert faults(database, keys) == []
    with database.reading() as session:
        noted = session.scalars(sa.select(AuditEntry.customer_id).where(AuditEntry.channel == "cli")).all()
        assert sorted(noted) == [entry.customer_id for entry in entries]  # type: ignore[type-var]
        assert sum(length for _, length, _ in list_heads(session)) == 24 + count
