"""`kill -9` at any step of earning: the points are given once; and a mutant shows that this can fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from portal.base.db import Database
from portal.base.settings import ROOT
from tests.cast import Cast


def kill_at_every_step(database: Database, cast: Cast, kind: str) -> dict[str, Any]:
    url = database.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-m", f"{__package__ or 'tests.points'}.killing", url, str(cast.alice.customer_id), kind],
        cwd=Path(ROOT),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_worker_killed_at_any_step_of_earning_gives_the_points_once(rules: None, database: Database, cast: Cast) -> None:
    found = kill_at_every_step(database, cast, "sound")
    assert found["steps"] >= 40
    assert (found["lost"], found["twice"], found["faults"]) == ([], [], 0)


def test_references_alone_keep_a_fact_from_earning_twice(rules: None, database: Database, cast: Cast) -> None:
    """Even where the outbox notes too late what was delivered, a visit and a payment earn once."""
    found = kill_at_every_step(database, cast, "apart")
    assert (found["lost"], found["twice"], found["faults"]) == ([], [], 0)


def test_a_mutant_that_earns_under_a_new_reference_each_time_is_found_out(rules: None, database: Database, cast: Cast) -> None:
    assert kill_at_every_step(database, cast, "forgetful")["twice"]
