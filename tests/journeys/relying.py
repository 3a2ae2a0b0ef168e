"""A small site on a port of its own that trusts our sign-in: a few lines, as docs/integration.md says them."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from portal.base.db import Database
from portal.openid import NewClient, create_client
from tests.journeys.conftest import House


@dataclass
class RelyingSite:
    """The site: who is signed in by its own cookie, and what it was told."""

    house: House
    origin: str
    mode: str = "query"
    client_id: str = ""
    secret: str = ""
    waiting: dict[str, tuple[str, str]] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    told_at: list[float] = field(default_factory=list)
    is_down: bool = False

    def fetch(self, path: str, form: dict[str, str] | None = None) -> Any:
        """Ask the provider, as itself."""
        pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        asked = urllib.request.Request(
            self.house.url + path, data=urlencode(form).encode() if form else None, headers={"Authorization": f"Basic {pair}"}
        )
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return json.loads(answer.read())

    def check(self, token: str) -> dict[str, Any]:
        """Check a token's signature, issuer and audience."""
        held = jwt.decode(token, KeySet.import_key_set(self.fetch("/oauth/jwks.json")), algorithms=["ES256"])
        assert (held.claims["iss"], held.claims["aud"]) == (self.house.url, self.client_id)
        return held.claims

    def start(self) -> str:
        """Give where to send somebody who wants in."""
        state, verifier = secrets.token_urlsafe(), secrets.token_urlsafe(40)
        self.waiting[state] = (verifier, secrets.token_urlsafe())
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": self.client_id, "response_type": "code", "redirect_uri": f"{self.origin}/back", "scope": "openid profile",
            "state": state, "nonce": self.waiting[state][1], "code_challenge": challenge, "code_challenge_method": "S256",
            "response_mode": self.mode,
        }  # fmt: skip
        return f"{self.house.url}/oauth/authorize?{urlencode(asked)}"

    def take(self, answer: dict[str, str]) -> str:
        """Take what came back; give the cookie of the new session."""
        verifier, nonce = self.waiting.pop(answer["state"])
        assert answer["iss"] == self.house.url
        form = {
            "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": f"{self.origin}/back", "code_verifier": verifier,
        }  # fmt: skip
        tokens = self.fetch("/oauth/token", form)
        claims = self.check(tokens["id_token"])
        assert claims["nonce"] == nonce
        cookie = secrets.token_urlsafe()
        self.sessions[cookie] = claims | {"id_token": tokens["id_token"]}
        return cookie

    def hear(self, form: dict[str, str]) -> None:
        """Take the word that a sign-in is over."""
        claims = self.check(form["logout_token"])
        assert "http://schemas.openid.net/event/backchannel-logout" in claims["events"]
        self.told_at.append(time.monotonic())
        self.told.append(claims)
        self.sessions = {cookie: each for cookie, each in self.sessions.items() if each["sid"] != claims["sid"]}


class _Server(ThreadingHTTPServer):
    site: RelyingSite
    name: str


class _Answer(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        site, parts = self.server.site, urlsplit(self.path)
        if parts.path == "/login":
            self._go(site.start())
        elif parts.path == "/back":
            self._enter(parts.query)
        elif parts.path == "/logout":
            asked = {"id_token_hint": site.sessions[self._cookie()]["id_token"], "post_logout_redirect_uri": f"{site.origin}/bye"}
            self._go(f"{site.house.url}/oauth/logout?{urlencode(asked)}")
        else:
            known = site.sessions.get(self._cookie())
            self._say(f"in as {known['sub']}" if known else "out")

    def do_HEAD(self) -> None:
        self.send_error(503 if self.server.site.is_down else 405)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/back":
            self._enter(body)
        elif self.server.site.is_down:
            self.send_error(503)
        else:
            self.server.site.hear(_fields(body))
            self._say("")

    def _cookie(self) -> str:
        found = SimpleCookie(self.headers.get("Cookie", "")).get(self.server.name)
        return found.value if found else ""

    def _enter(self, answer: str) -> None:
        self._go("/", f"{self.server.name}={self.server.site.take(_fields(answer))}; Path=/; HttpOnly")

    def _go(self, where: str, cookie: str | None = None) -> None:
        self.send_response(303)
        self.send_header("Location", where)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _say(self, text: str) -> None:
        page = f"<!doctype html><html lang=en><title>Site</title><link rel=icon href='data:,'><p id=said>{text}</p>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _fields(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}


@contextmanager
def relying(house: House, name: str, *, mode: str = "query", first_party: bool = False) -> Iterator[RelyingSite]:
    """Start a site and register it."""
    with _Server(("127.0.0.1", 0), _Answer) as server:
        site = RelyingSite(house, f"http://127.0.0.1:{server.server_port}", mode)
        server.site, server.name = site, name
        _register(site, name, first_party=first_party)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield site
        server.shutdown()
        thread.join()


def _register(site: RelyingSite, name: str, *, first_party: bool) -> None:
    new = NewClient(
        name=name.capitalize(), redirect_uris=(f"{site.origin}/back",), post_logout_redirect_uris=(f"{site.origin}/bye",),
        scopes=("openid", "profile"), first_party=first_party, backchannel_logout_uri=f"{site.origin}/backchannel",
    )  # fmt: skip
    database = Database(site.house.database)
    with database.writing() as session:
        client, secret = create_client(session, new, now=datetime.now(UTC))
    database.close()
    site.client_id, site.secret = client.id, secret or ""
