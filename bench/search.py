"""A keystroke's search at the counter: the slowest twentieth, at this scale and against 10,000 customers."""

from __future__ import annotations

import random
from collections.abc import Sequence

from bench.figures import Figure
from bench.people import Somebody, draw
from bench.runs import Run
from bench.sets import DataSet
from bench.timing import p95, wall_seconds
from portal.base.db import Database
from portal.customers import search_customers, search_keys_of

TRACES, ROUNDS = 300, 3


def measure(run: Run) -> list[Figure]:
    """Type what clerks type, about customers who are there, first to warm up, then in turns on both scales."""
    data, base = run.data, run.base_data
    desks = [Desk(each, run.samples(TRACES)) for each in (data, base) if each is not None]
    for _ in range(ROUNDS + 1):
        for keystrokes in zip(*(desk.texts for desk in desks), strict=False):
            for desk, text in zip(desks, keystrokes, strict=True):
                desk.type(text)
        for desk in desks:
            desk.end_of_round()
    values = [p95(desk.seconds) for desk in desks]
    for desk in desks:
        desk.database.close()
    figures = [run.figure("search.p95", values[0] * 1000)]
    return figures + ([run.figure("search.growth", values[0] / values[1])] if base is not None else [])


class Desk:
    """A counter at one data set: what will be typed there, and how long each answer took."""

    def __init__(self, data: DataSet, traces: int) -> None:
        self.database = Database(data.settings().sqlalchemy_url)
        chance = random.Random(data.scale)
        self.texts = [text for one in draw(self.database, traces) for text in keystrokes(one, chance)]
        chance.shuffle(self.texts)
        self.seconds: list[float] = []
        self._warm = False

    def type(self, text: str) -> None:
        """Search for what stands in the box after one more keystroke."""
        with self.database.reading() as session:
            self.seconds.append(wall_seconds(lambda: search_customers(session, text)))

    def end_of_round(self) -> None:
        """Forget the first round: it warmed up."""
        if not self._warm:
            self._warm = True
            self.seconds.clear()


def keystrokes(one: Somebody, chance: random.Random) -> list[str]:
    """Give everything that stands in the box while one customer is looked for, in one of the ways clerks have."""
    name, number = one.name, one.number
    keys = sorted(search_keys_of(name, ()))
    pinyin = [key for kind, key in keys if kind == "p"]
    initials = [key for kind, key in keys if kind == "i"]
    last_four = number[-4:]
    ways: Sequence[str] = [
        number,
        last_four,
        name[:2],
        max(pinyin, key=len),
        max(initials, key=len, default=name),
        f"{name[:1]} {last_four}",
        f"{max(pinyin, key=len)[:4]} {last_four}",
    ]
    whole = chance.choice(ways)
    return [whole[:length] for length in range(1, len(whole) + 1) if not whole[:length].endswith(" ")]
