"""What we publish about ourselves: complete, true, and sound in Authlib's eyes."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from authlib.oauth2 import rfc8414, rfc9207
from authlib.oidc import discovery, rpinitiated
from joserfc.jwk import KeySet

CONFIGURATION = "/.well-known/openid-configuration"


@pytest.fixture
def document(site, signing):
    return site.get(CONFIGURATION).get_json()


def test_authlibs_own_checks_find_nothing_wrong(document):
    discovery.OpenIDProviderMetadata(document).validate(metadata_classes=[rpinitiated.OpenIDProviderMetadata])
    rfc8414.AuthorizationServerMetadata(document).validate(metadata_classes=[rfc9207.AuthorizationServerMetadata])


def test_both_addresses_give_the_same_document_to_every_page(site, document):
    answer = site.get("/.well-known/oauth-authorization-server", headers={"Origin": "https://any.example"})
    assert answer.get_json() == document
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


def test_every_endpoint_it_names_is_there(app, document):
    named = {name: address for name, address in document.items() if name.endswith("_endpoint") or name == "jwks_uri"}
    assert len(named) >= 10
    for name, address in named.items():
        assert address.startswith(document["issuer"] + "/"), name
        assert any(rule.rule == urlsplit(address).path for rule in app.url_map.iter_rules()), name


def test_it_offers_nothing_that_was_found_wanting(document):
    assert document["response_types_supported"] == ["code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    for grant in ("implicit", "password"):
        assert grant not in document["grant_types_supported"]
    for name, values in document.items():
        if name.endswith("_alg_values_supported"):
            assert not {"none", "HS256", "HS384", "HS512"} & set(values), name


def test_the_keys_are_public_ones_and_new_ones_for_each_algorithm(site, signing):
    keys = site.get("/oauth/jwks.json").get_json()
    assert {each["alg"] for each in keys["keys"]} == {"ES256", "RS256", "EdDSA"}
    assert not any({"d", "p", "q", "k"} & set(each) for each in keys["keys"])
    assert len(KeySet.import_key_set(keys).keys) == 3
