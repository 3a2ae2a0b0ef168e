"""A sale is prepared by one and announced by another, and stays as it was announced."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.base.errors import Invalid, NotFound
from portal.catalog import StockCount
from portal.flashsales import (
    NotOpen,
    OwnSale,
    SaleFixed,
    TooFewPieces,
    announce_sale,
    cancel_sale,
    draft_sale,
    edit_sale,
    get_sale,
    list_sales,
    list_shown_sales,
)
from tests.flashsales.hall import Hall

HOUR = timedelta(hours=1)


def draft(hall: Hall, **changes: Any) -> int:
    with hall.database.writing() as session:
        return draft_sale(session, hall.new(**changes), staff_id=hall.staff[0], now=hall.now)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", {"zh": "秒杀"}), ("amount", 0), ("amount", -1), ("amount", 1.5), ("amount", 10**16), ("pieces", 0), ("pieces", 10_001),
        ("pieces", True), ("rule", "whoever"), ("pay_minutes", 2), ("pay_minutes", 1441),
    ],
)  # fmt: skip
def test_what_can_be_no_sale_is_refused_beside_its_field(hall: Hall, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        draft(hall, **{field: value})
    assert set(refusal.value.fields) == {field}


@pytest.mark.parametrize(
    ("field", "hours", "rule"),
    [
        ("opens_at", -1, "first_come"), ("starts_at", 0.5, "first_come"), ("starts_at", 1, "draw"), ("ends_at", 2, "draw"),
        ("ends_at", 9_999, "draw"),
    ],
)  # fmt: skip
def test_times_that_contradict_each_other_are_refused(hall: Hall, field: str, hours: float, rule: str) -> None:
    with pytest.raises(Invalid) as refusal:
        draft(hall, rule=rule, **{field: hall.now + hours * HOUR})
    assert field in refusal.value.fields


def test_what_is_not_stocked_cannot_be_sold_by_the_piece(hall: Hall) -> None:
    with pytest.raises(Invalid) as refusal:
        draft(hall, offering_code="voice_standard")
    assert set(refusal.value.fields) == {"offering_code"}
    with pytest.raises(NotFound):
        draft(hall, offering_code="nothing_of_the_kind")


def test_who_prepared_a_sale_does_not_announce_it(hall: Hall) -> None:
    sale_id = draft(hall)
    with pytest.raises(OwnSale), hall.database.writing() as session:
        announce_sale(session, hall.keys, sale_id, staff_id=hall.staff[0], now=hall.now)
    with hall.database.writing() as session:
        edit_sale(session, sale_id, hall.new(pieces=3), staff_id=hall.staff[1], now=hall.now)
    with pytest.raises(OwnSale), hall.database.writing() as session:
        announce_sale(session, hall.keys, sale_id, staff_id=hall.staff[1], now=hall.now)


def test_more_pieces_than_are_there_are_not_announced(hall: Hall) -> None:
    with pytest.raises(TooFewPieces) as refusal:
        hall.announce(stock=4)
    assert refusal.value.params == {"left": 4}
    assert hall.rows("stock_unit") == []


def test_a_sale_whose_time_has_come_is_not_announced(hall: Hall) -> None:
    sale_id = draft(hall)
    with pytest.raises(NotOpen), hall.database.writing() as session:
        announce_sale(session, hall.keys, sale_id, staff_id=hall.staff[1], now=hall.now + HOUR)


def test_what_was_announced_stays_as_it_is(hall: Hall) -> None:
    sale_id = hall.announce()
    with pytest.raises(SaleFixed), hall.database.writing() as session:
        edit_sale(session, sale_id, hall.new(amount=1), staff_id=hall.staff[0], now=hall.now)
    with pytest.raises(SaleFixed), hall.database.writing() as session:
        announce_sale(session, hall.keys, sale_id, staff_id=hall.staff[1], now=hall.now)


def test_a_sale_is_called_off_before_its_start_alone_and_its_pieces_go_back(hall: Hall, buyers: list[int]) -> None:
    sale_id = hall.announce()
    hall.at(minutes=-30)
    hall.enter(buyers[0])
    with hall.database.writing() as session:
        assert cancel_sale(session, sale_id)
        assert not cancel_sale(session, sale_id)
    assert (hall.stock(), hall.stock("central")) == (StockCount(0, 0, 0), StockCount(5, 0, 0))
    assert hall.entry(buyers[0]).status == "gone"
    hall.now = hall.opened_at
    other = hall.announce(stock=0)
    hall.at(minutes=0)
    hall.settle()
    with pytest.raises(SaleFixed), hall.database.writing() as session:
        cancel_sale(session, other)


def test_drafts_are_seen_in_the_office_alone_and_a_seed_by_nobody_before_the_draw(hall: Hall) -> None:
    drafted, announced = draft(hall), hall.announce()
    with hall.database.reading() as session:
        assert {sale.id for sale in list_sales(session)} == {drafted, announced}
        assert [sale.id for sale in list_shown_sales(session, now=hall.now)] == [announced]
        assert get_sale(session, announced).seed is None
