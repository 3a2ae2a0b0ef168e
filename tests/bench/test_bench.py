"""Every measurement on a tiny data set, on both engines: each runs and gives its figures. What they say here means nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from bench import shelf
from bench.command import MEASUREMENTS
from bench.figures import MARKS, judge
from bench.floor import drivers, freshened, render, replay
from bench.house import House, opened
from bench.runs import Run
from bench.sets import DataSets
from bench.view import pages_of, record
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
    wanted = {key for key in MARKS if key.startswith(f"{name}.")}
    if db == "sqlite":
        wanted = {key for key in wanted if name not in ("redeem", "tokens", "grants", "orders") and not key.startswith("login.whole")}
    assert {figure.key for figure in figures} == wanted
    for verdict in judge(figures):
        assert verdict.figure.value > 0 or verdict.mark.bound == 0
        assert verdict.met or not verdict.mark.exactly, verdict  # who counts exactly counts exactly at any scale
        assert (verdict.figure.db, verdict.figure.scale) == (db, SCALE)
        assert isinstance(verdict.met, bool) == (verdict.mark.bound is not None)


@pytest.mark.parametrize("db", ["sqlite", "postgresql"])
def test_a_customers_page_needs_twelve_statements_at_most(db: str, sets: DataSets) -> None:
    with opened(sets.get(db, BASE)) as house:
        pages = record(house, pages_of(house, 12, seed=1))
    assert len(pages) == 12
    assert all(4 <= page.statements <= 12 for page in pages), [page.statements for page in pages]


@pytest.mark.parametrize("db", ["sqlite", "postgresql"])
def test_the_shops_page_with_fifty_campaigns_needs_ten_statements_at_most(db: str, sets: DataSets) -> None:
    with opened(sets.get(db, BASE)) as house:
        pages, offers = shelf.record(house, shelf.open_shop(house, 6))
    assert offers >= 20
    # The first page of a process also reads the catalogue and the campaigns it keeps from then on.
    first, *others = [page.statements for page in pages]
    assert first <= 16, first
    assert all(5 <= count <= 10 for count in others), others


@pytest.mark.parametrize("db", ["sqlite", "postgresql"])
def test_the_floor_writes_what_the_pages_wrote_and_renders_what_they_showed(db: str, sets: DataSets) -> None:
    data = sets.get(db, BASE)
    with opened(data) as house:
        addresses = pages_of(house, 6, seed=1)
        before = _entries(house)
        pages = record(house, addresses)
        by_pages = _entries(house) - before
        with drivers(data, house.parts.db) as connections:
            for steps in freshened(pages, house.parts.db):
                replay(steps, connections)
        assert _entries(house) - before - by_pages == len(addresses)
        assert by_pages == len(addresses) + 1, "record looks at one page twice, to compare"
        first = addresses[0]
        shown = house.answer(house.environ(first.path, first.cookie)).body.decode()
        with house.app.request_context(house.environ(first.path, first.cookie)):
            rendered = render(pages[0])
    assert _words(rendered) == _words(shown)


def _entries(house: House) -> int:
    with house.parts.db.reading() as session:
        return int(session.execute(sa.text("SELECT count(*) FROM audit_entry")).scalar_one())


def _words(html: str) -> list[str]:
    """Give the text of a page, without its tags: tokens differ, and nobody reads them."""
    return re.sub(r"<[^>]*>", " ", html).split()


def test_the_base_scale_has_nothing_to_be_compared_with(sets: DataSets) -> None:
    figures = MEASUREMENTS["search"](Run(sets, "sqlite", BASE, SHARE, BASE))
    assert [figure.key for figure in figures] == ["search.p95"]


def test_a_data_set_is_loaded_once(sets: DataSets) -> None:
    first = sets.get("sqlite", BASE)
    loaded = (first.instance / "loaded.json").stat().st_mtime_ns
    again = DataSets(sets.folder, cluster=sets.cluster)
    assert again.get("sqlite", BASE) == first
    assert (first.instance / "loaded.json").stat().st_mtime_ns == loaded
