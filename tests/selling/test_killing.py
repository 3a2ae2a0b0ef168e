"""`kill -9` on the way from a cart to the money and back: money, stock, uses and coupons each once; and a mutant that fails."""

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
from tests.selling.market import Market

pytestmark = pytest.mark.timeout(300)


def kill_everywhere(market: Market, kind: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.selling.killing", market.url, kind],
        cwd=Path(ROOT), capture_output=True, text=True, timeout=290, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_way_to_the_money_and_back_killed_at_any_commit_happens_once(database: Database, cast: Cast, staffed: Market) -> None:
    found = kill_everywhere(staffed, "commits")
    assert found["steps"] >= 16
    assert (found["half"], found["not_one"]) == ([], [])


def test_a_checkout_killed_at_any_statement_stands_whole_or_not_at_all(database: Database, cast: Cast, staffed: Market) -> None:
    found = kill_everywhere(staffed, "order")
    assert found["steps"] >= 30
    assert (found["half"], found["not_one"]) == ([], [])


def test_a_mutant_that_takes_coupons_over_in_a_transaction_of_their_own_is_found_out(
    database: Database, cast: Cast, staffed: Market
) -> None:
    assert kill_everywhere(staffed, "apart")["half"]
