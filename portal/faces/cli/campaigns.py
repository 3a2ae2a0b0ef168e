"""`flask campaign`: campaigns as files, out and in; what they cost; and the brake."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import Invalid
from portal.faces.commands import Commands
from portal.faces.parts import portal
from portal.faces.transactions import reading, writing
from portal.identity import find_staff_id
from portal.promotions import (
    CampaignExists,
    check_document,
    create_campaign,
    edit_campaign,
    end_campaign,
    get_campaign,
    get_known,
    list_campaigns,
    pause_campaign,
    resume_campaign,
    submit_campaign,
)

campaign_group = Commands("campaign", help="Campaigns: out to a file, in from one, paused and ended.")
CODE = click.argument("code")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
ACTOR = "operator"


@campaign_group.command("list")
def show_all() -> None:
    """Show every campaign: its state, its time, how often it was used and what that cost."""
    with reading() as session:
        found = list_campaigns(session)
    for each in found:
        time = f"{_day(each.starts_at)} – {_day(each.ends_at)}"
        click.echo(f"{each.code:<32} {each.status:<10} v{each.version:<3} {time}  {each.uses:>8,} uses {each.spent_minor / 100:>14,.2f}")


@campaign_group.command("export")
@CODE
def export(code: str) -> None:
    """Write a campaign's document: the approved one, else the draft."""
    with reading() as session:
        found = get_campaign(session, code)
    click.echo(json.dumps(found.document or found.draft, ensure_ascii=False, indent=2))


@campaign_group.command("check")
@CODE
@FILE
def check(code: str, file: Path) -> None:
    """Check a document beside what is on offer: every fault with its place. Changes nothing."""
    with reading() as session:
        check_document(_read(file), code=code, known=get_known(session))
    click.echo("The campaign can stand.")


@campaign_group.command("import")
@CODE
@FILE
@click.option("--as", "login", required=True, help="The login of the member of staff whose campaign it is.")
def bring_in(code: str, file: Path, login: str) -> None:
    """Submit a document as a campaign's next version, for a colleague to approve."""
    document, now = _read(file), clock.now()
    with writing() as session:
        staff_id = find_staff_id(session, login)
        try:
            create_campaign(session, code, document, staff_id=staff_id, now=now)
        except CampaignExists:
            edit_campaign(session, code, document, staff_id=staff_id, now=now)
        submit_campaign(session, code, staff_id=staff_id, now=now)
        _note(session, "submitted", code, now)
    click.echo("Submitted; a colleague approves it.")


@campaign_group.command("pause")
@CODE
def pause(code: str) -> None:
    """Let a campaign hold no longer, on every node at once."""
    now = clock.now()
    with writing() as session:
        pause_campaign(session, code, now=now)
        _note(session, "paused", code, now)
    click.echo("Paused.")


@campaign_group.command("resume")
@CODE
def resume(code: str) -> None:
    """Let a paused campaign hold again."""
    now = clock.now()
    with writing() as session:
        resume_campaign(session, code, now=now)
        _note(session, "resumed", code, now)
    click.echo("It holds again.")


@campaign_group.command("end")
@CODE
def end(code: str) -> None:
    """End a campaign for good."""
    now = clock.now()
    with writing() as session:
        end_campaign(session, code, now=now)
        _note(session, "ended", code, now)
    click.echo("Ended.")


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8-sig"))
    except ValueError as error:
        raise Invalid({"file": f"{file.name} is no JSON in UTF-8."}) from error


def _note(session: Any, what: str, code: str, now: datetime) -> None:
    record(session, portal().keys.audit[0], Entry(ACTOR, f"campaign.{what}", "cli", subject=f"campaign:{code}"), now=now)


def _day(moment: datetime | None) -> str:
    return f"{clock.local_time(moment):%Y-%m-%d}" if moment else "…"
