"""A racer that shows a client's assertion."""

from __future__ import annotations

from datetime import datetime

from portal.base.db import Database
from portal.openid import authenticate_client
from tests.openid.registered import TOKEN
from tests.security.racers import ready


def prove(_: int, url: str, form: dict[str, str], now: datetime) -> str:
    """Show an assertion, and say what the answer was."""
    database = Database(url)
    ready()
    with database.writing() as session:
        answer = authenticate_client(session, form, None, token_endpoint=TOKEN, now=now)
    database.close()
    return type(answer).__name__
