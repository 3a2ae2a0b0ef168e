"""Work behind the scenes: Huey is the clock and the hands, the database holds the truth.

Nothing that must happen is kept in Huey's queue: a kick says "look now", a periodic job does what is due whenever it
runs. A queue that is lost or away costs half a second, never a delivery.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import psycopg
import sqlalchemy as sa
import structlog
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer

from portal.base.settings import Settings

log = structlog.get_logger()

QUEUE = "onehall"
KICK = "kick"
LOCK = 7204118
"""The number of the advisory lock that whoever makes the queue's tables in one PostgreSQL database waits for."""
_READ_SECONDS = 0.5
_PAUSE_SECONDS = 0.05
_REST_SECONDS = 5.0


class _JsonSerializer(Serializer):  # type: ignore[misc]
    """Messages as JSON: whoever can write to the queue shall not be able to run code by it, as pickle would let him."""

    _MOMENTS = ("eta", "expires", "expires_resolved")

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(data._asdict(), default=datetime.isoformat).encode()

    def _deserialize(self, data: bytes) -> Message:
        fields = json.loads(data)
        for name in self._MOMENTS:
            if isinstance(fields.get(name), str):
                fields[name] = datetime.fromisoformat(fields[name])
        return Message(**fields)


def make_huey(settings: Settings) -> Huey:
    """Make the queue: in Redis if there is one, else in PostgreSQL if that is the database, else in a file.

    Its tables (huey_…) or file are made when missing. Nothing is connected yet with Redis.
    """
    common: dict[str, Any] = {"results": False, "utc": True, "serializer": _JsonSerializer()}
    url = sa.make_url(settings.sqlalchemy_url)
    if settings.redis_url:
        return RedisHuey(QUEUE, url=settings.redis_url, read_timeout=_READ_SECONDS, **common)
    if url.get_backend_name() == "postgresql":
        # A kick may be lost with a crash, so it need not wait for the disk.
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        common |= {"dsn": address, "connect_timeout": 3, "options": "-c synchronous_commit=off", "read_timeout": _READ_SECONDS}
        # Web and worker start at the same moment, and "create table if not exists" of two at once fails: one waits.
        with psycopg.connect(address, connect_timeout=3) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return PostgresHuey(QUEUE, **common)
    settings.instance_dir.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(QUEUE, filename=str(settings.instance_dir / "jobs.db"), fsync=False, **common)


def add_kick(huey: Huey, action: Callable[[], None]) -> Callable[[], Any]:
    """Register what a kick does, and give the function that kicks. Web and worker register it alike."""
    return cast("Callable[[], Any]", huey.task(name=KICK, expires=30)(_named(action, KICK)))


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done every so many minutes, harmless when done twice or late."""

    name: str
    minutes: int
    action: Callable[[datetime], None]

    def is_due(self, moment: datetime) -> bool:
        """Say whether this minute is one of its own: counted from the epoch, the same on every node."""
        return int(moment.timestamp() // 60) % self.minutes == 0


class Jobs:
    """The periodic jobs. Filled once, while the worker is put together."""

    def __init__(self) -> None:
        self.all: list[Job] = []

    def every(self, minutes: int, action: Callable[[datetime], None], *, name: str | None = None) -> None:
        """Call `action(now)` every `minutes`; it opens transactions of its own. A failure is logged, not repeated."""
        if minutes < 1 or any(job.name == (name or action.__name__) for job in self.all):
            raise ValueError("a job needs a name of its own and a minute or more")
        self.all.append(Job(name or action.__name__, minutes, action))

    def add_to(self, huey: Huey, clock: Callable[[], datetime]) -> None:
        """Have `huey` run every job on its minutes."""
        for job in self.all:
            huey.periodic_task(lambda _, job=job: job.is_due(clock()), name=job.name, expires=300)(_runner(job, clock))

    def run_all(self, now: datetime) -> None:
        """Run each job once, now."""
        for job in self.all:
            run_job(job, now)


def run_job(job: Job, now: datetime) -> None:
    """Run one job, and log how it went; a failure is logged and goes no further."""
    started = time.monotonic()
    try:
        job.action(now)
    except Exception:
        log.exception("job_failed", job=job.name)
    else:
        log.debug("job_done", job=job.name, ms=round((time.monotonic() - started) * 1000))


def _runner(job: Job, clock: Callable[[], datetime]) -> Callable[[], None]:
    return _named(lambda: run_job(job, clock()), job.name)


def _named(function: Callable[[], None], name: str) -> Callable[[], None]:
    def call() -> None:
        function()

    call.__name__ = call.__qualname__ = name
    return call


class Kicker:
    """Tells the worker to look now. `kick()` costs a microsecond and cannot fail: a thread of its own does the telling.

    Kicks that come while one is on its way become one. A queue that does not answer is left alone for five seconds.
    """

    def __init__(self, settings: Settings, *, make: Callable[[Settings], Huey] = make_huey) -> None:
        self._settings = settings
        self._make = make
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0

    def kick(self) -> None:
        """Have the worker told, soon. After a fork the new process gets a thread of its own."""
        self._wanted.set()
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._pid = os.getpid()
                    threading.Thread(target=self._tell, name="kicker", daemon=True).start()

    def _tell(self) -> None:
        send: Callable[[], Any] | None = None
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                if send is None:
                    send = add_kick(self._make(self._settings), _nothing)
                send()
            except Exception as error:  # noqa: BLE001 - whatever it is, the worker looks by itself
                log.warning("kick_failed", kind=type(error).__name__)
                send = None
                time.sleep(_REST_SECONDS)
            time.sleep(_PAUSE_SECONDS)


def _nothing() -> None:
    """Stand in for the action on the side that only kicks."""
