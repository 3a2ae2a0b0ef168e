"""Clients to test with: a shop with a secret, an app without one, a bank with a key; each test changes what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, Key

from portal.base.db import Database
from portal.openid import ClientView, NewClient, create_client

HALL = "https://hall.example"
TOKEN = f"{HALL}/oauth/token"
BACK = "https://shop.example/back"
SHOP = NewClient(name="Shop", redirect_uris=[BACK], scopes=["openid", "profile"])
MACHINE = replace(SHOP, redirect_uris=[], grant_types=["client_credentials"], scopes=["customer"])
APP = replace(SHOP, name="App", auth_method="none", redirect_uris=["com.example.app:/back"], settings={"application_type": "native"})


def make(database: Database, new: NewClient, now: datetime, **options: Any) -> tuple[ClientView, str | None]:
    """Make a client; give it and its secret."""
    with database.writing() as session:
        return create_client(session, new, now=now, **options)


def bank(key: Key, **changes: Any) -> NewClient:
    """Give a client that proves itself by `key`."""
    jwks = {"keys": [{**key.as_dict(private=False), "kid": "k1"}]}
    return replace(SHOP, name="Bank", auth_method="private_key_jwt", jwks=jwks, **changes)


def ec_key() -> ECKey:
    """Make a key on P-256."""
    return ECKey.generate_key("P-256")


def assertion(key: Key, client_id: str, now: datetime, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """Sign what a client says about itself; a change to None leaves a claim out."""
    claims = {
        "iss": client_id, "sub": client_id, "aud": HALL, "jti": uuid4().hex,
        "iat": int(now.timestamp()), "exp": int((now + timedelta(minutes=1)).timestamp()),
    } | changes  # fmt: skip
    head = {"alg": "ES256", "kid": "k1"} | (header or {})
    head = {name: value for name, value in head.items() if value is not None}
    return jwt.encode(head, {name: value for name, value in claims.items() if value is not None}, key, algorithms=[head["alg"]])


def shown(text: str) -> dict[str, str]:
    """Give the form that carries an assertion."""
    return {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": text}
