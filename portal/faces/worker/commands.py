"""`flask worker`: the process behind the scenes."""

from __future__ import annotations

import click
from flask import Flask

from portal.base import clock
from portal.base.jobs import Jobs
from portal.base.logs import configure_logging
from portal.faces.commands import Commands
from portal.faces.parts import Portal, portal
from portal.faces.worker.deliver import Delivery
from portal.faces.worker.knocking import Knocker
from portal.faces.worker.logouts import LogoutCarrier
from portal.faces.worker.messages import Carrier
from portal.faces.worker.periodic import register_jobs, register_key_fetching
from portal.faces.worker.run import Worker

worker_group = Commands("worker", help="Delivers events and messages, and does what is due.")


@worker_group.command("run")
def run() -> None:
    """Work until SIGINT or SIGTERM."""
    configure_logging(json=portal().settings.log_json)
    make_worker(portal()).run()


@worker_group.command("once")
@click.option("--jobs", is_flag=True, help="Run every periodic job once, too.")
def once(jobs: bool) -> None:
    """Do all that is due now, and end."""
    worker = make_worker(portal())
    if jobs:
        worker.jobs.run_all(clock.now())
    handled, sent = worker.run_once()
    click.echo(f"{handled} events handled, {sent} messages sent.")


def register(app: Flask) -> None:
    """Add the worker's commands to `app`."""
    app.cli.add_command(worker_group)


def make_worker(parts: Portal) -> Worker:
    """Put the worker of one portal together."""
    jobs = Jobs()
    register_jobs(jobs, parts.db, parts.keys)
    register_key_fetching(jobs, parts.db, parts.documents)
    return Worker(
        parts.settings,
        Delivery(parts.db, parts.handlers, clock.now),
        Carrier(parts.db, parts.sms, clock.now),
        jobs,
        LogoutCarrier(parts.db, parts.keys, parts.settings, parts.backchannel, clock.now),
        Knocker(parts.db, parts.backchannel, clock.now),
    )
