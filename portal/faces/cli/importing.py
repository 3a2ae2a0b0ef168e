"""`flask import`: an operator's own customers, from a file."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from portal.base import clock
from portal.faces.commands import REFUSED, Commands, failed
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.intake import (
    Comparison,
    Job,
    Reader,
    Sheet,
    Staging,
    Tally,
    Writing,
    claim_import,
    find_mapping,
    open_sheet,
    prepare_job,
    propose_mapping,
    read_mapping,
    rejects_path,
    stage_file,
    write_rejects,
)

import_group = Commands("import", help="An operator's own customers, from a CSV file or a workbook.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DELIMITER = click.option("--delimiter", help="Between the cells of a CSV file; 'tab' for a tab.  [default: the mapping's, else ,]")
ENCODING = click.option("--encoding", help="auto, utf-8, gb18030, utf-16 …  [default: the mapping's, else auto]")
COMMONEST = 10

Report = Callable[[int, int], None]
Phase = Callable[[str], Report]


@import_group.command("customers")
@click.argument("file", type=FILE)
@click.option("--mapping", "mapping_name", required=True, help="Which column fills which field: a TOML file, or one that ships: wa_churn.")
@click.option("--source", help="Whose ids these are; an id is known again within its source.  [default: the mapping's]")
@click.option("--dry-run", is_flag=True, help="Check everything and say what would be done; write nothing but the rejected rows.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where rejected rows go.  [default: FILE.rejected.csv]")
@DELIMITER
@ENCODING
def customers(
    file: Path, mapping_name: str, source: str | None, dry_run: bool, rejects: Path | None, delimiter: str | None, encoding: str | None
) -> None:
    """Import the customers in FILE: all rows that are right, in one transaction, or none.

    Ends with 0 when all is well, 1 when rows were rejected, 2 when nothing was done.
    """
    started = time.monotonic()
    parts = portal()
    found = find_mapping(mapping_name)
    mapping = read_mapping(found)
    place = rejects_path(file, rejects, found)
    with reading() as session:
        job = prepare_job(
            session, mapping, source or mapping.source or found.stem,
            currency=parts.settings.currency, country=parts.settings.country, now=clock.now(),
        )  # fmt: skip
    reader = Reader(_delimiter(delimiter or mapping.delimiter), encoding or mapping.encoding or "auto", mapping.sheet)
    with _few_collections(), _phases() as phase, open_sheet(file, reader) as sheet, stage_file(sheet, job, phase("Reading")) as staging:
        if dry_run:
            with reading() as session:
                Comparison(session, staging, job).run(phase("Comparing"))
        else:
            _write(staging, job, sheet, file, phase)
        rejected = write_rejects(staging, place)
        tally, said = staging.tally, sheet.said
    _tell(tally, job, said, dry_run, time.monotonic() - started)
    if rejected:
        click.echo(f"Rejected rows: {place}")
    _end(tally)


@import_group.command("mapping")
@click.argument("file", type=FILE)
@DELIMITER
@ENCODING
def mapping(file: Path, delimiter: str | None, encoding: str | None) -> None:
    """Print a mapping for a file like FILE, guessed from its headings: a start, to be looked through."""
    with open_sheet(file, Reader(_delimiter(delimiter), encoding or "auto")) as sheet:
        click.echo(propose_mapping(sheet, file.stem), nl=False)


def _write(staging: Staging, job: Job, sheet: Sheet, file: Path, phase: Phase) -> None:
    """Compare and write in one transaction: what was compared is what is written."""
    with writing() as session:
        claim_import(session)
        Comparison(session, staging, job).run(phase("Comparing"))
        if not staging.tally.accepted:
            return
        made = Writing(session, staging, job)
        made.write(phase("Writing"))
        made.close(portal().keys.audit[0], file_name=file.name, file_sha256=sheet.sha256, ended_at=clock.now())


def _end(tally: Tally) -> None:
    """End with the code that says how it went: nothing was done where no row was right."""
    if tally.rows == 0 or (tally.rejected and not tally.accepted):
        sys.exit(REFUSED)
    if tally.rejected:
        failed()


def _tell(tally: Tally, job: Job, said: str, dry_run: bool, seconds: float) -> None:
    rate = tally.rows / seconds if seconds else 0
    click.echo(
        f"{tally.rows:,} rows ({said}) in {seconds:.1f} s, {rate:,.0f} a second." + (" Nothing was written: a dry run." if dry_run else "")
    )
    click.echo(f"Customers of {job.source}: {tally.known_before:,} before, {tally.known_after:,} {'then' if dry_run else 'now'}.")
    click.echo(f"{'To add' if dry_run else 'Added'}:     {tally.added:,}")
    fields = ", ".join(f"{name} {count:,}" for name, count in tally.fields.most_common())
    click.echo(f"{'To change' if dry_run else 'Changed'}:   {tally.changed:,}" + (f" ({fields})" if fields else ""))
    click.echo(f"Unchanged: {tally.unchanged:,}")
    click.echo(f"Left out:  {tally.left_out:,}")
    click.echo(f"Rejected:  {tally.rejected:,}")
    if tally.missing:
        click.echo(f"Not in this file any more, and left alone: {tally.missing:,}")
    for (done, because), count in tally.rules.most_common():
        click.echo(f"  {count:,} {done} by a rule: {because}")
    for (column, sentence), count in tally.reasons.most_common(COMMONEST):
        click.echo(f"  {count:,} rejected: {f'{column}: ' if column else ''}{sentence}")
    if len(tally.reasons) > COMMONEST:
        click.echo(f"  and {len(tally.reasons) - COMMONEST} more reasons.")


def _delimiter(named: str | None) -> str:
    return {None: ",", "tab": "\t", "\\t": "\t"}.get(named, named or ",")


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for cycles rarely: rows come and go by the hundred thousand and hold none; looking took a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _phases() -> Iterator[Phase]:
    """Show bars on stderr, one for each phase."""
    columns = (TextColumn("{task.description:9}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:

        def begin(name: str) -> Report:
            task = bars.add_task(name, total=None)
            return lambda done, total: bars.update(task, completed=done, total=total)

        yield begin
