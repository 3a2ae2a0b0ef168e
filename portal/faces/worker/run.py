"""The worker's process: lookouts that look every half second, and Huey for kicks and periodic jobs."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import structlog
from huey import Huey
from huey.consumer import Consumer

from portal.base import clock
from portal.base.jobs import Jobs, add_kick, make_huey
from portal.base.settings import Settings
from portal.faces.worker.deliver import Delivery
from portal.faces.worker.messages import Carrier

log = structlog.get_logger()

LOOK_SECONDS = 0.5
TIDY_SECONDS = 10.0
REST_SECONDS = 2.0
STOP_SECONDS = 5.0


class Lookout(threading.Thread):
    """Calls `work(stopping)` when woken, and otherwise every half second; when it fails, it rests and goes on."""

    def __init__(self, name: str, work: Callable[[Callable[[], bool]], object]) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._wake = threading.Event()
        self._ended = threading.Event()

    def wake(self) -> None:
        """Have it look now."""
        self._wake.set()

    def end(self) -> None:
        """Have it finish the step it is at, and no more."""
        self._ended.set()
        self._wake.set()

    def run(self) -> None:
        """Look, until told to end."""
        while not self._ended.is_set():
            self._wake.clear()
            try:
                self._work(self._ended.is_set)
            except Exception as error:  # the database being away must not end the worker
                log.warning("lookout_failed", lookout=self.name, kind=type(error).__name__, exc_info=error)
                self._ended.wait(REST_SECONDS)
            if not self._ended.is_set():
                self._wake.wait(LOOK_SECONDS)


class _Consumer(Consumer):  # type: ignore[misc]
    """Huey's consumer that ends gracefully on both signals."""

    def __init__(self, huey: Huey, **options: Any) -> None:
        super().__init__(huey, **options)
        self._signal_actions = {signal.SIGINT: (False, True), signal.SIGTERM: (False, True)}


KNOCKS = "knocks"
"""Looks whether addresses answer again: of use to a process that stays, not to one that does what is due and ends."""


class Runner(Protocol):
    """Work that comes up beside events and messages."""

    def run(self, stopping: Callable[[], bool] = ...) -> object:
        """Do all that is due, or until `stopping()`."""


class Worker:
    """Everything behind the scenes, in one process. Several workers may run; none does another's work twice."""

    def __init__(
        self,
        settings: Settings,
        delivery: Delivery,
        carrier: Carrier,
        jobs: Jobs,
        besides: Mapping[str, Runner] = MappingProxyType({}),
    ) -> None:
        self.settings = settings
        self.delivery = delivery
        self.carrier = carrier
        self.jobs = jobs
        self.besides = besides
        self._next_tidy = 0.0

    def run_once(self) -> tuple[int, int]:
        """Do all that is due now; give how many handlers were called and how many messages handed over."""
        self.carrier.tidy()
        handled = self.delivery.run()
        sent = self.carrier.run()
        for name, runner in self.besides.items():
            if name != KNOCKS:
                runner.run()
        return handled, sent

    def run(self) -> None:
        """Work until SIGINT or SIGTERM; then finish the step at hand, within five seconds."""
        lookouts = self._lookouts()
        huey = make_huey(self.settings)

        def look_now() -> None:
            for lookout in lookouts:
                lookout.wake()

        add_kick(huey, look_now)
        self.jobs.add_to(huey, clock.now)
        logging.getLogger("huey").setLevel(logging.WARNING)
        consumer = _Consumer(huey, workers=2, initial_delay=0.05, max_delay=0.2, health_check_interval=5, shutdown_timeout=STOP_SECONDS)
        for lookout in lookouts:
            lookout.start()
        log.info("worker_started", queue=type(huey).__name__)
        consumer.run()
        for lookout in lookouts:
            lookout.end()
        until = time.monotonic() + STOP_SECONDS
        for lookout in lookouts:
            lookout.join(max(until - time.monotonic(), 0))
        log.info("worker_ended", clean=not any(lookout.is_alive() for lookout in lookouts))

    def _lookouts(self) -> list[Lookout]:
        """Give a lookout for each kind of work there is."""
        always = [Lookout("events", self.delivery.run), Lookout("messages", self._carry)]
        return always + [Lookout(name, each.run) for name, each in self.besides.items()]

    def _carry(self, stopping: Callable[[], bool]) -> None:
        if time.monotonic() >= self._next_tidy:
            self._next_tidy = time.monotonic() + TIDY_SECONDS
            self.carrier.tidy()
        self.carrier.run(stopping)
