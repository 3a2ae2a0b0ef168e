"""`flask sso logouts`: whether the sites were told that sign-ins are over."""

from __future__ import annotations

import click

from portal.base import clock
from portal.base.errors import N_, Invalid
from portal.base.ids import from_ref, to_ref
from portal.faces.commands import Commands
from portal.faces.transactions import reading, writing
from portal.openid import list_logouts, retry_logout

logouts_group = Commands("logouts", help="The word that a sign-in is over, on its way to the sites.")


@logouts_group.command("list")
@click.option("--status", type=click.Choice(["pending", "delivered", "given_up"]), help="Of one status alone.")
@click.option("--client", "client_id", help="For one site alone.")
@click.option("--limit", default=50, show_default=True)
def list_all(status: str | None, client_id: str | None, limit: int) -> None:
    """List words, the newest first."""
    with reading() as session:
        words = list_logouts(session, status=status, client_id=client_id, limit=limit)
    for each in words:
        when = f"done {each.done_at:%m-%d %H:%M:%S}" if each.done_at else f"next {each.next_at:%m-%d %H:%M:%S}"
        said = f"  {each.last_error}" if each.last_error else ""
        click.echo(f"{to_ref(each.id)}  {each.status:9}  {each.attempts}×  {each.reason:8}  {each.client_name:24}  {when} UTC{said}")
    click.echo(f"{len(words)} listed.")


@logouts_group.command("retry")
@click.argument("refs", nargs=-1, required=True)
def retry(refs: tuple[str, ...]) -> None:
    """Send words again now, by the first column of the list."""
    for ref in refs:
        try:
            delivery_id = from_ref(ref)
        except ValueError as error:
            raise Invalid({"ref": N_("Give the first column of the list.")}) from error
        with writing() as session:
            retry_logout(session, delivery_id, now=clock.now())
        click.echo(f"{ref} is sent again.")
