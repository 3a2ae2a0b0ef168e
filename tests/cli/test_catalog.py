"""`flask catalog`: out, checked, and in as changes a colleague approves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.db import Database
from portal.base.keys import Keys
from portal.catalog import list_changes, load_catalog
from portal.identity import NewStaff, create_staff
from tests.cast import NOW
from tests.cli.conftest import Run


@pytest.fixture
def run(database: Database, run_on: Callable[[Database], Run], keys: Keys) -> Run:
    with database.writing() as session:
        load_catalog(session)
        create_staff(session, keys, NewStaff("mei", "Mei", "marketing", "Head office"), "not a hash", issuer="OneHall", now=NOW)
    return run_on(database)


@pytest.mark.parametrize("options", [(), ("--csv",)])
def test_what_comes_out_goes_in_and_only_what_differs_is_a_change(run, database, tmp_path: Path, options: tuple[str, ...]) -> None:
    out = run("catalog", "export", *options).stdout
    file = tmp_path / "catalogue"
    file.write_text(out, "utf-8", newline="")
    assert "0 differ from what is published." in run("catalog", "check", str(file)).stdout
    file.write_text(out.replace("SIM card", "SIM-card"), "utf-8", newline="")
    done = run("catalog", "import", str(file), "--as", "mei", "--note", "A hyphen")
    assert "1 changes submitted" in done.stdout, done.output
    with database.reading() as session:
        (change,) = list_changes(session)
        actions = session.execute(sa.select(AuditEntry.action)).scalars().all()
    assert (change.offering_code, change.status, change.note) == ("sim_card", "submitted", "A hyphen")
    assert "catalog.imported" in actions


def test_every_fault_is_told_with_its_line_and_place_and_nothing_is_changed(run, database, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.csv"
    file.write_text(run("catalog", "export", "--csv").stdout.replace("3900", "39.00"), "utf-8", newline="")
    for command in (("catalog", "check", str(file)), ("catalog", "import", str(file), "--as", "mei")):
        done = run(*command)
        assert done.exit_code == 1
        assert "accessory_cable, prices.0.amount: This is a whole number." in done.output
        assert "line " in done.output
    with database.reading() as session:
        assert list_changes(session) == []


def test_nobody_imports_as_somebody_who_is_not_here(run, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.json"
    file.write_text(run("catalog", "export").stdout, "utf-8")
    assert run("catalog", "import", str(file), "--as", "nobody").exit_code == 2
