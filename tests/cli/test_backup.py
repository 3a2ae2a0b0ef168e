"""Backups: what comes back is what was there; what is not sound, or would destroy something, is refused."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry, Entry, record
from portal.base.db import Database
from portal.base.jobs import make_huey
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.migrations import commands as migrations
from tests.cast import NOW
from tests.cli.conftest import Run


def look(database: Database, keys: Keys, number: int) -> None:
    with database.writing() as session:
        record(session, keys.audit[0], Entry("staff:7", "customer.opened", "counter", customer_id=number), now=NOW)


def looks(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) or 0


@pytest.fixture
def backup(migrated: Database, keys: Keys, run: Run, tmp_path: Path) -> Path:
    """Give a backup made when two looks were in the log."""
    look(migrated, keys, 1)
    look(migrated, keys, 2)
    folder = tmp_path / "backup"
    done = run("backup", "create", str(folder))
    assert done.exit_code == 0, done.output
    return folder


def test_a_backup_brings_everything_back_into_an_empty_database(
    backup: Path, make_fresh: Callable[[], Database], run_on: Callable[[Database], Run]
) -> None:
    other = make_fresh()
    done = run_on(other)("backup", "restore", str(backup))
    assert done.exit_code == 0, done.output
    assert "Audit log: 2 entries, whole." in done.output
    assert looks(other) == 2
    assert migrations.difference(other) == []


def test_a_restored_database_guards_its_log_and_counts_on(backup: Path, make_fresh: Callable[[], Database], run_on, keys: Keys) -> None:
    other = make_fresh()
    run_on(other)("backup", "restore", str(backup))
    look(other, keys, 3)
    assert looks(other) == 3
    with pytest.raises(sa.exc.DBAPIError, match="never changed"), other.engine.begin() as connection:
        connection.execute(sa.delete(AuditEntry))


def test_a_database_that_holds_something_is_not_written_over(backup: Path, migrated: Database, run: Run, keys: Keys) -> None:
    look(migrated, keys, 3)
    done = run("backup", "restore", str(backup))
    assert done.exit_code == 2
    assert "--replace" in done.stderr
    assert looks(migrated) == 3


def test_with_replace_the_database_is_what_it_was(backup: Path, migrated: Database, run: Run, keys: Keys) -> None:
    look(migrated, keys, 3)
    with migrated.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE of_a_later_release (id INTEGER PRIMARY KEY)")
    done = run("backup", "restore", str(backup), "--replace")
    assert done.exit_code == 0, done.output
    assert looks(migrated) == 2
    assert migrations.difference(migrated) == []


def test_a_backup_that_was_changed_is_refused_before_anything_happens(backup: Path, migrated: Database, run: Run) -> None:
    data = next(path for path in backup.iterdir() if path.name.startswith("database"))
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    done = run("backup", "restore", str(backup), "--replace")
    assert done.exit_code == 2
    assert "checksum" in done.stderr
    assert looks(migrated) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"revision": "9999"}, "does not know"),
        ({"revision": None}, "does not know"),
        ({"engine": "oracle"}, "is of oracle"),
        ({"form": 99}, "cannot read|can read"),
        ({"file": "../../etc/passwd"}, "can read"),
        ({"extra": 1}, "no backup"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(backup: Path, run: Run, change: dict[str, object], words: str) -> None:
    path = backup / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    done = run("backup", "restore", str(backup), "--replace")
    assert done.exit_code == 2
    assert any(word in done.stderr for word in words.split("|"))


def test_a_folder_without_a_backup_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("backup", "restore", str(tmp_path / "nowhere")).exit_code == 2


def test_a_backup_is_not_written_into_a_folder_with_something_in_it(backup: Path, run: Run) -> None:
    done = run("backup", "create", str(backup))
    assert done.exit_code == 2
    assert "is not empty" in done.stderr


def test_a_backup_is_for_its_owner_alone(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert [path.name for path in backup.iterdir() if path.name.startswith("database") and path.stat().st_mode & 0o077] == []


def test_a_log_that_was_touched_in_the_backup_shows_after_the_restore(
    migrated: Database, backup: Path, run: Run, tmp_path: Path, make_fresh, run_on
) -> None:
    with migrated.engine.begin() as connection:
        for trigger in ("audit_entry_no_update",) if migrated.is_sqlite else ():
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        if not migrated.is_sqlite:
            connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        connection.execute(sa.update(AuditEntry).values(actor="nobody"))
    run("backup", "create", str(tmp_path / "touched"))
    done = run_on(make_fresh())("backup", "restore", str(tmp_path / "touched"))
    assert done.exit_code == 1
    assert "was altered" in done.stderr


def test_the_queue_is_no_part_of_a_backup(migrated: Database, run: Run, tmp_path: Path, make_fresh, run_on) -> None:
    url = migrated.url.render_as_string(hide_password=False)
    make_huey(Settings(env="test", database_url=url, instance_dir=tmp_path))
    assert run("backup", "create", str(tmp_path / "copy")).exit_code == 0
    other = make_fresh()
    run_on(other)("backup", "restore", str(tmp_path / "copy"))
    assert [name for name in sa.inspect(other.engine).get_table_names() if name.startswith("huey_")] == []
