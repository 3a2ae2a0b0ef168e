"""The shop's page: some twenty offers priced for one signed-in customer with 50 campaigns, as HTML, over its floor."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

from bench.crowd import furnish, launch_fifty
from bench.figures import Figure
from bench.floor import drivers, freshened, render
from bench.house import House, opened
from bench.people import draw
from bench.runs import Run
from bench.sets import BenchError
from bench.timing import cpu_seconds
from bench.transcript import Transcript, recording
from bench.view import MOST_DIFFERENCE, Address, answer_all, do_all, warm
from bench.web import Visitor, Web, at_once, parse_cookies, serving

PAGES, ROUNDS = 120, 9
BROWSERS, WORKERS, SECONDS = 4, 2, 6.0
_CARD = b'<li class="offer-card"'


def measure(run: Run) -> list[Figure]:
    """Take the page's CPU over its floor, in turns, and then how many a real server gives in a second."""
    with opened(run.data) as house:
        addresses = open_shop(house, run.samples(PAGES, least=4))
        figures = over_the_floor(run, house, addresses)
    with serving(run.data, workers=WORKERS) as web:
        rates = [_pages_a_second(web, addresses, max(0.5, SECONDS * run.share / 3)) for _ in range(4)]
    return [*figures, run.figure("list.pages", statistics.median(rates[1:]))]


def open_shop(house: House, count: int) -> list[Address]:
    """Have the shop's offers and 50 campaigns, and sign customers in who look at it."""
    now = datetime.now(UTC)
    launch_fifty(house, furnish(house, now), now)
    people = draw(house.parts.db, count, seed=4)
    path = house.url("site.show_shop")
    return [Address(path, house.sign_in(each.number)) for each in people]


def over_the_floor(run: Run, house: House, addresses: Sequence[Address]) -> list[Figure]:
    """Measure pages and their floors in turns: the same customers, the same process, a batch of each a round."""
    warm(house, addresses)
    transcripts, offers = record(house, addresses)
    pages, floors = [], []
    with drivers(run.data, house.parts.db) as connections:
        for turn in range(ROUNDS + 1):
            environs = [house.environ(each.path, each.cookie) for each in addresses]
            page = cpu_seconds(partial(answer_all, house, environs))
            steps = freshened(transcripts, house.parts.db)
            with house.app.request_context(house.environ(addresses[0].path, addresses[0].cookie)):
                floor = cpu_seconds(partial(do_all, transcripts, steps, connections))
            if turn:  # the first turn warms up
                pages.append(page / len(addresses))
                floors.append(floor / len(addresses))
    return [
        run.figure("list.statements", max(each.statements for each in transcripts)),
        run.figure("list.cpu", statistics.median(page / floor for page, floor in zip(pages, floors, strict=True))),
        run.figure("list.page", statistics.median(pages) * 1000),
        run.figure("list.floor", statistics.median(floors) * 1000),
        run.figure("list.offers", offers),
    ]


def record(house: House, addresses: Sequence[Address]) -> tuple[list[Transcript], int]:
    """Look at every page once and write down what it does; give with it how many offers the first one shows.

    What the floor renders must be the same page.
    """
    transcripts, pages = [], []
    with recording(house.app, house.parts.db.engine) as take:
        for each in addresses:
            pages.append(house.answer(house.environ(each.path, each.cookie)))
            transcripts.append(take())
            if pages[-1].status != 200 or not transcripts[-1].renderings:
                raise BenchError(f"the shop answered {pages[-1].status}")
    with house.app.request_context(house.environ(addresses[0].path, addresses[0].cookie)):
        floor = len(render(transcripts[0]).encode())
    if abs(floor - len(pages[0].body)) > MOST_DIFFERENCE * len(pages[0].body):
        raise BenchError(f"the floor renders another page: {floor} bytes, not {len(pages[0].body)}")
    return transcripts, pages[0].body.count(_CARD)


def _pages_a_second(web: Web, addresses: Sequence[Address], seconds: float) -> float:
    counts, started = [0] * BROWSERS, time.perf_counter()

    def work(hand: int) -> None:
        mine = addresses[hand % len(addresses)]
        with closing(Visitor(web.port)) as visitor:
            visitor.cookies = parse_cookies(mine.cookie)
            while time.perf_counter() - started < seconds:
                if (status := visitor.get(mine.path).status) != 200:
                    raise BenchError(f"the shop answered {status}")
                counts[hand] += 1

    at_once(work, BROWSERS)
    return sum(counts) / (time.perf_counter() - started)
