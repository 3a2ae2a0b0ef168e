"""`kill -9` at any step of a delivery: nothing is lost, nothing happens twice; and mutants show that this can fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from portal.base.db import Database
from portal.base.settings import ROOT


def kill_at_every_step(database: Database, kind: str) -> dict[str, Any]:
    url = database.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-m", f"{__package__ or 'tests.events'}.killing", url, kind],
        cwd=Path(ROOT),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_worker_killed_at_any_step_of_a_delivery_loses_nothing_and_repeats_nothing(database: Database) -> None:
    found = kill_at_every_step(database, "events")
    assert found["steps"] >= 40
    assert (found["lost"], found["twice"], found["disorder"], found["open"]) == ([], [], [], 0)


def test_a_worker_killed_at_any_step_of_sending_loses_no_message_and_shows_none_twice(database: Database) -> None:
    found = kill_at_every_step(database, "messages")
    assert found["steps"] >= 20
    assert (found["lost"], found["twice"]) == ([], [])


def test_a_mutant_that_notes_what_it_did_in_another_transaction_is_found_out(database: Database) -> None:
    assert kill_at_every_step(database, "notes_apart")["twice"]


def test_a_mutant_that_marks_events_as_done_first_is_found_out(database: Database) -> None:
    assert kill_at_every_step(database, "done_first")["lost"]
