"""`kill -9` at any statement of a redemption, or of ending an order: all of it stands or nothing; and a mutant that fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portal.base.db import Database
from portal.base.settings import ROOT
from tests.cast import Cast


def kill_at_every_step(database: Database, kind: str) -> dict[str, Any]:
    url = database.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-m", "tests.orders.killing", url, kind], cwd=Path(ROOT), capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_redemption_killed_at_any_step_stands_whole_or_not_at_all_and_again_is_one_order(database: Database, cast: Cast) -> None:
    found = kill_at_every_step(database, "place")
    assert found["steps"] >= (30 if database.is_sqlite else 6)  # on PostgreSQL a redemption is two statements
    assert (found["half"], found["not_one"], found["faults"]) == ([], [], [])
    assert found["stood"] == 2, "killed after its commit, and not killed at all"


@pytest.mark.parametrize("verb", ["fulfil", "cancel"])
def test_ending_an_order_killed_at_any_step_is_done_whole_or_not_at_all_and_again_once(database: Database, cast: Cast, verb: str) -> None:
    found = kill_at_every_step(database, verb)
    assert found["steps"] >= 20
    assert (found["half"], found["not_one"], found["faults"]) == ([], [], [])


def test_a_mutant_that_takes_points_and_piece_in_two_transactions_is_found_out(database: Database, cast: Cast) -> None:
    assert kill_at_every_step(database, "in_two")["half"]
