"""A service exchanges the token it was called with: for the same person, for no more, no longer, and saying who acts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.openid import ClientView, Granted, TokenRefused, client_credentials, exchange_token, revoke_grants
from portal.openid.client_rules import EXCHANGE
from portal.openid.exchange import ACCESS_TOKEN
from tests.cast import Cast
from tests.openid.desk import Desk

SCOPE = "openid profile points.read"


@pytest.fixture
def gateway(desk: Desk, now: datetime) -> ClientView:
    """Give a service of the operator's own."""
    return desk.client(
        now, first_party=True, grant_types=[EXCHANGE, "client_credentials"], redirect_uris=[], scopes=["points.read", "customer"]
    )


def exchange(desk: Desk, client: ClientView, token: str, now: datetime, **changes: Any) -> Granted | TokenRefused:
    """Exchange a token."""
    thumbprint = changes.pop("thumbprint", None)
    form = {"subject_token": token, "subject_token_type": ACCESS_TOKEN, **changes}
    given = {name: value for name, value in form.items() if value is not None}
    with desk.database.reading() as session:
        return exchange_token(session, desk.provider, client, given, thumbprint=thumbprint, now=now)


def test_a_service_gets_a_token_of_its_own_for_the_same_person(desk: Desk, cast: Cast, now: datetime, gateway: ClientView) -> None:
    site = desk.client(now)
    called_with = desk.mint(desk.granted(site, cast.alice, now, scope=SCOPE), now).access_token
    later = now + timedelta(minutes=4)
    tokens = desk.mint(exchange(desk, gateway, called_with, later), later)
    assert (tokens.scopes, tokens.expires_in_seconds) == (("points.read",), 360)
    assert (tokens.refresh_token, tokens.id_token, tokens.issued_token_type) == (None, None, ACCESS_TOKEN)
    read = desk.read(tokens.access_token, later)
    assert read is not None
    assert read.grant is not None
    assert read.grant.party_id == cast.alice.party_id
    assert (read.client_id, read.claims["act"]) == (gateway.id, {"sub": gateway.id})


def test_each_exchange_says_who_acted_before_and_there_is_an_end_to_it(desk: Desk, cast: Cast, now: datetime, gateway: ClientView) -> None:
    token = desk.mint(desk.granted(desk.client(now), cast.alice, now, scope=SCOPE), now).access_token
    for _ in range(4):
        token = desk.mint(exchange(desk, gateway, token, now), now).access_token
    read = desk.read(token, now)
    assert read is not None
    assert read.claims["act"]["act"]["act"]["act"] == {"sub": gateway.id}
    assert isinstance(exchange(desk, gateway, token, now), TokenRefused)


def test_an_actors_token_says_who_acts(desk: Desk, cast: Cast, now: datetime, gateway: ClientView) -> None:
    site, batch = desk.client(now), desk.client(now, grant_types=["client_credentials"], redirect_uris=[], scopes=["points.read"])
    token = desk.mint(desk.granted(site, cast.alice, now, scope=SCOPE), now).access_token
    actor = desk.mint(client_credentials(desk.provider, batch, now=now), now).access_token
    granted = exchange(desk, gateway, token, now, actor_token=actor, actor_token_type=ACCESS_TOKEN)
    assert isinstance(granted, Granted)
    assert granted.actor == {"sub": batch.id}


def test_an_exchanged_token_falls_with_the_grant_it_came_of(desk: Desk, cast: Cast, now: datetime, gateway: ClientView) -> None:
    token = desk.mint(desk.granted(desk.client(now), cast.alice, now, scope=SCOPE), now).access_token
    exchanged = desk.mint(exchange(desk, gateway, token, now), now).access_token
    with desk.database.writing() as session:
        revoke_grants(session, cast.alice.party_id, by="owner", now=now)
    assert desk.read(exchanged, now) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scope": "customer"}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "unknown"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"audience": "https://elsewhere.example"}, "invalid_target"),
        ({"subject_token": "made-up"}, "invalid_request"),
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"actor_token": "made-up", "actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({"actor_token": "made-up"}, "invalid_request"),
    ],
)
def test_what_is_wrong_is_refused(desk: Desk, cast: Cast, now: datetime, gateway: ClientView, changes: dict[str, Any], code: str) -> None:
    token = desk.mint(desk.granted(desk.client(now), cast.alice, now, scope=SCOPE), now).access_token
    refused = exchange(desk, gateway, token, now, **changes)
    assert isinstance(refused, TokenRefused)
    assert refused.code == code


def test_a_partner_exchanges_only_what_was_issued_to_it_or_for_it(desk: Desk, cast: Cast, now: datetime) -> None:
    audience = "https://stock.example"
    known = {"settings": {"audiences": [audience]}}
    site = desk.client(now, **known)
    partner = desk.client(now, grant_types=[EXCHANGE], redirect_uris=[], scopes=["points.read"], **known)
    stolen = desk.mint(desk.granted(site, cast.alice, now, scope=SCOPE), now).access_token
    assert isinstance(exchange(desk, partner, stolen, now), TokenRefused)
    granted = desk.redeem(site, desk.code(site, cast.alice, now, scope=SCOPE), now, resource=audience)
    assert isinstance(exchange(desk, partner, desk.mint(granted, now).access_token, now), Granted)


def test_a_token_bound_to_a_key_is_exchanged_by_its_holder(desk: Desk, cast: Cast, now: datetime) -> None:
    partner = desk.client(now, grant_types=["authorization_code", EXCHANGE], scopes=["openid", "points.read"])
    key = "k" * 43
    granted = desk.redeem(partner, desk.code(partner, cast.alice, now, scope="openid points.read"), now, thumbprint=key)
    token = desk.mint(granted, now).access_token
    assert isinstance(exchange(desk, partner, token, now), TokenRefused)
    again = exchange(desk, partner, token, now, thumbprint=key)
    assert isinstance(again, Granted)
    assert again.key_thumbprint == key


def test_a_machines_own_token_stands_for_nobody(desk: Desk, now: datetime, gateway: ClientView) -> None:
    token = desk.mint(client_credentials(desk.provider, gateway, now=now), now).access_token
    assert isinstance(exchange(desk, gateway, token, now), TokenRefused)


def test_only_clients_that_may_exchange_do(desk: Desk, cast: Cast, now: datetime) -> None:
    site = desk.client(now)
    token = desk.mint(desk.granted(site, cast.alice, now, scope=SCOPE), now).access_token
    refused = exchange(desk, site, token, now)
    assert isinstance(refused, TokenRefused)
    assert refused.code == "unauthorized_client"
