"""What a person allowed a site is remembered, and taken back at once with everything that came of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.base.errors import NotFound
from portal.openid import find_consent, give_consent, list_consents, revoke_consent
from portal.openid.models import OAuthConsent, OAuthGrant
from tests.openid.sites import make_grant, make_site


@pytest.fixture
def shop(database, cast, now):
    with database.writing() as session:
        return make_site(session, "shop", now=now)


def test_what_was_allowed_is_remembered_and_covers_less_but_no_more(database, cast, shop, now):
    with database.writing() as session:
        assert find_consent(session, cast.alice.party_id, shop.id) is None
        give_consent(session, cast.alice.party_id, shop.id, ("openid", "profile"), now=now)
        found = find_consent(session, cast.alice.party_id, shop.id)
    assert found.covers(("openid",))
    assert found.covers(("openid", "profile"))
    assert not found.covers(("openid", "phone"))


def test_what_is_allowed_later_is_added_to_what_was_allowed_before(database, cast, shop, now):
    with database.writing() as session:
        give_consent(session, cast.alice.party_id, shop.id, ("openid", "profile"), now=now)
        give_consent(session, cast.alice.party_id, shop.id, ("openid", "phone"), now=now + timedelta(days=1))
        assert set(find_consent(session, cast.alice.party_id, shop.id).scopes) == {"openid", "profile", "phone"}
        assert [each.client_name for each in list_consents(session, cast.alice.party_id)] == ["Shop"]


def test_what_is_taken_back_is_gone_with_every_grant_offline_ones_too(database, cast, shop, now):
    with database.writing() as session:
        give_consent(session, cast.alice.party_id, shop.id, ("openid",), now=now)
        mine = [make_grant(session, shop, cast.alice.party_id, offline=offline, now=now) for offline in (False, True)]
        others = make_grant(session, shop, cast.bob.party_id, now=now)
        revoke_consent(session, cast.alice.party_id, shop.id, now=now + timedelta(hours=1))
    with database.reading() as session:
        assert find_consent(session, cast.alice.party_id, shop.id) is None
        assert {session.get(OAuthGrant, each).revoked_by for each in mine} == {"consent"}
        assert session.get(OAuthGrant, others).revoked_at is None


def test_consent_given_after_it_was_taken_back_holds_nothing_of_before(database, cast, shop, now):
    with database.writing() as session:
        give_consent(session, cast.alice.party_id, shop.id, ("openid", "phone"), now=now)
        revoke_consent(session, cast.alice.party_id, shop.id, now=now)
        give_consent(session, cast.alice.party_id, shop.id, ("openid",), now=now)
        assert find_consent(session, cast.alice.party_id, shop.id).scopes == ("openid",)
        assert session.query(OAuthConsent).count() == 1


def test_nobody_takes_back_what_was_not_given(database, cast, shop, now):
    with database.writing() as session:
        give_consent(session, cast.bob.party_id, shop.id, ("openid",), now=now)
        with pytest.raises(NotFound):
            revoke_consent(session, cast.alice.party_id, shop.id, now=now)
