"""PostgreSQL for measurements: a private, durable cluster whose data are kept between runs, since loading takes long."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.servers.home import alive, free_port, noted
from tests.servers.postgres import Postgres, configure, find, launch


@contextlib.contextmanager
def kept(folder: Path) -> Iterator[Postgres]:
    """Run the cluster of `folder`, made when it is not there, and stop it at the end; its data stay.

    One that a killed run left running is taken over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    server = find(folder)
    if server is None:
        shutil.rmtree(folder / "postgres", ignore_errors=True)  # what a killed initdb left
        server = launch(folder, durable=True, settings=_settings())
    elif not _runs(folder):
        server = _started(server)
    try:
        yield server
    finally:
        server.stop()


def _settings() -> dict[str, str]:
    """Give what an operator would set for such a machine: room to load a million customers, and of its memory the quarter that
    PostgreSQL's documentation advises (Resource Consumption, shared_buffers)."""
    quarter = psutil.virtual_memory().total // 4 // 1024**2
    return {
        "shared_buffers": f"{quarter}MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
    }


def _runs(folder: Path) -> bool:
    entry = noted(folder, "postgres")
    return entry is not None and alive(int(str(entry["pid"])), float(str(entry["born"])))


def _started(server: Postgres) -> Postgres:
    """Start a stopped cluster on a port that is free now, set as a new one would be."""
    moved = dataclasses.replace(server, port=free_port())
    configure(moved, durable=True, settings=_settings())
    moved.start()
    return moved
