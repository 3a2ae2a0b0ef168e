"""Campaigns by hand: `flask campaign`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.base.audit import AuditEntry
from portal.base.db import Base, Database
from portal.catalog import load_catalog
from portal.promotions import approve_campaign, get_live_campaigns
from tests.cli.conftest import Run

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TENTH = {
    "name": {"zh": "配件 9 折", "en": "A tenth off accessories"},
    "currency": "CNY",
    "effects": [{"kind": "percentage", "basis_points": 1000, "target": {"categories": ["accessories"]}}],
}


@pytest.fixture
def file(migrated: Database, tmp_path: Path) -> Path:
    """Give a file with a campaign, and a database with the shop and two members of staff."""
    staff = Base.metadata.tables["staff"]
    with migrated.writing() as session:
        load_catalog(session)
        for number, login in ((1, "mei"), (2, "sam")):
            row = {
                "id": number, "login": login, "public_number": 1000 + number, "name": login, "role": "supervisor", "outlet": "",
                "password_hash": "-", "totp_secret": "-", "created_at": NOW,
            }  # fmt: skip
            session.execute(sa.insert(staff).values(row))
    path = tmp_path / "one.json"
    path.write_text(json.dumps(TENTH, ensure_ascii=False), "utf-8")
    return path


def test_a_campaign_comes_from_a_file_is_approved_by_somebody_else_and_goes_back_into_one(migrated: Database, file: Path, run: Run) -> None:
    assert run("campaign", "check", "tenth", str(file)).exit_code == 0
    assert run("campaign", "import", "tenth", str(file), "--as", "mei").exit_code == 0
    with migrated.writing() as session:
        approve_campaign(session, "tenth", staff_id=2, now=NOW)
    assert json.loads(run("campaign", "export", "tenth").stdout) == TENTH
    assert "tenth" in run("campaign", "list").stdout
    for act, held in (("pause", 0), ("resume", 1), ("end", 0)):
        assert run("campaign", act, "tenth").exit_code == 0
        with migrated.reading() as session:
            assert len(get_live_campaigns(session, now=NOW).campaigns) == held
    with migrated.reading() as session:
        assert {"campaign.submitted", "campaign.paused", "campaign.ended"} <= set(session.scalars(sa.select(AuditEntry.action)))


def test_what_cannot_stand_is_refused_with_its_place(file: Path, run: Run) -> None:
    file.write_text(json.dumps(TENTH | {"budget_minor": 100}), "utf-8")
    done = run("campaign", "check", "tenth", str(file))
    assert done.exit_code == 2
    assert "effects.0.most_minor" in done.output
    assert run("campaign", "import", "tenth", str(file), "--as", "mei").exit_code == 2
    file.write_text("no json", "utf-8")
    assert run("campaign", "check", "tenth", str(file)).exit_code == 2
    assert run("campaign", "pause", "nobody").exit_code == 2
