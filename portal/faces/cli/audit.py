"""`flask audit`: whether the audit log is whole, and the heads to keep elsewhere."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy.orm import Session

from portal.base.audit import Fault, list_heads, verify
from portal.base.audit_heads import compare_heads, read_heads, write_head
from portal.faces.commands import Commands, failed
from portal.faces.parts import portal
from portal.faces.transactions import reading, snapshot

audit_group = Commands("audit", help="The log of who looked at and changed what.")


@audit_group.command("verify")
@click.option("--heads", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Heads kept elsewhere.")
def verify_log(heads: Path | None) -> None:
    """Walk every chain; name each place where it does not hold and end with 1."""
    with snapshot() as session:
        entries = show_faults(session, heads)
    click.echo(f"Audit log: {entries} entries, whole.")


@audit_group.command("heads")
def show_heads() -> None:
    """Print chain, length and hash of each chain: keep them where nobody who keeps the database can reach."""
    with reading() as session:
        for head in list_heads(session):
            click.echo(write_head(head))


def show_faults(session: Session, heads: Path | None = None) -> int:
    """Print each fault and end with 1 if there are any; give how many entries there are."""
    found = list(verify(session, portal().keys.audit))
    if heads is not None:
        found += compare_heads(session, read_heads(heads.read_text(encoding="utf-8")))
    for fault in found:
        click.echo(_line(fault), err=True)
    if found:
        failed()
    return sum(length for _, length, _ in list_heads(session))


def _line(fault: Fault) -> str:
    return f"chain {fault.chain}, entry {fault.seq}: {fault.what}"
