"""Processes that import at once, and one that is killed while it imports. Each is real: its own interpreter and connections."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portal.base.bulk import BulkTransaction
from portal.base.db import Database
from portal.base.errors import PortalError
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.customers import NewCustomer, NewLine, NumberInUse, create_customer
from portal.intake import writing
from tests.conftest import TEST_SECRET
from tests.events.killing import Steps, in_child
from tests.intake import files

FIRST_NUMBER = 13957000000


def import_file(database: Database, index: int, file: str, locked: bool = True) -> tuple[int, int, str]:
    """Import a file that the others import, too; give how many were added, how many known, and why it was refused."""
    if not locked:
        files.claim_import = lambda session: None  # the mutant
    own = Path(file).parent / f"process{index}"
    own.mkdir()
    copy = own / "file.csv"
    copy.write_bytes(Path(file).read_bytes())
    try:
        tally = files.bring_in(database, keys(), copy, files.SMALL, now=datetime.now(UTC))
    except PortalError as error:
        return 0, 0, error.code
    return tally.added, tally.unchanged, ""


def keys() -> Any:
    return make_keys(Settings(env="test", secret_key=TEST_SECRET, sms_adapter="tray", log_json=False))  # type: ignore[arg-type]


def import_or_sell(database: Database, index: int, file: str, count: int) -> tuple[str, int]:
    """The first process imports a file; the others give its numbers to new customers, one by one from the end."""
    if index == 0:
        return import_file(database, index, file)[2] or "imported", 0
    sold = 0
    for number in range(FIRST_NUMBER + count - 1, FIRST_NUMBER + count - 40, -1):
        try:
            with database.writing() as session:
                create_customer(session, NewCustomer("李", lines=(NewLine(str(number)),)), now=datetime.now(UTC))
            sold += 1
        except NumberInUse:
            continue
    return "sold", sold


class BulkSteps(Steps):
    """Counts, besides statements and commits, the moment before and after each table's rows are written."""

    def __init__(self, database: Database, last: int | None) -> None:
        super().__init__(database, last)
        write = BulkTransaction.write

        def counted(bulk: BulkTransaction, *arguments: Any) -> int:
            self.step()
            count = write(bulk, *arguments)
            self.step()
            return count

        BulkTransaction.write = counted  # type: ignore[method-assign]


class Halves(writing.Writing):
    """The mutant: commits what it added before it changes anybody."""

    def _steps(self) -> Any:
        for count in super()._steps():
            yield count
            self._session.connection().connection.commit()


def kill_imports(url: str, first: str, second: str, kind: str, stride: int) -> dict[str, Any]:
    """Import a second file for each k, killed at step k, and note when only a part of it was there afterwards."""
    database = Database(url)
    writing.TOGETHER = 200  # three batches
    if kind == "halves":
        files.Writing = Halves
    files.bring_in(database, keys(), Path(first), files.SMALL, now=datetime.now(UTC))
    before = state(database)
    found: dict[str, Any] = {"steps": 0, "parts": [], "killed": 0}
    for last in range(1, 2000, stride):
        ended = in_child(database, _import(second, last))
        if ended == 0:
            found["steps"], found["added"] = last, state(database) != before
            return found
        assert ended == -signal.SIGKILL, ended
        found["killed"] += 1
        if (now := state(database)) != before:
            if not is_whole(now):
                found["parts"].append(last)
            found["steps"], found["added"] = last, True
            return found
    raise AssertionError("the import never came to its end")


def _import(file: str, last: int) -> Callable[[Database], None]:
    def work(database: Database) -> None:
        BulkSteps(database, last)
        files.bring_in(database, keys(), Path(file), files.SMALL, now=datetime.now(UTC))

    return work


def state(database: Database) -> dict[str, int]:
    """Give how many rows every table has that an import writes, and how many people bear a new name."""
    names = (*files.OURS, "import_run", "audit_entry")
    with database.reading() as session:
        counts = {name: session.scalar(sa.text(f"SELECT count(*) FROM {name}")) or 0 for name in names}
        return counts | {"renamed": session.scalar(sa.text("SELECT count(*) FROM party WHERE name LIKE '新%'")) or 0}


def is_whole(now: dict[str, int]) -> bool:
    """Say whether everything of both files is there, the run's own notes included."""
    return (now["imported_customer"], now["renamed"], now["import_run"]) == (450, 3, 2)


def main(url: str, first: str, second: str, kind: str, stride: str) -> None:
    sys.stdout.write(json.dumps(kill_imports(url, first, second, kind, int(stride))))


if __name__ == "__main__":
    main(*sys.argv[1:])
