"""A later step fails: everything done before is undone once, killed wherever it may be; and a mutant that fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from portal.base.db import Database
from portal.base.settings import ROOT
from tests.cast import Cast


def kill_at_every_step(database: Database, kind: str) -> dict[str, Any]:
    url = database.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-m", "tests.orders.saga", url, kind], cwd=Path(ROOT), capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_compensation_killed_at_any_step_is_done_whole_or_not_at_all_and_again_once(database: Database, cast: Cast) -> None:
    found = kill_at_every_step(database, "whole")
    assert found["steps"] >= 20
    assert (found["half"], found["not_one"], found["faults"]) == ([], [], [])


def test_a_mutant_that_pays_back_in_a_transaction_of_its_own_is_found_out(database: Database, cast: Cast) -> None:
    assert kill_at_every_step(database, "in_two")["half"]
