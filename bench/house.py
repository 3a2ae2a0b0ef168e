"""The portal in this process on a data set: the application, requests without a network, and people signed in by services."""

from __future__ import annotations

import io
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import Flask
from werkzeug.test import EnvironBuilder

from bench.sets import BenchError, DataSet
from portal.app import create_app
from portal.base.logs import configure_logging
from portal.customers import find_holder
from portal.faces import cookies
from portal.faces.parts import Portal
from portal.identity import NewStaff, Visitor, create_staff, open_customer_by_reason, start_session, start_staff_session

CUSTOMERS_OF_A_CLERK = 4
"""So many customers a clerk has open in these measurements: tabs and the count of looks are of that order at a counter."""
_HEADERS: dict[str, str] = {"Accept": "text/html", "Accept-Language": "zh-CN,zh;q=0.9"}


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to a request made in this process. `cookies`: those it sets, as a browser sends them back."""

    status: int
    body: bytes
    cookies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Clerk:
    """Somebody signed in at the counter, with the customers that are open there."""

    cookie: str
    customers: Sequence[int]


@dataclass(frozen=True, slots=True)
class House:
    """An application and its parts."""

    app: Flask
    parts: Portal
    data: DataSet

    def url(self, endpoint: str, **values: Any) -> str:
        """Give the address of a page, without the host."""
        with self.app.test_request_context():
            return self.app.url_for(endpoint, **values)

    def environ(self, path: str, cookie: str) -> dict[str, Any]:
        """Build what the server hands the application for a page."""
        headers = {**_HEADERS, "Cookie": cookie}
        made = EnvironBuilder(path, base_url="http://localhost", headers=list(headers.items())).get_environ()
        return {**made, "wsgi.input": io.BytesIO(), "REMOTE_ADDR": "127.0.0.1"}

    def answer(self, environ: dict[str, Any]) -> Page:
        """Have one request answered and read the whole answer."""
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(line: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            said.append((line, headers))

        parts = self.app(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        line, headers = said[0]
        cookies = [value.partition(";")[0] for name, value in headers if name == "Set-Cookie"]
        return Page(int(line[:3]), body, cookies)

    def hire(self, customers: Sequence[int]) -> list[Clerk]:
        """Sign clerks in, by the services, who have these customers open: a few each."""
        hashed = self.parts.hasher.hash(secrets.token_hex(16))
        step = CUSTOMERS_OF_A_CLERK
        return [self._clerk(customers[start : start + step], hashed) for start in range(0, len(customers), step)]

    def _clerk(self, customers: Sequence[int], hashed: str) -> Clerk:
        now, parts = datetime.now(UTC), self.parts
        new = NewStaff(f"bench-{secrets.token_hex(6)}", "测量", "clerk", "杭州西湖营业厅")
        who = Visitor(device_id=secrets.token_hex(8), ip="127.0.0.1")
        with parts.db.writing() as session:
            made = create_staff(session, parts.keys, new, hashed, issuer="bench", now=now)
            started = start_staff_session(session, made.staff_id, who, settings=parts.settings, now=now)
        for customer_id in customers:
            with parts.db.writing() as session:
                open_customer_by_reason(
                    session, parts.keys, started.view.staff, customer_id, reason="document_shown", settings=parts.settings, now=now
                )
        return Clerk(self._as_in_a_browser(f"{cookies.STAFF}={started.token}", "counter.show_desk"), customers)

    def sign_in(self, number: str) -> str:
        """Sign a subscriber in, by the services; give the cookie."""
        now, parts = datetime.now(UTC), self.parts
        who = Visitor(device_id=secrets.token_hex(8), ip="127.0.0.1")
        with parts.db.writing() as session:
            holder = find_holder(session, number)
            assert holder is not None, "the numbers are drawn from the data"
            started = start_session(session, holder, who, level=2, settings=parts.settings, now=now)
        return self._as_in_a_browser(f"{cookies.SUBSCRIBER}={started.token}", "site.show_home")

    def _as_in_a_browser(self, cookie: str, endpoint: str) -> str:
        """Give the cookies a browser has after a first page: the one for forms besides."""
        page = self.answer(self.environ(self.url(endpoint), cookie))
        if page.status != 200:
            raise BenchError(f"{endpoint} answered {page.status} to somebody just signed in")
        return "; ".join([cookie, *page.cookies])


@contextmanager
def opened(data: DataSet) -> Iterator[House]:
    """Put the application together on a data set; meanwhile the log goes to a file beside the data."""
    root, configured = logging.getLogger(), structlog.get_config()
    before = (root.handlers[:], root.level)
    app = create_app(data.settings())
    parts: Portal = app.extensions["portal"]
    with (data.instance / "in_process.log").open("w", encoding="utf-8") as log:
        configure_logging(json=True, stream=log)
        try:
            yield House(app, parts, data)
        finally:
            parts.db.close()
            root.handlers[:], root.level = before
            structlog.configure(**configured)
