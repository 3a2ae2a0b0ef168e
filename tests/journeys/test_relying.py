"""A site of somebody else's making trusts our sign-in: openid-client (npm) before the real house, and a browser between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from portal.base.db import Database
from portal.openid import CODE, EXCHANGE, MACHINE, REFRESH, NewClient, create_client
from tests.clients.relying import Refused, Relying, relying
from tests.journeys.conftest import House

SITE = NewClient(
    name="Harbour Club",
    redirect_uris=("http://127.0.0.1/back",),  # on loopback the port is free (RFC 8252 7.3)
    grant_types=(CODE, REFRESH),
    scopes=("openid", "profile", "phone", "customer", "offline_access"),
)


class Shore(BaseHTTPRequestHandler):
    """The site's own web server: whoever is sent back lands here."""

    def do_GET(self) -> None:
        """Say that they are here."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"back")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Door:
    """Makes clients at the running house, and brings a browser there and back. `shore`: where the site is."""

    house: House
    shore: str

    @property
    def back(self) -> str:
        """Where the site wants its answers."""
        return f"{self.shore}/back"

    @property
    def bye(self) -> str:
        """Where it wants people who left."""
        return f"{self.shore}/bye"

    def site(self, **changes: Any) -> dict[str, Any]:
        """Make a client; give what the relying party is told of it."""
        new = replace(SITE, **{"post_logout_redirect_uris": (self.bye,), **changes})
        database = Database(self.house.database)
        with database.writing() as session:
            made, secret = create_client(session, new, now=datetime.now(UTC), allow_localhost=True)
        database.close()
        ways = {"client_secret_basic": "basic", "client_secret_post": "post"}
        auth = ways.get(made.auth_method, made.auth_method)
        return {"issuer": self.house.url, "client_id": made.id, "secret": secret, "auth": auth}

    def through(self, page: Any, url: str, *, consent: bool = True) -> str:
        """Go where the site sends the browser; agree; give the address it is sent back to."""
        page.goto(url)
        if consent:
            page.locator("main form button[type=submit]").first.click()
        page.wait_for_url(f"{self.shore}/**")
        return str(page.url)


@pytest.fixture(scope="module")
def shore() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shore) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def door(house: House, shore: str) -> Door:
    return Door(house, shore)


@pytest.fixture
def site() -> Iterator[Relying]:
    with relying() as one:
        yield one


def test_a_site_learns_who_somebody_is_and_no_more_than_was_agreed_to(door, site, alice_window):
    page = alice_window(360, 740)
    assert site.do("meet", **door.site())["issuer"] == door.house.url
    asked = site.do("ask", params={"scope": "openid profile offline_access", "redirect_uri": door.back, "prompt": "consent"})
    got = site.do("take", url=door.through(page, asked["url"]))
    assert got["claims"]["iss"] == door.house.url
    assert got["claims"]["acr"].startswith("urn:onehall:acr:")
    person = site.do("person")
    assert person["sub"] == got["claims"]["sub"]
    assert person["name"] == door.house.cast.alice.name
    assert "phone_number" not in person


def test_a_person_is_asked_once_for_consent_and_the_next_time_sent_straight_back(door, site, alice_window):
    page = alice_window(360, 740)
    site.do("meet", **door.site())
    params = {"scope": "openid", "redirect_uri": door.back}
    first = site.do("take", url=door.through(page, site.do("ask", params=params)["url"]))
    second = site.do("take", url=door.through(page, site.do("ask", params=params)["url"], consent=False))
    assert first["claims"]["sub"] == second["claims"]["sub"]
    assert first["access_token"] != second["access_token"]


def test_refreshing_goes_on_until_it_is_taken_back(door, site, alice_window):
    page = alice_window(360, 740)
    site.do("meet", **door.site())
    params = {"scope": "openid offline_access", "redirect_uri": door.back, "prompt": "consent"}
    first = site.do("take", url=door.through(page, site.do("ask", params=params)["url"]))
    again = site.do("refresh")
    assert again["refresh_token"] != first["refresh_token"]
    assert site.do("refresh", token=first["refresh_token"])["refresh_token"] == again["refresh_token"], "a lost answer is given again"
    assert site.do("look")["active"] is True
    site.do("drop", token=again["refresh_token"])
    assert site.do("look")["active"] is False
    with pytest.raises(Refused, match="invalid_grant"):
        site.do("refresh", token=again["refresh_token"])


def test_a_pushed_request_and_tokens_bound_to_a_key_are_taken_by_a_client_that_proves_it(door, site, alice_window):
    page = alice_window(360, 740)
    site.do("meet", **door.site(require_par=True, require_dpop=True), dpop=True)
    asked = site.do("ask", params={"scope": "openid profile", "redirect_uri": door.back}, par=True)
    assert "code_challenge" not in asked["url"]
    got = site.do("take", url=door.through(page, asked["url"]))
    assert got["token_type"] == "dpop"
    assert site.do("person")["name"] == door.house.cast.alice.name


def test_a_key_is_proved_with_our_nonce_by_a_client_that_learns_it_on_the_way(door, site, alice_window):
    page = alice_window(360, 740)
    told = door.site(require_dpop=True, settings={"dpop_nonce_required": True})
    site.do("meet", **told, dpop=True)
    asked = site.do("ask", params={"scope": "openid profile", "redirect_uri": door.back}, par=True)
    got = site.do("take", url=door.through(page, asked["url"]))
    assert got["token_type"] == "dpop"
    assert site.do("person")["name"] == door.house.cast.alice.name


def test_an_answer_that_is_signed_is_taken_by_a_client_that_checks_it(door, site, alice_window):
    """JARM: the browser carries one text, which says whose it is, for whom, and until when."""
    page = alice_window(360, 740)
    site.do("meet", **door.site(), jarm=True)
    asked = site.do("ask", params={"scope": "openid profile", "redirect_uri": door.back})
    assert "response_mode=jwt" in asked["url"]
    address = door.through(page, asked["url"])
    assert "code=" not in address
    assert "?response=" in address
    got = site.do("take", url=address)
    assert got["claims"]["iss"] == door.house.url
    refused = site.do("ask", params={"scope": "openid", "redirect_uri": door.back, "prompt": "none", "max_age": "0"})
    with pytest.raises(Refused, match="login_required"):
        site.do("take", url=door.through(page, refused["url"], consent=False))


def test_a_machine_acts_in_its_own_name(door, site):
    site.do("meet", **door.site(grant_types=(MACHINE,), redirect_uris=(), post_logout_redirect_uris=(), scopes=("points.read",)))
    got = site.do("machine", params={"scope": "points.read"})
    assert got["expires_in"] <= 600
    assert "refresh_token" not in got
    assert site.do("look")["active"] is True


def test_somebody_who_leaves_a_site_is_asked_nothing_and_is_out_of_the_hall(door, site, window):
    from tests.journeys.conftest import sign_in

    page = window(360, 740)
    sign_in(page, door.house.cast.noise[8].number)
    site.do("meet", **door.site())
    site.do("take", url=door.through(page, site.do("ask", params={"scope": "openid", "redirect_uri": door.back})["url"]))
    left = site.do("leave", params={"post_logout_redirect_uri": door.bye, "state": "s1"})
    assert door.through(page, left["url"], consent=False) == f"{door.bye}?state=s1"
    page.goto(f"{door.house.url}/")
    assert "/login" in page.url


def test_a_token_is_exchanged_for_one_of_less(door, site, alice_window):
    page = alice_window(360, 740)
    site.do("meet", **door.site(grant_types=(CODE, REFRESH, EXCHANGE)))
    params = {"scope": "openid profile", "redirect_uri": door.back, "prompt": "consent"}
    got = site.do("take", url=door.through(page, site.do("ask", params=params)["url"]))
    kind = "urn:ietf:params:oauth:token-type:access_token"
    less = site.do("exchange", params={"subject_token": got["access_token"], "subject_token_type": kind, "scope": "profile"})
    assert less["issued_token_type"] == kind
    assert less["access_token"] != got["access_token"]
