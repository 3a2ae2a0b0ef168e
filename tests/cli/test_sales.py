"""`flask flashsale`: anybody at the house can do a draw again, from the books or from the published list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.base.ids import to_ref
from portal.base.keys import Keys
from portal.flashsales import list_draw
from tests.cast import NOW, Cast
from tests.cli.conftest import Run
from tests.flashsales.hall import Hall


@pytest.fixture
def run(database: Database, run_on: Callable[[Database], Run]) -> Run:
    return run_on(database)


@pytest.fixture
def hall(database: Database, cast: Cast, keys: Keys) -> Hall:
    hall = Hall(database, keys, NOW)
    hall.hire()
    hall.announce(rule="draw")
    hall.at(minutes=-10)
    hall.enter(*(each.customer_id for each in cast.noise))
    hall.at(minutes=0)
    hall.settle()
    return hall


def test_a_draw_that_holds_is_said_to_hold(run: Run, hall: Hall, tmp_path: Path) -> None:
    with hall.database.reading() as session:
        drawn = list_draw(session, hall.sale_id)
    listed = tmp_path / "draw.csv"
    listed.write_text("place,ticket,hmac_sha256\n" + "".join(f"{each.place},{each.ticket},{each.rank}\n" for each in drawn))
    for more in ((), ("--list", str(listed))):
        answer = run("flashsale", "verify", to_ref(hall.sale_id), *more)
        assert (answer.exit_code, "holds" in answer.output) == (0, True)
    assert to_ref(hall.sale_id) in run("flashsale", "list").output


def test_places_that_were_swapped_are_named(run: Run, hall: Hall) -> None:
    table = Base.metadata.tables["flash_entry"]
    with hall.database.writing() as session:
        for old, new in ((1, 901), (2, 1), (901, 2)):
            session.execute(sa.update(table).where(table.c.place == old).values(place=new))
    answer = run("flashsale", "verify", to_ref(hall.sale_id))
    assert answer.exit_code == 1
    assert "place 1 went to" in answer.output


def test_a_sale_that_is_none_is_refused_in_a_line(run: Run, hall: Hall) -> None:
    assert run("flashsale", "verify", "nonsense").exit_code == 2
    assert "sales were due" in run("flashsale", "settle").output
