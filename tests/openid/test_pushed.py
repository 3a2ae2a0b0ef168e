"""Requests that clients hand in by themselves (PAR), and signed ones (JAR)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from portal.base.errors import Refused
from portal.openid import AuthorizationRequest, ClientView, Granted, Pushed, RequestRefused, TokenRefused, issue_code, keep_request
from tests.cast import Cast
from tests.openid.desk import CALLBACK, ISSUER, Desk, asking

KEY = "k" * 43
BARE = dict.fromkeys(("response_type", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"))


def signed(client: ClientView, key: Any, now: datetime, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """Sign a request; a claim given as None is left out."""
    claims = asking(client) | {"iss": client.id, "aud": ISSUER, "exp": int(now.timestamp()) + 60} | changes
    head = {"alg": "ES256", "typ": "oauth-authz-req+jwt"} | (header or {})
    return jwt.encode(head, {name: value for name, value in claims.items() if value is not None}, key, algorithms=[head["alg"]])


@pytest.fixture
def jar_client(desk: Desk, now: datetime, client_jwks: dict[str, Any]) -> ClientView:
    """Give a client that signs."""
    return desk.client(now, auth_method="private_key_jwt", jwks=client_jwks)


def test_a_pushed_request_is_named_in_the_browser_and_nothing_there_alters_it(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now, require_par=True)
    pushed = desk.push(client, now)
    assert isinstance(pushed, Pushed)
    assert pushed.expires_in_seconds == 90
    asked = desk.ask(client, now, request_uri=pushed.request_uri, scope="openid phone", redirect_uri="https://evil.example")
    assert isinstance(asked, AuthorizationRequest)
    assert (asked.scopes, asked.redirect_uri) == (("openid", "profile"), CALLBACK)
    assert isinstance(desk.redeem(client, desk.pushed_code(client, cast.alice, now), now), Granted)


def test_a_client_that_must_push_is_refused_otherwise(desk: Desk, now: datetime) -> None:
    refused = desk.ask(desk.client(now, require_par=True), now)
    assert isinstance(refused, RequestRefused)
    assert (refused.code, refused.redirect) == ("invalid_request", True)


def test_a_pushed_request_is_its_clients_alone_and_good_for_ninety_seconds(desk: Desk, now: datetime) -> None:
    client, other = desk.client(now), desk.client(now)
    pushed = desk.push(client, now)
    assert isinstance(pushed, Pushed)
    refused = desk.ask(other, now, **BARE, request_uri=pushed.request_uri)
    assert isinstance(refused, RequestRefused)
    assert (refused.code, refused.redirect) == ("invalid_request_uri", False)
    assert isinstance(desk.ask(client, now + timedelta(seconds=89), request_uri=pushed.request_uri), AuthorizationRequest)
    assert isinstance(desk.ask(client, now + timedelta(seconds=90), request_uri=pushed.request_uri), RequestRefused)


def test_a_pushed_request_waits_for_somebody_to_sign_in_and_gives_one_code(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    pushed = desk.push(client, now)
    assert isinstance(pushed, Pushed)
    asked = desk.ask(client, now, request_uri=pushed.request_uri)
    assert isinstance(asked, AuthorizationRequest)
    with desk.database.writing() as session:
        assert keep_request(session, asked, now=now) == pushed.request_uri
    later = now + timedelta(minutes=20)
    back = desk.ask(client, later, request_uri=pushed.request_uri)
    assert isinstance(back, AuthorizationRequest)
    with desk.database.writing() as session:
        issue_code(session, client, back, desk.sign_in(cast.alice, client, now), now=later)
    assert isinstance(desk.ask(client, later, request_uri=pushed.request_uri), RequestRefused)
    with pytest.raises(Refused), desk.database.writing() as session:
        issue_code(session, client, back, desk.sign_in(cast.alice, client, now), now=later)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "https://evil.example"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:other"}, "invalid_request"),
        ({"client_id": "another"}, "invalid_request"),
        ({"scope": "openid subscription"}, "invalid_scope"),
    ],
)
def test_what_is_wrong_with_a_pushed_request_is_said_at_once_and_nothing_is_kept(
    desk: Desk, now: datetime, changes: dict[str, Any], code: str
) -> None:
    refused = desk.push(desk.client(now), now, **changes)
    assert isinstance(refused, RequestRefused)
    assert refused.code == code
    assert desk.count("pushed_request") == 0


def test_a_clients_secret_is_not_kept_with_its_request(desk: Desk, now: datetime) -> None:
    assert isinstance(desk.push(desk.client(now), now, client_secret="hush-hush", client_assertion="hush-hush"), Pushed)
    assert "hush-hush" not in desk.everything()


def test_a_code_of_a_request_pushed_with_a_key_is_bound_to_it(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    assert isinstance(desk.push(client, now, thumbprint=KEY, dpop_jkt="o" * 43), RequestRefused)
    pushed = desk.push(client, now, thumbprint=KEY)
    assert isinstance(pushed, Pushed)
    code = desk.code(client, cast.alice, now, request_uri=pushed.request_uri)
    assert isinstance(desk.redeem(client, code, now, thumbprint="o" * 43), TokenRefused)


def test_a_signed_request_counts_and_what_stands_beside_it_does_not(
    desk: Desk, now: datetime, client_key: ECKey, jar_client: ClientView
) -> None:
    request = signed(jar_client, client_key, now, scope="openid", max_age=60, claims={"userinfo": {"name": None}})
    asked = desk.ask(jar_client, now, request=request, scope="openid phone", state="evil", login_hint="evil")
    assert isinstance(asked, AuthorizationRequest)
    assert (asked.scopes, asked.state, asked.login_hint) == (("openid",), "s-1", None)
    assert (asked.max_age, asked.claims["userinfo"]) == (60, ("name",))


def test_a_signed_request_may_be_pushed(desk: Desk, cast: Cast, now: datetime, client_key: ECKey, jar_client: ClientView) -> None:
    pushed = desk.push(jar_client, now, **BARE, request=signed(jar_client, client_key, now))
    assert isinstance(pushed, Pushed)
    code = desk.code(jar_client, cast.alice, now, request_uri=pushed.request_uri)
    assert isinstance(desk.redeem(jar_client, code, now), Granted)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "another"},
        {"iss": None},
        {"client_id": "another"},
        {"aud": "https://other.example"},
        {"aud": None},
        {"exp": None},
        {"exp": 1},
        {"exp": 4102444800},
        {"exp": "soon"},
        {"nbf": 4102444800},
        {"request_uri": "urn:x"},
        {"state": "x" * 3000},
    ],
)
def test_a_signed_request_that_is_not_right_counts_for_nothing(
    desk: Desk, now: datetime, client_key: ECKey, jar_client: ClientView, changes: dict[str, Any]
) -> None:
    text = signed(jar_client, client_key, now, redirect_uri="https://evil.example", **changes)
    refused = desk.ask(jar_client, now, request=text)
    assert isinstance(refused, RequestRefused)
    assert (refused.code, refused.redirect_uri) == ("invalid_request_object", CALLBACK)
    refused = desk.ask(jar_client, now, **BARE, request=text)
    assert isinstance(refused, RequestRefused)
    assert (refused.code, refused.redirect_uri) == ("invalid_request_object", None)


def test_a_request_signed_by_anybody_else_counts_for_nothing(desk: Desk, now: datetime, client_key: ECKey, jar_client: ClientView) -> None:
    stranger, shared = ECKey.generate_key("P-256"), OctKey.import_key(str(client_key.as_dict(private=False)))
    texts = [
        signed(jar_client, stranger, now),
        signed(jar_client, stranger, now, {"jwk": stranger.as_dict(private=False)}),
        signed(jar_client, shared, now, {"alg": "HS256"}),
        signed(jar_client, client_key, now, {"typ": "at+jwt"}),
        "eyJhbGciOiJub25lIn0." + signed(jar_client, client_key, now).split(".")[1] + ".",
        "a.b.c",
    ]
    for text in texts:
        refused = desk.ask(jar_client, now, request=text)
        assert isinstance(refused, RequestRefused)
        assert refused.code == "invalid_request_object"


def test_a_client_that_must_sign_is_refused_otherwise(desk: Desk, now: datetime, client_key: ECKey, client_jwks: dict[str, Any]) -> None:
    settings = {"require_signed_request_object": True}
    client = desk.client(now, auth_method="private_key_jwt", jwks=client_jwks, settings=settings)
    assert isinstance(desk.ask(client, now), RequestRefused)
    assert isinstance(desk.push(client, now), RequestRefused)
    assert isinstance(desk.ask(client, now, request=signed(client, client_key, now)), AuthorizationRequest)
