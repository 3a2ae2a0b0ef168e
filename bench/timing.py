"""Numbers from clocks: what a call costs this thread, and what the slowest twentieth takes."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence


def cpu_seconds(work: Callable[[], None]) -> float:
    """Give the CPU time that `work` takes in this thread, system calls included, waiting excluded."""
    gc.collect()
    started = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - started) / 1e9


def wall_seconds(work: Callable[[], object]) -> float:
    """Give the time that passes while `work` runs."""
    started = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - started) / 1e9


def p95(seconds: Sequence[float]) -> float:
    """Give the value that 95 of 100 stay below; needs two values at least."""
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]
