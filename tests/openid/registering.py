"""Registering clients: by hand, and by a racer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portal.base.db import Database
from portal.openid import create_registration_token, register_client, update_registration
from tests.openid.registered import BACK
from tests.security.racers import ready

DAY = timedelta(days=1)
LEAST = {"redirect_uris": [BACK]}


def token_for(database: Database, now: datetime, clients: int = 5, customer_id: int | None = None) -> str:
    """Make an initial access token."""
    with database.writing() as session:
        return create_registration_token(session, "partners", clients=clients, valid=DAY, now=now, customer_id=customer_id)


def register(database: Database, token: str, metadata: Any, now: datetime, **options: Any) -> Any:
    """Register a client by a token."""
    with database.writing() as session:
        return register_client(session, token, metadata, now=now, **options)


def update(database: Database, made: Any, metadata: Any, now: datetime) -> Any:
    """Change a client by the token its registration gave."""
    with database.writing() as session:
        return update_registration(session, made.client.id, made.metadata["registration_access_token"], metadata, now=now)


def register_racing(_: int, url: str, token: str, metadata: dict[str, Any], now: datetime) -> str:
    """Register by a token, and say what the answer was."""
    database = Database(url)
    ready()
    with database.writing() as session:
        answer = register_client(session, token, metadata, now=now)
    database.close()
    return type(answer).__name__
