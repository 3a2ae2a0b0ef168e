"""`flask codes`: batches listed, one code looked at, the draw held against its odds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.base.db import Database
from portal.codes import NewPrize
from tests.cast import Cast
from tests.cli.conftest import Run
from tests.codes.conftest import press  # noqa: F401 - the press
from tests.codes.press import Press


@pytest.fixture
def run(database: Database, run_on: Callable[[Database], Run]) -> Run:
    return run_on(database)


def test_batches_are_listed(run: Run, press: Press) -> None:  # noqa: F811 - the fixture
    press.batch()
    told = run("codes", "list")
    assert told.exit_code == 0
    assert "prize   active         1000  2026-11-21 to 2027-01-21  Summer caps\n1 listed." in told.output


def test_a_code_is_looked_at_and_stays_as_it_is(run: Run, press: Press, cast: Cast) -> None:  # noqa: F811 - the fixture
    batch_id = press.batch()
    code = press.code(batch_id, 7)
    assert run("codes", "look", code).output == f"code:{batch_id}:7  prize  batch active\nNobody has it.\n"
    press.redeem(cast.alice, code)
    assert f"used by customer {cast.alice.customer_id}" in run("codes", "look", code).output
    assert run("codes", "look", "0123-4567-89AB-CT").output == "Not one of ours.\n"
    mistyped = run("codes", "look", "0123-4567-89AB-CU")
    assert (mistyped.exit_code, "One of the letters or digits is not right" in mistyped.output) == (2, True)


def test_the_draw_is_held_against_its_odds_without_redeeming_anything(run: Run, press: Press) -> None:  # noqa: F811 - the fixture
    half = NewPrize({"zh": "50 积分", "en": "50 points"}, "points", 500_000, points=50)
    told = run("codes", "odds", str(press.batch(press.new(size=3_000, prizes=(half,)))))
    (won, _, expected, *name), (nothing, *_) = (line.split() for line in told.output.splitlines())
    assert (expected, name) == ("1500.0", ["50", "points"])
    assert int(won) + int(nothing) == 3_000
    assert 1_350 < int(won) < 1_650
    assert press.uses() == []
    assert run("codes", "odds", "99").exit_code == 2
