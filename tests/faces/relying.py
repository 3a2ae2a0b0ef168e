"""A site that trusts our sign-in, written plainly: it sends a browser here, takes what comes back, and checks it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet

from portal.openid import ClientView, NewClient, create_client
from tests.cast import NOW
from tests.pages import ORIGIN, Site

VERIFIER = "v" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "https://shop.example/back"
BYE = "https://shop.example/bye"
SCOPES = ("openid", "profile", "phone", "customer", "subscription", "points.read", "offline_access")


@dataclass
class Relying:
    """One site. `web` is a caller without cookies: the site's own server."""

    app: Flask
    client: ClientView
    secret: str | None
    web: Site = field(repr=False)

    def asking(self, **changes: str | None) -> dict[str, str]:
        """Give what it asks with; None leaves a parameter out."""
        asked = {
            "client_id": self.client.id, "response_type": "code", "redirect_uri": self.client.redirect_uris[0], "scope": "openid",
            "state": "st", "nonce": "no", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        } | changes  # fmt: skip
        return {name: value for name, value in asked.items() if value is not None}

    def ask(self, browser: Site, **changes: str | None) -> Any:
        """Send a browser to us."""
        return browser.get("/oauth/authorize", query_string=self.asking(**changes))

    def call(self, path: str, form: dict[str, Any], headers: dict[str, str] | None = None, *, known: bool = True) -> Any:
        """Post a form to one of our endpoints, as itself."""
        form = {name: value for name, value in form.items() if value is not None}
        own = {} if headers is None else dict(headers)
        if known and self.secret is not None:
            pair = base64.b64encode(f"{self.client.id}:{self.secret}".encode()).decode()
            own.setdefault("Authorization", f"Basic {pair}")
        elif known:
            form.setdefault("client_id", self.client.id)
        return self.web.post(path, data=form, headers=own)

    def redeem(self, code: str, **changes: str | None) -> Any:
        """Redeem a code."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.client.redirect_uris[0], "code_verifier": VERIFIER,
        }  # fmt: skip
        return self.call("/oauth/token", form | changes)

    def refresh(self, token: str, **changes: str | None) -> Any:
        """Refresh."""
        return self.call("/oauth/token", {"grant_type": "refresh_token", "refresh_token": token} | changes)

    def enter(self, browser: Site, **changes: str | None) -> dict[str, Any]:
        """Take somebody who is signed in through to tokens, agreeing where asked."""
        answer = self.ask(browser, **changes)
        if answer.status_code == 200:
            answer = browser.post_form(answer, "/oauth/consent", button="yes", follow=False)
        tokens: dict[str, Any] = self.redeem(back(answer, self.client.redirect_uris[0])["code"]).get_json()
        return tokens

    def read(self, id_token: str, alg: str = "ES256") -> dict[str, Any]:
        """Check an ID token with the keys we publish; give what it says."""
        keys = KeySet.import_key_set(self.web.get("/oauth/jwks.json").get_json())
        held = jwt.decode(id_token, keys, algorithms=[alg])
        assert held.claims["iss"] == ORIGIN
        assert held.claims["aud"] == self.client.id
        return held.claims


def make_relying(app: Flask, client_id: str, **changes: Any) -> Relying:
    """Register a site."""
    values: dict[str, Any] = {
        "name": client_id.capitalize(), "redirect_uris": (BACK,), "post_logout_redirect_uris": (BYE,), "scopes": SCOPES,
        "backchannel_logout_uri": f"https://{client_id}.example/backchannel",
        "grant_types": ("authorization_code", "refresh_token", "client_credentials"),
    } | changes  # fmt: skip
    if values.get("auth_method") == "none":
        values["grant_types"] = tuple(each for each in values["grant_types"] if each != "client_credentials")
    with app.extensions["portal"].db.writing() as session:
        client, secret = create_client(session, NewClient(**values), client_id=client_id, now=NOW)
    web = app.test_client()
    web.environ_base["HTTP_ACCEPT"] = "application/json"
    return Relying(app, client, secret, web)


def back(answer: Any, address: str = BACK) -> dict[str, str]:
    """Give what came back to the site with a redirect; AssertionError where the browser goes elsewhere."""
    assert answer.status_code == 303, f"{answer.status_code} {answer.get_data(as_text=True)[:2000]}"
    location = answer.headers["Location"]
    assert location.partition("?")[0] == address, location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query, strict_parsing=True).items()}
