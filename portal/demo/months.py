"""A customer's months: calls, data and messages of each line, as records where detail is kept, as sums everywhere."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from portal.base.clock import month_start, next_month
from portal.billing import DRAWS_ON, PARTS
from portal.demo.calls import FIRST_LINE_SHARE, PART_LIST, LineMonth, Records, spread_month
from portal.demo.people import DETAIL_MONTHS, PLAIN_MONTHS, Line, Made, Plan
from portal.demo.sources import CallRow, Volume

VOICE_PARTS = tuple(part for part in PARTS if DRAWS_ON[part] == "voice")
MOST_MESSAGES = 150


@dataclass(frozen=True, slots=True)
class Sum:
    """A line's usage of one part in one month."""

    count: int
    quantity: int
    tariff_minor: int
    charge_minor: int


Sums = dict[tuple[int, str], Sum]
"""Sums by (place of the line among the customer's, part)."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a customer. `records` pairs the places of lines with their records; empty where none are kept."""

    start: date
    sums: Sums
    records: tuple[tuple[tuple[int, ...], Records], ...]


def make_months(plan: Plan, made: Made) -> list[Month]:
    """Make the months of a customer, the running one first (None for who has left), each older one after it."""
    if not made.calls:
        return [Month(month_start(plan.month, back), {}, ()) for back in _months_back(made)]
    draw = random.Random((plan.seed << 32 | made.index) ^ 0x5EED << 64)
    key = np.array([plan.seed, made.index], dtype=np.uint64)
    generator = np.random.Generator(np.random.Philox(key=key))
    return [_month(plan, made, back, draw, generator) for back in _months_back(made)]


def _months_back(made: Made) -> list[int]:
    billed = range(1, min(made.months, DETAIL_MONTHS if made.detail else PLAIN_MONTHS) + 1)
    return [*([] if made.left_on else [0]), *billed]


def _month(plan: Plan, made: Made, back: int, draw: random.Random, generator: np.random.Generator) -> Month:
    start = month_start(plan.month, back)
    length = (next_month(start) - start).days
    first = max(start, made.since)
    days = ((plan.today if back == 0 else next_month(start)) - first).days
    scale = {0: draw.uniform(0.85, 1.15) * days / length, 1: 1.0}.get(back) or (0.0 if back == 0 else draw.uniform(0.75, 1.15))
    used = [_line_month(line, days / length, draw) for line in made.lines]
    records: list[tuple[tuple[int, ...], Records]] = []
    sums: Sums = {}
    for calls, places in made.calls:
        volumes = calls.volumes if back == 1 else _scaled(plan, calls, scale)
        lines = [used[place] for place in places]
        if made.detail and back <= 1:
            found = spread_month(generator, volumes, lines, first, days, plan.prices, plan.zone)
            records.append((places, found))
            sums |= _summed(found, places)
        else:
            sums |= _estimated(plan, volumes, lines, places, days)
    return Month(start, sums, tuple(records))


def _line_month(line: Line, share: float, draw: random.Random) -> LineMonth:
    data, voice, sms = line.allowance("data"), line.allowance("voice"), line.allowance("sms")
    data_used = int(data * min(draw.lognormvariate(-0.6, 0.5), 1.8) * share)
    return LineMonth(voice, data, sms, data_used, int(min(draw.expovariate(1 / 12), MOST_MESSAGES) * share))


def _scaled(plan: Plan, calls: CallRow, scale: float) -> dict[str, Volume]:
    found = {}
    for part, volume in calls.volumes.items():
        count, seconds = round(volume.calls * scale), round(volume.seconds * scale)
        seconds = max(seconds, count) if count else 0
        found[part] = Volume(count, seconds, _rate(plan, part, seconds))
    return found


def _rate(plan: Plan, part: str, quantity: int) -> int:
    price, size = plan.rates[part]
    return (quantity * price + size * 500) // (size * 1000)


def _summed(records: Records, places: Sequence[int]) -> Sums:
    """Sum records by line and part."""
    cell = records.line * len(PART_LIST) + records.part
    size = len(places) * len(PART_LIST)
    columns: list[npt.NDArray[np.int64]] = [np.bincount(cell, minlength=size)]
    columns += [
        np.bincount(cell, weights=column, minlength=size).astype(np.int64) for column in (records.quantity, records.tariff, records.charge)
    ]
    return {
        (places[number // len(PART_LIST)], PART_LIST[number % len(PART_LIST)]): Sum(*values)
        for number, values in enumerate(zip(*(column.tolist() for column in columns), strict=True))
        if values[0]
    }


def _estimated(plan: Plan, volumes: Mapping[str, Volume], lines: Sequence[LineMonth], places: Sequence[int], days: int) -> Sums:
    """Give the sums of a month whose records are not kept: what is beyond an allowance is charged in proportion."""
    sums: Sums = {}
    for place, line in zip(places, lines, strict=True):
        first = place == places[0]
        mine = {part: _part_of(volume, first, len(places)) for part, volume in volumes.items()}
        voice = sum(mine[part].seconds for part in VOICE_PARTS)
        beyond = max(voice - line.voice_allowance, 0)
        for part, volume in mine.items():
            charge = volume.tariff_minor if DRAWS_ON[part] is None else volume.tariff_minor * beyond // max(voice, 1)
            sums[place, part] = Sum(volume.calls, volume.seconds, volume.tariff_minor, charge)
        for part, count, quantity, allowance in (
            ("data", days, line.data_used, line.data_allowance),
            ("sms", line.sms_used, line.sms_used, line.sms_allowance),
        ):
            sums[place, part] = Sum(count, quantity, _rate(plan, part, quantity), _rate(plan, part, max(quantity - allowance, 0)))
    return {key: value for key, value in sums.items() if value.count}


def _part_of(volume: Volume, first: bool, lines: int) -> Volume:
    """Give the share of the first line, or of the second, of what both used together."""
    if lines == 1:
        return volume
    mine = Volume(
        round(volume.calls * FIRST_LINE_SHARE), round(volume.seconds * FIRST_LINE_SHARE), round(volume.tariff_minor * FIRST_LINE_SHARE)
    )
    if first:
        return mine
    return Volume(volume.calls - mine.calls, volume.seconds - mine.seconds, volume.tariff_minor - mine.tariff_minor)
