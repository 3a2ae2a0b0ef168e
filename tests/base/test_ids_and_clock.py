"""Identifiers and time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.base import clock
from portal.base.ids import ALPHABET, from_ref, id_at, new_id, new_token, to_ref

SHANGHAI = ZoneInfo("Asia/Shanghai")
moments = st.datetimes(datetime(2020, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is added
ids = st.integers(0, 2**63 - 1)


@given(moments, moments, st.integers(0, 2**21 - 1), st.integers(0, 2**21 - 1))
def test_ids_sort_by_the_millisecond_they_were_made_in(first: datetime, second: datetime, low: int, other: int) -> None:
    if second - first >= timedelta(milliseconds=2):
        assert id_at(first, low) < id_at(second, other)


@given(moments)
def test_ids_fit_a_signed_64_bit_column(moment: datetime) -> None:
    assert 0 <= new_id(moment) < 2**63


def test_ids_of_one_moment_differ(now: datetime) -> None:
    assert len({new_id(now) for _ in range(50)}) > 45


@given(ids)
@example(0)
@example(2**63 - 1)
def test_a_reference_is_read_as_it_was_written(value: int) -> None:
    ref = to_ref(value)
    assert len(ref) == 13
    assert set(ref) <= set(ALPHABET)
    assert from_ref(ref) == value
    assert from_ref(ref.upper()) == value


@given(ids, ids)
def test_references_sort_as_their_ids_do(first: int, second: int) -> None:
    assert (to_ref(first) < to_ref(second)) == (first < second)


def test_letters_that_look_alike_are_forgiven() -> None:
    assert from_ref("OOOOOOOOOOO1L") == from_ref("000000000001i") == from_ref("0000000000011")


@pytest.mark.parametrize(
    "ref",
    ["", "0" * 12, "0" * 14, "u" * 13, "8" + "0" * 12, "z" * 13, "0" * 12 + "-", "0" * 12 + "\x00", "０" * 13, "٣" * 13, "0" * 12 + " "],
)
def test_what_is_no_reference_is_refused(ref: str) -> None:
    with pytest.raises(ValueError, match=r"id|reference"):
        from_ref(ref)


@given(st.text(max_size=20))
def test_reading_a_reference_raises_nothing_but_value_error(ref: str) -> None:
    try:
        assert 0 <= from_ref(ref) < 2**63
    except ValueError:
        return


@pytest.mark.parametrize("value", [-1, 2**63])
def test_what_is_no_id_has_no_reference(value: int) -> None:
    with pytest.raises(ValueError, match="63 bits"):
        to_ref(value)


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43  # 256 bits in base 64


def test_now_is_aware() -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_a_day_begins_where_the_operator_is() -> None:
    late = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)
    assert clock.local_date(late, SHANGHAI) == date(2026, 12, 1)
    assert clock.local_date(late, ZoneInfo("UTC")) == date(2026, 11, 30)
    assert clock.today(late) == date(2026, 12, 1)
    assert clock.day_start(date(2026, 12, 1), SHANGHAI) == datetime(2026, 11, 30, 16, tzinfo=UTC)


def test_the_operators_zone_can_be_another() -> None:
    try:
        clock.use_zone(ZoneInfo("America/New_York"))
        assert clock.today(datetime(2026, 12, 1, 3, tzinfo=UTC)) == date(2026, 11, 30)
    finally:
        clock.use_zone(SHANGHAI)


@pytest.mark.parametrize(
    ("day", "back", "start"),
    [
        (date(2026, 11, 22), 0, date(2026, 11, 1)),
        (date(2026, 1, 31), 1, date(2025, 12, 1)),
        (date(2026, 3, 31), 13, date(2025, 2, 1)),
        (date(2026, 12, 31), -1, date(2027, 1, 1)),
        (date(2024, 2, 29), 24, date(2022, 2, 1)),
    ],
)
def test_months_are_counted_over_the_turn_of_the_year(day: date, back: int, start: date) -> None:
    assert clock.month_start(day, back) == start


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(-600, 600))
def test_the_month_after_the_month_before_is_this_month(day: date, back: int) -> None:
    assert clock.next_month(clock.month_start(day, 1)) == clock.month_start(day)
    assert clock.month_start(clock.month_start(day, back), -back) == clock.month_start(day)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu"])
)
def test_the_start_of_a_day_lies_in_it_and_the_moment_before_does_not(day: date, zone: str) -> None:
    start = clock.day_start(day, ZoneInfo(zone))
    assert clock.local_date(start, ZoneInfo(zone)) == day
    assert clock.local_date(start - timedelta(hours=2), ZoneInfo(zone)) < day


def test_minutes_are_minutes() -> None:
    assert clock.minutes(1.5) == timedelta(seconds=90)
