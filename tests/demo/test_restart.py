"""A load that is killed goes on where it was and ends with the very same rows."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.base.books import check_books
from portal.base.db import Database
from portal.base.errors import Refused
from portal.demo import NotEmpty, Options, find_progress, load_demo
from tests.cast import NOW
from tests.conftest import make_tables
from tests.demo.rows import ZONE, digest

ROOT = Path(__file__).resolve().parents[2]
MANY = Options(1_020, detail=5, processes=0)
FEW = Options(12, detail=6, processes=0)

_LOAD = """
import sys
from portal.base.db import Database
from portal.demo import load_demo
from tests.cast import NOW
from tests.conftest import make_tables
from tests.demo.rows import ZONE
from tests.demo.test_restart import MANY
load_demo(Database(sys.argv[1]), MANY, zone=ZONE, currency="CNY", now=NOW, report=lambda done, total: print(done, flush=True))
"""


def load(database: Database, options: Options, **more: object) -> object:
    return load_demo(database, options, zone=ZONE, currency="CNY", now=NOW, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give the digests of a load that nothing interrupted."""
    url = f"sqlite:///{tmp_path_factory.mktemp('whole') / 'portal.db'}"
    make_tables(url)
    database = Database(url)
    load(database, MANY)
    found = digest(database)
    database.close()
    return found


def test_a_load_killed_in_the_middle_and_begun_again_ends_with_the_same_rows(empty_url: str, whole: dict[str, str]) -> None:
    command = [sys.executable, "-c", _LOAD, empty_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "500"
        process.kill()
    database = Database(empty_url)
    begun = find_progress(database)
    assert begun is not None
    assert 1 <= begun.batches_done < 3
    later = NOW + timedelta(days=40)  # the day it was begun counts, not the day it goes on
    loaded = load_demo(database, FEW, zone=ZONE, currency="CNY", now=later)
    assert loaded.resumed
    assert loaded.subscribers == MANY.subscribers
    assert digest(database) == whole
    assert find_progress(database) is None
    with database.reading() as session:
        assert list(check_books(session)) == []
    database.close()


def test_half_a_batch_left_by_a_killed_load_is_written_anew(empty_url: str, whole: dict[str, str]) -> None:
    database = Database(empty_url)
    stop = RuntimeError("killed here")

    def die_after_two(done: int, _: int) -> None:
        if done >= 1_000:
            raise stop

    with pytest.raises(RuntimeError, match="killed here"):
        load(database, MANY, report=die_after_two)
    with database.writing() as session:
        # As if the second batch had been killed between its tables: rows are there, the note is not.
        session.execute(sa.text("UPDATE demo_load SET batches_done = 1"))
    load(database, MANY)
    assert digest(database) == whole
    database.close()


def test_processes_build_the_same_rows_as_one_does(empty_url: str, whole: dict[str, str]) -> None:
    database = Database(empty_url)
    load(database, replace(MANY, processes=2))
    assert digest(database) == whole
    database.close()


def test_another_seed_makes_other_people(database: Database) -> None:
    load(database, FEW)
    first = digest(database)
    load(database, replace(FEW, seed=8), fresh=True)
    second = digest(database)
    assert first["party"] != second["party"]
    assert first["usage_record"] != second["usage_record"]


def test_a_fresh_load_replaces_everything_and_nothing_else_does(database: Database) -> None:
    load(database, FEW)
    before = digest(database)
    with pytest.raises(NotEmpty):
        load(database, FEW)
    assert digest(database) == before
    load(database, FEW, fresh=True)
    assert digest(database) == before


def test_a_count_that_cannot_be_loaded_is_refused_and_empties_nothing(database: Database) -> None:
    load(database, FEW)
    before = digest(database)
    for count in (0, 1, 2_000_001):
        with pytest.raises(Refused):
            load(database, Options(count), fresh=True)
    assert digest(database) == before


def test_what_is_owed_stands_in_the_ledger(database: Database) -> None:
    load(database, FEW)
    with database.reading() as session:
        owed = session.execute(sa.text("SELECT SUM(total_minor - paid_minor) FROM bill")).scalar_one()
        booked = session.execute(sa.text("SELECT SUM(balance) FROM ledger_account WHERE book = 'receivable'")).scalar_one()
        assert owed == booked > 0
        assert list(check_books(session)) == []
