"""Sites that are down are knocked at: without writing anything, and woken once, when they begin to answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.faces.worker.knocking import Knocker
from portal.openid import claim_logouts, end_client_sessions, open_client_session, settle_logout
from tests.openid.sites import make_site


class Site:
    """Stands for a site's address."""

    def __init__(self) -> None:
        self.is_up = False
        self.knocks = 0

    def post(self, address: str, form: dict[str, str]) -> None:
        raise AssertionError("who knocks posts nothing")

    def answers(self, address: str) -> bool:
        self.knocks += 1
        if address.startswith("https://broken"):
            raise ValueError(address)
        return self.is_up


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def down_since_long(database, now):
    """A word that was not taken for five hours, and waits for minutes now."""
    with database.writing() as session:
        make_site(session, "shop", now=now)
        open_client_session(session, "shop", session_id=1, subject="x", now=now)
        end_client_sessions(session, 1, "owner", now=now)
    fail(database, now, now + timedelta(hours=5))


def fail(database, claimed_at, at):
    with database.writing() as session:
        for word in claim_logouts(session, now=claimed_at, limit=9):
            settle_logout(session, word, error="answered 503", now=at)


def knock(knocker):
    knocker.knock()
    for each in list(knocker._knocks.values()):
        each.exception()
    return knocker.take_answers()


def due(database, at):
    with database.writing() as session:
        return len(claim_logouts(session, now=at, limit=9))


@pytest.mark.usefixtures("down_since_long")
def test_a_site_that_was_down_for_hours_is_woken_when_it_begins_to_answer_and_not_before(database, now, site):
    at = now + timedelta(hours=5, seconds=3)
    knocker = Knocker(database, site, lambda: at)
    assert [knock(knocker), knock(knocker)] == [0, 0]
    assert due(database, at) == 0
    site.is_up = True
    assert knock(knocker) == 1
    assert due(database, at) == 1


@pytest.mark.usefixtures("down_since_long")
def test_a_site_that_answers_but_takes_no_word_is_woken_once_and_left_to_its_pauses(database, now, site):
    at = now + timedelta(hours=5, seconds=3)
    knocker = Knocker(database, site, lambda: at)
    site.is_up = True
    assert knock(knocker) == 1
    fail(database, at, at)
    assert [knock(knocker) for _ in range(3)] == [0, 0, 0]
    assert due(database, at) == 0
    site.is_up = False
    assert knock(knocker) == 0
    site.is_up = True
    assert knock(knocker) == 1


def test_nobody_is_knocked_at_for_whom_no_word_waits(database, now, site):
    knocker = Knocker(database, site, lambda: now)
    assert knocker.run() == 0
    assert site.knocks == 0


@pytest.mark.usefixtures("down_since_long")
def test_an_address_that_cannot_be_knocked_at_harms_no_other(database, now, site):
    at = now + timedelta(hours=5, seconds=3)
    with database.writing() as session:
        make_site(session, "broken", now=now, backchannel_logout_uri="https://broken.example/out")
        open_client_session(session, "broken", session_id=2, subject="x", now=now)
        end_client_sessions(session, 2, "owner", now=now)
    fail(database, now, at - timedelta(seconds=1))
    site.is_up = True
    assert knock(Knocker(database, site, lambda: at)) == 1
