"""What clients and our own API are told of a token, and how one is taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.openid import Granted, Provider, TokenRefused, client_credentials
from tests.cast import Cast
from tests.openid.desk import ISSUER, Desk

MACHINE = {"grant_types": ["client_credentials"], "redirect_uris": [], "scopes": ["customer", "points.read"]}


def test_an_access_token_is_told_to_its_client(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    tokens = desk.mint(desk.granted(client, cast.alice, now), now)
    told = desk.introspect(client, tokens.access_token, now)
    assert told["active"] is True
    assert (told["iss"], told["client_id"], told["scope"], told["token_type"]) == (ISSUER, client.id, "openid profile", "Bearer")
    assert (told["sub"], told["acr"]) == (desk.sign_in(cast.alice, client, now).subject, "urn:onehall:acr:code")
    assert "gid" not in told


def test_a_refresh_token_is_told_to_its_client_alone(desk: Desk, cast: Cast, now: datetime) -> None:
    client, own = desk.client(now), desk.client(now, first_party=True)
    granted = desk.granted(client, cast.alice, now)
    assert desk.introspect(client, granted.refresh_token, now)["active"] is True
    assert desk.introspect(own, granted.refresh_token, now) == {"active": False}


def test_a_strangers_access_token_is_told_to_the_operators_own_and_to_no_other(desk: Desk, cast: Cast, now: datetime) -> None:
    client, own, stranger = desk.client(now), desk.client(now, first_party=True), desk.client(now)
    tokens = desk.mint(desk.granted(client, cast.alice, now), now)
    assert desk.introspect(own, tokens.access_token, now)["active"] is True
    assert desk.introspect(stranger, tokens.access_token, now) == {"active": False}


def test_an_id_token_a_made_up_one_and_one_that_is_over_are_not_active(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    tokens = desk.mint(desk.granted(client, cast.alice, now), now)
    for token in (str(tokens.id_token), "made-up", "", "a.b.c", tokens.access_token[:-2] + "AA"):
        assert desk.introspect(client, token, now) == {"active": False}
    assert desk.introspect(client, tokens.access_token, now + timedelta(seconds=600)) == {"active": False}


def test_a_token_of_another_issuer_with_our_keys_is_not_ours(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    elsewhere = Provider("https://other.example", desk.provider.keys, desk.provider.ring)
    granted = desk.granted(client, cast.alice, now)
    token = Desk(desk.database, elsewhere).mint(granted, now).access_token
    assert desk.introspect(client, token, now) == {"active": False}


def test_an_access_token_taken_back_goes_alone(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    granted = desk.granted(client, cast.alice, now)
    one, other = desk.mint(granted, now).access_token, desk.mint(granted, now).access_token
    assert desk.revoke(client, one, now)
    assert desk.revoke(client, one, now)  # twice is no fault
    assert desk.read(one, now) is None
    assert desk.read(other, now) is not None
    assert isinstance(desk.refresh(client, granted.refresh_token, now), Granted)


def test_with_a_refresh_token_goes_everything(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    granted = desk.granted(client, cast.alice, now)
    access = desk.mint(granted, now).access_token
    assert desk.revoke(client, granted.refresh_token, now)
    assert desk.read(access, now) is None
    assert isinstance(desk.refresh(client, granted.refresh_token, now), TokenRefused)
    assert desk.end_of_grant() == "client"


def test_nobody_takes_back_what_is_another_clients(desk: Desk, cast: Cast, now: datetime) -> None:
    client, other = desk.client(now), desk.client(now)
    granted = desk.granted(client, cast.alice, now)
    access = desk.mint(granted, now).access_token
    assert not desk.revoke(other, access, now)
    assert not desk.revoke(other, granted.refresh_token, now)
    assert not desk.revoke(other, "made-up", now)
    assert desk.read(access, now) is not None


def test_the_end_of_a_client_is_the_end_of_its_tokens(desk: Desk, cast: Cast, now: datetime) -> None:
    client, own = desk.client(now), desk.client(now, first_party=True)
    granted = desk.granted(client, cast.alice, now)
    access = desk.mint(granted, now).access_token
    desk.end(client, now)
    assert desk.read(access, now) is None
    assert desk.introspect(own, access, now) == {"active": False}


def test_a_machine_is_given_a_token_in_its_own_name_and_nothing_is_written(desk: Desk, now: datetime) -> None:
    client = desk.client(now, **MACHINE)
    tokens = desk.mint(client_credentials(desk.provider, client, scope="points.read", now=now), now)
    assert (tokens.refresh_token, tokens.id_token, tokens.scopes) == (None, None, ("points.read",))
    read = desk.read(tokens.access_token, now)
    assert read is not None
    assert (read.subject, read.grant) == (client.id, None)
    assert desk.count("oauth_grant") == 0
    assert desk.introspect(client, tokens.access_token, now)["active"] is True
    assert desk.revoke(client, tokens.access_token, now)
    assert desk.read(tokens.access_token, now) is None


def test_a_machine_gets_all_its_scopes_unless_it_asks_for_fewer(desk: Desk, now: datetime) -> None:
    granted = client_credentials(desk.provider, desk.client(now, **MACHINE), now=now)
    assert isinstance(granted, Granted)
    assert granted.scopes == ("customer", "points.read")


@pytest.mark.parametrize(
    ("changes", "asked", "code"),
    [
        ({}, {"scope": "subscription"}, "invalid_scope"),
        ({}, {"scope": "unknown"}, "invalid_scope"),
        ({"scopes": ["openid", "points.read"]}, {"scope": "openid"}, "invalid_scope"),
        ({}, {"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"grant_types": ["authorization_code"], "redirect_uris": ["https://a.example/"]}, {}, "unauthorized_client"),
    ],
)
def test_a_machine_that_asks_for_what_it_may_not_have_gets_nothing(
    desk: Desk, now: datetime, changes: dict[str, object], asked: dict[str, str], code: str
) -> None:
    refused = client_credentials(desk.provider, desk.client(now, **MACHINE | changes), now=now, **asked)
    assert isinstance(refused, TokenRefused)
    assert refused.code == code
