"""Codes and what they fetch: once, within a minute, for whoever asked; and what the tokens say."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.base.errors import Refused
from portal.openid import AuthorizationRequest, Granted, TokenRefused, issue_code, keep_request
from portal.openid.hashes import encode
from tests.cast import Cast
from tests.openid.desk import CALLBACK, ISSUER, Desk


def test_a_code_gives_an_access_token_an_id_token_and_a_refresh_token(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    tokens = desk.mint(desk.granted(client, cast.alice, now, scope="openid profile offline_access"), now)
    body = tokens.as_json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, "openid profile offline_access")


def test_the_id_token_says_who_proved_it_how_and_when_for_whom(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    tokens = desk.mint(desk.granted(client, cast.alice, now), now)
    claims = desk.provider.ring.verify(str(tokens.id_token), typ="JWT", now=now)
    assert claims is not None
    sign_in = desk.sign_in(cast.alice, client, now)
    half = encode(hashlib.sha256(tokens.access_token.encode()).digest()[:16])
    assert claims == {
        "iss": ISSUER, "sub": sign_in.subject, "aud": client.id, "nonce": "n-1", "sid": "sid-of-this", "at_hash": half,
        "auth_time": int(sign_in.authenticated_at.timestamp()), "acr": "urn:onehall:acr:code", "amr": ["sms"],
        "iat": int(now.timestamp()), "exp": int(now.timestamp()) + 600,
    }  # fmt: skip


@pytest.mark.parametrize("alg", ["ES256", "RS256", "EdDSA"])
def test_the_id_token_is_signed_as_the_client_registered(desk: Desk, cast: Cast, now: datetime, alg: str) -> None:
    client = desk.client(now, id_token_alg=alg)
    tokens = desk.mint(desk.granted(client, cast.alice, now), now)
    assert desk.provider.ring.verify(str(tokens.id_token), typ="JWT", now=now, audience=client.id) is not None


def test_the_access_token_is_for_our_api_and_never_the_same_twice(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    granted = desk.granted(client, cast.alice, now)
    one, other = desk.mint(granted, now).access_token, desk.mint(granted, now).access_token
    assert one != other
    read = desk.read(one, now)
    assert read is not None
    assert (read.client_id, read.scopes, read.claims["aud"]) == (client.id, ("openid", "profile"), f"{ISSUER}/api")
    assert read.grant is not None
    assert (read.grant.party_id, read.grant.customer_id) == (cast.alice.party_id, cast.alice.customer_id)
    assert desk.provider.ring.verify(one, typ="JWT", now=now) is None  # no ID token


def test_without_openid_there_is_no_id_token_and_without_the_grant_no_refresh_token(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now, grant_types=["authorization_code"], scopes=["openid", "points.read"])
    tokens = desk.mint(desk.granted(client, cast.alice, now, scope="points.read", nonce=None), now)
    assert (tokens.id_token, tokens.refresh_token) == (None, None)


def test_a_code_shown_again_takes_back_what_it_gave(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    code = desk.code(client, cast.alice, now)
    granted = desk.redeem(client, code, now)
    access = desk.mint(granted, now).access_token
    assert desk.read(access, now) is not None
    refused = desk.redeem(client, code, now + timedelta(seconds=1))
    assert isinstance(refused, TokenRefused)
    assert refused.code == "invalid_grant"
    assert desk.read(access, now) is None
    assert isinstance(granted, Granted)
    assert isinstance(desk.refresh(client, granted.refresh_token, now), TokenRefused)
    assert desk.end_of_grant() == "code_reused"


@pytest.mark.parametrize(
    "wrong",
    [
        {"verifier": "another-verifier-that-is-long-enough-to-be-one-1234"},
        {"verifier": ""},
        {"redirect_uri": "https://shop.example/other"},
        {"redirect_uri": ""},
    ],
)
def test_a_code_with_a_wrong_proof_gives_nothing_and_is_not_used_up(desk: Desk, cast: Cast, now: datetime, wrong: dict[str, Any]) -> None:
    client = desk.client(now)
    code = desk.code(client, cast.alice, now)
    refused = desk.redeem(client, code, now, **wrong)
    assert isinstance(refused, TokenRefused)
    assert refused.code == "invalid_grant"
    assert isinstance(desk.redeem(client, code, now), Granted)


def test_a_code_is_of_no_use_to_another_client(desk: Desk, cast: Cast, now: datetime) -> None:
    client, thief = desk.client(now), desk.client(now)
    code = desk.code(client, cast.alice, now)
    assert isinstance(desk.redeem(thief, code, now), TokenRefused)
    granted = desk.redeem(client, code, now)
    assert isinstance(desk.redeem(thief, code, now), TokenRefused)
    assert desk.read(desk.mint(granted, now).access_token, now) is not None


@pytest.mark.parametrize(("seconds", "good"), [(59, True), (60, False), (3600, False)])
def test_a_code_is_good_for_a_minute(desk: Desk, cast: Cast, now: datetime, seconds: int, good: bool) -> None:
    client = desk.client(now)
    code = desk.code(client, cast.alice, now)
    assert isinstance(desk.redeem(client, code, now + timedelta(seconds=seconds)), Granted) is good


def test_a_code_bound_to_a_key_is_of_no_use_without_it(desk: Desk, cast: Cast, now: datetime) -> None:
    client, key, other = desk.client(now), "k" * 43, "o" * 43
    assert isinstance(desk.redeem(client, desk.code(client, cast.alice, now, dpop_jkt=key), now), TokenRefused)
    assert isinstance(desk.redeem(client, desk.code(client, cast.alice, now, dpop_jkt=key), now, thumbprint=other), TokenRefused)
    granted = desk.redeem(client, desk.code(client, cast.alice, now, dpop_jkt=key), now, thumbprint=key)
    tokens = desk.mint(granted, now)
    assert tokens.token_type == "DPoP"
    read = desk.read(tokens.access_token, now)
    assert read is not None
    assert read.claims["cnf"] == {"jkt": key}


def test_a_token_for_something_we_do_not_know_is_not_given(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now, settings={"audiences": ["https://stock.example"]})
    code = desk.code(client, cast.alice, now)
    refused = desk.redeem(client, code, now, resource="https://elsewhere.example")
    assert isinstance(refused, TokenRefused)
    assert refused.code == "invalid_target"
    granted = desk.redeem(client, code, now, resource="https://stock.example")
    assert isinstance(granted, Granted)
    assert granted.audience == "https://stock.example"
    assert desk.read(desk.mint(granted, now).access_token, now) is None  # not for our API


def test_a_kept_request_gives_one_code_and_no_second(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    asked = desk.ask(client, now)
    assert isinstance(asked, AuthorizationRequest)
    with desk.database.writing() as session:
        name = keep_request(session, asked, now=now)
    later = now + timedelta(minutes=10)
    back = desk.ask(client, later, request_uri=name, redirect_uri="https://evil.example", state="other")
    assert isinstance(back, AuthorizationRequest)
    assert (back.redirect_uri, back.state, back.asked_at) == (CALLBACK, "s-1", now)
    with desk.database.writing() as session:
        issue_code(session, client, back, desk.sign_in(cast.alice, client, now), now=later)
    with pytest.raises(Refused), desk.database.writing() as session:
        issue_code(session, client, back, desk.sign_in(cast.alice, client, now), now=later)
    assert desk.count("authorization_code") == 1


def test_neither_codes_nor_tokens_are_stored_as_they_are(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    code = desk.code(client, cast.alice, now)
    granted = desk.redeem(client, code, now)
    assert isinstance(granted, Granted)
    stored = desk.everything()
    assert code not in stored
    assert str(granted.refresh_token) not in stored


def test_a_code_is_of_no_use_when_the_sign_in_ended_while_it_was_made(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    online, offline = desk.code(client, cast.alice, now), desk.code(client, cast.alice, now, scope="openid offline_access")
    desk.ended_sign_in(cast.alice, now)
    assert isinstance(desk.redeem(client, online, now), TokenRefused)
    assert isinstance(desk.redeem(client, offline, now), Granted)
