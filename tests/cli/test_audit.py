"""`flask audit`: a log that was touched is named, line by line (guard.md 26)."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry, AuditHead, Entry, list_heads, record
from portal.base.db import Database
from portal.base.keys import Keys
from tests.cast import NOW


@pytest.fixture
def written(migrated: Database, keys: Keys) -> Database:
    """Give a database with thirty looks at four customers in its log."""
    with migrated.writing() as session:
        for number in range(30):
            entry = Entry("staff:7", "customer.opened", "counter", customer_id=number % 4 + 1, detail={"n": number})
            record(session, keys.audit[0], entry, now=NOW)
    return migrated


def tamper(database: Database, *statements: sa.Executable | str) -> None:
    """Do what somebody with the database's own password could do."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
            connection.exec_driver_sql("DROP TRIGGER audit_entry_no_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        for statement in statements:
            connection.execute(sa.text(statement) if isinstance(statement, str) else statement)


def chain_with_most(database: Database) -> tuple[int, int, str]:
    with database.reading() as session:
        return max(list_heads(session), key=lambda head: head[1])


def test_a_whole_log_is_said_to_be_whole(written: Database, run) -> None:
    done = run("audit", "verify")
    assert (done.exit_code, done.output) == (0, "Audit log: 30 entries, whole.\n")


def test_an_empty_log_is_whole(run) -> None:
    assert run("audit", "verify").exit_code == 0


def test_an_entry_that_was_altered_is_named(written: Database, run) -> None:
    chain, _, _ = chain_with_most(written)
    tamper(written, sa.update(AuditEntry).where(AuditEntry.chain == chain, AuditEntry.seq == 3).values(actor="staff:8"))
    done = run("audit", "verify")
    assert done.exit_code == 1
    assert f"chain {chain}, entry 3:" in done.stderr


def test_an_entry_that_was_taken_out_is_named(written: Database, run) -> None:
    chain, _, _ = chain_with_most(written)
    tamper(written, sa.delete(AuditEntry).where(AuditEntry.chain == chain, AuditEntry.seq == 2))
    done = run("audit", "verify")
    assert done.exit_code == 1
    assert f"chain {chain}, entry 2: entries 2 to 2 are missing" in done.stderr


def test_a_log_cut_back_together_with_its_head_shows_by_heads_kept_elsewhere(written: Database, run, tmp_path: Path) -> None:
    kept = tmp_path / "heads"
    kept.write_text(run("audit", "heads").output)
    assert run("audit", "verify", "--heads", str(kept)).exit_code == 0
    chain, length, _ = chain_with_most(written)
    with written.reading() as session:
        before = session.scalars(sa.select(AuditEntry.hash).where(AuditEntry.chain == chain, AuditEntry.seq == length - 1)).one()
    tamper(
        written,
        sa.delete(AuditEntry).where(AuditEntry.chain == chain, AuditEntry.seq == length),
        sa.update(AuditHead).where(AuditHead.chain == chain).values(seq=length - 1, hash=before),
    )
    assert run("audit", "verify").exit_code == 0  # the database alone cannot tell
    done = run("audit", "verify", "--heads", str(kept))
    assert done.exit_code == 1
    assert "cut back" in done.stderr


def test_kept_heads_stay_right_while_the_log_grows(written: Database, run, keys: Keys, tmp_path: Path) -> None:
    kept = tmp_path / "heads"
    kept.write_text(run("audit", "heads").output)
    with written.writing() as session:
        record(session, keys.audit[0], Entry("staff:7", "customer.opened", "counter", customer_id=1), now=NOW)
    assert run("audit", "verify", "--heads", str(kept)).exit_code == 0


def test_a_file_that_holds_no_heads_is_refused(run, tmp_path: Path) -> None:
    wrong = tmp_path / "heads"
    wrong.write_text("1 2 three\n")
    done = run("audit", "verify", "--heads", str(wrong))
    assert done.exit_code == 2
    assert "Not a head of a chain" in done.stderr
