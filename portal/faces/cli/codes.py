"""`flask codes`: batches, what became of one code, and whether the draw keeps to its odds."""

from __future__ import annotations

import click

from portal.base import clock
from portal.base.i18n import pick_text
from portal.codes import count_draws, find_use, get_lots, list_batches, read_code
from portal.faces.commands import Commands
from portal.faces.parts import portal
from portal.faces.transactions import reading

codes_group = Commands("codes", help="Codes on coupons and under bottle caps.")


@codes_group.command("list")
def list_all() -> None:
    """List the batches, the newest first."""
    with reading() as session:
        batches = list_batches(session)
    for one in batches:
        span = f"{clock.today(one.starts_at)} to {clock.today(one.ends_at)}"
        click.echo(f"{one.batch_id:6}  {one.kind:7} {one.status:8} {one.size:>10}  {span}  {pick_text(one.name, 'en')}")
    click.echo(f"{len(batches)} listed.")


@codes_group.command("look")
@click.argument("code")
def look(code: str) -> None:
    """Say which batch and number a code is, and what became of it."""
    with reading() as session:
        found = read_code(session, portal().keys, code)
        use = find_use(session, found.batch_id, found.number) if found is not None else None
    if found is None:
        click.echo("Not one of ours.")
        return
    click.echo(f"{found.reference}  {found.kind}  batch {found.status}{', voided' if found.is_void else ''}")
    click.echo("Nobody has it." if use is None else f"{use.status} by customer {use.customer_id} at {use.at.isoformat()}, {use.channel}")


@codes_group.command("odds")
@click.argument("batch_id", type=int)
@click.option("--most", type=click.IntRange(1), default=1_000_000, show_default=True, help="Draw for so many codes of the batch.")
def odds(batch_id: int, most: int) -> None:
    """Draw for a batch's codes, without redeeming any, and compare with what the odds say."""
    with reading() as session:
        lots = get_lots(session, batch_id)
    for each in count_draws(portal().keys, lots, most=most):
        name = "nothing" if each.name is None else pick_text(each.name, "en")
        click.echo(f"{each.drawn:>10}  expected {each.expected:>12.1f}  {name}")
