"""`flask line`: what the network tells us of a line, by hand where nothing else tells it."""

from __future__ import annotations

import click

from portal.base import clock
from portal.base.audit import Entry, record
from portal.base.errors import N_, NotFound
from portal.customers import find_holder, parse_number
from portal.faces.commands import Commands
from portal.faces.parts import portal
from portal.faces.transactions import writing
from portal.identity import messages_believed_from, note_sim_change

line_group = Commands("line", help="Lines, as the network knows them.")


@line_group.command("sim-changed")
@click.argument("number")
def change_sim(number: str) -> None:
    """Note that a number has another SIM: for a while a code by message to it opens little."""
    parts, now = portal(), clock.now()
    wanted = parse_number(number, parts.settings.country)
    with writing() as session:
        holder = find_holder(session, wanted)
        if holder is None:
            raise NotFound(N_("Nobody holds this number."))
        note_sim_change(session, holder, now=now)
        entry = Entry("operator", "line.sim_changed", "cli", customer_id=holder.customer_id, subject=f"line:{holder.subscription_id}")
        record(session, parts.keys.audit[0], entry, now=now)
        until = messages_believed_from(session, holder, settings=parts.settings, now=now)
    said = f"Codes by message are believed again from {until:%Y-%m-%d %H:%M} UTC." if until else "Codes by message are believed as before."
    click.echo(f"The SIM of the number is noted as new. {said}")
