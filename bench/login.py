"""Signing in by service password: how much of what the bare password hash allows the whole of it keeps."""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from bench.figures import Figure
from bench.house import House, opened
from bench.people import draw
from bench.places import ROOT
from bench.runs import Run
from bench.sets import BenchError
from bench.sign_ins import measure_whole
from bench.timing import wall_seconds
from bench.web import THREADS, Visitor, Web, at_once, serving
from portal.customers import find_holder
from portal.faces import cookies
from portal.identity import set_service_password

NUMBERS, ROUNDS = 240, 5
SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A number, its service password, and the browser it is used from."""

    number: str
    pin: str
    device: dict[str, str]


def measure(run: Run) -> list[Figure]:
    """Sign in through the real server, then verify as many hashes as go, in turns, with as many processes and threads."""
    with opened(run.data) as house:
        people = [_with_password(house, each.number) for each in draw(house.parts.db, run.samples(NUMBERS, least=16), seed=5)]
        hashed = house.parts.hasher.hash(people[0].pin)
    workers = os.cpu_count() or 1
    hands = workers * THREADS
    seconds = max(0.5, SECONDS * run.share)
    whole, alone, bare = [], [], []
    with serving(run.data, workers=workers) as web:
        for turn in range(run.samples(ROUNDS) + 1):
            rates = sign_ins_a_second(web, people, seconds, hands=hands), passwords_a_second(web, people, hands=hands)
            verifications = verifications_a_second(hashed, people[0].pin, seconds, workers)
            if turn:  # the first turn warms up
                whole.append(rates[0])
                alone.append(rates[1])
                bare.append(verifications)
    return [
        run.figure("login.rate", statistics.median(each / floor for each, floor in zip(alone, bare, strict=True))),
        run.figure("login.way", statistics.median(each / floor for each, floor in zip(whole, bare, strict=True))),
        run.figure("login.sign_ins", statistics.median(whole)),
        run.figure("login.verifications", statistics.median(bare)),
        *(measure_whole(run) if run.db == "postgresql" else ()),
    ]


def _with_password(house: House, number: str) -> Subscriber:
    """Give a number a service password by the service, with the hash of production."""
    pin = f"{secrets.randbelow(900_000) + 100_000}"
    hashed = house.parts.hasher.hash(pin)
    with house.parts.db.writing() as session:
        holder = find_holder(session, number)
        assert holder is not None, "the numbers are drawn from the data"
        set_service_password(session, holder, hashed, keep_session=None, channel="counter", now=datetime.now(UTC))
    return Subscriber(number, pin, {})


def sign_ins_a_second(web: Web, people: Sequence[Subscriber], seconds: float, *, hands: int) -> float:
    """Sign in over and over with so many browsers at a time, each number with one of them only."""
    counts = [0] * hands
    started = time.perf_counter()

    def work(hand: int) -> None:
        mine = people[hand::hands]
        with closing(Visitor(web.port, address=f"10.0.{hand}.1")) as visitor:
            while time.perf_counter() - started < seconds:
                sign_in(visitor, mine[counts[hand] % len(mine)])
                counts[hand] += 1

    at_once(work, hands)
    return sum(counts) / (time.perf_counter() - started)


def passwords_a_second(web: Web, people: Sequence[Subscriber], *, hands: int) -> float:
    """Bring every browser before the password's page, then send all the passwords and take the time of that alone."""
    waiting: list[list[tuple[Subscriber, str, dict[str, str]]]] = [[] for _ in range(hands)]
    with ExitStack() as stack:
        visitors = [stack.enter_context(closing(Visitor(web.port, address=f"10.1.{hand}.1"))) for hand in range(hands)]

        def come(hand: int) -> None:
            for who in people[hand::hands]:
                token = come_to_password(visitors[hand], who)
                waiting[hand].append((who, token, visitors[hand].cookies))

        def give(hand: int) -> None:
            for who, token, kept in waiting[hand]:
                visitors[hand].cookies = kept
                give_password(visitors[hand], who, token)

        at_once(come, hands)
        return len(people) / wall_seconds(partial(at_once, give, hands))


def sign_in(visitor: Visitor, who: Subscriber) -> None:
    """Sign in as a person does: the number on one page, the service password on the next."""
    give_password(visitor, who, come_to_password(visitor, who))


def come_to_password(visitor: Visitor, who: Subscriber) -> str:
    """Give the number, and fetch the page that asks for the password; give its form's token."""
    visitor.cookies = dict(who.device)
    page = visitor.get("/login")
    answer = visitor.post("/login", {"number": who.number, "way": "password", "csrf_token": page.csrf_token})
    return visitor.get(answer.headers.get("location", "")).csrf_token


def give_password(visitor: Visitor, who: Subscriber, token: str) -> None:
    """Give the service password, which signs in; the browser is known from then on."""
    answer = visitor.post("/login/password", {"password": who.pin, "csrf_token": token})
    if answer.status != 303 or cookies.SUBSCRIBER not in visitor.cookies:
        raise BenchError(f"{answer.status} {answer.text[:300]}")
    who.device[cookies.DEVICE] = visitor.cookies[cookies.DEVICE]


_VERIFY = """
import sys, threading, time
from argon2 import PasswordHasher
hashed, pin, seconds, threads = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
hasher = PasswordHasher()
counts = [0] * threads
def work(hand):
    while time.perf_counter() - started < seconds:
        hasher.verify(hashed, pin)
        counts[hand] += 1
sys.stdin.readline()
started = time.perf_counter()
hands = [threading.Thread(target=work, args=(hand,)) for hand in range(threads)]
for hand in hands: hand.start()
for hand in hands: hand.join()
print(sum(counts) / (time.perf_counter() - started))
"""


def verifications_a_second(hashed: str, pin: str, seconds: float, processes: int) -> float:
    """Verify one hash over and over in as many processes and threads as the server has; its parameters stand in it."""
    command = [sys.executable, "-c", _VERIFY, hashed, pin, str(seconds), str(THREADS)]
    running = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    time.sleep(0.5)  # all are up before any begins
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    return sum(float(each.communicate()[0]) for each in running)
