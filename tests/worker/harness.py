"""A real worker with the tests' handlers: `python -m tests.worker.harness URL INSTANCE [REDIS]`. Says "up" when it is."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from portal.base import clock
from portal.base.db import Database
from portal.base.jobs import Jobs
from portal.base.keys import make_keys
from portal.base.logs import configure_logging
from portal.base.settings import Settings
from portal.faces.worker.deliver import Delivery
from portal.faces.worker.messages import Carrier
from portal.faces.worker.periodic import register_jobs
from portal.faces.worker.run import Worker
from tests.events.facts import both
from tests.events.killing import Tray


def settings_for(url: str, instance: Path, redis_url: str = "") -> Settings:
    """Give the settings that the worker and whoever kicks it share."""
    return Settings(env="test", database_url=url, instance_dir=instance, redis_url=redis_url)


def main(url: str, instance: str, redis_url: str = "") -> None:
    configure_logging()
    database = Database(url)
    jobs = Jobs()
    register_jobs(jobs, database, make_keys(settings_for(url, Path(instance), redis_url)))
    jobs.every(1, lambda now: Path(instance, "minute").touch(), name="minute")
    worker = Worker(
        settings_for(url, Path(instance), redis_url),
        Delivery(database, both(), lambda: datetime.now(UTC)),
        Carrier(database, Tray(database), clock.now),
        jobs,
    )
    sys.stdout.write("up\n")
    sys.stdout.flush()
    worker.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
