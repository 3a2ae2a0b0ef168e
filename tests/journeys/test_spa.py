"""A page without a server of its own trusts our sign-in: oidc-client-ts (npm) in Chromium, from another origin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from portal.openid import CODE, REFRESH, NewClient, create_client
from tests.clients.relying import FOLDER
from tests.journeys.conftest import House
from tests.journeys.letting_in import let_in, writing

SCRIPT = FOLDER / "node_modules" / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.min.js"


class _Server(ThreadingHTTPServer):
    page: bytes = b""


class _Files(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        is_script = self.path == "/oidc-client-ts.js"
        body = SCRIPT.read_bytes() if is_script else self.server.page
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if is_script else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Harbour:
    """The page: where it lies, and a browser that is signed in with us and looks at it."""

    origin: str
    page: Any

    def said(self, what: str) -> str:
        """Wait until it says something; give what."""
        self.page.wait_for_function("what => document.querySelector('#said')?.textContent.match(what)", arg=what)
        return str(self.page.locator("#said").inner_text())

    def do(self, what: str) -> Any:
        """Have its script do something; give what came of it."""
        return self.page.evaluate(what)


@pytest.fixture
def harbour(house: House, window: Any) -> Iterator[Harbour]:
    with _Server(("127.0.0.1", 0), _Files) as server:
        origin = f"http://127.0.0.1:{server.server_port}"
        new = NewClient(
            name="Harbour", redirect_uris=(f"{origin}/back",), post_logout_redirect_uris=(f"{origin}/bye",), auth_method="none",
            grant_types=(CODE, REFRESH), scopes=("openid", "profile", "offline_access"),
        )  # fmt: skip
        with writing(house) as session:
            client, _ = create_client(session, new, now=datetime.now(UTC))
        page = (FOLDER / "spa.html").read_text("utf-8").replace("%ISSUER%", house.url).replace("%CLIENT%", client.id)
        server.page = page.encode()
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        browser = window()
        let_in(house, browser, house.cast.noise[4].number)
        yield Harbour(origin, browser)
        server.shutdown()
        thread.join()


def enter(harbour: Harbour) -> dict[str, Any]:
    """Sign in at the page; give what it keeps."""
    harbour.page.goto(f"{harbour.origin}/")
    harbour.said("out")
    harbour.do("() => void manager.signinRedirect()")
    harbour.page.locator("button[value=yes]").click()
    harbour.page.wait_for_url(f"{harbour.origin}/back?**")
    harbour.said("in as|failed")
    kept: dict[str, Any] = harbour.do("() => manager.getUser()")
    return kept


def test_a_page_alone_is_in_refreshes_reads_who_it_is_and_leaves(house, harbour):
    kept = enter(harbour)
    assert kept["profile"]["sub"]
    assert re.fullmatch(r"in as .+", harbour.said("in as"))
    newer = harbour.do("() => manager.signinSilent()")
    assert newer["access_token"] != kept["access_token"]
    assert newer["refresh_token"] != kept["refresh_token"]
    assert newer["profile"]["sub"] == kept["profile"]["sub"]
    person = harbour.do(
        """async () => {
          const user = await manager.getUser(), told = await manager.metadataService.getMetadata()
          const answer = await fetch(told.userinfo_endpoint, { headers: { Authorization: 'Bearer ' + user.access_token } })
          return answer.json()
        }"""
    )
    assert person["sub"] == kept["profile"]["sub"]
    assert person["name"] == house.cast.noise[4].name
    harbour.do("() => void manager.signoutRedirect()")
    harbour.page.wait_for_url(f"{harbour.origin}/bye**")
    harbour.said("out")
    harbour.page.goto(f"{house.url}/")
    assert "/login" in harbour.page.url


def test_two_tabs_that_refresh_at_once_both_go_on(harbour):
    """The second use of a token within half a minute gives the same successor: nobody is thrown out (zitadel 9631)."""
    enter(harbour)
    both = harbour.do(
        """async () => {
          const user = await manager.getUser(), told = await manager.metadataService.getMetadata()
          const client_id = manager.settings.client_id
          const form = () => new URLSearchParams({ grant_type: 'refresh_token', refresh_token: user.refresh_token, client_id })
          const asked = [1, 2].map(() => fetch(told.token_endpoint, { method: 'POST', body: form() }).then((answer) => answer.json()))
          return Promise.all(asked)
        }"""
    )
    assert both[0]["refresh_token"] == both[1]["refresh_token"]
