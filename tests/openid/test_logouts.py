"""The end of a sign-in reaches every site it opened: once, again where a site was down, and never for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.base.errors import NotFound
from portal.base.events import Handlers, OutboxEvent
from portal.base.ids import to_ref
from portal.identity import end_listed_session, end_other_sessions, end_session, sweep_identity
from portal.identity.events import SessionEnded
from portal.openid import (
    claim_logouts,
    end_client_sessions,
    find_client_session,
    is_logout_due,
    list_logouts,
    list_told_clients,
    list_waiting_sites,
    logout_claims,
    open_client_session,
    release_logout,
    retry_logout,
    settle_logout,
    wake_site,
)
from portal.openid.handlers import register, tell_the_sites
from portal.openid.models import LogoutDelivery, OAuthGrant
from tests.identity.door import Browser, make_door
from tests.openid.sites import make_grant, make_site

SESSION = 4711


@pytest.fixture
def sites(database, cast, now):
    with database.writing() as session:
        shop, forum = make_site(session, "shop", now=now), make_site(session, "forum", now=now)
        deaf = make_site(session, "deaf", now=now, backchannel_logout_uri=None)
        for each in (shop, forum, deaf):
            open_client_session(session, each.id, session_id=SESSION, subject=f"of {each.id}", now=now)
    return shop, forum, deaf


def claim(database, now):
    with database.writing() as session:
        return list(claim_logouts(session, now=now, limit=10))


def settle(database, word, now, error=None):
    with database.writing() as session:
        return settle_logout(session, word, error=error, now=now)


def end(database, now, reason="owner"):
    with database.writing() as session:
        return end_client_sessions(session, SESSION, reason, now=now)


def test_a_site_knows_a_sign_in_by_one_name_and_no_two_sites_by_the_same(database, sites, now):
    with database.writing() as session:
        shop, forum = (open_client_session(session, each, session_id=SESSION, subject="x", now=now) for each in ("shop", "forum"))
        again = open_client_session(session, "shop", session_id=SESSION, subject="x", now=now)
        other = open_client_session(session, "shop", session_id=SESSION + 1, subject="x", now=now)
        assert len({shop, forum, other}) == 3
        assert again == shop
        assert find_client_session(session, shop).session_id == SESSION
        assert find_client_session(session, "nobody's") is None
        assert list_told_clients(session, SESSION) == ["Deaf", "Forum", "Shop"]


def test_each_site_with_an_address_is_told_once_and_online_grants_end_with_it(database, cast, sites, now):
    with database.writing() as session:
        online = make_grant(session, sites[0], cast.alice.party_id, session_id=SESSION, now=now)
        offline = make_grant(session, sites[0], cast.alice.party_id, session_id=SESSION, offline=True, now=now)
        elsewhere = make_grant(session, sites[0], cast.alice.party_id, session_id=SESSION + 1, now=now)
    assert end(database, now) == 2
    assert end(database, now) == 0, "the handler is called again"
    with database.reading() as session:
        assert session.get(OAuthGrant, online).revoked_by == "logout"
        assert session.get(OAuthGrant, offline).revoked_at is None
        assert session.get(OAuthGrant, elsewhere).revoked_at is None
        assert {each.client_id for each in session.query(LogoutDelivery)} == {"shop", "forum"}


def test_what_a_logout_token_says_and_what_it_never_says(database, sites, now):
    end(database, now)
    word = claim(database, now)[0]
    said = logout_claims(word, issuer="https://id.example", now=now)
    assert said["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert (said["iss"], said["aud"], said["sid"], said["jti"]) == ("https://id.example", word.client_id, word.sid, to_ref(word.id))
    assert said["sub"] == f"of {word.client_id}"
    assert 0 < said["exp"] - said["iat"] <= 120
    assert "nonce" not in said


def test_a_word_is_claimed_by_one_worker_and_again_when_that_one_died(database, sites, now):
    end(database, now)
    assert len(claim(database, now)) == 2
    assert claim(database, now) == []
    again = claim(database, now + timedelta(seconds=31))
    assert [each.attempts for each in again] == [2, 2]


def test_a_word_that_was_taken_is_not_sent_again(database, sites, now):
    end(database, now)
    for word in claim(database, now):
        assert settle(database, word, now) == "delivered"
    with database.reading() as session:
        assert not is_logout_due(session, now=now + timedelta(days=1))
        assert {each.status for each in list_logouts(session)} == {"delivered"}


def test_a_site_that_is_down_is_asked_every_second_or_so_then_less_and_less_for_three_days(database, sites, now):
    end(database, now)
    for word in claim(database, now):
        if word.client_id == "forum":
            settle(database, word, now)
    moment, pauses = now, []
    while True:
        with database.reading() as session:
            (view,) = list_logouts(session, client_id="shop")
        if view.status != "pending":
            break
        moment = max(view.next_at, moment)
        for word in claim(database, moment):
            settle(database, word, moment, error="no answer: ConnectionRefusedError")
        with database.reading() as session:
            pauses.append((list_logouts(session, client_id="shop")[0].next_at - moment).total_seconds())
    assert view.status == "given_up"
    assert timedelta(days=3) <= moment - now <= timedelta(days=3, hours=1)
    assert set(pauses[1:200]) == {1.25}
    assert max(pauses) == 600
    assert view.last_error == "no answer: ConnectionRefusedError"


def test_of_many_words_for_a_site_that_is_down_one_asks_and_all_follow_when_it_is_back(database, sites, now):
    with database.writing() as session:
        for number in range(5):
            open_client_session(session, "shop", session_id=100 + number, subject="x", now=now)
            end_client_sessions(session, 100 + number, "owner", now=now)
    first, *others = claim(database, now)
    assert settle(database, first, now, error="answered 503") == "pending"
    with database.writing() as session:
        for each in others:
            release_logout(session, each, now=now)
    assert claim(database, now + timedelta(seconds=1)) == []
    later = now + timedelta(seconds=1.3)
    (probe,) = claim(database, later)
    settle(database, probe, later, error="answered 503")
    assert claim(database, later + timedelta(seconds=1)) == []
    later += timedelta(seconds=1.3)
    (probe,) = claim(database, later)
    assert settle(database, probe, later) == "delivered"
    assert len(claim(database, later)) == 4


def test_a_site_that_took_no_word_is_waited_for_until_it_is_woken(database, sites, now):
    end(database, now)
    with database.reading() as session:
        assert list_waiting_sites(session, now=now) == [], "nobody was asked yet"
    for word in claim(database, now):
        settle(database, word, now + timedelta(hours=2), error=None if word.client_id == "shop" else "answered 503")
    later = now + timedelta(hours=2, seconds=5)
    with database.writing() as session:
        (waiting,) = list_waiting_sites(session, now=later)
        assert (waiting.client_id, waiting.address) == ("forum", "https://shop.example/backchannel")
        assert wake_site(session, "forum", now=later) == 1
        assert wake_site(session, "shop", now=later) == 0
    assert [each.client_id for each in claim(database, later)] == ["forum"]


def test_a_site_that_wants_no_word_any_more_is_sent_none(database, sites, now):
    end(database, now)
    with database.writing() as session:
        session.execute(sa.text("UPDATE oauth_client SET backchannel_logout_uri = NULL WHERE id = 'shop'"))
    (word,) = [each for each in claim(database, now) if each.client_id == "shop"]
    assert word.address is None
    assert settle(database, word, now) == "given_up"


def test_what_was_given_up_can_be_sent_again_and_what_arrived_cannot(database, sites, now):
    end(database, now)
    for word in claim(database, now):
        settle(database, word, now + timedelta(days=4), error=None if word.client_id == "shop" else "answered 500")
    with database.writing() as session:
        by_site = {each.client_id: each for each in list_logouts(session)}
        retry_logout(session, by_site["forum"].id, now=now + timedelta(days=5))
        with pytest.raises(NotFound):
            retry_logout(session, by_site["shop"].id, now=now)
    assert [each.client_id for each in claim(database, now + timedelta(days=5))] == ["forum"]


def ended(database):
    with database.reading() as session:
        rows = session.query(OutboxEvent).filter(OutboxEvent.type == SessionEnded.type).order_by(OutboxEvent.id)
        return [(each.payload["session_id"], each.payload["by"]) for each in rows]


def test_every_end_of_a_sign_in_is_said_once_whatever_ended_it(database, keys, settings, cast, now):
    door = make_door(database, keys, settings)
    started = [door.enter(cast.alice.number, Browser(f"b{each}"), now) for each in range(5)]
    ids = [each.view.id for each in started]
    with database.writing() as session:
        end_session(session, started[0].view, now=now)
        end_session(session, started[0].view, now=now)
        end_listed_session(session, cast.alice.party_id, ids[1], now=now)
        end_other_sessions(session, party_id=cast.alice.party_id, keep=ids[3], by="password", now=now)
    with database.writing() as session:
        sweep_identity(session, now=now + timedelta(days=2))
    assert set(ended(database)) == {(ids[0], "owner"), (ids[1], "owner"), (ids[2], "password"), (ids[4], "password"), (ids[3], "expired")}
    assert len(ended(database)) == 5


def test_the_provider_hears_of_it(database, sites, now):
    handlers = Handlers()
    register(handlers)
    assert [name for name, _ in handlers.wanted(SessionEnded.type)] == ["portal.openid.handlers.tell_the_sites"]
    with database.writing() as session:
        tell_the_sites(session, SessionEnded(SESSION, 1, "expired"), now)
    with database.reading() as session:
        assert {each.reason for each in list_logouts(session)} == {"expired"}
