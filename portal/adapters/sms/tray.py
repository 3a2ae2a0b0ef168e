"""The message tray: a page that shows what a phone would show. For demo and test alone; settings see to that."""

from __future__ import annotations

from portal.base import clock
from portal.base.db import Database
from portal.messaging import put_in_tray


class TraySender:
    """Puts messages into the tray, each id once, in a transaction of its own: never call it inside another."""

    repeatable = True

    def __init__(self, database: Database) -> None:
        self._database = database

    def send(self, message_id: int, number: str, body: str) -> str:
        """Show the message in the tray and give its reference there."""
        with self._database.writing() as session:
            put_in_tray(session, message_id, number, body, now=clock.now())
        return f"tray-{message_id}"
