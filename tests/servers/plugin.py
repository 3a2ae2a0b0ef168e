"""pytest's side: PostgreSQL and Redis are started when a test first asks, once for all workers, and end with the run.

Put `pytest_plugins = ["tests.servers.plugin"]` into the top conftest.py.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.servers import postgres as postgres_server
from tests.servers import redis as redis_server
from tests.servers import smsc, smtp
from tests.servers.home import home
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis

HOME = pytest.StashKey[Path]()
_ENVIRONMENT = "ONEHALL_TEST_SERVERS"
Server = TypeVar("Server")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that this run's servers live in; the workers of a run share their controller's."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        config.stash[HOME] = Path(os.environ[_ENVIRONMENT])
        return
    stack = contextlib.ExitStack()
    config.stash[HOME] = stack.enter_context(home())
    os.environ[_ENVIRONMENT] = str(config.stash[HOME])
    config.add_cleanup(stack.close)


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Postgres:
    """Give the run's PostgreSQL: shared, so each test makes its own database and stops nothing."""
    folder = request.config.stash[HOME]
    return _shared(folder, "postgres", postgres_server.find, postgres_server.launch)


@pytest.fixture(scope="session")
def redis(request: pytest.FixtureRequest) -> Redis:
    """Give the run's Redis: shared, so each worker keeps to the database that `redis_url` gives it."""
    return _shared(request.config.stash[HOME], "redis", redis_server.find, redis_server.launch)


@pytest.fixture
def redis_url(redis: Redis) -> str:
    """Give the address of a Redis database that is this worker's own, emptied."""
    import redis as client

    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % redis_server.DATABASES
    with contextlib.closing(client.Redis.from_url(redis.url(number))) as connection:
        connection.flushdb()
    return redis.url(number)


@pytest.fixture
def mail_server() -> Iterator[smtp.MailServer]:
    """Give a mail server of the test's own."""
    with smtp.running() as server:
        yield server


@pytest.fixture
def message_centre() -> Iterator[smsc.MessageCentre]:
    """Give a short-message centre of the test's own."""
    with smsc.running() as centre:
        yield centre


def _shared(folder: Path, name: str, find: Callable[[Path], Server | None], launch: Callable[[Path], Server]) -> Server:
    """Give the server that some worker has started, or start it: one at a time, so that it is started once."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return find(folder) or launch(folder)
