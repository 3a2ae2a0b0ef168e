"""`flask setup` and `flask db`: languages, static files, the database's shape."""

from __future__ import annotations

import os
from pathlib import Path

import click
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import current_app

from portal.base import clock
from portal.base.settings import ROOT
from portal.catalog import list_offerings, load_catalog
from portal.faces.assets import build_assets
from portal.faces.commands import Commands, Single, failed, with_appcontext
from portal.faces.parts import portal
from portal.faces.signing_keys import renew_signing_keys
from portal.faces.transactions import writing
from portal.migrations import commands as migrations
from portal.points import load_earning_rules

db_group = Commands("db", help="The database's shape.")


def compile_languages(folder: Path) -> int:
    """Compile every messages.po under `folder` whose .mo is missing or older; give how many."""
    made = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as text:
            catalog = read_po(text, locale=source.parts[-3])
        draft = target.with_suffix(f".{os.getpid()}.new")  # several may start at once
        with draft.open("wb") as file:
            write_mo(file, catalog)
        draft.replace(target)
        made += 1
    return made


@click.command("setup", cls=Single, help="Languages, static files, database, and the rules it lacks. Safe to repeat.")
@with_appcontext
def setup() -> None:
    """Make ready whatever a start needs."""
    folders = [Path(current_app.root_path) / "translations", ROOT / "translations"]
    made = sum(compile_languages(folder) for folder in folders)
    click.echo(f"Languages: {made} compiled." if made else "Languages: nothing to compile.")
    click.echo(f"Static files: {build_assets(portal().settings)}")
    _upgrade("head")
    with writing() as session:
        load_earning_rules(session)
        if not list_offerings(session):  # what is there is the operator's own
            load_catalog(session)
    renew_signing_keys(portal().db, portal().keys, clock.now())


@db_group.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the database to REVISION, the newest unless told."""
    _upgrade(revision)


@db_group.command("downgrade")
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask; what goes takes its data with it.")
def downgrade(revision: str, yes: bool) -> None:
    """Take the database back to REVISION (-1: one step, base: empty)."""
    if not yes:
        click.confirm("Tables and columns that go take their data with them. Go on?", abort=True)
    migrations.downgrade(portal().db, revision)
    click.echo(f"Database: {migrations.present_revision(portal().db) or 'empty'}")


@db_group.command("check")
def check() -> None:
    """Compare the database with what this release expects."""
    database = portal().db
    present = migrations.present_revision(database)
    if not migrations.is_at_head(database):
        click.echo(f"The database is at {present or 'no revision'}, this release at {', '.join(migrations.list_heads())}.")
        failed()
    changes = migrations.difference(database)
    for change in changes:
        click.echo(f"Differs: {change}")
    if changes:
        failed()
    click.echo(f"Database: {present}, as this release expects it.")


def _upgrade(revision: str) -> None:
    before = migrations.present_revision(portal().db)
    migrations.upgrade(portal().db, revision)
    after = migrations.present_revision(portal().db)
    click.echo(f"Database: {after}" + ("." if before == after else f" (was {before or 'empty'})."))
