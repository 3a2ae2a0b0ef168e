"""A client proves itself by its own method: a secret in the header or the form, a signed assertion, or nothing at all."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote_plus

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from portal.base.errors import Invalid
from portal.openid import ClientRefused, ClientView, authenticate_client, create_client, new_client_secret
from tests.openid.proving import prove
from tests.openid.registered import APP, HALL, SHOP, TOKEN, assertion, bank, ec_key, shown

MINUTE = timedelta(minutes=1)


def make(database, new, now):
    with database.writing() as session:
        return create_client(session, new, now=now)


def asks(database, form, basic=None, *, now):
    with database.writing() as session:
        return authenticate_client(session, form, basic, token_endpoint=TOKEN, now=now)


@pytest.fixture
def key():
    return ec_key()


def test_each_method_lets_its_own_clients_in(database, now, key):
    shop, secret = make(database, SHOP, now)
    mall, other = make(database, replace(SHOP, auth_method="client_secret_post"), now)
    app, _ = make(database, APP, now)
    held, _ = make(database, bank(key), now)
    assert asks(database, {}, (shop.id, secret), now=now) == shop
    assert asks(database, {"client_id": shop.id}, (shop.id, secret), now=now) == shop
    assert asks(database, {"client_id": mall.id, "client_secret": other}, now=now) == mall
    assert asks(database, {"client_id": app.id}, now=now) == app
    for audience in (HALL, TOKEN, [HALL], HALL + "/"):
        assert asks(database, shown(assertion(key, held.id, now, aud=audience)), now=now) == held
    assert asks(database, {"client_id": held.id} | shown(assertion(key, held.id, now)), now=now) == held


def test_a_client_that_proves_itself_by_another_method_than_its_own_is_refused(database, now, key):
    shop, secret = make(database, SHOP, now)
    mall, other = make(database, replace(SHOP, auth_method="client_secret_post"), now)
    app, _ = make(database, APP, now)
    held, _ = make(database, bank(key), now)
    signing, _ = make(database, replace(bank(key), auth_method="client_secret_basic"), now)  # its key signs request objects
    for form, basic in (
        (shown(assertion(key, signing.id, now)), None),
        ({"client_id": shop.id, "client_secret": secret}, None),
        ({"client_id": shop.id}, None),
        (shown(assertion(key, shop.id, now)), None),
        ({}, (mall.id, other)),
        ({"client_id": mall.id}, None),
        ({"client_id": held.id}, None),
        ({"client_id": held.id, "client_secret": ""}, None),
        ({}, (held.id, "")),
        ({}, (app.id, "")),
        ({"client_id": app.id, "client_secret": ""}, None),
    ):
        refused = asks(database, form, basic, now=now)
        assert isinstance(refused, ClientRefused), (form, basic)
        assert (refused.code, refused.by_header) == ("invalid_client", basic is not None)


def test_two_methods_at_once_are_one_too_many(database, now, key):
    shop, secret = make(database, SHOP, now)
    for form, basic in (
        ({"client_id": shop.id, "client_secret": secret}, (shop.id, secret)),
        (shown(assertion(key, shop.id, now)), (shop.id, secret)),
        ({"client_secret": secret} | shown("x"), None),
        ({"client_id": "another"}, (shop.id, secret)),
    ):
        refused = asks(database, form, basic, now=now)
        assert isinstance(refused, ClientRefused)
        assert refused.code == "invalid_request"


@pytest.mark.parametrize("wrong", ["", "x", "a" * 5000, "\x00", "爱"])
def test_a_wrong_secret_and_an_unknown_client_are_refused_alike(database, now, wrong):
    shop, secret = make(database, SHOP, now)
    answers = {asks(database, {}, each, now=now) for each in ((shop.id, wrong), ("nobody", secret), (wrong, secret))}
    assert len(answers) == 1
    assert secret not in str(answers)


def test_a_hash_is_no_secret(database, now):
    shop, _ = make(database, SHOP, now)
    with database.writing() as session:
        held = session.connection().exec_driver_sql("SELECT secret_hash FROM oauth_client").scalar_one()
    assert isinstance(asks(database, {}, (shop.id, held), now=now), ClientRefused)
    assert isinstance(asks(database, {}, (shop.id, "0" * 64), now=now), ClientRefused)


def test_the_header_is_form_encoded_as_rfc_6749_wants_it(database, now):
    shop, secret = make(database, SHOP, now)
    encoded = "".join(f"%{ord(letter):02x}" for letter in secret)
    assert asks(database, {}, (quote_plus(shop.id), encoded), now=now) == shop


def test_both_secrets_of_a_change_are_good(database, now):
    shop, first = make(database, SHOP, now)
    with database.writing() as session:
        second = new_client_secret(session, shop.id, now=now)
    assert [asks(database, {}, (shop.id, each), now=now) for each in (first, second)] == [shop, shop]


@pytest.mark.parametrize(
    ("made", "alg"),
    [
        (lambda: RSAKey.generate_key(2048), "RS256"),
        (lambda: RSAKey.generate_key(2048), "PS256"),
        (lambda: OKPKey.generate_key("Ed25519"), "EdDSA"),
        (lambda: OKPKey.generate_key("Ed25519"), "Ed25519"),
    ],
)
def test_a_client_signs_by_any_of_the_algorithms_taken_here(database, now, made, alg):
    key = made()
    held, _ = make(database, bank(key), now)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = assertion(key, held.id, now, header={"alg": alg})
    assert asks(database, shown(text), now=now) == held


def test_a_key_is_changed_by_registering_both_for_a_while(database, now, key):
    other = ec_key()
    both = [{**key.as_dict(private=False), "kid": "k1"}, {**other.as_dict(private=False), "kid": "k2"}]
    held, _ = make(database, replace(bank(key), jwks={"keys": both}), now)
    assert asks(database, shown(assertion(key, held.id, now)), now=now) == held
    assert asks(database, shown(assertion(other, held.id, now, header={"kid": "k2"})), now=now) == held
    assert asks(database, shown(assertion(other, held.id, now, header={"kid": None})), now=now) == held, "unnamed, it is looked for"
    assert isinstance(asks(database, shown(assertion(other, held.id, now)), now=now), ClientRefused), "named, it is that one"


@pytest.mark.parametrize(
    "changes", [{"jti": None}, {"exp": None}, {"aud": None}, {"sub": None}, {"iss": None}, {"jti": 7}, {"jti": "a" * 300}]
)
def test_an_assertion_says_all_it_must(database, now, key, changes):
    held, _ = make(database, bank(key), now)
    assert isinstance(asks(database, shown(assertion(key, held.id, now, **changes)), now=now), ClientRefused)


@pytest.mark.parametrize(
    ("exp", "iat", "taken"),
    [(300, 0, True), (60, 5, True), (-5, -60, True), (320, 0, False), (86400, 0, False), (-11, -60, False), (60, 20, False)],
)
def test_an_assertion_lasts_five_minutes_at_most_and_a_clock_may_be_off_by_ten_seconds(database, now, key, exp, iat, taken):
    held, _ = make(database, bank(key), now)
    moment = int(now.timestamp())
    text = assertion(key, held.id, now, exp=moment + exp, iat=moment + iat)
    assert isinstance(asks(database, shown(text), now=now), ClientView) == taken


def test_an_assertion_is_good_once(database, now, key):
    held, _ = make(database, bank(key), now)
    text = assertion(key, held.id, now)
    assert asks(database, shown(text), now=now) == held
    assert isinstance(asks(database, shown(text), now=now), ClientRefused)
    assert isinstance(asks(database, shown(text), now=now + timedelta(seconds=59)), ClientRefused)
    again = assertion(key, held.id, now, jti=jwt.decode(text, key, algorithms=["ES256"]).claims["jti"])
    assert isinstance(asks(database, shown(again), now=now), ClientRefused), "its jti counts, not its letters"


def test_two_clients_may_use_the_same_jti(database, now, key):
    for _ in range(2):
        held, _ = make(database, bank(key), now)
        assert asks(database, shown(assertion(key, held.id, now, jti="one")), now=now) == held


def test_an_assertion_shown_by_six_at_once_is_taken_once(database, now, key, race):
    held, _ = make(database, bank(key), now)
    url = database.engine.url.render_as_string(hide_password=False)
    answers = race.run(prove, url, shown(assertion(key, held.id, now)), now)
    assert sorted(answers) == ["ClientRefused"] * 5 + ["ClientView"]


@pytest.mark.parametrize(
    "jwks",
    [
        {}, {"keys": []}, {"keys": "x"}, {"keys": [7]}, {"keys": [{"kty": "EC"}]}, {"keys": [{"kty": "oct", "k": "abc"}]},
        {"keys": [ECKey.generate_key("P-256").as_dict(private=True)]}, {"keys": [ECKey.generate_key("P-384").as_dict(private=False)]},
        {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}, {"keys": [{"kty": "EC", "crv": "P-256", "x": 1, "y": []}]},
        {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}, {"keys": [{"kty": "RSA", "n": "_" + "w" * 170, "e": "AQAB"}]},
        {"keys": [{"kty": "RSA", "n": "!" * 400, "e": "AQAB"}]}, {"keys": [{"kty": "RSA", "n": "_" + "w" * 3000, "e": "AQAB"}]},
        {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]},
        {"keys": [{**ECKey.generate_key("P-256").as_dict(private=False), "use": "enc"}]},
        {"keys": [{**ECKey.generate_key("P-256").as_dict(private=False), "alg": "HS256"}]},
        {"keys": [{**ECKey.generate_key("P-256").as_dict(private=False), "kid": 5}]},
        {"keys": [ECKey.generate_key("P-256").as_dict(private=False)] * 11},
    ],
)  # fmt: skip
def test_a_key_that_is_private_weak_broken_or_of_no_use_is_not_taken(database, now, jwks):
    with pytest.raises(Invalid) as refused:
        make(database, replace(bank(ec_key()), jwks=jwks), now)
    assert list(refused.value.fields) == ["jwks"]


def test_of_a_key_only_what_matters_is_kept(database, now, key):
    noisy = {**key.as_dict(private=False), "kid": "k1", "use": "sig", "x5c": ["x"], "key_ops": ["verify"], "note": "n"}
    held, _ = make(database, replace(bank(key), jwks={"keys": [noisy]}), now)
    assert set(held.jwks["keys"][0]) == {"kty", "crv", "x", "y", "kid"}


def test_a_client_with_its_keys_elsewhere_says_where_to_look(database, now, key):
    held, _ = make(database, replace(bank(key), jwks=None, jwks_uri="https://bank.example/keys"), now)
    refused = asks(database, shown(assertion(key, held.id, now)), now=now)
    assert isinstance(refused, ClientRefused)
    assert refused.keys_wanted == "https://bank.example/keys"
