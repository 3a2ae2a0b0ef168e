"""Logins of one person, linked: each acts for the other's customers, while the link stands and not a moment longer."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.base.db import Database
from portal.base.errors import NotFound
from portal.customers import (
    NotLinkable,
    TooManyLinks,
    get_viewer,
    give_role,
    link_parties,
    list_acting,
    list_links,
    unlink_parties,
)
from tests.cast import Cast
from tests.statements import statements


def test_linked_logins_act_for_each_others_customers_until_it_is_undone(database: Database, cast: Cast, now: datetime) -> None:
    alice, charlie = cast.alice, cast.charlie
    with database.writing() as session:
        assert link_parties(session, alice.party_id, charlie.party_id, now=now)
        assert not link_parties(session, charlie.party_id, alice.party_id, now=now)
        for one, other in ((alice, charlie), (charlie, alice)):
            viewer = get_viewer(session, one.party_id, other.customer_id, now=now)
            assert (viewer.whole, viewer.actor) == (True, f"party:{one.party_id}")
            assert [each.party_id for each in list_links(session, one.party_id, now=now)] == [other.party_id]
        unlink_parties(session, charlie.party_id, alice.party_id, now=now + timedelta(hours=1))
    later = now + timedelta(hours=1)
    with database.writing() as session:
        for one, other in ((alice, charlie), (charlie, alice)):
            with pytest.raises(NotFound):
                get_viewer(session, one.party_id, other.customer_id, now=later)
        with pytest.raises(NotFound):
            unlink_parties(session, alice.party_id, charlie.party_id, now=later)


def test_what_is_undone_can_be_linked_anew(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        link_parties(session, cast.alice.party_id, cast.charlie.party_id, now=now)
        unlink_parties(session, cast.alice.party_id, cast.charlie.party_id, now=now + timedelta(hours=1))
        assert link_parties(session, cast.charlie.party_id, cast.alice.party_id, now=now + timedelta(hours=2))
        assert list_links(session, cast.alice.party_id, now=now + timedelta(hours=3))


def test_own_customers_come_first_and_a_role_of_the_other_login_says_whose_it_is(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        link_parties(session, cast.bob.party_id, cast.charlie.party_id, now=now)
        acting = list_acting(session, cast.charlie.party_id, now=now)
    assert [(each.role, each.party_id) for each in acting] == [("owner", cast.charlie.party_id), ("member", cast.bob.party_id)]
    assert acting[1].lines == {cast.bob.subscription_id}


def test_a_link_does_not_reach_further_than_one_step(database: Database, cast: Cast, now: datetime) -> None:
    first, *_ = cast.noise
    with database.writing() as session:
        link_parties(session, cast.alice.party_id, cast.charlie.party_id, now=now)
        link_parties(session, cast.charlie.party_id, first.party_id, now=now)
        with pytest.raises(NotFound):
            get_viewer(session, cast.alice.party_id, first.customer_id, now=now)


def test_nobody_is_linked_with_themselves_with_a_company_or_with_who_works_for_one(database: Database, cast: Cast, now: datetime) -> None:
    for other in (cast.alice.party_id, cast.erin.party_id, 4711):
        with database.writing() as session, pytest.raises(NotLinkable):
            link_parties(session, cast.alice.party_id, other, now=now)


def test_what_a_company_lets_one_login_do_is_not_the_other_ones(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        link_parties(session, cast.alice.party_id, cast.charlie.party_id, now=now)
        give_role(session, cast.acme.customer_id, cast.charlie.party_id, "administrator", None, until=None, now=now)
        assert get_viewer(session, cast.charlie.party_id, cast.acme.customer_id, now=now).whole
        with pytest.raises(NotFound):
            get_viewer(session, cast.alice.party_id, cast.acme.customer_id, now=now)


def test_a_sixth_login_is_not_linked(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        for other in cast.noise[:5]:
            link_parties(session, cast.alice.party_id, other.party_id, now=now)
        with pytest.raises(TooManyLinks):
            link_parties(session, cast.alice.party_id, cast.charlie.party_id, now=now)


def test_whom_somebody_acts_for_is_one_statement(database: Database, cast: Cast, now: datetime) -> None:
    with database.writing() as session:
        link_parties(session, cast.alice.party_id, cast.charlie.party_id, now=now)
    with database.reading() as session, statements(database) as sent:
        list_acting(session, cast.alice.party_id, now=now)
    assert len(sent) == 1
