"""Stock: each piece is had by one, given back once, given out once; a model of it in Python agrees after any steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.base.db import Database
from portal.base.errors import Invalid, NotFound
from portal.base.keys import Keys
from portal.catalog import SoldOut, StockCount, add_stock, claim_stock, count_stock, load_catalog, release_stock, use_stock
from portal.catalog.models import StockClaim, StockUnit
from tests.cast import NOW
from tests.statements import statements

GIFT, OTHER, VOUCHER = "gift_thermos", "gift_power_bank", "gift_coffee"


@pytest.fixture
def shop(database: Database) -> Iterator[Database]:
    """Give a shop with one unit of something else, which must stay where it is."""
    with database.writing() as session:
        load_catalog(session)
        add_stock(session, OTHER, 1, now=NOW)
    yield database
    assert counted(database, OTHER) == StockCount(1, 0, 0)


def add(database: Database, what: Any, code: str = GIFT) -> int:
    with database.writing() as session:
        return add_stock(session, code, what, now=NOW)


def claim(database: Database, holder: str, quantity: Any = 1, code: str = GIFT) -> None:
    with database.writing() as session:
        claim_stock(session, code, quantity, holder=holder, now=NOW)


def use(database: Database, holder: str) -> list[str]:
    with database.writing() as session:
        return list(use_stock(session, holder, now=NOW))


def release(database: Database, holder: str) -> int:
    with database.writing() as session:
        return release_stock(session, holder)


def counted(database: Database, code: str = GIFT) -> StockCount:
    with database.reading() as session:
        return count_stock(session, code)


def units(database: Database, code: str = GIFT) -> list[int]:
    with database.reading() as session:
        return list(session.scalars(sa.select(StockUnit.id).where(StockUnit.offering_code == code).order_by(StockUnit.id)))


def test_a_claimed_unit_is_nobody_elses(shop: Database) -> None:
    assert add(shop, 2) == 2
    claim(shop, "a")
    assert counted(shop) == StockCount(1, 1, 0)
    claim(shop, "b")
    with pytest.raises(SoldOut):
        claim(shop, "c")
    assert counted(shop) == StockCount(0, 2, 0)


def test_a_piece_put_back_is_had_once_the_newer_ones_are_gone(shop: Database) -> None:
    add(shop, 3)
    claim(shop, "a")
    claim(shop, "b")
    assert release(shop, "a") == 1
    claim(shop, "c")
    claim(shop, "d")
    assert counted(shop) == StockCount(0, 3, 0)
    with pytest.raises(SoldOut):
        claim(shop, "e")


def test_what_is_asked_for_together_is_taken_from_behind_the_newest_claim_and_from_before_it(shop: Database) -> None:
    add(shop, 5)
    claim(shop, "a", 2)
    claim(shop, "b", 2)
    assert release(shop, "a") == 2
    claim(shop, "c", 3)
    assert counted(shop) == StockCount(0, 5, 0)


def test_more_than_there_is_is_refused_and_takes_nothing(shop: Database) -> None:
    add(shop, 3)
    with pytest.raises(SoldOut):
        claim(shop, "a", 4)
    assert counted(shop) == StockCount(3, 0, 0)
    claim(shop, "a", 3)
    assert counted(shop) == StockCount(0, 3, 0)


@pytest.mark.parametrize("quantity", [0, -1, 1.0, True, "1", None])
def test_a_quantity_is_a_whole_number_above_zero(shop: Database, quantity: Any) -> None:
    add(shop, 2)
    with pytest.raises(Invalid):
        claim(shop, "a", quantity)
    assert counted(shop) == StockCount(2, 0, 0)


def test_the_oldest_units_go_first_and_come_back_as_what_they_were(shop: Database) -> None:
    add(shop, 2)
    first = units(shop)
    add(shop, 2)
    claim(shop, "a", 2)
    assert units(shop)[0] > max(first)
    assert release(shop, "a") == 2
    assert units(shop)[:2] == first


def test_a_claim_is_released_once_and_used_once_and_never_both(shop: Database) -> None:
    add(shop, 2)
    claim(shop, "a")
    claim(shop, "b")
    assert (release(shop, "a"), release(shop, "a")) == (1, 0)
    assert counted(shop) == StockCount(1, 1, 0)
    assert use(shop, "a") == []
    use(shop, "b")
    assert (release(shop, "b"), counted(shop)) == (0, StockCount(1, 0, 1))
    use(shop, "b")
    assert counted(shop) == StockCount(1, 0, 1)


def test_what_nobody_claimed_is_neither_used_nor_released(shop: Database) -> None:
    add(shop, 1)
    assert (use(shop, "nobody"), release(shop, "nobody")) == ([], 0)
    assert counted(shop) == StockCount(1, 0, 0)


def test_a_voucher_gives_its_code_to_whoever_claimed_it_once_and_keeps_it_sealed(shop: Database, keys: Keys) -> None:
    codes = {f"COFFEE-{number}" for number in range(3)}
    assert add(shop, [keys.encrypt(code) for code in sorted(codes)], VOUCHER) == 3
    claim(shop, "a", 2, VOUCHER)
    claim(shop, "b", 1, VOUCHER)
    given_out = use(shop, "a")
    assert len(given_out) == 2
    assert not any("COFFEE" in sealed for sealed in given_out)
    assert use(shop, "a") == []
    assert {keys.decrypt(each) for each in [*given_out, *use(shop, "b")]} == codes


def test_a_voucher_that_was_released_is_had_by_the_next_with_its_code(shop: Database, keys: Keys) -> None:
    add(shop, [keys.encrypt("COFFEE-1")], VOUCHER)
    claim(shop, "a", code=VOUCHER)
    release(shop, "a")
    claim(shop, "b", code=VOUCHER)
    assert [keys.decrypt(each) for each in use(shop, "b")] == ["COFFEE-1"]


@pytest.mark.parametrize("what", [0, -1, True, 100_001, 1.0, [], [""], [None], [b"x"]])
def test_only_a_count_or_contents_can_be_added(shop: Database, what: Any) -> None:
    with pytest.raises((Invalid, TypeError)):
        add(shop, what)
    assert counted(shop) == StockCount(0, 0, 0)


def test_vouchers_come_with_codes_and_goods_without(shop: Database) -> None:
    for what, code in ((3, VOUCHER), (["sealed"], GIFT)):
        with pytest.raises(Invalid) as refused:
            add(shop, what, code)
        assert set(refused.value.fields) == {"contents"}


@pytest.mark.parametrize("code", ["gift_data_5gb", "voice_standard", "no_such"])
def test_what_is_not_stocked_has_no_units(shop: Database, code: str) -> None:
    with pytest.raises(NotFound):
        add(shop, 1, code)
    with pytest.raises(SoldOut):
        claim(shop, "a", code=code)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # the one statement of a rush
def test_a_claim_is_one_statement(shop: Database) -> None:
    add(shop, 1)
    with shop.writing() as session, statements(shop) as sent:
        claim_stock(session, GIFT, 1, holder="a", now=NOW)
    assert len(sent) == 1
    assert "SKIP LOCKED" in sent[0]


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "claim", "use", "release"]), st.integers(1, 3), st.sampled_from("abc")), min_size=1, max_size=12
)


@given(steps=STEPS)
@hypothesis_settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_steps_each_unit_is_free_reserved_or_used(shop: Database, steps: list[tuple[str, int, str]]) -> None:
    with shop.writing() as session:
        session.execute(sa.delete(StockUnit).where(StockUnit.offering_code == GIFT))
        session.execute(sa.delete(StockClaim).where(StockClaim.offering_code == GIFT))
    free, used, held = 0, 0, dict.fromkeys("abc", 0)
    for step, number, holder in steps:
        if step == "add":
            free += add(shop, number)
        elif step == "claim" and number > free:
            with pytest.raises(SoldOut):
                claim(shop, holder, number)
        elif step == "claim":
            claim(shop, holder, number)
            free, held[holder] = free - number, held[holder] + number
        elif step == "use":
            use(shop, holder)
            used, held[holder] = used + held[holder], 0
        else:
            assert release(shop, holder) == held[holder]
            free, held[holder] = free + held[holder], 0
        assert counted(shop) == StockCount(free, sum(held.values()), used)
