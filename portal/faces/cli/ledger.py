"""`flask ledger`: whether the books hold."""

from __future__ import annotations

import click

from portal.base.books import check_books
from portal.faces.commands import Commands, failed
from portal.faces.transactions import snapshot

ledger_group = Commands("ledger", help="The double-entry ledger.")


@ledger_group.command("check")
def check() -> None:
    """Recompute every balance from the entries; name what differs and end with 1."""
    with snapshot() as session:
        found = list(check_books(session))
    for one in found:
        click.echo(f"{one.where}: {one.what}", err=True)
    if found:
        failed()
    click.echo("The books hold.")
