"""`flask directory`: which enterprises' directories may keep the lists of their people here, and who is on them."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy.orm import Session

from portal.base import clock
from portal.base.audit import Entry, record
from portal.directory import create_directory_token, end_directory_token, list_directory_tokens, list_people
from portal.faces.commands import Commands
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing

directory_group = Commands("directory", help="Companies' own lists of their people (SCIM 2.0).")
token_group = Commands("token", help="What a company's directory shows when it comes with news.")
directory_group.add_command(token_group)
ACTOR = "operator"
CUSTOMER = click.option("--customer", "customer_id", type=int, required=True, help="The enterprise's customer id.")


@token_group.command("add")
@CUSTOMER
@click.option("--label", required=True, help="What it is for: Entra, Okta …")
@click.option("--days", type=int, default=180, show_default=True, help="For how long it is good, a year and a day at most.")
def add(customer_id: int, label: str, days: int) -> None:
    """Let a directory in, and print its token, once."""
    now = clock.now()
    with writing() as session:
        view, token = create_directory_token(session, customer_id, label, days=days, now=now)
        _note(session, "directory.token_added", customer_id, view.id, now)
    click.echo(f"address: {portal().settings.base_url.rstrip('/')}/scim/v2\ntoken: {token}")
    click.echo(f"Keep it now, it is not shown again. Token {view.id} is good until {view.expires_at:%Y-%m-%d %H:%M} UTC.")


@token_group.command("list")
@CUSTOMER
@click.option("--all", "with_ended", is_flag=True, help="Also those that were ended.")
def list_all(customer_id: int, with_ended: bool) -> None:
    """List a company's tokens."""
    with reading() as session:
        tokens = list_directory_tokens(session, customer_id, with_ended=with_ended)
    for each in tokens:
        state = "ended" if each.ended_at else "over" if each.expires_at <= clock.now() else f"until {each.expires_at:%Y-%m-%d}"
        used = f"last used {each.used_at:%Y-%m-%d %H}h UTC" if each.used_at else "not used yet"
        click.echo(f"{each.id}  {state:16} {used:28} {each.label}")
    click.echo(f"{len(tokens)} listed.")


@token_group.command("end")
@click.argument("token_id", type=int)
@CUSTOMER
def end(token_id: int, customer_id: int) -> None:
    """Take no news by a token any more, from now on."""
    now = clock.now()
    with writing() as session:
        end_directory_token(session, customer_id, token_id, now=now)
        _note(session, "directory.token_ended", customer_id, token_id, now)
    click.echo("The token has ended.")


@directory_group.command("people")
@CUSTOMER
@click.option("--from", "start", type=click.IntRange(1), default=1, help="Where to begin; 200 are listed at once.")
def show_people(customer_id: int, start: int) -> None:
    """List who is on a company's list."""
    with reading() as session:
        page = list_people(session, customer_id, start=start)
    for each in page.entries:
        click.echo(f"{each.id}  {'active' if each.active else 'inactive':9} {each.source:8} {each.user_name}")
    click.echo(f"{len(page.entries)} of {page.total} listed.")


def _note(session: Session, action: str, customer_id: int, token_id: int, now: datetime) -> None:
    entry = Entry(ACTOR, action, "cli", customer_id, f"directory:{token_id}")
    record(session, portal().keys.audit[0], entry, now=now)
