"""Data sets: one per engine and scale, made by the portal's own loader, kept until what makes them changes."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from bench.cluster import kept
from bench.places import ROOT
from portal.base.settings import Settings
from tests.servers.postgres import Postgres

ENGINES = ("sqlite", "postgresql")
SECRET = "only for measuring, on made-up customers, never anywhere else"
_MAKERS = ("portal/demo", "portal/migrations", "portal/customers/keys.py", "portal/customers/names.py", "portal/base/bulk.py")


class BenchError(Exception):
    """A measurement cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A loaded database with its instance folder."""

    db: str
    scale: int
    url: str
    instance: Path

    def environment(self) -> dict[str, str]:
        """Give the environment of a process that works on it: nothing of the caller's own PORTAL_ settings."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        return {
            **inherited,
            "PORTAL_ENV": "demo",
            "PORTAL_SECRET_KEY": SECRET,
            "PORTAL_DATABASE_URL": self.url,
            "PORTAL_INSTANCE_DIR": str(self.instance),
            "PORTAL_SMS_ADAPTER": "tray",
            "PORTAL_TRUSTED_PROXIES": "1",
            "PYTHONUTF8": "1",
        }

    def settings(self) -> Settings:
        """Give the same as settings, for an application in this process."""
        return Settings(
            env="demo",
            secret_key=SecretStr(SECRET),
            database_url=self.url,
            instance_dir=self.instance,
            sms_adapter="tray",
            trusted_proxies=1,
        )


@dataclass
class DataSets:
    """The cache of data sets in `folder`. Give `cluster` to use a PostgreSQL that runs already."""

    folder: Path
    cluster: Postgres | None = None
    fresh: bool = False
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _made: set[tuple[str, int]] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._stack.enter_context(_alone(self.folder))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def get(self, db: str, scale: int) -> DataSet:
        """Give the set of `scale` customers on `db`, loading it first where it is missing or made by an older loader."""
        place = self.folder / "sets" / f"{db}-{scale}"
        data = DataSet(db, scale, self._url(db, scale, place), place)
        note = place / "loaded.json"
        stamp = _stamp()
        if (db, scale) not in self._made and (self.fresh or not note.exists() or json.loads(note.read_text("utf-8"))["stamp"] != stamp):
            seconds = self._load(data)
            note.write_text(json.dumps({"stamp": stamp, "seconds": round(seconds, 1)}), "utf-8")
        self._made.add((db, scale))
        return data

    def load_seconds(self, data: DataSet) -> float:
        """Give how long loading it took."""
        seconds: float = json.loads((data.instance / "loaded.json").read_text("utf-8"))["seconds"]
        return seconds

    def _url(self, db: str, scale: int, place: Path) -> str:
        if db == "sqlite":
            return f"sqlite:///{place / 'onehall.db'}"
        if self.cluster is None:
            self.cluster = self._stack.enter_context(kept(self.folder / "postgresql"))
        return self.cluster.url(self._database(scale))

    def _database(self, scale: int) -> str:
        """Name the database of a scale: several caches may share a cluster."""
        return f"scale_{scale}_{hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:8]}"

    def _load(self, data: DataSet) -> float:
        say(f"loading {data.scale:,} customers into {data.db} …")
        shutil.rmtree(data.instance, ignore_errors=True)
        data.instance.mkdir(parents=True)
        if data.db == "postgresql":
            assert self.cluster is not None
            self.cluster.drop_database(self._database(data.scale))
            self.cluster.create_database(self._database(data.scale))
        started = time.perf_counter()
        _flask(data, "setup")
        _flask(data, "demo", "load", "--subscribers", str(data.scale))
        seconds = time.perf_counter() - started
        say(f"  loaded in {seconds:,.1f} s")
        return seconds


def say(text: str) -> None:
    """Tell whoever waits; standard output is for the rows alone."""
    print(f"· {text}", file=sys.stderr, flush=True)


def _flask(data: DataSet, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env=data.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"flask {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout[-3000:]}")


def _stamp() -> str:
    """Give what the loader is, so that a set made by another one is not taken for its work."""
    digest = hashlib.sha256()
    for each in _MAKERS:
        path = ROOT / each
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.relative_to(ROOT).as_posix().encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the cache alone: two measurements at once would measure each other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchError("another measurement is running") from None
        yield
