"""`flask demo`: load the demo operator, and say how to sign in to it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import click
import pyotp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from portal.base import clock
from portal.base.errors import N_, Refused
from portal.demo import (
    Loaded,
    Options,
    PrintedCodes,
    announce_coming,
    announce_sales,
    create_logins,
    fill_shelves,
    find_progress,
    has_customers,
    launch_campaigns,
    load_demo,
    open_intranet,
    place_orders,
    print_codes,
    read_file,
    write_file,
    write_intranet,
)
from portal.faces.commands import Commands
from portal.faces.component import script_tag
from portal.faces.parts import hasher, portal
from portal.faces.selling_words import selling_rules
from portal.faces.transactions import writing

CAMPAIGNS_SINCE = timedelta(days=21)
demo_group = Commands("demo", help="The demo operator.")


@demo_group.command("load")
@click.option("--subscribers", type=click.IntRange(2, 2_000_000), default=7_043, show_default=True, help="How many to load.")
@click.option("--detail", type=click.IntRange(0), help="How many keep every record. [default: the first 7,043]")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=7, show_default=True, help="Another seed, other people.")
@click.option("--if-empty", is_flag=True, help="Do nothing when there are customers already.")
@click.option("--fresh", is_flag=True, help="Empty the database first. Everything in it goes, but the audit log.")
def load(subscribers: int, detail: int | None, seed: int, if_empty: bool, fresh: bool) -> None:
    """Load the demo operator. A load that was killed goes on where it was."""
    parts = portal()
    if parts.settings.env == "production":
        raise Refused(N_("The demo is for PORTAL_ENV=demo or test: its numbers lie in live segments."))
    begun = find_progress(parts.db)
    if if_empty and not fresh and begun is None and has_customers(parts.db):
        click.echo("There are customers already: nothing to do.")
        return
    if begun is not None and not fresh:
        click.echo(f"Going on with the load of {begun.subscribers:,} begun {begun.started_at:%Y-%m-%d %H:%M} UTC, with its own options.")
    started = time.monotonic()
    now = clock.now()
    options = Options(subscribers, detail, seed)
    with _bar() as bar:
        task = bar.add_task("Subscribers", total=None)
        loaded = load_demo(
            parts.db, options, zone=parts.settings.zone, currency=parts.settings.currency, fresh=fresh, now=now,
            report=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    with parts.db.writing() as session:
        pieces = fill_shelves(session, parts.keys, now=now)
    logins = create_logins(parts.db, parts.settings, parts.keys, hasher(), now=now)
    campaigns, orders, codes = _trade(loaded.subscribers, seed=loaded.seed, now=now)
    path = write_file(parts.settings.instance_dir, loaded, {**logins, "codes": [asdict(each) for each in codes]})
    _tell(loaded, time.monotonic() - started)
    click.echo(f"{pieces:,} pieces on the shelves, {campaigns} campaigns launched, {orders} orders placed.")
    click.echo(f"Logins: {path} (flask demo logins shows them)")


def _trade(subscribers: int, *, seed: int, now: datetime) -> tuple[int, int, Sequence[PrintedCodes]]:
    """Have the shop trade for a month: campaigns launched three weeks ago, orders, what is coming, codes. Give how many, and the codes."""
    parts = portal()
    with parts.db.writing() as session:
        campaigns = len(launch_campaigns(session, now=now - CAMPAIGNS_SINCE))
    orders = place_orders(parts.db, selling_rules(), subscribers=subscribers, seed=seed, now=now)
    with parts.db.writing() as session:
        announce_coming(session, currency=parts.settings.currency, now=now)
        return campaigns, orders, print_codes(session, parts.keys, now=now)


@demo_group.command("sales")
def sales() -> None:
    """Announce a flash sale that starts in ten minutes, and a draw this evening, where none is coming. May be repeated."""
    parts, now = portal(), clock.now()
    if parts.settings.env == "production":
        raise Refused(N_("The demo is for PORTAL_ENV=demo or test: its numbers lie in live segments."))
    with writing() as session:
        count = announce_sales(session, parts.keys, currency=parts.settings.currency, zone=parts.settings.zone, now=now)
    click.echo(f"{count} flash sales announced: {parts.settings.base_url.rstrip('/')}/sales")


@demo_group.command("intranet")
@click.option("--origin", required=True, help="Where the intranet's page will stand, as a browser writes it.")
def intranet(origin: str) -> None:
    """Open Acme's mini-store for an intranet at an address, and write down what that needs to know. May be repeated."""
    settings, now = portal().settings, clock.now()
    if settings.env == "production":
        raise Refused(N_("The demo is for PORTAL_ENV=demo or test: its numbers lie in live segments."))
    with writing() as session:
        store = open_intranet(session, settings.instance_dir, origin=origin, currency=settings.currency, now=now)
    base = settings.base_url.rstrip("/")
    path = write_intranet(settings.instance_dir, store, origin=origin, portal=base, script=script_tag(base))
    click.echo(f"Acme's intranet at {origin}: {path}")


@demo_group.command("logins")
def logins() -> None:
    """Show every demo login, with the staff's codes of this very moment."""
    found = read_file(portal().settings.instance_dir)
    console = Console()
    console.print(_subscribers(found))
    console.print(_staff(found))
    for one in found["staff"]:
        console.print(f"{one['login']}'s authenticator key: {one['totp_key']}", soft_wrap=True)
    console.print(
        f"Acme's employees sign in with a code: {', '.join(one['number'] for one in found['enterprise']['employees'])}", soft_wrap=True
    )
    for batch in found.get("codes", ()):
        console.print(f"{batch['name']} ({batch['about']}): {' '.join(batch['codes'])}", soft_wrap=True)
    for name, address in found["addresses"].items():
        console.print(f"{name.replace('_', ' ')}: {address}", soft_wrap=True)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _tell(loaded: Loaded, seconds: float) -> None:
    written = sum(loaded.rows.values())
    click.echo(
        f"{loaded.subscribers:,} subscribers and one enterprise, {loaded.detail:,} in full detail: {written:,} rows in {seconds:.1f} s."
    )
    blank = loaded.without_total
    if blank:
        rows = ", ".join(map(str, blank))
        click.echo(f"No total charges in {len(blank)} rows of wa_churn ({rows}): tenure 0, loaded as joined this month without a bill.")


def _subscribers(found: dict[str, Any]) -> Table:
    table = Table(title="Subscribers")
    for heading in ("who", "number", "password", "what for"):
        table.add_column(heading, overflow="fold")
    for one in found["subscribers"]:
        table.add_row(f"{one['who']} ({one['name']})", one["number"], one["service_password"], one["about"])
    return table


def _staff(found: dict[str, Any]) -> Table:
    table = Table(title="Staff")
    for heading in ("who", "login", "password", "code now", "role"):
        table.add_column(heading, overflow="fold")
    for one in found["staff"]:
        code = pyotp.TOTP(one["totp_key"])
        left = code.interval - int(clock.now().timestamp()) % code.interval
        table.add_row(
            f"{one['who']} ({one['name']})",
            one["login"],
            one["password"],
            f"{code.now()} ({left} s)",
            one["role"],
        )
    return table
