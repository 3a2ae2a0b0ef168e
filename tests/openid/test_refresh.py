"""The chain of refresh tokens: one link at a time, the same successor for a lost answer, the end of all for a stolen one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.openid import Granted, Provider, TokenRefused, revoke_grants, revoke_grants_of_session
from tests.cast import Cast
from tests.openid.desk import Desk

OFFLINE = "openid profile offline_access"
KEY = "k" * 43


def test_each_refresh_gives_the_next_link_and_new_tokens(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    first = desk.granted(client, cast.alice, now, scope=OFFLINE)
    second = desk.refresh(client, first.refresh_token, now + timedelta(minutes=9))
    assert isinstance(second, Granted)
    assert second.refresh_token not in (None, first.refresh_token)
    third = desk.refresh(client, second.refresh_token, now + timedelta(days=1))
    assert isinstance(third, Granted)
    tokens = desk.mint(third, now + timedelta(days=1))
    claims = desk.provider.ring.verify(str(tokens.id_token), typ="JWT", now=now + timedelta(days=1))
    assert claims is not None
    assert "nonce" not in claims  # OIDC Core 12.2
    assert claims["auth_time"] == int((now - timedelta(minutes=1)).timestamp())


@pytest.mark.parametrize("seconds", [0, 5, 30])
def test_a_lost_answer_is_given_again_with_the_same_successor(desk: Desk, cast: Cast, now: datetime, seconds: int) -> None:
    client = desk.client(now)
    first = desk.granted(client, cast.alice, now, scope=OFFLINE)
    second = desk.refresh(client, first.refresh_token, now)
    again = desk.refresh(client, first.refresh_token, now + timedelta(seconds=seconds))
    assert isinstance(second, Granted)
    assert isinstance(again, Granted)
    assert again.refresh_token == second.refresh_token
    assert desk.count("refresh_token") == 2
    assert isinstance(desk.refresh(client, again.refresh_token, now + timedelta(seconds=31)), Granted)


def test_a_lost_answer_is_given_again_also_after_the_installations_secret_was_changed(
    desk: Desk, cast: Cast, now: datetime, settings: Settings
) -> None:
    client = desk.client(now)
    first = desk.granted(client, cast.alice, now, scope=OFFLINE)
    second = desk.refresh(client, first.refresh_token, now)
    changed = settings.model_copy(update={"secret_key": type(settings.secret_key)("n" * 40), "old_secret_keys": (settings.secret_key,)})
    renewed = replace(desk, provider=Provider(desk.provider.issuer, make_keys(changed), desk.provider.ring))
    again = renewed.refresh(client, first.refresh_token, now)
    assert isinstance(second, Granted)
    assert isinstance(again, Granted)
    assert again.refresh_token == second.refresh_token


@pytest.mark.parametrize("after", [timedelta(seconds=31), timedelta(days=6)])
def test_one_used_before_that_takes_back_everything(desk: Desk, cast: Cast, now: datetime, after: timedelta) -> None:
    client = desk.client(now)
    first = desk.granted(client, cast.alice, now, scope=OFFLINE)
    second = desk.refresh(client, first.refresh_token, now)
    assert isinstance(second, Granted)
    refused = desk.refresh(client, first.refresh_token, now + after)
    assert isinstance(refused, TokenRefused)
    assert refused.code == "invalid_grant"
    assert desk.end_of_grant() == "refresh_reused"
    assert isinstance(desk.refresh(client, second.refresh_token, now + after), TokenRefused)
    assert desk.read(desk.mint(second, now).access_token, now) is None


def test_a_refresh_token_is_of_no_use_to_another_client_and_does_not_suffer_from_it(desk: Desk, cast: Cast, now: datetime) -> None:
    client, thief = desk.client(now), desk.client(now)
    first = desk.granted(client, cast.alice, now, scope=OFFLINE)
    assert isinstance(desk.refresh(thief, first.refresh_token, now), TokenRefused)
    assert isinstance(desk.refresh(client, first.refresh_token, now), Granted)
    assert isinstance(desk.refresh(thief, first.refresh_token, now + timedelta(hours=1)), TokenRefused)
    assert desk.end_of_grant() is None


def test_fewer_scopes_may_be_asked_for_and_never_more(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    first = desk.granted(client, cast.alice, now, scope=OFFLINE)
    refused = desk.refresh(client, first.refresh_token, now, scope="openid phone")
    assert isinstance(refused, TokenRefused)
    assert refused.code == "invalid_scope"
    fewer = desk.refresh(client, first.refresh_token, now, scope="profile")
    assert isinstance(fewer, Granted)
    assert fewer.scopes == ("profile",)
    later = desk.refresh(client, fewer.refresh_token, now)
    assert isinstance(later, Granted)
    assert later.scopes == ("openid", "profile", "offline_access")


def test_what_is_not_for_offline_ends_with_the_sign_in(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    first = desk.granted(client, cast.alice, now)
    late = now + timedelta(hours=11, minutes=55)
    second = desk.refresh(client, first.refresh_token, late)
    assert desk.mint(second, late).expires_in_seconds == 300
    assert isinstance(second, Granted)
    assert isinstance(desk.refresh(client, second.refresh_token, now + timedelta(hours=12)), TokenRefused)


def test_offline_access_ends_after_ninety_days_however_often_it_is_refreshed(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    granted = desk.granted(client, cast.alice, now, scope=OFFLINE)
    for days in (30, 60, 89):
        answer = desk.refresh(client, granted.refresh_token, now + timedelta(days=days))
        assert isinstance(answer, Granted)
        granted = answer
    assert isinstance(desk.refresh(client, granted.refresh_token, now + timedelta(days=90)), TokenRefused)


def test_the_end_of_a_sign_in_takes_back_all_but_offline_access(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    online = desk.granted(client, cast.alice, now)
    offline = desk.granted(client, cast.alice, now, scope=OFFLINE)
    with desk.database.writing() as session:
        assert revoke_grants_of_session(session, 4711, by="logout", now=now) == 1
    assert isinstance(desk.refresh(client, online.refresh_token, now), TokenRefused)
    assert isinstance(desk.refresh(client, offline.refresh_token, now), Granted)


def test_a_person_takes_back_what_one_client_has_or_all(desk: Desk, cast: Cast, now: datetime) -> None:
    one, other = desk.client(now), desk.client(now)
    first, second = desk.granted(one, cast.alice, now, scope=OFFLINE), desk.granted(other, cast.alice, now, scope=OFFLINE)
    bobs = desk.granted(one, cast.bob, now, scope=OFFLINE)
    with desk.database.writing() as session:
        assert revoke_grants(session, cast.alice.party_id, client_id=one.id, by="owner", now=now) == 1
    assert isinstance(desk.refresh(one, first.refresh_token, now), TokenRefused)
    assert isinstance(desk.refresh(other, second.refresh_token, now), Granted)
    with desk.database.writing() as session:
        assert revoke_grants(session, cast.alice.party_id, by="owner", now=now) == 1
    assert isinstance(desk.refresh(one, bobs.refresh_token, now), Granted)


def test_a_chain_bound_to_a_key_wants_that_key(desk: Desk, cast: Cast, now: datetime) -> None:
    client = desk.client(now)
    first = desk.redeem(client, desk.code(client, cast.alice, now), now, thumbprint=KEY)
    assert isinstance(first, Granted)
    assert isinstance(desk.refresh(client, first.refresh_token, now), TokenRefused)
    assert isinstance(desk.refresh(client, first.refresh_token, now, thumbprint="o" * 43), TokenRefused)
    second = desk.refresh(client, first.refresh_token, now, thumbprint=KEY)
    assert isinstance(second, Granted)
    assert isinstance(desk.refresh(client, first.refresh_token, now), TokenRefused)  # not even again without it
    assert second.key_thumbprint == KEY


def test_a_fapi_clients_refresh_token_goes_on_unrotated_and_with_its_key_alone(
    desk: Desk, cast: Cast, now: datetime, client_jwks: dict[str, object]
) -> None:
    client = desk.client(now, auth_method="private_key_jwt", jwks=client_jwks, require_par=True, require_dpop=True)
    first = desk.redeem(client, desk.pushed_code(client, cast.alice, now), now, thumbprint=KEY)
    assert isinstance(first, Granted)
    for days in (0, 1, 2):
        answer = desk.refresh(client, first.refresh_token, now + timedelta(hours=days), thumbprint=KEY)
        assert isinstance(answer, Granted)
        assert answer.refresh_token == first.refresh_token
    assert isinstance(desk.refresh(client, first.refresh_token, now), TokenRefused)
    assert desk.count("refresh_token") == 1
