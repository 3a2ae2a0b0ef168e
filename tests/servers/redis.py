"""A private Redis: a port and a password of its own, nothing kept."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.servers.home import answers, end, free_port, home, note, noted

DATABASES = 64
READY_SECONDS = 10


class RedisError(Exception):
    """Redis is not installed, or would not start."""


@dataclass(frozen=True)
class Redis:
    """One Redis: where it is and how to speak to it. Any process may hold one of these."""

    home: Path
    port: int
    password: str

    def url(self, database: int = 0) -> str:
        """Give the address of one of its databases, 0 to 63."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        if (command := shutil.which("redis-server")) is None:
            raise RedisError("redis-server was not found: bin/test installs it, or apt-get install redis-server")
        config = self.home / "redis.conf"
        config.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\ndatabases {DATABASES}\n"
            f'save ""\nappendonly no\ndir "{self.home}"\nlogfile "{self.home / "redis.log"}"\n'
            f'daemonize yes\npidfile "{self.home / "redis.pid"}"\n',
            "utf-8",
        )
        config.chmod(0o600)
        subprocess.run([command, str(config)], stdin=subprocess.DEVNULL, start_new_session=True, check=True)
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                log = (self.home / "redis.log").read_text("utf-8", "replace")
                raise RedisError(f"redis-server did not get ready: {log[-1000:]}")
            time.sleep(0.01)
        pid = int((self.home / "redis.pid").read_text("ascii"))
        note(self.home, "redis", pid, port=self.port, password=self.password)

    def stop(self) -> None:
        """End it, as a crash would."""
        entry = noted(self.home, "redis")
        assert entry is not None
        end(int(str(entry["pid"])), float(str(entry["born"])))

    def _answers(self) -> bool:
        if not answers(self.port):  # the client would try again for seconds
            return False
        with contextlib.closing(redis.Redis.from_url(self.url(), socket_timeout=1)) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


@contextlib.contextmanager
def running() -> Iterator[Redis]:
    """Run a Redis of one's own."""
    with home() as folder:
        yield launch(folder)


def launch(folder: Path) -> Redis:
    """Start a Redis in a home; it ends with the home."""
    server = Redis(folder, free_port(), secrets.token_hex(16))
    server.start()
    return server


def find(folder: Path) -> Redis | None:
    """Give the Redis that runs in a home already, whichever process started it."""
    entry = noted(folder, "redis")
    return None if entry is None else Redis(folder, int(str(entry["port"])), str(entry["password"]))
