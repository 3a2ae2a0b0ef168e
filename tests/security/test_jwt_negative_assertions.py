"""A client's statement about itself that is wrong in every way RFC 7523 names (guard.md 9)."""

from __future__ import annotations

import json

import pytest
from joserfc.jwk import RSAKey

from portal.openid import (
    ClientRefused,
    ClientView,
    authenticate_client,
    create_client,
)
from tests.openid.registered import HALL, SHOP, TOKEN, assertion, bank, ec_key, shown
from tests.security.by_hand import by_secret, part, read


@pytest.fixture
def key():
    return ec_key()


@pytest.fixture
def held(database, now, key):
    with database.writing() as session:
        return create_client(session, bank(key), now=now)[0]


def answer(database, text, now, **more):
    with database.writing() as session:
        return authenticate_client(session, shown(text) | more, None, token_endpoint=TOKEN, now=now)


def test_the_assertion_that_all_these_are_made_from_is_right(database, held, key, now):
    assert isinstance(answer(database, assertion(key, held.id, now), now), ClientView)


def wrong_assertions(key, client_id, now):
    """Give assertions that are each wrong in one way."""
    moment, public = int(now.timestamp()), key.as_dict(private=False)
    stranger = ec_key()
    right = assertion(key, client_id, now)
    head, body, signature = right.split(".")
    said = read(body)
    yield "alg none", f"{part({'alg': 'none'})}.{body}."
    yield "alg none with the signature", f"{part({'alg': 'none', 'kid': 'k1'})}.{body}.{signature}"
    yield "HS256 by the public key", by_secret({"alg": "HS256", "kid": "k1"}, said, key.as_pem(private=False))
    yield "HS256 by the JWK", by_secret({"alg": "HS256", "kid": "k1"}, said, json.dumps(public).encode())
    yield "a stranger's key", assertion(stranger, client_id, now)
    yield "a stranger's key in the header", assertion(stranger, client_id, now, header={"jwk": stranger.as_dict(private=False)})
    yield "a foreign jku", assertion(stranger, client_id, now, header={"jku": "https://evil.example/keys"})
    yield "a key of no name here", assertion(key, client_id, now, header={"kid": "k2"})
    yield "RS256 for an EC key", assertion(RSAKey.generate_key(2048), client_id, now, header={"alg": "RS256"})
    yield "another audience", assertion(key, client_id, now, aud="https://other.example")
    yield "two audiences", assertion(key, client_id, now, aud=[HALL, "https://other.example"])
    yield "an audience that begins like ours", assertion(key, client_id, now, aud=HALL + ".evil.example")
    yield "no audience", assertion(key, client_id, now, aud=None)
    yield "another issuer", assertion(key, client_id, now, iss="other")
    yield "another subject", assertion(key, client_id, now, sub="other", iss="other")
    yield "over", assertion(key, client_id, now, exp=moment - 60)
    yield "valid for a day", assertion(key, client_id, now, exp=moment + 86400)
    yield "not yet valid", assertion(key, client_id, now, nbf=moment + 60)
    yield "of tomorrow", assertion(key, client_id, now, iat=moment + 86400, exp=moment + 60)
    yield "exp as text", assertion(key, client_id, now, exp=str(moment + 60))
    yield "exp beyond all time", f"{head}.{part(said | {'exp': 1e300})}.{signature}"
    yield "without jti", assertion(key, client_id, now, jti=None)
    yield "changed", f"{head}.{part(said | {'jti': 'other'})}.{signature}"
    yield "cut off", right[:-10]
    yield "of another client", assertion(key, "somebody", now)
    yield "no JWT", "abc"
    yield "far too long", right + "A" * 100_000
    yield "empty", ""


def test_every_wrong_assertion_is_refused_as_rfc_6749_names_it(database, held, key, now):
    seen = 0
    for what, text in wrong_assertions(key, held.id, now):
        refused = answer(database, text, now)
        assert isinstance(refused, ClientRefused), what
        assert (refused.code, refused.keys_wanted) == ("invalid_client", None), what
        assert held.name not in refused.description
        seen += 1
    assert seen >= 25
    assert isinstance(answer(database, assertion(key, held.id, now), now), ClientView), "none of them has shut the client out"


def test_an_assertion_of_one_client_says_nothing_about_another(database, held, key, now):
    with database.writing() as session:
        shop, _ = create_client(session, SHOP, now=now)
    refused = answer(database, assertion(key, held.id, now), now, client_id=shop.id)
    assert isinstance(refused, ClientRefused)
    for kind in ("", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"):
        assert isinstance(answer(database, assertion(key, held.id, now), now, client_assertion_type=kind), ClientRefused)


def test_an_algorithm_a_client_has_named_is_the_only_one_taken(database, now, key):
    with database.writing() as session:
        strict, _ = create_client(session, bank(key, settings={"token_endpoint_auth_signing_alg": "PS256"}), now=now)
    assert isinstance(answer(database, assertion(key, strict.id, now), now), ClientRefused)
