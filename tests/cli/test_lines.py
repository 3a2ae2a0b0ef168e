"""What the network tells us of a line, noted by hand: `flask line`."""

from __future__ import annotations

import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.db import Base, Database
from tests.cli.conftest import Run


def test_a_new_sim_is_noted_audited_and_said_without_the_number(migrated: Database, run: Run) -> None:
    run("enterprise", "create", "Acme Ltd", "--admin-name", "Erin Zhou", "--admin-number", "13905710001")
    done = run("line", "sim-changed", "+86 139 0571 0001")
    assert done.exit_code == 0, done.output
    assert "believed again from" in done.output
    assert "13905710001" not in done.output
    with migrated.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Base.metadata.tables["sim_change"])) == 1
        assert "line.sim_changed" in set(session.scalars(sa.select(AuditEntry.action)))
    assert run("audit", "verify").exit_code == 0


def test_a_number_nobody_holds_and_one_that_is_none_are_refused(migrated: Database, run: Run) -> None:
    assert run("line", "sim-changed", "13905710009").exit_code != 0
    assert run("line", "sim-changed", "12").exit_code == 2
