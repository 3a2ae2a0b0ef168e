"""`flask worker`: the process behind the scenes."""

from __future__ import annotations

from typing import cast

import click
from flask import Flask, current_app

from portal.base import clock
from portal.base.jobs import Jobs
from portal.base.logs import configure_logging
from portal.faces.commands import Commands
from portal.faces.parts import Portal, portal
from portal.faces.paying import Payer
from portal.faces.worker.deliver import Delivery
from portal.faces.worker.knocking import Knocker
from portal.faces.worker.logouts import LogoutCarrier
from portal.faces.worker.messages import Carrier
from portal.faces.worker.orders import OrderCarrier, register_orders
from portal.faces.worker.papers import PaperMaker
from portal.faces.worker.periodic import register_jobs, register_key_fetching, register_reconciling
from portal.faces.worker.run import KNOCKS, Runner, Worker
from portal.faces.worker.sales import SalesKeeper, register_sales
from portal.faces.worker.texts import TextDesk
from portal.messaging import MessageSource

worker_group = Commands("worker", help="Delivers events and messages, and does what is due.")


@worker_group.command("run")
def run() -> None:
    """Work until SIGINT or SIGTERM."""
    configure_logging(json=portal().settings.log_json)
    make_worker(portal(), _app()).run()


@worker_group.command("once")
@click.option("--jobs", is_flag=True, help="Run every periodic job once, too.")
def once(jobs: bool) -> None:
    """Do all that is due now, and end."""
    worker = make_worker(portal(), _app())
    if jobs:
        worker.jobs.run_all(clock.now())
    handled, sent = worker.run_once()
    click.echo(f"{handled} events handled, {sent} messages sent.")


def _app() -> Flask:
    return cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way to it


def register(app: Flask) -> None:
    """Add the worker's commands to `app`."""
    app.cli.add_command(worker_group)


def make_worker(parts: Portal, app: Flask | None = None) -> Worker:
    """Put the worker of one portal together; papers are set with the templates of `app`, in a thread of their own."""
    jobs = Jobs()
    register_jobs(jobs, parts.db, parts.keys)
    register_key_fetching(jobs, parts.db, parts.documents)
    register_sales(jobs, parts.db, parts.keys)
    if isinstance(parts.sms, MessageSource):
        parts.sms.listen(TextDesk(parts.db, parts.keys, parts.settings.country, clock.now).take)
    besides: dict[str, Runner] = {
        "logouts": LogoutCarrier(parts.db, parts.keys, parts.settings, parts.backchannel, clock.now),
        KNOCKS: Knocker(parts.db, parts.backchannel, clock.now),
        "payments": Payer(parts.db, parts.providers, parts.settings, clock.now),
        "sales": SalesKeeper(parts.db, parts.keys, clock.now),
    }
    if parts.bss is not None and parts.logistics is not None:
        besides["orders"] = carrier = OrderCarrier(parts.db, parts.bss, parts.logistics, clock.now)
        register_orders(jobs, carrier)
    if app is not None:
        besides["papers"] = PaperMaker(app, parts.db, clock.now)
    register_reconciling(jobs, parts.db, parts.providers, parts.settings.zone)
    delivery, carrying = Delivery(parts.db, parts.handlers, clock.now), Carrier(parts.db, parts.sms, clock.now)
    return Worker(parts.settings, delivery, carrying, jobs, besides)
