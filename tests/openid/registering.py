"""A racer that registers a client."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.base.db import Database
from portal.openid import register_client
from tests.security.racers import ready


def register_racing(_: int, url: str, token: str, metadata: dict[str, Any], now: datetime) -> str:
    """Register by a token, and say what the answer was."""
    database = Database(url)
    ready()
    with database.writing() as session:
        answer = register_client(session, token, metadata, now=now)
    database.close()
    return type(answer).__name__
