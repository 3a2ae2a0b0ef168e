"""Periodic jobs and kicks, without a process."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from huey import Huey, SqliteHuey

from portal.base import audit
from portal.base.audit import Entry
from portal.base.db import Database
from portal.base.idempotency import claim
from portal.base.jobs import Job, Jobs, Kicker, add_kick, make_huey, run_job
from portal.base.keys import Keys
from portal.base.settings import Settings
from portal.faces.worker.periodic import register_jobs

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def nothing(_: datetime) -> None:
    """Do nothing."""


def test_a_job_of_every_fifteen_minutes_is_due_four_times_an_hour_on_every_node_alike() -> None:
    job = Job("tidy", 15, nothing)
    due = [minute for minute in range(60) if job.is_due(NOON + timedelta(minutes=minute, seconds=31))]
    assert due == [0, 15, 30, 45]


def test_two_jobs_do_not_share_a_name() -> None:
    jobs = Jobs()
    jobs.every(1, nothing)
    with pytest.raises(ValueError, match="name of its own"):
        jobs.every(5, nothing)


def test_a_job_that_fails_is_logged_and_the_next_one_runs(caplog: pytest.LogCaptureFixture) -> None:
    ran = []

    def fail(_: datetime) -> None:
        raise OSError("no")

    jobs = Jobs()
    jobs.every(1, fail)
    jobs.every(1, ran.append, name="other")
    jobs.run_all(NOON)
    assert ran == [NOON]


def test_what_has_expired_goes_and_what_has_not_stays(database: Database, keys: Keys, now: datetime) -> None:
    with database.writing() as session:
        claim(session, "form", "old", "body", now=now - timedelta(days=3))
        claim(session, "form", "new", "body", now=now - timedelta(days=1))
    jobs = Jobs()
    register_jobs(jobs, database, keys)
    jobs.run_all(now)
    with database.writing() as session:
        assert claim(session, "form", "old", "other", now=now) is None
        assert claim(session, "form", "new", "body", now=now) == {}


def test_every_registered_job_runs_on_an_empty_database(database: Database, keys: Keys, now: datetime) -> None:
    jobs = Jobs()
    register_jobs(jobs, database, keys)
    assert len(jobs.all) >= 4
    for job in jobs.all:
        job.action(now)


def test_the_heads_of_the_audit_are_logged(database: Database, keys: Keys, now: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    with database.writing() as session:
        audit.record(session, keys.audit[0], Entry("staff:1", "tried", "test", customer_id=5), now=now)
        (head,) = [each for each in audit.list_heads(session) if each[1]]
    jobs = Jobs()
    register_jobs(jobs, database, keys)
    (job,) = [each for each in jobs.all if each.name == "log_audit_heads"]
    run_job(job, now)
    said = capsys.readouterr()
    assert f"{head[0]}:1:{head[2]}" in said.out + said.err


def settings_in(folder: Path) -> Settings:
    return Settings(env="test", instance_dir=folder, database_url=f"sqlite:///{folder}/portal.db")


def test_a_kick_is_a_message_without_code_in_it(tmp_path: Path) -> None:
    huey = make_huey(settings_in(tmp_path))
    add_kick(huey, lambda: None)()
    (data,) = huey.storage.enqueued_items()
    assert json.loads(data)["args"] == []


def test_many_kicks_at_once_become_few(tmp_path: Path) -> None:
    made: list[Huey] = []

    def make(settings: Settings) -> Huey:
        made.append(make_huey(settings))
        return made[-1]

    kicker = Kicker(settings_in(tmp_path), make=make)
    for _ in range(200):
        kicker.kick()
    time.sleep(0.5)
    assert 1 <= made[0].storage.queue_size() <= 3


def test_a_kick_never_fails_and_never_waits_whatever_the_queue_does(tmp_path: Path) -> None:
    asked, answer = threading.Event(), threading.Event()

    def broken(_: Settings) -> Huey:
        asked.set()
        answer.wait(30)
        raise ConnectionError("away")

    kicker = Kicker(settings_in(tmp_path), make=broken)
    for _ in range(100):
        kicker.kick()
    assert asked.wait(30)
    kicker.kick()
    answer.set()  # had a kick waited for the queue, we would not have come here


def test_a_kick_that_nobody_took_in_time_is_void(tmp_path: Path) -> None:
    huey: Any = make_huey(settings_in(tmp_path))
    looked: list[int] = []
    add_kick(huey, lambda: looked.append(1))()
    task = huey.dequeue()
    huey.execute(task, datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=60))
    assert looked == []


def test_the_queue_follows_the_settings(tmp_path: Path) -> None:
    assert isinstance(make_huey(settings_in(tmp_path)), SqliteHuey)
    assert (tmp_path / "jobs.db").exists()


def test_web_and_worker_that_make_the_queues_tables_at_the_same_moment_both_have_them(fresh: Database, tmp_path: Path) -> None:
    url = fresh.url.render_as_string(hide_password=False)
    settings = Settings(env="test", database_url=url, instance_dir=tmp_path)
    line = threading.Barrier(6)

    def start() -> Huey:
        line.wait(30)
        return make_huey(settings)

    with ThreadPoolExecutor(6) as pool:
        made = [each.result() for each in [pool.submit(start) for _ in range(6)]]
    assert [each.storage.queue_size() for each in made] == [0] * 6
    for each in made:
        each.storage.close()
