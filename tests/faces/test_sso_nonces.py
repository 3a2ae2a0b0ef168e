"""A client may have to put a nonce of ours into its proofs: told so with the answer, and of no use without, or too late."""

from __future__ import annotations

import pytest
from joserfc.jwk import ECKey

from tests.faces.relying import BACK, VERIFIER, back, make_relying
from tests.faces.test_sso_tokens import proof

TOKEN = "/oauth/token"


@pytest.fixture
def wallet(app, signing):
    settings = {"dpop_nonce_required": True}
    return make_relying(app, "wallet", require_dpop=True, auth_method="none", first_party=True, settings=settings)


@pytest.fixture
def form(wallet, sign_in, cast):
    code = back(wallet.ask(sign_in(cast.alice)))["code"]
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}


def test_the_first_proof_is_answered_with_a_nonce_and_the_code_is_not_spent(wallet, form):
    key = ECKey.generate_key("P-256")
    told = wallet.call(TOKEN, form, proof(key, "POST", TOKEN))
    assert (told.status_code, told.get_json()["error"]) == (400, "use_dpop_nonce")
    nonce = told.headers["DPoP-Nonce"]
    tokens = wallet.call(TOKEN, form, proof(key, "POST", TOKEN, nonce=nonce))
    assert tokens.get_json()["token_type"] == "DPoP"
    token = tokens.get_json()["access_token"]
    held = {"Authorization": f"DPoP {token}"}
    refused = wallet.web.get("/oauth/userinfo", headers=held | proof(key, "GET", "/oauth/userinfo", token))
    assert refused.status_code == 401
    assert 'error="use_dpop_nonce"' in refused.headers["WWW-Authenticate"]
    held |= proof(key, "GET", "/oauth/userinfo", token, nonce=refused.headers["DPoP-Nonce"])
    assert wallet.web.get("/oauth/userinfo", headers=held).status_code == 200


def test_a_nonce_is_good_for_minutes_and_somebody_elses_never(wallet, form, shift):
    key = ECKey.generate_key("P-256")
    nonce = wallet.call(TOKEN, form, proof(key, "POST", TOKEN)).headers["DPoP-Nonce"]
    made_up = wallet.call(TOKEN, form, proof(key, "POST", TOKEN, nonce="f" * 43))
    assert made_up.get_json()["error"] == "use_dpop_nonce"
    shift(601)
    late = wallet.call(TOKEN, form, proof(key, "POST", TOKEN, nonce=nonce))
    assert late.get_json()["error"] == "use_dpop_nonce"
    assert late.headers["DPoP-Nonce"] != nonce


def test_other_clients_are_not_troubled(app, signing):
    shop = make_relying(app, "shop", scopes=("openid", "points.read"))
    answer = shop.call(TOKEN, {"grant_type": "client_credentials"}, proof(ECKey.generate_key("P-256"), "POST", TOKEN))
    assert answer.get_json()["token_type"] == "DPoP"
    assert "DPoP-Nonce" not in answer.headers
