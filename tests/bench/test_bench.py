"""Every measurement on a tiny data set, on both engines: each runs and gives its figures. What they say here means nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.command import MEASUREMENTS
from bench.figures import MARKS, judge
from bench.runs import Run
from bench.sets import DataSets
from tests.servers.postgres import Postgres

SCALE, BASE, SHARE = 60, 30, 0.003
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[DataSets]:
    with DataSets(tmp_path_factory.mktemp("bench"), cluster=postgres) as made:
        yield made


@pytest.mark.parametrize("db", ["sqlite", "postgresql"])
@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_measurement_gives_each_of_its_figures(name: str, db: str, sets: DataSets) -> None:
    figures = MEASUREMENTS[name](Run(sets, db, SCALE, SHARE, BASE))
    assert {figure.key for figure in figures} == {key for key in MARKS if key.startswith(f"{name}.")}
    for verdict in judge(figures):
        assert verdict.figure.value > 0
        assert (verdict.figure.db, verdict.figure.scale) == (db, SCALE)
        assert isinstance(verdict.met, bool) == (verdict.mark.bound is not None)


@pytest.mark.parametrize("db", ["sqlite", "postgresql"])
def test_a_customers_page_needs_twelve_statements_at_most(db: str, sets: DataSets) -> None:
    figures = {figure.key: figure.value for figure in MEASUREMENTS["view"](Run(sets, db, BASE, SHARE, BASE))}
    assert 4 <= figures["view.statements"] <= 12
    assert "view.growth" not in figures, "there is nothing to compare the base scale with"


def test_a_data_set_is_loaded_once(sets: DataSets) -> None:
    first = sets.get("sqlite", BASE)
    loaded = (first.instance / "loaded.json").stat().st_mtime_ns
    again = DataSets(sets.folder, cluster=sets.cluster)
    assert again.get("sqlite", BASE) == first
    assert (first.instance / "loaded.json").stat().st_mtime_ns == loaded
