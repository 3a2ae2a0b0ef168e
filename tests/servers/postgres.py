"""A private PostgreSQL: a cluster in a folder of its own, run by another user when we are root, which it refuses."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.servers.home import answers, free_port, home, note, noted

OWNER = "onehall"
_FOLDERS = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")
_QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


class PostgresError(Exception):
    """PostgreSQL is not installed, or would not do as it was told."""


@dataclass(frozen=True)
class Postgres:
    """One cluster: where it is and how to speak to it. Any process may hold one of these."""

    home: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        """What it said."""
        return self.home / "postgres" / "server.log"

    def url(self, database: str = "postgres", *, user: str = OWNER, password: str | None = None) -> str:
        """Give a database's address, for psycopg, libpq and the portal's settings alike."""
        word = self.password if password is None else password
        return f"postgresql://{user}:{word}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database, empty or a copy of another one that nobody has open, and give its address."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        self._execute(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever has it open; one that is not there is no error."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def start(self) -> None:
        """Start it, and wait until it answers."""
        _run_as_owner(self.home, "pg_ctl", "-D", str(self.data), "-l", str(self.log), "-s", "-w", "-t", "60", "start")
        pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        note(self.home, "postgres", pid, signal=signal.SIGQUIT, port=self.port, password=self.password)

    def stop(self, mode: str = "fast") -> None:
        """End it: `fast` closes the connections; `immediate` is a crash, after which it recovers at its next start."""
        _run_as_owner(self.home, "pg_ctl", "-D", str(self.data), "-m", mode, "-s", "-w", "stop")

    def restart(self, mode: str = "fast") -> None:
        """Stop and start it on the same port."""
        self.stop(mode)
        self.start()

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def running(*, durable: bool = False, settings: Mapping[str, str] | None = None) -> Iterator[Postgres]:
    """Run a cluster of one's own: a fast one that no power cut may meet, or a `durable` one for measurements."""
    with home() as folder:
        yield launch(folder, durable=durable, settings=settings)


def launch(folder: Path, *, durable: bool = False, settings: Mapping[str, str] | None = None) -> Postgres:
    """Make a cluster in a home and start it; it ends with the home."""
    data = folder / "postgres"
    data.mkdir(mode=0o700)
    password = secrets.token_hex(16)
    secret = data.parent / "postgres.password"
    secret.write_text(password, "ascii")
    secret.chmod(0o600)
    if (user := _other_user()) is not None:
        for path in (data, secret):
            os.chown(path, user.pw_uid, user.pw_gid)
    _run_as_owner(
        folder,
        *("initdb", "-D", str(data), "-U", OWNER, "--pwfile", str(secret), "--auth", "scram-sha-256"),
        *("--encoding", "UTF8", "--locale", _locale(), "--no-sync", "--no-instructions"),
    )
    secret.unlink()
    for _ in range(5):
        server = Postgres(folder, free_port(), password)
        configure(server, durable=durable, settings=settings)
        try:
            server.start()
        except PostgresError:
            if not answers(server.port):  # otherwise somebody was faster at taking the port
                raise
        else:
            return server
    raise PostgresError("no free port stayed free")


def find(folder: Path) -> Postgres | None:
    """Give the cluster that runs in a home already, whichever process started it."""
    entry = noted(folder, "postgres")
    return None if entry is None else Postgres(folder, int(str(entry["port"])), str(entry["password"]))


def program(name: str) -> str:
    """Find one of PostgreSQL's programs: on the path, or where Debian and Homebrew keep them, newest first."""
    if (found := shutil.which(name)) is not None:
        return found
    for pattern in _FOLDERS:
        if places := sorted(Path("/").glob(f"{pattern[1:]}/{name}"), key=_version, reverse=True):
            return str(places[0])
    raise PostgresError(f"PostgreSQL's {name} was not found: bin/test installs it, or apt-get install postgresql")


def _version(path: Path) -> int:
    return int("".join(filter(str.isdigit, str(path.parent.parent))) or 0)


def _locale() -> str:
    return "C.UTF-8" if os.uname().sysname == "Linux" else "C"


def _other_user() -> pwd.struct_passwd | None:
    """Give the user to run as when we are root: PostgreSQL's own, else nobody."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError("root cannot run PostgreSQL, and there is no other user to do it")


def configure(server: Postgres, *, durable: bool = False, settings: Mapping[str, str] | None = None) -> None:
    """Write a cluster's settings, for its next start."""
    every = {
        "listen_addresses": "127.0.0.1",
        "port": str(server.port),
        "unix_socket_directories": "",
        "shared_buffers": "64MB",
        "timezone": "UTC",
        "lc_messages": "C",
        **(_DURABLE if durable else _QUICK),
        **(settings or {}),
    }
    lines = "".join(f"{name} = '{value}'\n" for name, value in every.items())
    (server.data / "postgresql.auto.conf").write_text(lines, "utf-8")


def _run_as_owner(folder: Path, name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the cluster's owner, quietly; say what it said when it fails."""
    user = _other_user()
    as_user: dict[str, Any] = {}
    if user is not None:
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    # Its messages go to a file: the server inherits the stream and would hold a pipe open.
    said = folder / f"{name}.said"
    with said.open("wb") as output:
        done = subprocess.run(
            [program(name), *arguments],
            cwd=folder,
            env={**os.environ, "LC_ALL": _locale()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            check=False,
            **as_user,
        )
    if done.returncode:
        log = folder / "postgres" / "server.log"
        more = log.read_text("utf-8", "replace")[-2000:] if log.exists() else ""
        raise PostgresError(f"{name} ended with {done.returncode}: {said.read_text('utf-8', 'replace')}{more}")
