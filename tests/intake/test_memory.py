"""Memory does not grow with the file: measured on a process of its own, after a first file has loaded what is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from portal.base.db import Database
from portal.base.settings import ROOT
from tests.cast import Cast
from tests.intake.files import write

HEADINGS = ("id", "name", "number")
SMALL, LARGE = 5_000, 50_000
CACHES_KIB, ALLOWED_KIB = 48_000, 24_000
"""SQLite's two caches, of the database and of what is laid aside, fill up. The search keys of the large file would take 180 MB."""


def name(place: int) -> str:
    """Names that are hardly ever the same, as in life: nothing is gained by remembering them."""
    return "王李张刘陈"[place % 5] + chr(0x4E00 + place * 7 % 9000) + chr(0x4E00 + place // 9000 + place * 13 % 3000)


def measure(database: Database, folder: Path, large: list[tuple[str, ...]]) -> dict[str, Any]:
    small = write(folder / "small.csv", [(f"S{place}", name(place), f"1381{place:07d}") for place in range(SMALL)], HEADINGS)
    file = write(folder / "large.csv", large, HEADINGS)
    done = subprocess.run(
        [sys.executable, "-m", "tests.intake.memory", database.url.render_as_string(hide_password=False), str(small), str(file)],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_ten_times_the_rows_do_not_take_ten_times_the_memory(database: Database, cast: Cast, tmp_path: Path) -> None:
    found = measure(database, tmp_path, [(f"L{place}", name(place), f"1391{place:07d}") for place in range(LARGE)])
    assert found["added"] == LARGE
    assert found["grown_kib"] < ALLOWED_KIB + CACHES_KIB, found


def test_rejected_rows_are_not_held_either(database: Database, cast: Cast, tmp_path: Path) -> None:
    found = measure(database, tmp_path, [(f"L{place % 3}", name(place), f"12{place}") for place in range(2 * LARGE)])
    assert found["rejected"] == 2 * LARGE
    assert found["grown_kib"] < ALLOWED_KIB, found
