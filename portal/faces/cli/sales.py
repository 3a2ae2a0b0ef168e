"""`flask flashsale`: do a draw again and compare; move sales on by hand."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import click

from portal.base import clock
from portal.base.errors import NotFound
from portal.base.ids import from_ref, to_ref
from portal.faces.commands import Commands
from portal.faces.parts import portal
from portal.faces.sale_keeping import settle_sales
from portal.faces.transactions import reading
from portal.flashsales import get_sale, list_sales, verify_draw, verify_places

flashsale_group = Commands("flashsale", help="Flash sales: their draws checked, their queues moved on.")


@flashsale_group.command("list")
def list_all() -> None:
    """List the sales: reference, state, start, name."""
    with reading() as session:
        for sale in list_sales(session):
            click.echo(f"{to_ref(sale.id)}  {sale.status:<10} {sale.starts_at:%Y-%m-%d %H:%M %Z}  {sale.name.get('en', '')}")


@flashsale_group.command("verify")
@click.argument("reference")
@click.option(
    "--list", "listed", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The published draw.csv, to check that instead."
)
def verify(reference: str, listed: Path | None) -> None:
    """Do the draw of a sale again and say what differs; exit code 1 where anything does."""
    try:
        sale_id = from_ref(reference)
    except ValueError as error:
        raise NotFound from error
    with reading() as session:
        sale = get_sale(session, sale_id)
        faults = list(verify_draw(session, sale_id))
    if listed is not None and sale.seed is not None and sale.seed_hash is not None:
        with listed.open(newline="") as file:
            places = [(int(row["place"]), row["ticket"]) for row in csv.DictReader(file)]
        faults = list(verify_places(sale.seed_hash, sale.seed, places))
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(f"seed {sale.seed or '(not drawn)'}, SHA-256 {sale.seed_hash or '(none)'}: {'does not hold' if faults else 'holds'}.")
    if faults:
        sys.exit(1)


@flashsale_group.command("settle")
def settle() -> None:
    """Move every sale on that is due, as the worker does each second."""
    parts = portal()
    click.echo(f"{settle_sales(parts.db, parts.keys, clock.now())} sales were due.")
