"""The worker as a process: it delivers, is kicked, survives its own death, and ends when told to."""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.base.db import Database
from portal.base.events import DONE, OutboxEvent
from portal.base.jobs import Kicker
from portal.base.settings import ROOT
from portal.messaging import list_tray, queue_message
from tests.events.facts import effects, happen
from tests.worker.harness import settings_for

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(database: Database, tmp_path: Path) -> Iterator[Start]:
    """Give a way to start a worker on `database`; all are gone after the test."""
    url = database.url.render_as_string(hide_password=False)
    running: list[subprocess.Popen[str]] = []

    def begin(redis_url: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.worker.harness", url, str(tmp_path), redis_url]
        log = (tmp_path / f"worker{len(running)}.log").open("w")
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n", (tmp_path / "worker0.log").read_text()
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def until(is_so: Callable[[], bool], seconds: float = 60) -> float:
    """Wait until something is so; give how many seconds that took."""
    started = time.monotonic()
    while not is_so():
        assert time.monotonic() - started < seconds, "it did not come to that"
        time.sleep(0.02)
    return time.monotonic() - started


def all_done(database: Database) -> bool:
    with database.reading() as session:
        return not session.scalar(sa.select(sa.func.count()).where(OutboxEvent.status != DONE))


def tray(database: Database, number: str) -> list[str]:
    with database.reading() as session:
        return [message.body for message in list_tray(session, number)]


def log_lines(tmp_path: Path, number: int = 0) -> list[dict[str, object]]:
    return [json.loads(line) for line in (tmp_path / f"worker{number}.log").read_text().splitlines()]


def test_a_worker_delivers_events_and_messages_without_being_told(database: Database, start: Start) -> None:
    start()
    happen(database, "a", 1, 2, now=datetime.now(UTC))
    with database.writing() as session:
        queue_message(session, "13857101234", "hello", kind="notice", secret=False, now=datetime.now(UTC))
    until(lambda: effects(database, "count", "a") == [1, 2] and tray(database, "13857101234") == ["hello"])


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_end_ends_at_once_and_cleanly(
    database: Database, start: Start, tmp_path: Path, signal_number: int
) -> None:
    worker = start()
    happen(database, "a", 1, now=datetime.now(UTC))
    until(lambda: all_done(database))
    worker.send_signal(signal_number)
    assert worker.wait(30) == 0
    assert log_lines(tmp_path)[-1]["event"] == "worker_ended"
    assert log_lines(tmp_path)[-1]["clean"] is True


def test_a_worker_killed_again_and_again_delivers_everything_once(database: Database, start: Start) -> None:
    chance = random.Random(7)
    things = [f"t{number}" for number in range(4)]
    for round_number in range(1, 4):
        worker = start()
        for thing in things:
            happen(database, thing, *range(round_number * 10, round_number * 10 + 3), now=datetime.now(UTC))
        time.sleep(chance.uniform(0.0, 0.4))
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(10)
    start()
    until(lambda: all_done(database), 60)
    expected = [round_number * 10 + number for round_number in range(1, 4) for number in range(3)]
    for thing in things:
        assert effects(database, "greet", thing) == effects(database, "count", thing) == expected


def test_two_workers_at_once_deliver_everything_once_and_in_order(database: Database, start: Start) -> None:
    start()
    start()
    things = [f"t{number}" for number in range(8)]
    for number in range(1, 9):
        for thing in things:
            happen(database, thing, number, now=datetime.now(UTC))
    until(lambda: all_done(database), 60)
    for thing in things:
        assert effects(database, "greet", thing) == effects(database, "count", thing) == list(range(1, 9))


def kicked_and_not(database: Database, tmp_path: Path, redis_url: str = "") -> tuple[float, float]:
    """Emit twenty times, each at another moment of the half second, kick every other time; give how long each kind took."""
    kick = Kicker(settings_for(database.url.render_as_string(hide_password=False), tmp_path, redis_url)).kick
    kick()
    time.sleep(1.5)  # the first kick connects
    took: tuple[list[float], list[float]] = [], []
    for number in range(1, 21):
        time.sleep(0.13)
        happen(database, "k", number, now=datetime.now(UTC))
        if number % 2:
            kick()
        took[1 - number % 2].append(until(lambda number=number: effects(database, "count", "k")[-1:] == [number]))
    return statistics.median(took[0]), statistics.median(took[1])


def test_a_kick_has_the_worker_look_sooner_than_it_would(database: Database, start: Start, tmp_path: Path) -> None:
    start()
    kicked, waited = kicked_and_not(database, tmp_path)
    assert kicked < waited


def test_a_kick_by_redis_works_alike(database: Database, start: Start, tmp_path: Path, redis_url: str) -> None:
    start(redis_url)
    kicked, waited = kicked_and_not(database, tmp_path, redis_url)
    assert kicked < waited


def test_without_its_redis_the_worker_delivers_all_the_same(database: Database, start: Start, tmp_path: Path) -> None:
    worker = start("redis://127.0.0.1:1/0")
    happen(database, "a", 1, now=datetime.now(UTC))
    until(lambda: effects(database, "count", "a") == [1])
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0


def test_periodic_jobs_run(database: Database, start: Start, tmp_path: Path) -> None:
    start()
    until((tmp_path / "minute").exists, 30)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_worker_whose_connections_are_cut_goes_on(database: Database, start: Start) -> None:
    worker = start()
    happen(database, "a", 1, now=datetime.now(UTC))
    until(lambda: all_done(database))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert connection.exec_driver_sql(cut).scalar_one() > 0
    database.engine.dispose()  # the test's own connections were cut as well
    happen(database, "a", 2, now=datetime.now(UTC))
    until(lambda: effects(database, "count", "a") == [1, 2])
    assert worker.poll() is None
