"""Counters for Prometheus.

Each process counts for itself. With several web processes on one host, set PROMETHEUS_MULTIPROC_DIR to an empty folder
before they start: they count into files there, and /metrics of any of them gives the sum (bin/run does so). Without it,
/metrics gives the figures of whichever process answered. What stands in the database (events and messages waiting) is
read when asked and counted by nobody.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
registry = CollectorRegistry()
requests_total = Counter("portal_requests", "Requests answered.", ("endpoint", "method", "status"), registry=registry)
request_seconds = Histogram(
    "portal_request_seconds",
    "Time until the answer was ready.",
    ("endpoint",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=registry,
)
payment_notices_total = Counter("portal_payment_notices", "Notifications of payment providers.", ("provider", "outcome"), registry=registry)
sign_ins_total = Counter("portal_sign_ins", "Attempts to sign in.", ("realm", "method", "outcome"), registry=registry)


class _Gauges(Collector):
    """Figures read when asked: name to (help, label, value by label)."""

    def __init__(self, figures: Mapping[str, tuple[str, str, Mapping[str, int]]]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        for name, (text, label, values) in self._figures.items():
            family = GaugeMetricFamily(name, text, labels=(label,))
            for key, value in sorted(values.items()):
                family.add_metric((key,), value)
            yield family


def render(figures: Mapping[str, tuple[str, str, Mapping[str, int]]]) -> bytes:
    """Give everything in Prometheus' text format: what was counted, and `figures` read just now."""
    counted = registry
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    now = CollectorRegistry()
    now.register(_Gauges(figures))
    return generate_latest(counted) + generate_latest(now)
