"""What a web worker holds after 10,000 mixed requests to the real server."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import closing
from urllib.parse import quote

from werkzeug.routing import Rule

from bench.figures import Figure
from bench.house import House, opened
from bench.people import draw
from bench.runs import Run
from bench.search import keystrokes
from bench.sets import BenchError
from bench.web import THREADS, Visitor, Web, at_once, parse_cookies, serving

REQUESTS = 10_000
PEOPLE = 200
_MEGA = 1_000_000

Request = tuple[str, str]
"""A path and a cookie."""


def measure(run: Run) -> list[Figure]:
    """Send what a day sends, in no order, by as many connections as the worker has threads, and look at its memory."""
    with opened(run.data) as house:
        draw_request = _mix(house, run.samples(PEOPLE, least=8))
    with serving(run.data, workers=1) as web:
        at_start = _worker_bytes(web)
        _send(web, [draw_request() for _ in range(run.samples(REQUESTS))])
        at_end = _worker_bytes(web)
    return [run.figure("memory.worker", at_end / _MEGA), run.figure("memory.start", at_start / _MEGA)]


def _mix(house: House, count: int) -> Callable[[], Request]:
    """Give what draws a request: pages of subscribers, customers at the counter, keystrokes, and what is refused."""
    chance = random.Random(6)
    people = draw(house.parts.db, count, seed=6)
    subscribers = [house.sign_in(each.number) for each in people[: count // 4]]
    clerks = house.hire([each.customer_id for each in people])
    visits = [
        (house.url("counter.show_customer", customer_id=customer_id), clerk.cookie) for clerk in clerks for customer_id in clerk.customers
    ]
    pages = [str(rule) for rule in house.app.url_map.iter_rules() if _is_a_subscribers_page(rule)]
    typed = [text for each in people for text in keystrokes(each, chance)]
    search = house.url("counter.search")

    def at_the_site() -> Request:
        return chance.choice(pages), chance.choice(subscribers)

    def at_the_counter() -> Request:
        return chance.choice(visits)

    def searching() -> Request:
        return f"{search}?q={quote(chance.choice(typed))}", chance.choice(clerks).cookie

    nobody = house.url("counter.show_customer", customer_id=1)
    wrong = (("/nothing-here", ""), (nobody, clerks[0].cookie), (pages[0], ""), ("/login?next=//evil", ""))

    def refused() -> Request:
        return chance.choice(wrong)

    kinds = [at_the_site] * 4 + [at_the_counter] * 2 + [searching] * 3 + [refused]

    def any_request() -> Request:
        return chance.choice(kinds)()

    return any_request


def _is_a_subscribers_page(rule: Rule) -> bool:
    return rule.endpoint.startswith("site.") and "GET" in (rule.methods or ()) and not rule.arguments


def _send(web: Web, requests: Sequence[Request]) -> None:
    """Send all of them; an answer of 500 or above is a fault."""

    def work(hand: int) -> None:
        with closing(Visitor(web.port)) as visitor:
            for path, cookie in requests[hand::THREADS]:
                visitor.cookies = parse_cookies(cookie)
                if (status := visitor.get(path).status) >= 500:
                    raise BenchError(f"{path} answered {status}")

    at_once(work, THREADS)


def _worker_bytes(web: Web) -> int:
    """Give the resident memory of the largest worker, files it has mapped included."""
    largest: int = max(worker.memory_info().rss for worker in web.workers())
    return largest
