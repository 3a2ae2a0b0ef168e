"""A month of records from its sums: calls spread over days and lines so that they add up to the second and the cent.

Calls of one customer never overlap: each gets a slot of twenty minutes of its own, inside the part of day it belongs
to. What a call is worth is its share of the month's value, cut by running sums, so that nothing is lost in rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from portal.base.clock import day_start
from portal.billing import PARTS
from portal.demo.sources import Volume

Ints = npt.NDArray[np.int64]
PART_LIST = tuple(PARTS)
DAY, EVENING, NIGHT, INTERNATIONAL, DATA, SMS = (
    PART_LIST.index(part) for part in ("day", "evening", "night", "international", "data", "sms")
)

SLOT_SECONDS = 1200
SLOTS_A_DAY = 72
_SLOTS = {  # of a day, by part: daytime 8 to 18, evening 18 to 22, the rest is night
    DAY: np.arange(24, 54),
    EVENING: np.arange(54, 66),
    NIGHT: np.concatenate([np.arange(0, 24), np.arange(66, 72)]),
}
_ANY_SLOT = np.arange(SLOTS_A_DAY)
FIRST_LINE_SHARE = 0.62
CONTACTS = 2048  # masked numbers to draw from; each customer knows some of them
KNOWN_PEOPLE = 30


@dataclass(frozen=True, slots=True)
class LineMonth:
    """What one line has in a month: the allowance of calls in seconds, data (kB) with what is used, messages."""

    voice_allowance: int
    data_allowance: int
    sms_allowance: int
    data_used: int
    sms_used: int


@dataclass(frozen=True, slots=True)
class Records:
    """Usage records as columns, in order of time. `line` counts the lines given; `other` is a contact, -1 for none."""

    line: Ints
    at: Ints  # seconds since 1970, UTC
    part: Ints
    other: Ints
    quantity: Ints
    tariff: Ints
    charge: Ints


@dataclass(frozen=True, slots=True)
class Prices:
    """Tariffs of data and messages: thousandths of a minor unit, for so many kB or messages."""

    data_milli: int
    data_size: int
    sms_milli: int
    sms_size: int


def spread_month(
    random: np.random.Generator, volumes: Mapping[str, Volume], lines: Sequence[LineMonth], first: date, days: int,
    prices: Prices, zone: ZoneInfo,
) -> Records:  # fmt: skip
    """Make the records of `days` days from `first`; calls sum to `volumes` part by part, over all lines together."""
    midnights = _midnights(first, days, zone)
    calls = _calls(random, volumes, midnights, len(lines))
    others = [_data(random, lines, midnights, prices), _messages(random, lines, midnights, prices)]
    columns = [np.concatenate(parts) for parts in zip(calls, *others, strict=True)]
    order = np.argsort(columns[1], kind="stable")
    line, at, part, quantity, tariff = (column[order] for column in columns)
    known = random.integers(0, CONTACTS, KNOWN_PEOPLE)
    other = known[(random.random(len(at)) ** 2 * KNOWN_PEOPLE).astype(np.int64)]
    return Records(line, at, part, np.where(part == DATA, -1, other), quantity, tariff, _charge(line, part, quantity, tariff, lines))


@lru_cache(maxsize=256)
def _midnights(first: date, days: int, zone: ZoneInfo) -> Ints:
    """Give the moments at which each of `days` days begins."""
    midnights: Ints = np.array([int(day_start(first + timedelta(days=day), zone).timestamp()) for day in range(days)], dtype=np.int64)
    return midnights


def running_shares(total: int, weights: npt.NDArray[np.float64] | Ints) -> Ints:
    """Cut `total` by `weights` into whole numbers that sum to it: differences of the rounded running sum."""
    if len(weights) == 0:
        return np.zeros(0, dtype=np.int64)
    running = np.cumsum(weights, dtype=np.float64)
    cuts: Ints = np.rint(running * (total / running[-1])).astype(np.int64)
    cuts[-1] = total
    cuts[1:] -= cuts[:-1].copy()
    return cuts


def rate(quantity: Ints, price_milli: int, size: int) -> Ints:
    """Give the value of each quantity at a tariff, in minor units, half up."""
    return (quantity * price_milli + size * 500) // (size * 1000)


def _durations(random: np.random.Generator, volume: Volume) -> Ints:
    """Draw lengths of calls that sum to the volume: at least a second, at most a slot, where the sums allow it."""
    least = 1 if volume.seconds >= volume.calls else 0
    weights = random.exponential(size=volume.calls) + 0.1
    lengths = running_shares(volume.seconds - least * volume.calls, weights) + least
    for _ in range(12):
        if lengths.max() <= SLOT_SECONDS:
            break
        weights = np.sqrt(weights)
        lengths = running_shares(volume.seconds - least * volume.calls, weights) + least
    return lengths


def _calls(random: np.random.Generator, volumes: Mapping[str, Volume], midnights: Ints, lines: int) -> tuple[Ints, ...]:
    taken = np.zeros(len(midnights) * SLOTS_A_DAY, dtype=bool)
    day_base = np.arange(len(midnights))[:, None] * SLOTS_A_DAY
    columns: list[tuple[Ints, ...]] = []
    for part in (DAY, EVENING, NIGHT, INTERNATIONAL):
        volume = volumes.get(PART_LIST[part], Volume(0, 0, 0))
        if volume.calls == 0 or len(midnights) == 0:
            continue
        free = np.flatnonzero(~taken) if part == INTERNATIONAL and not taken.all() else (day_base + _SLOTS.get(part, _ANY_SLOT)).ravel()
        slots = np.sort(random.choice(free, volume.calls, replace=volume.calls > len(free)))
        taken[slots] = True
        lengths = _durations(random, volume)
        room = np.maximum(SLOT_SECONDS - lengths, 1)
        start = midnights[slots // SLOTS_A_DAY] + slots % SLOTS_A_DAY * SLOT_SECONDS + (random.random(volume.calls) * room).astype(np.int64)
        line = (random.random(volume.calls) > FIRST_LINE_SHARE).astype(np.int64) if lines > 1 else np.zeros(volume.calls, dtype=np.int64)
        value = running_shares(volume.tariff_minor, np.maximum(lengths, 1))
        columns.append((line, start, np.full(volume.calls, part, dtype=np.int64), lengths, value))
    if not columns:
        return tuple(np.zeros(0, dtype=np.int64) for _ in range(5))
    return tuple(np.concatenate(parts) for parts in zip(*columns, strict=True))


def _data(random: np.random.Generator, lines: Sequence[LineMonth], midnights: Ints, prices: Prices) -> tuple[Ints, ...]:
    """One session a day and line: what the network closes at night."""
    days = len(midnights)
    line = np.repeat(np.arange(len(lines), dtype=np.int64), days)
    at = np.tile(midnights, len(lines)) + random.integers(6 * 3600, 23 * 3600, len(line))
    quantity = np.concatenate([np.zeros(0, dtype=np.int64), *(running_shares(one.data_used, random.random(days) + 0.2) for one in lines)])
    return line, at, np.full(len(line), DATA, dtype=np.int64), quantity, rate(quantity, prices.data_milli, prices.data_size)


def _messages(random: np.random.Generator, lines: Sequence[LineMonth], midnights: Ints, prices: Prices) -> tuple[Ints, ...]:
    counts = [one.sms_used if len(midnights) else 0 for one in lines]
    line = np.repeat(np.arange(len(lines), dtype=np.int64), counts)
    total = len(line)
    days = midnights[random.integers(0, max(len(midnights), 1), total)] if total else np.zeros(0, dtype=np.int64)
    quantity = np.ones(total, dtype=np.int64)
    return (
        line,
        days + random.integers(7 * 3600, 23 * 3600, total),
        np.full(total, SMS, dtype=np.int64),
        quantity,
        rate(quantity, prices.sms_milli, prices.sms_size),
    )


def _charge(line: Ints, part: Ints, quantity: Ints, tariff: Ints, lines: Sequence[LineMonth]) -> Ints:
    """Charge nothing for what begins inside the allowance, and its tariff for what begins beyond it (in order of time)."""
    charge = tariff.copy()
    voice, data, sms = part < INTERNATIONAL, part == DATA, part == SMS
    for number, month in enumerate(lines):
        mine = line == number
        for kind, allowance in ((voice, month.voice_allowance), (data, month.data_allowance), (sms, month.sms_allowance)):
            drawing = mine & kind
            amounts = quantity[drawing]
            inside = np.cumsum(amounts) - amounts < allowance
            charge[drawing] = np.where(inside, 0, tariff[drawing])
    return charge
