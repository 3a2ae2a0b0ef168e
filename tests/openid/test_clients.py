"""Who may be a client, where a browser may be sent for it, and how its secret is changed without a pause."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import sqlalchemy as sa

from portal.base.db import Base
from portal.base.errors import Invalid
from portal.openid import (
    DEVICE,
    EXCHANGE,
    ClientView,
    allows_redirect,
    find_client,
    get_client,
    list_clients,
)
from tests.openid.registered import APP, BACK, MACHINE, SHOP, bank, ec_key, make

TABLE = Base.metadata.tables["oauth_client"]


def test_a_client_is_made_with_a_secret_that_is_shown_once_and_kept_as_a_hash(database, now):
    client, secret = make(database, SHOP, now)
    assert secret is not None
    assert len(secret) >= 43
    with database.reading() as session:
        row = session.execute(sa.select(TABLE)).one()
        assert get_client(session, client.id) == find_client(session, client.id) == client
    assert secret not in str(tuple(row))
    assert not {"secret_hash", "next_secret_hash", "registration_hash"} & {each.name for each in fields(ClientView)}
    assert (client.name, client.redirect_uris, client.is_public, client.is_fapi) == ("Shop", (BACK,), False, False)


@pytest.mark.parametrize("new", [APP, bank(ec_key()), MACHINE, replace(SHOP, grant_types=[DEVICE], redirect_uris=[])])
def test_only_what_proves_itself_by_a_secret_has_one(database, now, new):
    _client, secret = make(database, new, now)
    assert (secret is not None) == (new.auth_method == "client_secret_basic")


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example/back",
        "https://shop.example:8443/back?lang=zh",
        "https://shop.example",
        "http://127.0.0.1/back",
        "http://127.0.0.1:5000/back",
        "http://[::1]:5000/back",
    ],
)
def test_an_address_a_browser_may_be_sent_to(database, now, address):
    client, _ = make(database, replace(SHOP, redirect_uris=[address]), now)
    assert client.allows(address)


NEVER = [
    "http://shop.example/back", "http://localhost/back", "http://127.0.0.1.evil.example/", "http://[::2]/", "http://10.0.0.1/",
    "https://shop.example/back#part", "https://shop.example/back#", "https://*.shop.example/", "https://shop.example/*",
    "https://user@shop.example/", "https://shop.example@evil.example/", "https://user:word@shop.example/",  # pragma: allowlist secret
    "https://shop.example\\@evil.example/", "https:/shop.example/", "https:shop.example", "https://", "//shop.example/", "/back", "",
    "javascript:alert(1)", "data:text/html,x", "shop:/back", "com.example.app:/back", "com.example.app://host/back", "file:///etc/passwd",
    "https://shop.example:99999/", "https://shop.example:a/", "https://shop.example/ back", " https://shop.example/",
    "https://shop.example/\n", "https://shop.example/\r\nSet-Cookie:a", "https://shöp.example/", "https://shop.example/\x00",
    "https://shop.exa%6dple/", "https://shop.example/<script>", "https://shop.example/{x}", "ftp://shop.example/",
    "https://shop.example/" + "a" * 600, "urn:ietf:wg:oauth:2.0:oob",
]  # fmt: skip


@pytest.mark.parametrize("address", NEVER)
def test_an_address_no_browser_is_ever_sent_to(database, now, address):
    with pytest.raises(Invalid) as refused:
        make(database, replace(SHOP, redirect_uris=[address]), now)
    assert list(refused.value.fields) == ["redirect_uris"]
    with pytest.raises(Invalid):
        make(database, replace(SHOP, post_logout_redirect_uris=[address]), now)


def test_localhost_is_an_address_outside_production_alone(database, now):
    local = replace(SHOP, redirect_uris=["http://localhost:3000/back"], backchannel_logout_uri="http://localhost:3000/out")
    with pytest.raises(Invalid) as refused:
        make(database, local, now)
    assert set(refused.value.fields) == {"redirect_uris", "backchannel_logout_uri"}
    assert make(database, local, now, allow_localhost=True)[0].redirect_uris == ("http://localhost:3000/back",)


def test_a_scheme_of_its_own_is_for_public_apps_alone(database, now):
    assert make(database, APP, now)[0].allows("com.example.app:/back")
    for wrong in (
        replace(APP, auth_method="client_secret_basic"),
        replace(APP, settings={}),
        replace(APP, redirect_uris=["app:/back"]),
        replace(APP, redirect_uris=["com.example.app://back"]),
        replace(APP, redirect_uris=["com.example.app:back"]),
    ):
        with pytest.raises(Invalid):
            make(database, wrong, now)


@pytest.mark.parametrize(
    "tried",
    [
        "https://shop.example/back/", "https://shop.example/Back", "https://SHOP.example/back", "https://shop.example/back?x=1",
        "https://shop.example:443/back", "https://shop.example/back/../other", "https://shop.example/%62ack", "https://shop.example/back#x",
        "http://shop.example/back", "https://shop.example.evil.example/back", "https://evil.example/?https://shop.example/back", "",
    ],
)  # fmt: skip
def test_a_registered_address_is_compared_letter_by_letter(tried):
    assert allows_redirect([BACK], BACK)
    assert not allows_redirect([BACK], tried)


def test_on_a_loopback_address_any_port_will_do_and_nothing_else_may_differ():
    known = ["http://127.0.0.1/back", "http://[::1]:1/back"]
    for right in ("http://127.0.0.1:51000/back", "http://127.0.0.1/back", "http://[::1]:51000/back"):
        assert allows_redirect(known, right)
    for wrong in (
        "http://127.0.0.1:51000/other", "http://localhost:51000/back", "https://127.0.0.1/back", "http://127.0.0.2:1/back",
        "http://127.0.0.1:51000/back?x", "http://127.0.0.1:51000/back#x", "http://a@127.0.0.1:5/back", "http://127.0.0.1:99999/back",
        "http://127.0.0.1.evil.example:1/back", "http://127.0.0.1:1@evil.example/back", "http://127.0.0.1:5\\@evil.example/back",
    ):  # fmt: skip
        assert not allows_redirect(known, wrong)
    assert not allows_redirect(["https://127.0.0.1/back"], "https://127.0.0.1:5/back"), "http alone: https has a certificate"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": [BACK, BACK]}, "redirect_uris"),
        ({"redirect_uris": [f"https://{n}.example/" for n in range(21)]}, "redirect_uris"),
        ({"grant_types": []}, "grant_types"),
        ({"grant_types": ["implicit"]}, "grant_types"),
        ({"grant_types": ["authorization_code", "password"]}, "grant_types"),
        ({"grant_types": ["refresh_token"]}, "grant_types"),
        ({"grant_types": ["authorization_code", EXCHANGE], "auth_method": "none"}, "grant_types"),
        ({"grant_types": ["client_credentials"], "auth_method": "none"}, "grant_types"),
        ({"scopes": ["openid", "everything"]}, "scopes"),
        ({"scopes": ["openid", "offline_access"], "grant_types": ["authorization_code"]}, "scopes"),
        ({"auth_method": "client_secret_jwt"}, "auth_method"),
        ({"auth_method": "private_key_jwt"}, "jwks"),
        ({"subject_type": "private"}, "subject_type"),
        ({"id_token_alg": "none"}, "id_token_alg"),
        ({"id_token_alg": "HS256"}, "id_token_alg"),
        ({"default_max_age": -1}, "default_max_age"),
        ({"default_acr": "urn:other"}, "default_acr"),
        ({"jwks_uri": "http://shop.example/keys"}, "jwks_uri"),
        ({"backchannel_logout_uri": "https://shop.example/out#now"}, "backchannel_logout_uri"),
        ({"backchannel_session_required": True}, "backchannel_logout_uri"),
        ({"subject_type": "pairwise", "redirect_uris": ["https://a.example/", "https://b.example/"]}, "sector"),
        ({"subject_type": "pairwise", "redirect_uris": ["http://127.0.0.1/"]}, "sector"),
    ],
)
def test_what_no_client_may_be_is_refused_beside_its_field(database, now, changes, field):
    with pytest.raises(Invalid) as refused:
        make(database, replace(SHOP, **changes), now)
    assert list(refused.value.fields) == [field]
    with database.reading() as session:
        assert list_clients(session) == []
