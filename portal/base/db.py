"""The database: one declarative base, two ways in.

`writing()` is a transaction (BEGIN IMMEDIATE on SQLite, behind a lock that keeps processes in line); returning commits,
raising rolls back. `reading()` never writes; on PostgreSQL it is AUTOCOMMIT, a sixth faster. Only faces call them.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

Kind = Literal["customer", "reference", "global"]
BUSY_SECONDS = 10


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database. A naive value is a mistake and raises ValueError."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give back aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""63-bit integers; SQLite counts up by itself only for INTEGER."""
Json = sa.JSON().with_variant(JSONB(), "postgresql")
"""A small document: JSONB on PostgreSQL, text on SQLite."""
Key = sa.String(collation="C").with_variant(sa.String(), "sqlite")
"""Text compared byte by byte, so that a range of keys is a prefix search on both engines."""


class Base(DeclarativeBase):
    """Every table. `info["kind"]` says how it grows: with the customer, as reference, or globally (design.md)."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), dict[str, Any]: Json}


def table(kind: Kind, **options: object) -> dict[str, object]:
    """Give the last element of `__table_args__`: how the table grows, and options for the engine."""
    return {"info": {"kind": kind}, **options}


class Database:
    """One database and the two ways in. `url` is a SQLAlchemy address."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._sqlite_engine() if self.is_sqlite else self._postgres_engine(pool_size)
        self._writer = self.engine.execution_options(portal_write=True)
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._line = _Line(Path(f"{self.url.database}.lock")) if self.is_sqlite else None

    def _sqlite_engine(self) -> Engine:
        Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(self.url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, pool_size=8)
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _postgres_engine(self, pool_size: int) -> Engine:
        engine = sa.create_engine(self.url, pool_size=pool_size, max_overflow=8, pool_pre_ping=False, pool_timeout=BUSY_SECONDS)
        event.listen(engine, "connect", _tune_postgres)
        return engine

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a write transaction. Returning commits, raising rolls back."""
        if self._line is None:
            with Session(self._writer, expire_on_commit=False) as session, session.begin():
                yield session
            return
        with self._line, Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session for reads alone; nothing it is given is written."""
        with Session(self._reader, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Open a session for long reads: it sees one moment throughout, whatever is written meanwhile."""
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        engine = self.engine if self.is_sqlite else self.engine.execution_options(**options)
        with Session(engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Give all connections back, and the file writers stand in line by."""
        self.engine.dispose()
        if self._line is not None:
            self._line.close()


class _Line:
    """Writers of one SQLite file stand in line: a lock between threads, then one between processes.

    SQLite's own busy handler polls with growing sleeps and lets late comers overtake: waits of 4 s were seen.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._threads = threading.Lock()
        self._file: int | None = None
        self._pid = 0

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            if self._file is None or self._pid != os.getpid():
                self._file, self._pid = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), os.getpid()
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._threads.release()
            raise

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        """Let go of the file; whoever writes next opens it again."""
        with self._threads:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def _tune_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event below starts transactions, not the driver
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-32000",
        "temp_store=MEMORY",
        "mmap_size=268435456",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _tune_postgres(connection: Any, _: object) -> None:
    # Every statement of ours is prepared and reads by key; planning it anew for each value cost 0.3 to 1 ms a search.
    was, connection.autocommit = connection.autocommit, True
    connection.execute("SET plan_cache_mode = force_generic_plan")
    connection.autocommit = was


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("portal_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
