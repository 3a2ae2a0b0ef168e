"""A client looks after its own entry and ends it (RFC 7592), by its own token and no other's."""

from __future__ import annotations

import pytest

from portal.openid import (
    ClientRefused,
    ClientView,
    Registered,
    RegistrationRefused,
    authenticate_client,
    create_client,
    delete_registration,
    find_client,
    new_client_secret,
    read_registration,
    update_registration,
)
from tests.openid.registered import BACK, SHOP, TOKEN
from tests.openid.registering import LEAST, register, token_for, update


@pytest.fixture
def token(database, now):
    return token_for(database, now)


def test_an_entry_is_changed_by_its_own_token_in_every_part(database, token, now):
    made = register(database, token, LEAST | {"client_name": "Shop", "client_uri": "https://shop.example"}, now)
    changed = update(
        database, made, {"client_id": made.client.id, "redirect_uris": [BACK + "2"], "client_secret": made.metadata["client_secret"]}, now
    )
    assert isinstance(changed, Registered)
    assert changed.metadata["redirect_uris"] == [BACK + "2"]
    assert changed.metadata["client_name"] == "client"
    assert "client_uri" not in changed.metadata, "what is left out is gone (RFC 7592 2.2)"
    assert changed.metadata["registration_access_token"] == made.metadata["registration_access_token"]
    with database.writing() as session:
        basic = (made.client.id, made.metadata["client_secret"])
        assert isinstance(authenticate_client(session, {}, basic, token_endpoint=TOKEN, now=now), ClientView)


@pytest.mark.parametrize(
    "more",
    [
        {"client_id": "other"},
        {"client_id": None},
        {"client_secret": "guessed"},
        {"client_secret": None},
        {"registration_access_token": "x"},
        {"registration_client_uri": "https://hall.example/x"},
        {"client_secret_expires_at": 0},
        {"client_id_issued_at": 0},
        {"subject_type": "pairwise"},
    ],
)
def test_an_entry_is_not_changed_by_what_only_we_say(database, token, now, more):
    made = register(database, token, LEAST, now)
    refused = update(database, made, {"client_id": made.client.id} | LEAST | more, now)
    assert isinstance(refused, RegistrationRefused)
    assert refused.status == 400
    with database.reading() as session:
        assert find_client(session, made.client.id) == made.client


def test_a_changed_entry_keeps_to_the_same_rules(database, token, now):
    made = register(database, token, LEAST, now)
    refused = update(database, made, {"client_id": made.client.id, "redirect_uris": ["http://evil.example/"]}, now)
    assert isinstance(refused, RegistrationRefused)
    assert refused.code == "invalid_redirect_uri"


def test_an_entry_is_opened_by_its_own_token_alone(database, token, now):
    made, other = register(database, token, LEAST, now), register(database, token, LEAST, now)
    with database.writing() as session:
        by_hand, _ = create_client(session, SHOP, now=now)
        tokens = ("", "x", token, made.metadata["client_secret"], other.metadata["registration_access_token"], "0" * 64)
        for client_id in (made.client.id, by_hand.id, "nobody", ""):
            for wrong in tokens:
                said = {"client_id": client_id} | LEAST
                refused = (
                    read_registration(session, client_id, wrong),
                    update_registration(session, client_id, wrong, said, now=now),
                    delete_registration(session, client_id, wrong, now=now),
                )
                assert {each.code for each in refused} == {"invalid_token"}
                assert {each.status for each in refused} == {401}


def test_an_entry_that_is_deleted_proves_nothing_and_its_token_opens_nothing(database, token, now):
    made = register(database, token, LEAST, now)
    access = made.metadata["registration_access_token"]
    with database.writing() as session:
        assert delete_registration(session, made.client.id, access, now=now) is None
        assert isinstance(read_registration(session, made.client.id, access), RegistrationRefused)
        assert isinstance(delete_registration(session, made.client.id, access, now=now), RegistrationRefused)
        basic = (made.client.id, made.metadata["client_secret"])
        assert isinstance(authenticate_client(session, {}, basic, token_endpoint=TOKEN, now=now), ClientRefused)


def test_either_secret_of_a_change_names_the_client(database, token, now):
    made = register(database, token, LEAST, now)
    with database.writing() as session:
        second = new_client_secret(session, made.client.id, now=now)
    for secret in (made.metadata["client_secret"], second):
        assert isinstance(update(database, made, {"client_id": made.client.id, "client_secret": secret} | LEAST, now), Registered)
