"""Flash sales and pre-sales moved on by the clock: started, their places given, pieces that nobody paid for kept for the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from portal.base.db import Database
from portal.base.jobs import Jobs
from portal.base.keys import Keys
from portal.faces.sale_keeping import settle_sales
from portal.presales import list_presales_due, settle_presale

LOOK_SECONDS = 1.0


class SalesKeeper:
    """Looks once a second whether a sale is due: one statement while none runs."""

    def __init__(self, database: Database, keys: Keys, now: Callable[[], datetime]) -> None:
        self._database = database
        self._keys = keys
        self._now = now
        self._next = 0.0

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Settle what is due, and give how many sales were."""
        if time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + LOOK_SECONDS
        return settle_sales(self._database, self._keys, self._now(), stopping)


def register_sales(jobs: Jobs, database: Database, keys: Keys) -> None:
    """Have sales looked after each minute, whatever else does."""

    def settle_due_sales(now: datetime) -> None:
        settle_sales(database, keys, now)

    def settle_due_presales(now: datetime) -> None:
        with database.reading() as session:
            due = list_presales_due(session)
        for presale_id in due:
            with database.writing() as session:
                settle_presale(session, presale_id, now=now)

    jobs.every(1, settle_due_sales, name="settle_sales")
    jobs.every(1, settle_due_presales, name="settle_presales")
