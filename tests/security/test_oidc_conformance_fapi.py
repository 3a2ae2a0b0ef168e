"""The modules of the OpenID Foundation's FAPI 2.0 security profile plan that nothing else here claims (docs/conformance.md)."""

from __future__ import annotations

import warnings
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey, RSAKey

from portal.base import clock
from tests.faces.conftest import signing
from tests.faces.relying import back, make_relying
from tests.openid.registered import assertion, ec_key, shown
from tests.pages import ORIGIN
from tests.security.fapi import make_bank

__all__ = ["signing"]  # fixture


@pytest.fixture
def alice(sign_in, cast):
    return sign_in(cast.alice)


@pytest.fixture
def bank(app, signing):
    return make_bank(app, ec_key())


def test_oidc_conformance_a_client_of_the_profile_comes_through(bank, alice):
    answer = bank.redeem(bank.code(alice, scope="openid profile"))
    tokens = answer.get_json()
    assert (answer.status_code, tokens["token_type"]) == (200, "DPoP")
    said = bank.ask_who(tokens["access_token"])
    assert (said.status_code, said.get_json()["name"]) == (200, "王爱丽")
    assert bank.site.read(tokens["id_token"])["nonce"] == "no"


@pytest.mark.parametrize("state", [None, "s" * 128, "s" * 2000])
def test_oidc_conformance_a_state_comes_back_as_it_was_or_not_at_all(bank, alice, state):
    pushed = bank.push(state=state).get_json()["request_uri"]
    assert back(bank.open(alice, pushed)).get("state") == state


@pytest.mark.parametrize("nonce", [None, "n" * 64, "n" * 384])
def test_oidc_conformance_a_nonce_comes_back_as_it_was_or_not_at_all(bank, alice, nonce):
    tokens = bank.redeem(bank.code(alice, nonce=nonce)).get_json()
    assert bank.site.read(tokens["id_token"]).get("nonce") == nonce


@pytest.mark.parametrize("seconds", [-10, 10])
def test_oidc_conformance_a_proof_may_be_ten_seconds_off(bank, alice, seconds):
    moment = int(clock.now().timestamp()) + seconds
    code = bank.code(alice, proof=bank.proof("/oauth/par", iat=moment))
    tokens = bank.redeem(code, proof=bank.proof("/oauth/token", iat=moment)).get_json()
    assert bank.ask_who(tokens["access_token"], iat=moment).status_code == 200


def test_oidc_conformance_a_proof_may_say_when_it_ends(bank, alice):
    moment = int(clock.now().timestamp())
    proof = bank.proof("/oauth/token", nbf=moment, exp=moment + 60)
    assert bank.redeem(bank.code(alice), proof=proof).status_code == 200


@pytest.mark.parametrize("scheme", ["dpop", "DPOP", "DpoP"])
def test_oidc_conformance_a_schemes_letters_may_be_of_any_size(bank, alice, scheme):
    tokens = bank.redeem(bank.code(alice)).get_json()
    assert bank.ask_who(tokens["access_token"], scheme=scheme).status_code == 200


def test_oidc_conformance_a_code_is_bound_to_the_key_that_was_named_or_proved(bank, alice):
    assert bank.redeem(bank.code(alice, dpop_jkt=bank.holder.thumbprint())).status_code == 200
    assert bank.redeem(bank.code(alice, proof=bank.proof("/oauth/par"))).status_code == 200


def test_oidc_negative_a_code_bound_to_one_key_is_of_no_use_with_another(bank, alice):
    other = ECKey.generate_key("P-256")
    refused = bank.push(dpop_jkt=other.thumbprint(), proof=bank.proof("/oauth/par"))
    assert (refused.status_code, refused.get_json()["error"]) in ((400, "invalid_dpop_proof"), (400, "invalid_request"))
    named = bank.code(alice, dpop_jkt=other.thumbprint())
    proved = bank.code(alice, proof=bank.proof("/oauth/par", key=other))
    for code in (named, proved):
        answer = bank.redeem(code)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_grant")


