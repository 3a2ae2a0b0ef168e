"""Cutting a month into records: nothing is lost, whatever the numbers."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.base.clock import day_start
from portal.demo.calls import PART_LIST, LineMonth, Prices, rate, running_shares, spread_month
from portal.demo.sources import Volume
from tests.demo.rows import ZONE

PRICES = Prices(500, 1024, 10_000, 1)
PLENTY = LineMonth(600 * 60, 10 << 20, 100, 5 << 20, 20)
volumes = st.builds(Volume, st.integers(0, 170), st.integers(0, 24_000), st.integers(0, 7_000)).map(
    lambda one: one if one.calls else Volume(0, 0, 0)
)
months = st.fixed_dictionaries(dict.fromkeys(("day", "evening", "night", "international"), volumes))


@settings(deadline=None, max_examples=60)
@given(total=st.integers(0, 10**9), weights=st.lists(st.integers(1, 10**6), min_size=1, max_size=200))
def test_shares_sum_to_the_whole_and_none_is_negative(total: int, weights: list[int]) -> None:
    shares = running_shares(total, np.array(weights, dtype=np.int64))
    assert shares.sum() == total
    assert shares.min() >= 0


def test_no_weights_share_nothing() -> None:
    assert len(running_shares(0, np.zeros(0, dtype=np.int64))) == 0


@settings(deadline=None, max_examples=60)
@given(month=months, lines=st.integers(1, 2), seed=st.integers(0, 2**32), days=st.integers(1, 31))
def test_records_sum_to_the_month_to_the_second_and_the_cent(month: dict[str, Volume], lines: int, seed: int, days: int) -> None:
    found = spread_month(np.random.default_rng(seed), month, [PLENTY] * lines, date(2026, 10, 1), days, PRICES, ZONE)
    for part, volume in month.items():
        mine = found.part == PART_LIST.index(part)
        sums = (int(mine.sum()), int(found.quantity[mine].sum()), int(found.tariff[mine].sum()))
        assert sums == (volume.calls, volume.seconds, volume.tariff_minor)
    data = found.part == PART_LIST.index("data")
    assert int(found.quantity[data].sum()) == lines * PLENTY.data_used
    assert int((found.part == PART_LIST.index("sms")).sum()) == lines * PLENTY.sms_used
    assert found.quantity.min() >= 0
    assert found.tariff.min() >= 0
    start = int(day_start(date(2026, 10, 1), ZONE).timestamp())
    assert start <= found.at.min()
    assert found.at.max() < start + days * 86_400
    assert (np.diff(found.at) >= 0).all()


@settings(deadline=None, max_examples=60)
@given(month=months, allowance=st.integers(0, 40_000), seed=st.integers(0, 2**32))
def test_a_line_pays_nothing_before_its_allowance_is_used_up_and_everything_after(
    month: dict[str, Volume], allowance: int, seed: int
) -> None:
    line = LineMonth(allowance, 0, 0, 0, 0)
    found = spread_month(np.random.default_rng(seed), month, [line], date(2026, 10, 1), 31, PRICES, ZONE)
    used = 0
    for part, quantity, tariff, charge in zip(found.part, found.quantity, found.tariff, found.charge, strict=True):
        name = PART_LIST[part]
        if name in ("day", "evening", "night"):
            assert charge == (0 if used < allowance else tariff)
            used += quantity
        elif name == "international":
            assert charge == tariff


def test_a_month_without_days_has_no_records() -> None:
    nothing = dict.fromkeys(("day", "evening", "night", "international"), Volume(0, 0, 0))
    line = LineMonth(600, 600, 10, 0, 0)
    found = spread_month(np.random.default_rng(1), nothing, [line], date(2026, 11, 1), 0, PRICES, ZONE)
    assert len(found.at) == 0


def test_parts_of_the_day_are_those_of_the_operators_zone() -> None:
    month = {"day": Volume(50, 5_000, 100)}
    for zone in (ZoneInfo("Asia/Shanghai"), ZoneInfo("America/Lima")):
        found = spread_month(np.random.default_rng(5), month, [LineMonth(0, 0, 0, 0, 0)], date(2026, 10, 1), 31, PRICES, zone)
        calls = found.at[found.part == 0]
        offset = int(day_start(date(2026, 10, 1), zone).timestamp()) % 86_400
        hours = (calls - offset) % 86_400 // 3600
        assert hours.min() >= 8
        assert hours.max() < 18


@pytest.mark.parametrize(("quantity", "expected"), [(0, 0), (1, 0), (1024, 1), (1023, 0), (2048, 1), (3072, 2), (10 * 1024 * 1024, 5120)])
def test_data_is_rated_half_up_at_half_a_minor_unit_for_a_megabyte(quantity: int, expected: int) -> None:
    assert rate(np.array([quantity], dtype=np.int64), 500, 1024).tolist() == [expected]
