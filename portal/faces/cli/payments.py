"""`flask payments`: have a day compared again, and see how the days stand."""

from __future__ import annotations

from datetime import datetime

import click

from portal.base import clock
from portal.faces.commands import Commands, failed
from portal.faces.parts import portal
from portal.faces.reconciling import compare_one_day
from portal.faces.transactions import reading
from portal.payments import list_days

payments_group = Commands("payments", help="Money and the providers it comes by.")


@payments_group.command("compare")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day, where the operator does business.")
@click.option("--provider", required=True, help="sandbox, wechat or alipay.")
def compare(day: datetime, provider: str) -> None:
    """Compare a day with a provider's bill, once more; end with 1 where it does not agree."""
    parts = portal()
    found = parts.providers.get(provider)
    if found is None:
        raise click.BadParameter(f"no provider {provider!r} is set up")
    status = compare_one_day(parts.db, found, day.date(), parts.settings.zone, clock.now())
    click.echo(status or "Somebody else is at it.")
    if status != "even":
        failed()


@payments_group.command("days")
def days() -> None:
    """List the days compared last."""
    with reading() as session:
        for each in list_days(session):
            click.echo(f"{each.day} {each.provider} {each.status}: {each.matched} of {each.lines} lines agree")
