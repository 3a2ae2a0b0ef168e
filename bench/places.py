"""Where measurements live: data sets and the PostgreSQL cluster in a cache that git ignores, results in bench/results."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"


def cache() -> Path:
    """Give the folder of data sets: $ONEHALL_BENCH_CACHE, else build/bench.

    Root's PostgreSQL runs as another user, who must be able to pass every folder above it: where build/ lies in a
    closed home, /var/tmp is used.
    """
    if chosen := os.environ.get("ONEHALL_BENCH_CACHE"):
        return Path(chosen)
    if os.geteuid() == 0 and not all(folder.stat().st_mode & 0o001 for folder in (ROOT, *ROOT.parents)):
        return Path("/var/tmp/onehall-bench")
    return ROOT / "build" / "bench"
