"""Stock at places: a piece is where it was put, goes back to where it was, and is had from nowhere else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.base.db import Database
from portal.catalog import CENTRAL, SoldOut, StockCount, add_stock, claim_stock, count_stock, move_stock, release_stock, stock
from portal.catalog.models import StockClaim, StockUnit
from tests.cast import NOW

CODE, SALE = "gift_thermos", "flash:7"


@pytest.fixture
def stocked(shop: Database) -> Database:
    with shop.writing() as session:
        add_stock(session, CODE, 3, now=NOW)
        add_stock(session, CODE, 2, place=SALE, now=NOW)
    return shop


def free(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {place: count_stock(session, CODE, place=place).free for place in (CENTRAL, SALE)}


def test_what_is_kept_back_is_claimed_at_its_place_alone(stocked: Database) -> None:
    with pytest.raises(SoldOut), stocked.writing() as session:
        claim_stock(session, CODE, 4, holder="order:1", now=NOW)
    with stocked.writing() as session:
        claim_stock(session, CODE, 2, holder="order:2", place=SALE, now=NOW)
    assert free(stocked) == {CENTRAL: 3, SALE: 0}
    with pytest.raises(SoldOut), stocked.writing() as session:
        claim_stock(session, CODE, 1, holder="order:3", place=SALE, now=NOW)


def test_what_is_released_goes_back_to_where_it_was(stocked: Database) -> None:
    with stocked.writing() as session:
        claim_stock(session, CODE, 1, holder="a", place=SALE, now=NOW)
        claim_stock(session, CODE, 2, holder="a", now=NOW)
    assert free(stocked) == {CENTRAL: 1, SALE: 1}
    with stocked.writing() as session:
        assert release_stock(session, "a") == 3
    assert free(stocked) == {CENTRAL: 3, SALE: 2}


def test_pieces_are_moved_as_far_as_there_are_any(stocked: Database) -> None:
    with stocked.writing() as session:
        assert move_stock(session, CODE, 2, to=SALE) == 2
        assert move_stock(session, CODE, 9, to=CENTRAL, place=SALE) == 4
        assert move_stock(session, CODE, 1, to=CENTRAL, place=SALE) == 0
        assert count_stock(session, CODE) == StockCount(5, 0, 0)
    assert free(stocked) == {CENTRAL: 5, SALE: 0}


def test_no_more_is_moved_than_asked_for_whatever_the_planner_chooses(stocked: Database) -> None:
    """A sub-select with a limit that a nested loop runs again for each row would move all of them."""
    with stocked.writing() as session:
        if not stocked.is_sqlite:
            for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                session.execute(sa.text(f"SET LOCAL enable_{way} = off"))
        assert move_stock(session, CODE, 1, to=SALE) == 1
    assert free(stocked) == {CENTRAL: 2, SALE: 3}


def test_what_was_moved_is_claimed_though_newer_ones_went_before(stocked: Database) -> None:
    with stocked.writing() as session:
        claim_stock(session, CODE, 2, holder="a", place=SALE, now=NOW)
        move_stock(session, CODE, 1, to=SALE)
    with stocked.writing() as session:
        claim_stock(session, CODE, 1, holder="b", place=SALE, now=NOW)
    assert free(stocked) == {CENTRAL: 2, SALE: 0}


@pytest.mark.parametrize("here", [0, 2000], ids=["little_here", "as_much_here_but_earlier"])
def test_a_claim_is_found_by_its_place_in_the_index(stocked: Database, here: int) -> None:
    """What a rush stands on: both searches are led by offering and place, whatever was claimed elsewhere, before or since."""
    pieces = [{"id": 10**17 + n, "offering_code": CODE, "place": CENTRAL if n < here else "flash:8"} for n in range(4000)]
    with stocked.writing() as session:
        session.execute(sa.insert(StockUnit), pieces)
        session.execute(sa.insert(StockClaim), [{**each, "holder": f"order:{each['id']}", "claimed_at": NOW} for each in pieces])
        for table in (StockUnit, StockClaim):  # or the planner goes by what other tests left in the table
            session.execute(sa.text(f"ANALYZE {table.__tablename__}"))
    values = {"code": CODE, "place": CENTRAL, "quantity": 1}
    for query in (stock._next().params(values), sa.select(stock.first_free(sa.literal(CODE)))):
        with stocked.reading() as session:
            text = str(query.compile(session.connection(), compile_kwargs={"literal_binds": True}))
            explain = "EXPLAIN QUERY PLAN" if stocked.is_sqlite else "EXPLAIN"
            plan = str(session.execute(sa.text(f"{explain} {text}")).all())
        for table in (StockUnit, StockClaim):
            assert f"ix_{table.__tablename__}_place" in plan, plan
            assert f"pk_{table.__tablename__}" not in plan, plan
            assert f"SCAN {table.__tablename__}" not in plan, plan


def test_an_offering_that_sold_out_long_ago_finds_nothing_of_what_its_neighbours_have(stocked: Database) -> None:
    """The stretch of the index ends where the offering's own place ends, and begins there."""
    with stocked.writing() as session:
        claim_stock(session, CODE, 3, holder="a", now=NOW)
        for place in ("a", "z", "centralb"):
            session.execute(sa.insert(StockUnit), [{"id": 10**17 + ord(place[-1]), "offering_code": CODE, "place": place}])
        with pytest.raises(SoldOut):
            claim_stock(session, CODE, 1, holder="b", now=NOW)
        assert session.scalar(sa.select(stock.first_free(sa.literal(CODE)))) is None
