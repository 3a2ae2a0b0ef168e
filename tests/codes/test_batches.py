"""Batches: what cannot be is refused with its place, two people make one good, and nothing leaves the house unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from portal.base.errors import Invalid, NotFound
from portal.codes import (
    BatchNotOpen,
    NewPrize,
    PrintNotOpen,
    Rules,
    SameHands,
    approve_batch,
    ask_print,
    drop_draft,
    get_batch,
    get_print,
    list_batches,
    list_prints,
    release_print,
    stop_batch,
    take_print,
    void_codes,
    write_print,
)
from portal.codes.batches import merge_ranges
from tests.cast import Cast
from tests.codes.press import POINTS, Press, reason_of

FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("name", {"name": {"zh": "瓶盖", "en": " "}}),
    ("size", {"size": 0}),
    ("size", {"size": 2**25 + 1}),
    ("size", {"size": True}),
    ("campaign_code", {"kind": "coupon", "prizes": ()}),
    ("prizes", {"kind": "coupon", "campaign_code": "autumn"}),
    ("prizes", {"prizes": ()}),
    ("prizes", {"prizes": (POINTS, POINTS)}),
    ("prizes.1.weight", {"prizes": (replace(POINTS, weight=0),)}),
    ("prizes.1.points", {"prizes": (replace(POINTS, points=0),)}),
    ("prizes.1.amount", {"prizes": (replace(POINTS, amount=0),)}),
    ("prizes.1.amount", {"prizes": (NewPrize(POINTS.name, "offering", 5, offering_code="gift_thermos"),)}),
    ("prizes.1.offering_code", {"prizes": (NewPrize(POINTS.name, "offering", 5, amount=3),)}),
    ("prizes.2.name", {"prizes": (replace(POINTS, weight=5), replace(POINTS, weight=5, name={"zh": "x", "en": ""}))}),
    ("rules.per_day", {"rules": Rules(per_day=0)}),
    ("rules.per_customer", {"rules": Rules(per_customer=-1)}),
    ("rules.channels", {"rules": Rules(channels=("pigeon",))}),
]


@pytest.mark.parametrize(("place", "changes"), FAULTS)
def test_a_batch_that_cannot_be_is_refused_with_its_place(press: Press, place: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        press.draft(press.new(**changes))
    assert place in refused.value.fields


@pytest.mark.parametrize("days", [-30, -2])
def test_a_batch_that_is_over_is_refused(press: Press, days: int) -> None:
    with pytest.raises(Invalid) as refused:
        press.draft(press.new(ends_at=press.now + timedelta(days=days), starts_at=press.now - timedelta(days=3)))
    assert list(refused.value.fields) == ["ends_at"]


def test_who_makes_a_batch_does_not_approve_it(press: Press, cast: Cast) -> None:
    batch_id = press.draft()
    with pytest.raises(SameHands), press.database.writing() as session:
        approve_batch(session, batch_id, staff_id=press.maker)
    assert reason_of(press.redeem(cast.alice, press.code(batch_id, 1))) == "unknown"
    with press.database.writing() as session:
        approve_batch(session, batch_id, staff_id=press.checker)
    with pytest.raises(BatchNotOpen), press.database.writing() as session:
        approve_batch(session, batch_id, staff_id=press.checker)
    with press.database.reading() as session:
        view = get_batch(session, batch_id)
        assert [each.batch_id for each in list_batches(session)] == [batch_id]
    assert (view.line.status, view.line.made_by, view.line.approved_by) == ("active", press.maker, press.checker)
    assert [(each.kind, each.points, each.left) for each in view.prizes] == [("points", 50, None)]


def test_a_draft_is_dropped_and_an_approved_batch_is_not(press: Press) -> None:
    draft, active = press.draft(), press.batch()
    with press.database.writing() as session:
        drop_draft(session, draft)
    with pytest.raises(NotFound), press.database.reading() as session:
        get_batch(session, draft)
    with pytest.raises(BatchNotOpen), press.database.writing() as session:
        drop_draft(session, active)
    with press.database.reading() as session:
        assert len(get_batch(session, active).prizes) == 1


def test_what_is_not_there_is_not_found(press: Press) -> None:
    with press.database.writing() as session:
        for act in (lambda: stop_batch(session, 9), lambda: void_codes(session, 9, 1, 2), lambda: get_print(session, 9)):
            with pytest.raises(NotFound):
                act()


def test_a_voided_range_is_good_no_more_and_its_neighbours_are(press: Press, cast: Cast) -> None:
    batch_id = press.batch()
    with press.database.writing() as session:
        void_codes(session, batch_id, 10, 19)
        void_codes(session, batch_id, 20, 20)
    with press.database.reading() as session:
        assert get_batch(session, batch_id).line.voided == ((10, 20),)
    said = [reason_of(press.redeem(cast.alice, press.code(batch_id, number))) for number in (9, 10, 20, 21)]
    assert said == ["", "voided", "voided", ""]


@pytest.mark.parametrize(("first", "last", "place"), [(5, 4, "first"), (-1, 4, "first"), (5, 1_000, "last")])
def test_a_range_that_is_none_is_refused(press: Press, first: int, last: int, place: str) -> None:
    batch_id = press.batch()
    for act in (void_codes, lambda *some: ask_print(*some, staff_id=press.maker, now=press.now)):
        with pytest.raises(Invalid) as refused, press.database.writing() as session:
            act(session, batch_id, first, last)
        assert list(refused.value.fields) == [place]


def test_ranges_that_touch_are_one() -> None:
    assert merge_ranges([[5, 7], [1, 2], [3, 4], [9, 9], [6, 6]]) == [[1, 7], [9, 9]]


def test_codes_leave_the_house_by_four_hands_and_each_time_is_noted(press: Press, cast: Cast) -> None:
    batch_id = press.batch()
    with press.database.writing() as session:
        print_id = ask_print(session, batch_id, 3, 5, staff_id=press.maker, now=press.now)
    with pytest.raises(PrintNotOpen), press.database.writing() as session:
        take_print(session, print_id, staff_id=press.maker, now=press.now)
    with pytest.raises(SameHands), press.database.writing() as session:
        release_print(session, print_id, staff_id=press.maker, now=press.now)
    with press.database.writing() as session:
        release_print(session, print_id, staff_id=press.checker, now=press.now)
    with pytest.raises(BatchNotOpen), press.database.writing() as session:
        release_print(session, print_id, staff_id=press.checker, now=press.now)
    with pytest.raises(NotFound), press.database.writing() as session:
        take_print(session, print_id, staff_id=press.checker, now=press.now)
    with press.database.writing() as session:
        file = take_print(session, print_id, staff_id=press.maker, now=press.now)
    lines = "".join(write_print(press.keys, file)).split("\r\n")
    assert lines == ["number,code", *(f"{number},{press.code(batch_id, number)}" for number in (3, 4, 5)), ""]
    assert not reason_of(press.redeem(cast.alice, lines[1].split(",")[1]))
    with press.database.reading() as session:
        (noted,) = list_prints(session, batch_id)
    assert (noted.asked_by, noted.released_by, noted.taken) == (press.maker, press.checker, 1)
    with pytest.raises(PrintNotOpen), press.database.writing() as session:
        take_print(session, print_id, staff_id=press.maker, now=press.now + timedelta(hours=25))


def test_nothing_of_a_draft_is_printed(press: Press) -> None:
    batch_id = press.draft()
    with pytest.raises(BatchNotOpen), press.database.writing() as session:
        ask_print(session, batch_id, 1, 2, staff_id=press.maker, now=press.now)


def test_a_file_of_ten_million_codes_is_made_piece_by_piece(press: Press) -> None:
    batch_id = press.batch(press.new(size=10_000_000))
    with press.database.writing() as session:
        print_id = ask_print(session, batch_id, 0, 9_999_999, staff_id=press.maker, now=press.now)
        release_print(session, print_id, staff_id=press.checker, now=press.now)
        file = take_print(session, print_id, staff_id=press.maker, now=press.now)
    pieces = write_print(press.keys, file)
    assert next(pieces) == "number,code\r\n"
    assert len(next(pieces)) < 60_000
