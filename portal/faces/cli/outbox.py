"""`flask outbox`: events on their way, and those that are stuck."""

from __future__ import annotations

from collections.abc import Sequence

import click

from portal.base import clock, outbox
from portal.base.events import DEAD
from portal.base.outbox import EventView
from portal.faces.commands import Commands, failed
from portal.faces.transactions import reading, writing

outbox_group = Commands("outbox", help="Events between the parts of the portal.")


@outbox_group.command("list")
@click.option("--status", type=click.Choice(["pending", "dead", "done"]), help="Of one status; otherwise all not done.")
@click.option("--limit", default=50, show_default=True)
def list_open(status: str | None, limit: int) -> None:
    """List events."""
    with reading() as session:
        _show(outbox.list_events(session, status=status, limit=limit))
        counts = outbox.count_waiting(session)
    click.echo(f"{counts['pending']} waiting, {counts['dead']} dead.")


@outbox_group.command("show")
@click.argument("event_id", type=int)
def show(event_id: int) -> None:
    """Show one event and who has dealt with it. What it says stays unsaid: it may concern a customer."""
    with reading() as session:
        event = outbox.get_event(session, event_id)
        handlers = sorted(outbox.handled_by(session, event_id))
    for name in EventView.__dataclass_fields__:
        click.echo(f"{name:14} {getattr(event, name)}")
    click.echo(f"{'handled by':14} {', '.join(handlers) or 'nobody yet'}")


@outbox_group.command("dead")
def list_dead() -> None:
    """List dead events; each holds up the later ones of its aggregate. Ends with 1 if there are any."""
    with reading() as session:
        events = outbox.list_events(session, status=DEAD)
    _show(events)
    if events:
        failed()
    click.echo("No event is dead.")


@outbox_group.command("replay")
@click.argument("event_ids", type=int, nargs=-1, required=True)
def replay(event_ids: tuple[int, ...]) -> None:
    """Deliver dead events anew, to the handlers that have not dealt with them."""
    for event_id in event_ids:
        with writing() as session:
            outbox.replay(session, event_id, now=clock.now())
        click.echo(f"Event {event_id} will be delivered again.")


@outbox_group.command("skip")
@click.argument("event_id", type=int)
@click.option("--reason", required=True, help="Why it is given up; kept with the event.")
def skip(event_id: int, reason: str) -> None:
    """Give a dead event up, so that those behind it go on."""
    with writing() as session:
        outbox.skip(session, event_id, reason, now=clock.now())
    click.echo(f"Event {event_id} is given up.")


def _show(events: Sequence[EventView]) -> None:
    for event in events:
        said = f"  {event.last_error}" if event.last_error else ""
        click.echo(f"{event.id:>8}  {event.status:7}  {event.attempts}×  {event.type:28} {event.aggregate}{said}")