def test_oidc_negative_tokens_of_the_profile_want_a_proof(bank, alice):
    code = bank.code(alice)
    answer = bank.redeem(code, proof={})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_dpop_proof")
    token = bank.redeem(code).get_json()["access_token"]
    assert bank.ask_who(token, key=ECKey.generate_key("P-256")).status_code == 401
    assert bank.ask_who(token, scheme="Bearer").status_code == 401


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({}, True),
        ({"nbf": 8, "iat": 8}, True),
        ({"nbf": 70, "iat": 70, "exp": 120}, False),
        ({"exp": -300, "iat": -360}, False),
        ({"aud": [ORIGIN]}, False),
        ({"aud": f"{ORIGIN}/oauth/par"}, False),
        ({"aud": f"{ORIGIN}/oauth/token"}, False),
        ({"aud": "https://other.example"}, False),
        ({"sub": None}, False),
    ],
)
def test_oidc_negative_an_assertion_of_the_profile_names_our_issuer_alone_and_is_in_time(bank, alice, changes, taken):
    moment = int(clock.now().timestamp())
    said = {name: moment + value if isinstance(value, int) else value for name, value in changes.items()}
    code = bank.code(alice)
    for answer, good in ((bank.push(known=bank.shows(**said)), 201), (bank.redeem(code, known=bank.shows(**said)), 200)):
        assert answer.status_code == (good if taken else 401), answer.get_json()
        assert taken or answer.get_json()["error"] == "invalid_client"


def test_oidc_negative_a_client_of_the_profile_does_not_sign_by_rs256(app, signing):
    key = RSAKey.generate_key(2048)
    rsa = make_bank(app, key, "rsa")
    plain = make_relying(app, "plain", auth_method="private_key_jwt", jwks=dict(rsa.site.client.jwks))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert rsa.push(known=rsa.shows(header={"alg": "PS256"})).status_code == 201
        assert rsa.push(known=rsa.shows(header={"alg": "RS256"})).get_json()["error"] == "invalid_client"
        old = shown(assertion(key, "plain", clock.now(), header={"alg": "RS256"}, aud=f"{ORIGIN}/oauth/token"))
    answer = plain.call("/oauth/token", {"grant_type": "client_credentials", "scope": "customer"} | old, known=False)
    assert answer.status_code == 200, "others may"


def test_oidc_negative_a_client_of_the_profile_proves_itself_everywhere(bank, alice):
    assert (bank.push(known={}).status_code, bank.push(known={}).get_json()["error"]) == (401, "invalid_client")
    answer = bank.redeem(bank.code(alice), known={"client_id": "bank"})
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/back"}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:other"}, "invalid_request"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_oidc_negative_a_request_of_the_profile_is_refused_when_it_is_pushed(bank, changes, error):
    answer = bank.push(**changes)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_oidc_negative_a_request_is_pushed_by_post_alone(bank, method):
    assert getattr(bank.site.web, method)("/oauth/par", query_string=bank.site.asking()).status_code == 405


def test_oidc_negative_a_pushed_request_is_used_once_in_time_by_its_client(app, bank, alice, shift):
    other = make_bank(app, bank.key, "other")
    named = bank.push().get_json()["request_uri"]
    assert other.open(alice, named).status_code == 400
    assert back(bank.open(alice, named, state="evil", nonce="evil"))["state"] == "st", "what stands beside it counts for nothing"
    assert bank.open(alice, named).status_code == 400
    late = bank.push().get_json()
    shift(timedelta(seconds=late["expires_in"] + 1).total_seconds())
    assert bank.open(alice, late["request_uri"]).status_code == 400


def test_oidc_negative_a_code_of_the_profile_is_its_clients_alone_once_and_for_a_minute(app, bank, alice, shift):
    other = make_bank(app, bank.key, "other")
    code = bank.code(alice)
    assert other.redeem(code).get_json()["error"] == "invalid_grant"
    token = bank.redeem(code).get_json()["access_token"]
    shift(1)
    assert bank.redeem(code).get_json()["error"] == "invalid_grant"
    assert bank.ask_who(token).status_code == 401, "what it gave is taken back"
    late = bank.code(alice)
    shift(61)
    assert bank.redeem(late).get_json()["error"] == "invalid_grant"
