"""Keys at an address of the client's own: asked for when one is missing and every half hour, never often, never at home."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from portal.adapters.documents import HttpDocuments
from portal.adapters.outbound import Outbound
from portal.faces.client_keys import fetch_client_keys
from portal.openid import (
    ClientView,
    KeysWanted,
    NotTaken,
    authenticate_client,
    change_client,
    claim_key_fetch,
    create_client,
    end_client,
    find_keys_wanted,
    get_client,
    keep_client_keys,
    list_keys_due,
)
from tests.openid.publisher import Publisher, publishing
from tests.openid.registered import SHOP, TOKEN, assertion, bank, ec_key, shown

MINUTE = timedelta(minutes=1)


@pytest.fixture
def site() -> Iterator[Publisher]:
    with publishing() as server:
        yield server


@pytest.fixture
def source() -> HttpDocuments:
    return HttpDocuments(Outbound(allow_private=True))


@pytest.fixture
def key():
    return ec_key()


@pytest.fixture
def held(database, now, key, site):
    site.publish(("k1", key))
    with database.writing() as session:
        return create_client(session, replace(bank(key), jwks=None, jwks_uri=site.address), now=now)[0]


def proves(database, key, client, now, kid="k1"):
    with database.writing() as session:
        answer = authenticate_client(
            session, shown(assertion(key, client.id, now, header={"kid": kid})), None, token_endpoint=TOKEN, now=now
        )
    return isinstance(answer, ClientView)


def wanted_by(database, text):
    with database.reading() as session:
        return find_keys_wanted(session, text)


def test_a_key_that_is_not_held_is_asked_for_and_then_known(database, now, key, site, source, held):
    text = assertion(key, held.id, now)
    wanted = wanted_by(database, text)
    assert wanted == KeysWanted(held.id, site.address)
    assert not proves(database, key, held, now)
    fetch_client_keys(database, source, wanted, now=now)
    assert proves(database, key, held, now)
    assert wanted_by(database, text) is None, "what is held will do"


def test_a_site_changes_its_keys_without_telling_us(database, now, key, site, source, held):
    other, wanted = ec_key(), KeysWanted(held.id, site.address)
    fetch_client_keys(database, source, wanted, now=now)
    site.publish(("k2", other))
    assert wanted_by(database, assertion(other, held.id, now, header={"kid": "k2"})) == wanted
    fetch_client_keys(database, source, wanted, now=now + MINUTE)
    assert proves(database, other, held, now, "k2")
    assert not proves(database, key, held, now), "a key it has taken away is taken no more"


def test_a_site_is_asked_once_a_minute_however_many_strangers_use_its_name(database, now, key, site, source, held):
    wanted = KeysWanted(held.id, site.address)
    for seconds in range(0, 60, 5):
        fetch_client_keys(database, source, wanted, now=now + timedelta(seconds=seconds))
    assert site.asked == 1
    fetch_client_keys(database, source, wanted, now=now + MINUTE)
    assert site.asked == 2


def test_the_worker_asks_at_once_and_then_every_half_hour(database, now, key, site, source, held):
    def due(moment):
        with database.reading() as session:
            return [each.client_id for each in list_keys_due(session, now=moment)]

    assert due(now) == [held.id]
    fetch_client_keys(database, source, KeysWanted(held.id, site.address), now=now)
    assert due(now + 29 * MINUTE) == []
    assert due(now + 30 * MINUTE) == [held.id]
    with database.writing() as session:
        end_client(session, held.id, now=now)
        assert not claim_key_fetch(session, KeysWanted(held.id, site.address), now=now + 60 * MINUTE)
    assert due(now + 30 * MINUTE) == []


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"7", b"{}", b'{"keys": []}', b'{"keys": [{"kty": "oct", "k": "x"}]}', b"[" * 9000, b" " * 70_000]
)
@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_what_is_no_key_set_leaves_what_is_held(database, now, key, site, source, held, body, status):
    wanted = KeysWanted(held.id, site.address)
    fetch_client_keys(database, source, wanted, now=now)
    site.body, site.status = body, status
    fetch_client_keys(database, source, wanted, now=now + MINUTE)
    assert site.asked == 2
    assert proves(database, key, held, now)


def test_keys_at_home_are_never_asked_for_unless_that_is_allowed(site):
    with pytest.raises(NotTaken, match=r"^(not an https address|a private address)$"):
        HttpDocuments(Outbound()).fetch(site.address)
    with pytest.raises(NotTaken, match="a private address"):
        HttpDocuments(Outbound()).fetch(site.address.replace("http:", "https:"))
    assert site.asked == 0


def test_a_changed_address_is_asked_anew_and_late_keys_of_the_former_are_not_kept(database, now, key, site, source, held):
    wanted = KeysWanted(held.id, site.address)
    fetch_client_keys(database, source, wanted, now=now)
    same = replace(bank(key), name="Other", jwks=None, jwks_uri=site.address)
    with database.writing() as session:
        assert change_client(session, held.id, same, now=now)[0].jwks is not None, "the same address: what was found stays"
        moved, _ = change_client(session, held.id, replace(same, jwks_uri="https://bank.example/new"), now=now)
        assert moved.jwks is None
        keep_client_keys(session, wanted, {"keys": [ec_key().as_dict(private=False)]})
        assert get_client(session, held.id).jwks is None
        assert [each.address for each in list_keys_due(session, now=now)] == ["https://bank.example/new"]


def test_only_clients_with_an_address_are_asked_about(database, now, key):
    with database.writing() as session:
        shop, _ = create_client(session, SHOP, now=now)
        here, _ = create_client(session, bank(key), now=now)
    for text in (
        "",
        "a.b.c",
        assertion(key, shop.id, now),
        assertion(key, here.id, now, header={"kid": "x"}),
        assertion(key, "nobody", now),
    ):
        assert wanted_by(database, text) is None
