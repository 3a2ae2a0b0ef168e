"""A real intranet for a real browser: bin/_intranet.py on 127.0.0.1, with its store in the house on localhost — two sites."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portal.base.db import Base, Database
from portal.faces.component import script_tag
from portal.ministores import set_origins
from tests.journeys.conftest import ROOT, House
from tests.ministores.company import EMMA, FRED, Intranet, open_acme
from tests.servers.home import answers, free_port

BLOCKING = "--test-third-party-cookie-phaseout"
"""Chromium's switch that blocks third-party cookies as its users can."""


@dataclass(frozen=True, slots=True)
class Site:
    """The running intranet."""

    origin: str
    acme: Intranet
    house: House

    def rows(self, name: str, *where: Any) -> list[dict[str, Any]]:
        """Read a table of the portal."""
        table = Base.metadata.tables[name]
        database = Database(self.house.database)
        with database.reading() as session:
            found = [dict(row) for row in session.execute(sa.select(table).where(*where)).mappings()]
        database.close()
        return found

    def allow(self, *origins: str) -> None:
        """Let the store stand in the pages of these origins besides."""
        database = Database(self.house.database)
        with database.writing() as session:
            set_origins(session, self.acme.slug, [self.origin, *origins])
        database.close()

    def forget_tokens(self) -> None:
        """Have every token given out so far run out now."""
        database = Database(self.house.database)
        with database.writing() as session:
            session.execute(sa.delete(Base.metadata.tables["embed_token"]))
        database.close()


@dataclass
class Pages:
    """A real site of somebody's own making: its pages by path, and who it says is there."""

    origin: str
    pages: dict[str, str]
    assertion: Callable[[], str] | None = None


@contextmanager
def serve_pages(host: str = "127.0.0.1", name: str | None = None) -> Iterator[Pages]:
    """Serve pages at an address of this machine; to browsers it is called `name`, if that is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(site.pages.get(self.path), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            self._send(json.dumps({"assertion": site.assertion()}) if site.assertion else None, "application/json")

        def _send(self, body: str | None, kind: str) -> None:
            data = (body or "").encode()
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((host, 0), Handler)
    site = Pages(f"http://{name or host}:{server.server_port}", {})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def intranet(house: House, folder: Path) -> Iterator[Site]:
    """Open Acme's store for a site of its own, and serve that site."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    database = Database(house.database)
    with database.writing() as session:
        acme = open_acme(session, house.cast, stock=50, now=datetime.now(UTC), origin=origin)
    database.close()
    facts = {
        "origin": origin, "portal": house.url, "script": script_tag(house.url), "store": acme.slug, "client_id": acme.client_id,
        "kid": acme.kid, "employees": [{"number": number, "name": name} for number, name in (EMMA, FRED)],
    }  # fmt: skip
    (folder / "intranet.json").write_text(json.dumps(facts), "utf-8")
    (folder / "key.pem").write_bytes(acme.key.as_pem(private=True))
    command = [sys.executable, str(ROOT / "bin" / "_intranet.py"), "--folder", str(folder), "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not answers(port):
            assert process.poll() is None, (folder / "log").read_text("utf-8", "replace")
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield Site(origin, acme, house)
    finally:
        process.terminate()
        process.wait(10)
