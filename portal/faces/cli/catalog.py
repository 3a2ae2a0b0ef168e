"""`flask catalog`: the offers as a file, out and in."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import Invalid
from portal.catalog import Checked, check_file, export_csv, export_json, import_file
from portal.faces.commands import Commands
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.identity import find_staff_id

catalog_group = Commands("catalog", help="The offers: out to a file, in from one.")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
ACTOR = "operator"


@catalog_group.command("export")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, with a row for each price; else JSON.")
def export(as_csv: bool) -> None:
    """Write all offers as they are published, with their prices."""
    with reading() as session:
        text = export_csv(session) if as_csv else export_json(session)
    click.echo(text, nl=False)


@catalog_group.command("check")
@FILE
def check(file: Path) -> None:
    """Check a file, JSON or CSV: every fault with its line and place. Changes nothing."""
    with reading() as session:
        checked = check_file(session, _read(file))
    _tell(checked)
    click.echo(f"{len(checked.documents)} offers read, {len(checked.changed)} differ from what is published.")


@catalog_group.command("import")
@FILE
@click.option("--as", "login", required=True, help="The login of the member of staff whose changes these are.")
@click.option("--note", default="", help="What it is for.")
def bring_in(file: Path, login: str, note: str) -> None:
    """Submit every offer of a file that differs from what is published, for a colleague to approve. All or nothing."""
    text, now = _read(file), clock.now()
    with reading() as session:
        _tell(check_file(session, text))
    with writing() as session:
        made = import_file(session, find_staff_id(session, login), text, note=note, now=now)
        entry = Entry(ACTOR, "catalog.imported", "cli", subject=f"login:{login}", detail={"changes": len(made)})
        record(session, portal().keys.audit[0], entry, now=now)
    click.echo(f"{len(made)} changes submitted; a colleague approves them under Offers.")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid({"file": f"{file.name} is no text in UTF-8."}) from error


def _tell(checked: Checked) -> None:
    for fault in checked.faults:
        where = ", ".join(part for part in (f"line {fault.line}" if fault.line else "", fault.code, fault.place) if part)
        click.echo(f"{where}: {fault.sentence}", err=True)
    if checked.faults:
        click.echo(f"{len(checked.faults)} faults; nothing was changed.", err=True)
        sys.exit(1)
