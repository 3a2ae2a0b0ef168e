"""`flask backup`: copies of the database, and the way back."""

from __future__ import annotations

from pathlib import Path

import click

from portal.base import clock
from portal.base.backup import create_backup, read_manifest, restore_backup
from portal.base.errors import Refused
from portal.faces.cli.audit import show_faults
from portal.faces.commands import Commands
from portal.faces.parts import portal
from portal.faces.transactions import snapshot
from portal.migrations import commands as migrations

backup_group = Commands("backup", help="Copies of the database. Keys (PORTAL_SECRET_KEY) are not in them: keep those too.")
FOLDER = click.Path(file_okay=False, path_type=Path)


@backup_group.command("create")
@click.argument("folder", type=FOLDER)
def create(folder: Path) -> None:
    """Copy the database into FOLDER while everything runs."""
    database = portal().db
    made = create_backup(database, folder, revision=migrations.present_revision(database), now=clock.now())
    click.echo(f"{folder / made.file}: {made.size_bytes} bytes, revision {made.revision}, sha256 {made.sha256}")


@backup_group.command("restore")
@click.argument("folder", type=FOLDER)
@click.option("--replace", is_flag=True, help="Give up everything that is in the database now.")
def restore(folder: Path, replace: bool) -> None:
    """Bring the backup in FOLDER back, whole or not at all, then check the audit log. Stop web and worker first."""
    database = portal().db
    revision = read_manifest(folder).revision
    if revision is None or not migrations.is_known(revision):
        raise Refused("The backup is of revision %(theirs)s, which this release does not know.", theirs=revision)
    restored = restore_backup(database, folder, replace=replace)
    click.echo(f"Restored: made {restored.made_at}, revision {restored.revision}.")
    with snapshot() as session:
        entries = show_faults(session)
    click.echo(f"Audit log: {entries} entries, whole.")
    if not migrations.is_at_head(database):
        click.echo("The backup is of an earlier release: flask db upgrade")
