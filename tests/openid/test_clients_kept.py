"""A client's secret is changed without a pause; it is changed, listed, ended; and what it knows people by never changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.base.db import Base
from portal.base.errors import NotFound, Refused
from portal.base.keys import make_keys
from portal.base.settings import Settings
from portal.openid import (
    ClientView,
    authenticate_client,
    change_client,
    end_client,
    find_client,
    get_client,
    list_clients,
    new_client_secret,
    subject_of,
)
from tests.openid.registered import APP, SHOP, TOKEN, bank, ec_key, make

TABLE = Base.metadata.tables["oauth_client"]


def opens(database, client_id, secret, now):
    with database.writing() as session:
        return isinstance(authenticate_client(session, {}, (client_id, secret), token_endpoint=TOKEN, now=now), ClientView)


def test_a_changed_secret_leaves_the_former_one_good_until_the_next_change(database, now):
    client, first = make(database, SHOP, now)
    secrets = [first]
    for _ in range(3):
        with database.writing() as session:
            secrets.append(new_client_secret(session, client.id, now=now))
        assert [opens(database, client.id, each, now) for each in secrets[-2:]] == [True, True]
        assert not any(opens(database, client.id, each, now) for each in secrets[:-2])
    with database.writing() as session:
        last = new_client_secret(session, client.id, now=now, at_once=True)
    assert [opens(database, client.id, each, now) for each in (*secrets, last)] == [False] * 4 + [True]


def test_who_has_no_secret_gets_none(database, now):
    for new in (APP, bank(ec_key())):
        client, _ = make(database, new, now)
        with database.writing() as session, pytest.raises(NotFound):
            new_client_secret(session, client.id, now=now)


def test_an_ended_client_is_nowhere_and_proves_nothing(database, now):
    client, secret = make(database, SHOP, now)
    with database.writing() as session:
        end_client(session, client.id, now=now)
        assert find_client(session, client.id) is None
        assert list_clients(session) == []
        assert [each.id for each in list_clients(session, with_ended=True)] == [client.id]
        for again in (
            lambda: get_client(session, client.id),
            lambda: end_client(session, client.id, now=now),
            lambda: new_client_secret(session, client.id, now=now),
            lambda: change_client(session, client.id, SHOP, now=now),
        ):
            with pytest.raises(NotFound):
                again()
    assert not opens(database, client.id, secret, now)


def test_a_client_is_changed_in_every_part_and_keeps_its_secret(database, now):
    client, secret = make(database, SHOP, now)
    with database.writing() as session:
        changed, made = change_client(session, client.id, replace(SHOP, name="Mall", require_par=True, scopes=["openid"]), now=now)
    assert (changed.id, changed.name, changed.require_par, changed.scopes, made) == (client.id, "Mall", True, ("openid",), None)
    assert opens(database, client.id, secret, now)


def test_a_client_that_changes_its_method_has_no_secret_of_before(database, now):
    client, secret = make(database, SHOP, now)
    with database.writing() as session:
        assert change_client(session, client.id, bank(ec_key()), now=now)[1] is None
        _, another = change_client(session, client.id, SHOP, now=now)
    assert another is not None
    assert [opens(database, client.id, each, now) for each in (secret, another)] == [False, True]


def test_a_change_never_makes_everybody_a_stranger(database, now):
    client, _ = make(database, replace(SHOP, subject_type="pairwise"), now)
    with database.writing() as session:
        for wrong in (SHOP, replace(SHOP, subject_type="pairwise", redirect_uris=["https://other.example/"])):
            with pytest.raises(Refused):
                change_client(session, client.id, wrong, now=now)
        moved = replace(SHOP, subject_type="pairwise", redirect_uris=["https://other.example/"], sector="shop.example")
        assert change_client(session, client.id, moved, now=now)[0].sector == "shop.example"


def test_clients_are_listed_by_name_and_by_the_enterprise_they_belong_to(database, cast, now):
    mine, _ = make(database, replace(SHOP, name="B", customer_id=cast.acme.customer_id), now)
    other, _ = make(database, replace(SHOP, name="A"), now)
    with database.reading() as session:
        assert [each.id for each in list_clients(session)] == [other.id, mine.id]
        assert [each.id for each in list_clients(session, customer_id=cast.acme.customer_id)] == [mine.id]


@pytest.mark.parametrize("name", ["", "none", "a" * 65, "\x00", "é", "a b\n", "%00"])
def test_a_name_that_is_no_clients_finds_none(database, now, name):
    with database.reading() as session:
        assert find_client(session, name) is None


def test_a_subject_is_stable_says_nothing_and_differs_by_sector_alone(database, keys, now):
    public, _ = make(database, SHOP, now)
    other, _ = make(database, replace(SHOP, name="Other"), now)
    paired = [
        make(database, replace(SHOP, subject_type="pairwise", redirect_uris=[f"https://{host}/{path}"]), now)[0]
        for host, path in (("a.example", "1"), ("a.example", "2"), ("b.example", "1"))
    ]
    known = [subject_of(keys, client, 7_000_001) for client in (public, other, *paired)]
    assert known[0] == known[1] == subject_of(keys, public, 7_000_001)
    assert known[2] == known[3]
    assert len(set(known)) == 3
    assert all(len(each) == 32 and "7000001" not in each for each in known)
    assert subject_of(keys, public, 7_000_002) not in known


def test_a_new_secret_key_leaves_everybody_known_by_the_same_name(database, now):
    client, _ = make(database, SHOP, now)
    first, second = "the first secret of this installation", "the second secret of this installation"

    def known(**more):
        return subject_of(make_keys(Settings(env="test", **more)), client, 7_000_001)

    name = known(secret_key=first)
    assert known(secret_key=second, old_secret_keys=first) == name
    assert known(secret_key="the third secret of this installation", old_secret_keys=f"{second},{first}") == name
    assert known(secret_key=second, subject_secret=first) == name
    assert known(secret_key=second) != name, "which is why the settings say to keep the first"
