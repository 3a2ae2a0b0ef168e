"""Data sets: one per engine and scale, made by the portal's own loader, kept until what makes them changes."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from bench.cluster import kept
from bench.loader import LoadError, run_flask, stamp
from portal.base.settings import Settings
from tests.servers.postgres import Postgres

ENGINES = ("sqlite", "postgresql")
SECRET = "only for measuring, on made-up customers, never anywhere else"
LOADED, LOADING = "loaded.json", "loading.json"


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
        """Give the set of `scale` customers on `db`, loading it first where it is missing or made by an older loader.

        A load that was ended before its time goes on where it was.
        """
        place = self.folder / "sets" / f"{db}-{scale}"
        data = DataSet(db, scale, self._url(db, scale, place), place)
        made = stamp()
        if (db, scale) not in self._made and (self.fresh or _noted(place / LOADED) != made):
            if self.fresh or _noted(place / LOADING) != made:
                self._clear(data, scale)
                (place / LOADING).write_text(json.dumps({"stamp": made}), "utf-8")
            seconds = _load(data)
            (place / LOADED).write_text(json.dumps({"stamp": made, "seconds": round(seconds, 1)}), "utf-8")
            (place / LOADING).unlink()
        self._made.add((db, scale))
        return data

    def blank(self, db: str, scale: int, *, name: str = "blank") -> DataSet:
        """Give a database of its own with every table and nothing in it, for a measurement that fills one to `scale`."""
        place = self.folder / "sets" / f"{db}-{name}"
        data = DataSet(db, scale, self._url(db, name, place), place)
        self._clear(data, name)
        try:
            run_flask(data.environment(), "setup")
        except LoadError as error:
            raise BenchError(str(error)) from None
        return data

    def standing(self, db: str, scale: int, *, name: str) -> DataSet | None:
        """Give what `blank` made of this name and a measurement filled in an earlier run; None where there is nothing."""
        place = self.folder / "sets" / f"{db}-{name}"
        return DataSet(db, scale, self._url(db, name, place), place) if place.exists() else None

    def _url(self, db: str, name: str | int, place: Path) -> str:
        if db == "sqlite":
            return f"sqlite:///{place / 'onehall.db'}"
        if self.cluster is None:
            self.cluster = self._stack.enter_context(kept(self.folder / "postgresql"))
        return self.cluster.url(self._database(name))

    def _database(self, name: str | int) -> str:
        """Name the database of a scale, or another: several caches may share a cluster."""
        return f"scale_{name}_{hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:8]}"

    def _clear(self, data: DataSet, name: str | int) -> None:
        """Make room for a load from the start."""
        shutil.rmtree(data.instance, ignore_errors=True)
        data.instance.mkdir(parents=True)
        if data.db == "postgresql":
            assert self.cluster is not None
            self.cluster.drop_database(self._database(name))
            self.cluster.create_database(self._database(name))


def _noted(note: Path) -> str | None:
    """Give the stamp in a note, None where there is no such note."""
    return str(json.loads(note.read_text("utf-8"))["stamp"]) if note.exists() else None


def _load(data: DataSet) -> float:
    """Load a data set; give how many seconds it took."""
    say(f"loading {data.scale:,} customers into {data.db} …")
    started = time.perf_counter()
    try:
        run_flask(data.environment(), "setup")
        run_flask(data.environment(), "demo", "load", "--subscribers", str(data.scale))
    except LoadError as error:
        raise BenchError(str(error)) from None
    seconds = time.perf_counter() - started
    say(f"  loaded in {seconds:,.1f} s")
    return seconds


def say(text: str) -> None:
    """Tell whoever waits; standard output is for the rows alone."""
    print(f"· {text}", file=sys.stderr, flush=True)


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
