"""Acme's own OpenID Provider, in so far as we call it: it signs with a real key what it says of people."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc.jwk import ECKey

from portal.base.jose import sign_jws
from portal.federation import NewProvider, ProviderSilent, check_provider

ISSUER = "https://id.acme.example"
CLIENT = "onehall-at-acme"
SECRET = "a:b & c+d%"
CONFIGURATION = {
    "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token", "jwks_uri": f"{ISSUER}/jwks",
    "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
    "id_token_signing_alg_values_supported": ["ES256", "RS256"], "authorization_response_iss_parameter_supported": True,
}  # fmt: skip
EMMA = {
    "sub": "emma-0017",
    "preferred_username": "emma@acme.example",
    "name": "Emma Lin",
    "email": "emma@acme.example",
    "email_verified": True,
}


def new_provider(customer_id: int, **changes: Any) -> NewProvider:
    """Give Acme's provider as it is let in."""
    values: dict[str, Any] = {
        "slug": "acme", "customer_id": customer_id, "kind": "oidc", "name": "Acme Ltd", "issuer": ISSUER,
        "document": check_provider(CONFIGURATION, issuer=ISSUER), "client_id": CLIENT, "client_secret": SECRET,
    } | changes  # fmt: skip
    return NewProvider(**values)


@dataclass
class Company:
    """The provider's side. `claims`: what it says next, over what it would say; None leaves a claim out."""

    now: datetime
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", parameters={"kid": "one"}))
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    signs_with: ECKey | None = None
    silent: bool = False
    access_token: str = "an access token of Acme's"
    asked_for_keys: int = 0
    redeemed: list[dict[str, str]] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    id_token: str | None = None
    person: dict[str, Any] = field(default_factory=dict)

    def meet(self, address: str) -> dict[str, str]:
        """Take somebody who was sent here; give what they bring."""
        assert address.partition("?")[0] == f"{ISSUER}/authorize"
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query, strict_parsing=True).items()}
        return self.asked

    def back(self, **changes: str | None) -> dict[str, str]:
        """Give what the browser is sent back with."""
        sent = {"code": "a-code", "state": self.asked["state"], "iss": ISSUER} | changes
        return {name: value for name, value in sent.items() if value is not None}

    def fetch(self, address: str) -> Any:
        """Publish the keys."""
        assert address == f"{ISSUER}/jwks"
        self.asked_for_keys += 1
        if self.silent:
            raise ProviderSilent("no answer")
        return {"keys": [self.key.as_dict(private=False) | {"use": "sig"}]}

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """Redeem a code, as RFC 6749 and RFC 7636 ask for."""
        if address == f"{ISSUER}/userinfo":
            assert headers["Authorization"] == f"Bearer {self.access_token}"
            return self.person
        assert address == f"{ISSUER}/token"
        form = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
        self.redeemed.append(form | {"authorization": headers.get("Authorization", "")})
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if self.silent or digest != self.asked["code_challenge"] or form["redirect_uri"] != self.asked["redirect_uri"]:
            raise ProviderSilent("answered 400", answered=True)
        return {"access_token": self.access_token, "token_type": "Bearer", "id_token": self.id_token or self.sign()}

    def sign(self, **changes: Any) -> str:
        """Sign an ID token for whoever was met last."""
        said = {
            "iss": ISSUER, "aud": CLIENT, "iat": int(self.now.timestamp()), "exp": int((self.now + timedelta(minutes=5)).timestamp()),
            "auth_time": int(self.now.timestamp()), "nonce": self.asked.get("nonce"), **EMMA,
        } | self.claims | changes  # fmt: skip
        header = {"alg": "ES256", "kid": "one", "typ": "JWT"} | self.header
        kept = {name: value for name, value in said.items() if value is not None}
        return sign_jws(header, kept, self.signs_with or self.key)


def unsigned(claims: dict[str, Any]) -> str:
    """Give a token by `none`."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
