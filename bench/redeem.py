"""Redeeming a gift everybody wants: eight processes by the service call, and signed in through the web, against TPC-B."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa

from bench.figures import Figure
from bench.house import House, opened
from bench.people import Somebody, draw
from bench.redeemers import PROCESSES, Hot, redeemers, redemptions_a_second
from bench.runs import Run
from bench.sets import BenchError
from bench.tpcb import TpcB
from bench.web import Visitor, Web, at_once, parse_cookies, serving
from bench.wire import Wire
from portal.base.clock import today
from portal.base.ids import new_token
from portal.catalog import POINTS, STANDARD, Buyer, add_stock, get_offer
from portal.points import earn_points

GIFT = "gift_thermos"
CUSTOMERS, UNITS, ROUNDS, SECONDS = 4_000, 100_000, 5, 4.0
SCALE, WEB_WORKERS = 10, 2
MANY_POINTS = 10**9
_FULL_RUN = 0.1


@dataclass(frozen=True, slots=True)
class Browser:
    """Somebody signed in, before the last look at the gift: where its form goes, and what it holds."""

    visitor: Visitor
    action: str
    form: dict[str, str]


def measure(run: Run) -> list[Figure]:
    """Redeem with eight processes, by the service call and then through the real server, and run TPC-B, in turns."""
    if run.db != "postgresql":
        return []
    with opened(run.data) as house:
        people = draw(house.parts.db, run.samples(CUSTOMERS, least=PROCESSES * 2), seed=9)
        hot = _prepare(house, people, run.samples(UNITS, least=3_000))
        url = house.parts.db.url.render_as_string(hide_password=False)
        tpcb = _yardstick(run)
        seconds = max(0.5, SECONDS * run.share)
        rates = []
        with ExitStack() as stack:
            web = stack.enter_context(serving(run.data, workers=WEB_WORKERS))
            browsers = [stack.enter_context(closing(each.visitor)) and each for each in _browsers(house, web, people[:PROCESSES], hot)]
            pool = stack.enter_context(redeemers(url, hot))
            customers = [each.customer_id for each in people]
            for turn in range(run.samples(ROUNDS) + 1):
                service = redemptions_a_second(pool, customers, seconds)
                base = tpcb.transactions_a_second(seconds)
                rates.append((service, _through_the_web(web.port, browsers, seconds), base))
                if not turn:  # the first turn warms up; then the planner learns how large the tables are that were empty
                    _analyze(house)
    return _figures(run, rates[1:])


def _figures(run: Run, rates: Sequence[tuple[float, float, float]]) -> list[Figure]:
    return [
        run.figure("redeem.service", statistics.median(service / base for service, _, base in rates)),
        run.figure("redeem.web", statistics.median(web / base for _, web, base in rates)),
        run.figure("redeem.redemptions", statistics.median(service for service, _, _ in rates)),
        run.figure("redeem.requests", statistics.median(web for _, web, _ in rates)),
        run.figure("redeem.tpcb", statistics.median(base for _, _, base in rates)),
    ]


def _prepare(house: House, people: Sequence[Somebody], units: int) -> Hot:
    """Give everybody points, and the shop pieces, in plenty; say what the gift costs."""
    now, reference = datetime.now(UTC), new_token(8)
    until = today(now) + timedelta(days=365)
    for start in range(0, len(people), 500):
        with house.parts.db.writing() as session:
            for each in people[start : start + 500]:
                earn_points(
                    session, each.customer_id, MANY_POINTS, purse="channel", reason="grant", reference=reference, expires_on=until, now=now
                )
    with house.parts.db.writing() as session:
        add_stock(session, GIFT, units, now=now)
        return Hot(GIFT, get_offer(session, STANDARD, GIFT, Buyer(None, "web"), unit=POINTS, now=now).amount)


def _yardstick(run: Run) -> TpcB:
    cluster = run.sets.cluster
    if cluster is None:
        raise BenchError("there is no cluster to measure on")
    return TpcB.made(cluster, SCALE if run.share >= _FULL_RUN else 1)


def _analyze(house: House) -> None:
    with house.parts.db.reading() as session:
        session.connection().execute(sa.text("ANALYZE"))


def _browsers(house: House, web: Web, people: Sequence[Somebody], hot: Hot) -> list[Browser]:
    """Sign everybody in by the services, with a fresh proof, and bring each through the form to the last look."""
    found = []
    for number, each in enumerate(people):
        visitor = Visitor(web.port, address=f"10.2.{number}.1", cookies=parse_cookies(house.sign_in(each.number)))
        page = visitor.get(f"/points/gifts/{hot.code}")
        typed = {"name": each.name, "phone": each.number, "address": "浙江省杭州市西湖区文三路 90 号"}
        answer = visitor.post(f"/points/gifts/{hot.code}", {**typed, "csrf_token": page.csrf_token})
        check = visitor.get(answer.headers.get("location", "/"))
        query = urlsplit(answer.headers.get("location", "")).query
        form = {"csrf_token": check.csrf_token, "shown": str(hot.amount)}
        found.append(Browser(visitor, f"/points/gifts/{hot.code}/redemptions?{query}", form))
    return found


def _through_the_web(port: int, browsers: Sequence[Browser], seconds: float) -> float:
    """Redeem over and over with all browsers at once; give how many a second they did together."""
    counts = [0] * len(browsers)
    started = time.perf_counter()

    def work(hand: int) -> None:
        browser = browsers[hand]
        form = urlencode(browser.form)
        with Wire(port, browser.action, _headers(browser.visitor)) as wire:
            while time.perf_counter() - started < seconds:
                head, body = wire.post(f"{form}&idempotency_key={new_token(16)}")
                if not head.startswith(b"http/1.1 303") or b"/orders/" not in head:
                    raise BenchError((head + body)[:600].decode("utf-8", "replace"))
                counts[hand] += 1

    at_once(work, len(browsers))
    return sum(counts) / (time.perf_counter() - started)


def _headers(visitor: Visitor) -> dict[str, str]:
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    return {"X-Forwarded-For": visitor.address, "Accept": "text/html", "Accept-Language": "zh-CN", "Cookie": cookies}
