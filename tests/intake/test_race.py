"""Imports at once, sales meanwhile, a kill at any step: all of a file is there once, or nothing of it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.base.audit import Entry, record
from portal.base.db import Database
from portal.base.settings import ROOT
from portal.customers import NewCustomer, NewLine, change_number, create_customer, find_holder, rename_customer
from portal.intake import Comparison, Writing, open_sheet, stage_file
from tests.cast import Cast
from tests.intake.files import SMALL, job_for, mapping_file, write
from tests.intake.race import FIRST_NUMBER, import_file, import_or_sell
from tests.ledger.race import together

HEADINGS = ("id", "name", "number")
COUNT = 1_500
KEY = b"k" * 32


def url(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def many(folder: Path, count: int = COUNT, renamed: int = 0, name: str = "many.csv") -> Path:
    rows = [(f"N{place}", "新" if place < renamed else "王", str(FIRST_NUMBER + place)) for place in range(count)]
    return write(folder / name, rows, HEADINGS)


def counts(database: Database, *tables: str) -> list[int]:
    with database.reading() as session:
        return [session.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0 for table in tables]


def test_a_file_imported_by_three_at_once_is_had_once(database: Database, cast: Cast, tmp_path: Path) -> None:
    before = counts(database, "customer", "search_key")
    done = together(import_file, url(database), 3, str(many(tmp_path)))
    assert sorted(done) == [(0, COUNT, ""), (0, COUNT, ""), (COUNT, 0, "")], "the others wait, and find everything known"
    assert counts(database, "customer", "imported_customer", "import_run") == [before[0] + COUNT, COUNT, 3]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # on SQLite writers stand in line: there is no lock to leave out
def test_a_mutant_that_does_not_wait_is_found_out_and_still_doubles_nobody(database: Database, cast: Cast, tmp_path: Path) -> None:
    done = together(import_file, url(database), 3, str(many(tmp_path)), False)
    assert "changed_meanwhile" in [why for _, _, why in done]
    assert counts(database, "imported_customer") == [COUNT]


def test_numbers_sold_meanwhile_are_held_once_and_the_file_is_had_whole_or_not(database: Database, cast: Cast, tmp_path: Path) -> None:
    before = counts(database, "customer")[0]
    done = dict(together(import_or_sell, url(database), 2, str(many(tmp_path)), COUNT))
    sold = done["sold"]
    (imported,) = counts(database, "imported_customer")
    assert imported in (0, COUNT - sold)
    assert counts(database, "customer")[0] == before + sold + imported
    with database.reading() as session:
        twice = sa.text("SELECT number FROM number_holding WHERE valid_to IS NULL GROUP BY number HAVING count(*) > 1")
        assert session.execute(twice).all() == []
    assert ("imported" in done) == (imported > 0)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # SQLite has one writer at a time: the others wait (docs/importing.md)
def test_while_a_file_is_written_the_portal_goes_on(database: Database, cast: Cast, now: datetime, tmp_path: Path) -> None:
    job = job_for(database, mapping_file(tmp_path, SMALL), now)
    with open_sheet(many(tmp_path)) as sheet, stage_file(sheet, job) as staging, database.writing() as session:
        Comparison(session, staging, job).run()
        Writing(session, staging, job).write()
        with database.writing() as other:
            other.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
            made = create_customer(other, NewCustomer("李", lines=(NewLine("13800000001"),)), now=now)
            rename_customer(other, cast.alice.customer_id, "王艾丽")
            change_number(other, cast.charlie.customer_id, cast.charlie.subscription_id, "13800000002", now=now)
            record(other, KEY, Entry("staff:7", "customer.opened", "counter", made.customer_id), now=now)
        with database.reading() as reader:
            assert find_holder(reader, str(FIRST_NUMBER)) is None, "nothing of the file is seen before all of it is there"
            assert find_holder(reader, "13800000001") is not None
    with database.reading() as reader:
        assert find_holder(reader, str(FIRST_NUMBER)) is not None


def kill(database: Database, folder: Path, kind: str, stride: int) -> dict[str, Any]:
    first, second = many(folder, 50, name="first.csv"), many(folder, 450, renamed=3, name="second.csv")
    done = subprocess.run(
        [sys.executable, "-m", "tests.intake.race", url(database), str(first), str(second), kind, str(stride)],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_import_killed_at_any_step_leaves_nothing_or_everything(database: Database, cast: Cast, tmp_path: Path) -> None:
    found = kill(database, tmp_path, "writing", 9)
    assert found["killed"] >= 8
    assert found["added"]
    assert found["parts"] == []


def test_a_mutant_that_commits_half_way_is_found_out(database: Database, cast: Cast, tmp_path: Path) -> None:
    assert kill(database, tmp_path, "halves", 9)["parts"]
