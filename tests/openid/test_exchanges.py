"""What is noted of a client while somebody watches it: little, of it alone, and never anything secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.errors import NotFound
from portal.openid import forget_exchanges, get_client, list_exchanges, note_exchange, watch_client
from portal.openid.exchanges import MOST, tell_params
from tests.openid.sites import make_site
from tests.statements import statements

SECRETS = {
    "client_secret": "s" * 43, "code": "c" * 43, "code_verifier": "v" * 43, "refresh_token": "r" * 43, "state": "short", "nonce": "n",
    "id_token_hint": "a.b.c", "login_hint": "13800138000", "redirect_uri": "https://shop.example/back?user=alice", "token": "t" * 43,
    "client_assertion": "x.y.z", "claims": '{"userinfo":{}}', "username": "alice", "device_code": "d" * 43, "user_code": "ABCD-EFGH",
}  # fmt: skip


@pytest.fixture
def watched(database, now):
    """Give a client that is watched."""
    with database.writing() as session:
        make_site(session, "shop", now=now)
        assert watch_client(session, "shop", now=now) == now + timedelta(minutes=15)
        return get_client(session, "shop")


def test_of_a_client_that_nobody_watches_nothing_is_noted_and_nothing_asked(database, now):
    with database.writing() as session:
        shop = make_site(session, "shop", now=now)
        with statements(database) as run:
            assert not note_exchange(session, shop, "token", "ok", now=now)
        assert not run


def test_watching_ends_by_itself_and_by_hand(database, now, watched):
    late = now + timedelta(minutes=15)
    with database.writing() as session:
        assert not note_exchange(session, watched, "token", "ok", now=late)
        assert watch_client(session, "shop", now=now, stop=True) is None
        assert not note_exchange(session, get_client(session, "shop"), "token", "ok", now=now)
        with pytest.raises(NotFound):
            watch_client(session, "nowhere", now=now)


def test_values_of_secrets_and_of_people_are_never_kept(database, now, watched):
    with database.writing() as session:
        note_exchange(session, watched, "token", "ok", params=SECRETS.items(), now=now)
        kept = list_exchanges(session, "shop", now=now)[0]
    assert kept.detail["said"] == {}
    assert set(kept.detail["names"]) == set(SECRETS)


def test_words_of_the_protocol_are_kept_and_what_only_looks_like_a_place_for_one_is_not():
    told = tell_params([
        ("grant_type", "authorization_code"), ("scope", "openid " + "z" * 43), ("response_type", "code"), ("prompt", "t" * 43),
        ("acr_values", "urn:x"), ("code_challenge_method", "S256"), ("Weird<name>", "x"),
    ])  # fmt: skip
    assert told["said"] == {
        "grant_type": "authorization_code", "scope": "openid", "response_type": "code", "code_challenge_method": "S256",
    }  # fmt: skip
    assert "Weird<name>" not in told["names"]


def test_two_hundred_are_kept_of_one_client_the_oldest_go_first(database, now, watched):
    with database.writing() as session:
        for second in range(MOST + 5):
            note_exchange(session, watched, "token", f"e{second}", now=now + timedelta(seconds=second))
        found = list_exchanges(session, "shop", now=now + timedelta(seconds=MOST), limit=1000)
    assert len(found) == MOST
    assert (found[0].outcome, found[-1].outcome) == (f"e{MOST + 4}", "e5")


def test_a_client_sees_its_own_calls_alone_and_a_day_later_none(database, now, watched):
    with database.writing() as session:
        make_site(session, "bank", now=now)
        note_exchange(session, watched, "token", "ok", now=now)
        assert list_exchanges(session, "bank", now=now) == []
        assert len(list_exchanges(session, "shop", now=now + timedelta(hours=23))) == 1
        assert list_exchanges(session, "shop", now=now + timedelta(hours=25)) == []
        assert forget_exchanges(session, now=now + timedelta(hours=23)) == 0
        assert forget_exchanges(session, now=now + timedelta(hours=25)) == 1
        assert session.execute(sa.text("SELECT count(*) FROM oauth_exchange")).scalar_one() == 0
