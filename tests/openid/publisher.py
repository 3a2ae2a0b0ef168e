"""A site on this machine that publishes a document about itself, and counts who asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Publisher(HTTPServer):
    """A site that publishes what it is told to."""

    body: bytes = b"{}"
    status: int = 200
    asked: int = 0

    def publish(self, *named: tuple[str, Any]) -> None:
        """Publish keys, each by its name."""
        self.body = json.dumps({"keys": [{**key.as_dict(private=False), "kid": kid} for kid, key in named]}).encode()

    @property
    def address(self) -> str:
        """Where it is published."""
        return f"http://127.0.0.1:{self.server_port}/keys"


class _Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.send_header("Location", "http://127.0.0.1/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def publishing() -> Iterator[Publisher]:
    """Start such a site on this machine."""
    with Publisher(("127.0.0.1", 0), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
