"""A client that keeps to FAPI 2.0: it pushes its requests, proves itself by a key, and holds tokens that are bound to another."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey

from portal.base import clock
from tests.faces.relying import VERIFIER, Relying, back, make_relying
from tests.openid.registered import assertion, shown
from tests.pages import ORIGIN, Site

USERINFO = "/oauth/userinfo"


@dataclass
class Bank:
    """The client, with the key it proves itself by and the one its tokens are bound to."""

    site: Relying
    key: ECKey
    holder: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    def shows(self, **changes: Any) -> dict[str, str]:
        """Give the form by which it proves itself."""
        return shown(assertion(self.key, self.site.client.id, clock.now(), **({"aud": ORIGIN} | changes)))

    def proof(
        self, path: str, *, method: str = "POST", key: ECKey | None = None, token: str | None = None, **changes: Any
    ) -> dict[str, str]:
        """Give the header that proves the tokens' key, or another."""
        key = key or self.holder
        claims = {"jti": uuid4().hex, "htm": method, "htu": ORIGIN + path, "iat": int(clock.now().timestamp())}
        if token is not None:
            claims["ath"] = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
        return {"DPoP": jwt.encode(header, claims | changes, key, algorithms=["ES256"])}

    def push(self, *, proof: dict[str, str] | None = None, known: dict[str, str] | None = None, **changes: str | None) -> Any:
        """Hand a request in."""
        form = self.site.asking(**changes) | (self.shows() if known is None else known)
        return self.site.call("/oauth/par", form, proof, known=False)

    def open(self, browser: Site, request_uri: str, **beside: str) -> Any:
        """Send a browser with a request that was pushed."""
        return browser.get("/oauth/authorize", query_string={"client_id": self.site.client.id, "request_uri": request_uri} | beside)

    def code(self, browser: Site, *, proof: dict[str, str] | None = None, **changes: str | None) -> str:
        """Have somebody grant what is asked; give the code."""
        pushed = self.push(proof=proof, **changes)
        assert pushed.status_code == 201, pushed.get_json()
        return back(self.open(browser, pushed.get_json()["request_uri"]))["code"]

    def redeem(self, code: str, *, proof: dict[str, str] | None = None, known: dict[str, str] | None = None, **changes: str | None) -> Any:
        """Show a code."""
        form: dict[str, Any] = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.site.client.redirect_uris[0], "code_verifier": VERIFIER,
        } | changes | (self.shows() if known is None else known)  # fmt: skip
        return self.site.call("/oauth/token", form, self.proof("/oauth/token") if proof is None else proof, known=False)

    def ask_who(self, token: str, *, scheme: str = "DPoP", **changes: Any) -> Any:
        """Ask whom a token is about."""
        headers = {"Authorization": f"{scheme} {token}"} | self.proof(USERINFO, method="GET", token=token, **changes)
        return self.site.web.get(USERINFO, headers=headers)


def make_bank(app: Flask, key: ECKey, client_id: str = "bank") -> Bank:
    """Register it; nobody is asked for consent."""
    site = make_relying(
        app, client_id, auth_method="private_key_jwt", jwks={"keys": [{**key.as_dict(private=False), "kid": "k1"}]},
        require_par=True, require_dpop=True, first_party=True,
    )  # fmt: skip
    return Bank(site, key)
