"""`flask messages`: text messages that did not leave."""

from __future__ import annotations

import click

from portal.base import clock
from portal.faces.commands import Commands
from portal.faces.transactions import reading, writing
from portal.messaging import list_messages, requeue

messages_group = Commands("messages", help="Text messages.")
STATUSES = ("queued", "sending", "sent", "failed", "uncertain")


@messages_group.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Of one status; otherwise those somebody should look at.")
@click.option("--limit", default=50, show_default=True)
def list_some(status: str | None, limit: int) -> None:
    """List messages: never their text, never the whole number."""
    with reading() as session:
        wanted = [status] if status else ["uncertain", "failed"]
        messages = [message for each in wanted for message in list_messages(session, each, limit=limit)]
    for message in messages:
        made = message.created_at.isoformat(timespec="seconds")
        said = f"  {message.last_error}" if message.last_error else ""
        click.echo(f"{message.id}  {message.status:9} {message.attempts}×  {message.kind:6} {message.number_masked}  {made}{said}")
    click.echo(f"{len(messages)} listed.")


@messages_group.command("requeue")
@click.argument("message_ids", type=int, nargs=-1, required=True)
def send_again(message_ids: tuple[int, ...]) -> None:
    """Send failed or uncertain messages after all. An uncertain one may then arrive twice."""
    for message_id in message_ids:
        with writing() as session:
            requeue(session, message_id, now=clock.now())
        click.echo(f"Message {message_id} is queued again.")
