"""A customer's page at the counter: what it costs over its floor, and what a large base of customers adds to it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.figures import Figure
from bench.floor import Driver, drivers, freshened, render, replay
from bench.house import House, Page, opened
from bench.people import draw
from bench.runs import Run
from bench.sets import BenchError
from bench.timing import cpu_seconds, p95, wall_seconds
from bench.transcript import Step, Transcript, recording
from portal.demo.loader import WHOLE_FILE

PAGES, ROUNDS = 160, 9
FIRST_VIEWS = 1500
WARM_UP = 100
MOST_DIFFERENCE = 0.02
"""By so much the floor's page may differ in length from the real one: minutes pass, tokens differ."""


@dataclass(frozen=True, slots=True)
class Address:
    """A customer's page, and the cookie of a clerk who has this customer open."""

    path: str
    cookie: str


def measure(run: Run) -> list[Figure]:
    """Take the page's CPU over its floor, then how long it takes, at both scales in turns."""
    with opened(run.data) as house:
        figures = over_the_floor(run, house)
    return figures + slowest_twentieth(run)


def over_the_floor(run: Run, house: House) -> list[Figure]:
    """Measure pages and their floors in turns: the same customers, the same process, a batch of each a round."""
    addresses = pages_of(house, run.samples(PAGES), seed=1)
    warm(house, addresses)
    transcripts = record(house, addresses)
    pages, floors = [], []
    with drivers(run.data, house.parts.db) as connections:
        for turn in range(ROUNDS + 1):
            environs = [house.environ(each.path, each.cookie) for each in addresses]
            page = cpu_seconds(partial(answer_all, house, environs))
            steps = freshened(transcripts, house.parts.db)
            with house.app.request_context(house.environ(addresses[0].path, addresses[0].cookie)):
                floor = cpu_seconds(partial(do_all, transcripts, steps, connections))
            if turn:  # the first turn warms up: statements prepared, templates compiled
                pages.append(page / len(addresses))
                floors.append(floor / len(addresses))
    return [
        run.figure("view.cpu", statistics.median(page / floor for page, floor in zip(pages, floors, strict=True))),
        run.figure("view.statements", max(each.statements for each in transcripts)),
        run.figure("view.page", statistics.median(pages) * 1000),
        run.figure("view.floor", statistics.median(floors) * 1000),
    ]


def slowest_twentieth(run: Run) -> list[Figure]:
    """Time first views of customers not seen before, in turns at this scale and at the one to compare with."""
    with ExitStack() as stack:
        houses = [stack.enter_context(opened(data)) for data in (run.data, run.base_data) if data is not None]
        count = min(run.samples(FIRST_VIEWS), run.scale // 2, run.base // 2)
        plain = min(run.scale, run.base) > WHOLE_FILE
        everywhere = [pages_of(house, count, seed=2, plain=plain) for house in houses]
        for house in houses:
            warm(house, pages_of(house, min(WARM_UP, count), seed=3, plain=plain))
        taken: list[list[float]] = [[] for _ in houses]
        for addresses in zip(*everywhere, strict=False):
            for house, address, seconds in zip(houses, addresses, taken, strict=True):
                environ = house.environ(address.path, address.cookie)
                seconds.append(wall_seconds(partial(house.answer, environ)))
    slowest = [p95(seconds) for seconds in taken]
    figures = [run.figure("view.p95", slowest[0] * 1000)]
    return figures + [run.figure("view.growth", slowest[0] / other) for other in slowest[1:]]


def pages_of(house: House, count: int, *, seed: int, plain: bool = False) -> list[Address]:
    """Give the pages of random customers, each open to the clerk who looks."""
    customers = [each.customer_id for each in draw(house.parts.db, count, seed=seed, plain=plain)]
    return [
        Address(house.url("counter.show_customer", customer_id=customer_id), clerk.cookie)
        for clerk in house.hire(customers)
        for customer_id in clerk.customers
    ]


def warm(house: House, addresses: Sequence[Address]) -> None:
    """Look at some pages, so that what is made once is made."""
    for each in addresses[:WARM_UP]:
        house.answer(house.environ(each.path, each.cookie))


def record(house: House, addresses: Sequence[Address]) -> list[Transcript]:
    """Look at every page once and write down what it does; what the floor renders must be the same page."""
    transcripts = []
    with recording(house.app, house.parts.db.engine) as take:
        for each in addresses:
            page = house.answer(house.environ(each.path, each.cookie))
            transcripts.append(take())
            check(page, transcripts[-1])
    example = transcripts[0]
    with house.app.request_context(house.environ(addresses[0].path, addresses[0].cookie)):
        floor = len(render(example).encode())
    page_bytes = len(house.answer(house.environ(addresses[0].path, addresses[0].cookie)).body)
    if abs(floor - page_bytes) > MOST_DIFFERENCE * page_bytes:
        raise BenchError(f"the floor renders another page: {floor} bytes, not {page_bytes}")
    return transcripts


def check(page: Page, transcript: Transcript) -> None:
    """Raise BenchError unless this is the page to measure: answered, and with the customer open."""
    if page.status != 200 or not transcript.renderings:
        raise BenchError(f"a customer's page answered {page.status}")
    if not transcript.renderings[-1].context.get("opening"):
        raise BenchError("a customer's page was masked: there is no opening")


def answer_all(house: House, environs: Sequence[dict[str, Any]]) -> None:
    """Have a batch of pages answered."""
    for environ in environs:
        house.answer(environ)


def do_all(pages: Sequence[Transcript], steps: Sequence[Sequence[Step]], connections: Mapping[bool, Driver]) -> None:
    """Do the floor of a batch of pages."""
    for page, doing in zip(pages, steps, strict=True):
        replay(doing, connections)
        render(page)
