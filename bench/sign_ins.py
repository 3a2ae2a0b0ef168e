"""Whole sign-ins of a site by single sign-on, as a browser and the site's server make them: page, number, password, code, tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from argon2 import PasswordHasher

from bench.figures import Figure
from bench.house import opened
from bench.people import draw
from bench.runs import Run
from bench.sets import BenchError
from bench.web import Visitor, Web, at_once, serving
from portal.customers import find_holder
from portal.identity import set_service_password
from portal.openid import CODE, NewClient, create_client, rotate_keys

BACK = "https://bench.example/back"
MEMORY_KIB, PASSES = 7168, 5
"""What Keycloak's hash costs by default: Argon2id, 7 MiB, five passes, one lane."""
NUMBERS, HANDS, WORKERS, ROUNDS, SECONDS = 240, 6, 2, 5, 5.0
PIN = "482915"


@dataclass(frozen=True, slots=True)
class Site:
    """A site of the operator's own, and its secret."""

    client_id: str
    secret: str


def measure_whole(run: Run) -> list[Figure]:
    """Sign in at a site over and over with several browsers; each takes the whole way, with a browser nobody knows yet."""
    with opened(run.data) as house:
        now = datetime.now(UTC)
        hashed = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1).hash(PIN)
        people = [each.number for each in draw(house.parts.db, run.samples(NUMBERS, least=HANDS), seed=7)]
        with house.parts.db.writing() as session:
            rotate_keys(session, house.parts.keys, now=now)
            for number in people:
                holder = find_holder(session, number)
                assert holder is not None, "the numbers are drawn from the data"
                set_service_password(session, holder, hashed, keep_session=None, channel="counter", now=now)
            new = NewClient(
                name="bench", redirect_uris=(BACK,), grant_types=(CODE,), scopes=("openid",), auth_method="client_secret_post",
                first_party=True,
            )  # fmt: skip
            client, secret = create_client(session, new, now=now)
    assert secret is not None, "it proves itself by one"
    site, rates, times = Site(client.id, secret), [], []
    cost = {"PORTAL_ARGON2_MEMORY_KIB": str(MEMORY_KIB), "PORTAL_ARGON2_ROUNDS": str(PASSES)}
    with serving(run.data, workers=WORKERS, more=cost) as web:
        for turn in range(run.samples(ROUNDS) + 1):
            rate, took = _sign_in_over_and_over(web, site, people, max(0.5, SECONDS * run.share))
            if turn:  # the first turn warms up
                rates.append(rate)
                times.append(statistics.quantiles(took, n=20)[-1])
    return [
        run.figure("login.whole_core", statistics.median(rates) / WORKERS),
        run.figure("login.whole_p95", statistics.median(times) * 1000),
    ]


def _sign_in_over_and_over(web: Web, site: Site, people: Sequence[str], seconds: float) -> tuple[float, list[float]]:
    """Give whole sign-ins a second, and how long each took."""
    took: list[list[float]] = [[] for _ in range(HANDS)]
    started = time.perf_counter()

    def work(hand: int) -> None:
        mine = people[hand::HANDS]
        with closing(Visitor(web.port, address=f"10.2.{hand}.1")) as visitor:
            while (begun := time.perf_counter()) - started < seconds:
                place = len(took[hand])
                visitor.address = f"10.{hand + 2}.{place % 250}.{place // 250 % 250 + 1}"
                sign_in_at(visitor, site, mine[place % len(mine)])
                took[hand].append(time.perf_counter() - begun)

    at_once(work, HANDS)
    spent = time.perf_counter() - started
    return sum(len(each) for each in took) / spent, [each for some in took for each in some]


def sign_in_at(visitor: Visitor, site: Site, number: str) -> str:
    """Go the whole way with a fresh browser, and give the ID token."""
    visitor.cookies = {}
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": site.client_id, "redirect_uri": BACK, "response_type": "code", "scope": "openid", "state": "s",
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    login = _path(visitor.get(f"/oauth/authorize?{urlencode(asked)}").headers)
    page = visitor.get(login)
    number_given = visitor.post(login, {"number": number, "way": "password", "csrf_token": page.csrf_token})
    password_at = _path(number_given.headers)
    page = visitor.get(password_at)
    back = _path(visitor.post(password_at, {"password": PIN, "csrf_token": page.csrf_token}).headers)
    answer = visitor.get(back).headers.get("location", "")
    code = parse_qs(urlsplit(answer).query).get("code", [""])[0]
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": verifier,
        "client_id": site.client_id, "client_secret": site.secret,
    }  # fmt: skip
    given = visitor.post("/oauth/token", form)
    if given.status != 200:
        raise BenchError(f"{answer} {given.status} {given.text[:300]}")
    return str(json.loads(given.body)["id_token"])


def _path(headers: object) -> str:
    """Give where an answer leads, without the host."""
    address = urlsplit(dict(headers).get("location", ""))  # type: ignore[call-overload]
    if not address.path:
        raise BenchError("a step of the way led nowhere")
    return f"{address.path}?{address.query}" if address.query else address.path
