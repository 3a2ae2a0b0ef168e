"""Somebody who is signed in already: the real session, its cookie laid into the browser, and no code spent on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.base.db import Database
from portal.base.settings import Settings
from portal.customers import find_holder
from portal.faces.cookies import SUBSCRIBER
from portal.identity import SessionView, Visitor, start_session
from tests.conftest import TEST_SECRET
from tests.journeys.conftest import House


@contextmanager
def writing(house: House) -> Iterator[Session]:
    """Write into a running house's database."""
    database = Database(house.database)
    with database.writing() as session:
        yield session
    database.close()


def let_in(
    house: House, page: Any, number: str, *, level: int = 2, methods: Sequence[str] = ("sms",), label: str = "Chrome"
) -> SessionView:
    """Sign the number's user in and give the session; the page's browser has its cookie."""
    settings = Settings(env="test", secret_key=TEST_SECRET)  # type: ignore[arg-type]
    with writing(house) as session:
        holder = find_holder(session, number)
        assert holder is not None
        visitor = Visitor(f"browser of {number}", "203.0.113.9", label)
        now = datetime.now(UTC).astimezone(settings.zone)
        started = start_session(session, holder, visitor, level=level, methods=methods, settings=settings, now=now)
    cookie = {
        "name": SUBSCRIBER,
        "value": started.token,
        "url": house.url,
        "path": "/",
        "httpOnly": True,
        "secure": True,
        "sameSite": "Lax",
    }
    page.context.new_cdp_session(page).send("Network.setCookie", cookie)  # Playwright's own call knows no secure cookie on localhost
    return started.view
