"""What programs get: tokens, what they stand for, and taking them back; each answer in the words of the RFC."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from portal.base import clock
from portal.openid import create_registration_token
from tests.cast import NOW
from tests.faces.relying import BACK, VERIFIER, back, make_relying

BASE = "https://localhost"


def test_a_machine_is_given_a_token_in_its_own_name(shop):
    answer = shop.call("/oauth/token", {"grant_type": "client_credentials", "scope": "customer"})
    tokens = answer.get_json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope"}
    assert 0 < tokens["expires_in"] <= 600
    said = shop.call("/oauth/introspect", {"token": tokens["access_token"]}).get_json()
    assert said["active"] is True
    assert (said["client_id"], said["sub"], said["scope"], said["aud"]) == ("shop", "shop", "customer", f"{BASE}/api")


def test_a_refresh_rotates_and_a_lost_answer_is_given_again(shop, sign_in, cast):
    tokens = shop.enter(sign_in(cast.alice))
    first = shop.refresh(tokens["refresh_token"]).get_json()
    again = shop.refresh(tokens["refresh_token"]).get_json()
    assert first["refresh_token"] == again["refresh_token"] != tokens["refresh_token"]
    assert first["access_token"] != again["access_token"]


def test_a_refresh_token_used_late_takes_back_all_there_is(shop, sign_in, cast, shift):
    tokens = shop.enter(sign_in(cast.alice))
    newer = shop.refresh(tokens["refresh_token"]).get_json()
    shift(31)
    assert shop.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert shop.refresh(newer["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert shop.call("/oauth/introspect", {"token": newer["access_token"]}).get_json() == {"active": False}


def test_a_client_that_proves_nothing_is_told_by_401_how_to(shop):
    form = {"grant_type": "client_credentials"}
    wrong = base64.b64encode(b"shop:wrong").decode()
    for headers in ({}, {"Authorization": f"Basic {wrong}"}, {"Authorization": "Basic !!!"}, {"Authorization": "Bearer x"}):
        answer = shop.call("/oauth/token", form | {"client_id": "shop"}, headers, known=False)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client"), headers
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_what_is_wrong_with_a_call_is_said_in_the_words_of_the_rfc(shop, sign_in, cast):
    for form, error in (
        ({}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": BACK}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": BACK, "code_verifier": "y" * 43}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, "invalid_request"),
        ({"grant_type": "client_credentials", "scope": "openid"}, "invalid_scope"),
        ({"grant_type": "client_credentials", "resource": "https://other.example"}, "invalid_target"),
        ({"grant_type": "client_credentials", "pad": "x" * 20000}, "invalid_request"),
    ):
        answer = shop.call("/oauth/token", form)
        assert (answer.status_code, answer.get_json()["error"]) == (400, error), form
        assert answer.mimetype == "application/json"
    pair = base64.b64encode(f"shop:{shop.secret}".encode()).decode()
    for data, kind in ((json.dumps({"grant_type": "client_credentials"}), "application/json"), ("", None)):
        answer = shop.web.post("/oauth/token", data=data, content_type=kind, headers={"Authorization": f"Basic {pair}"})
        assert answer.get_json()["error"] == "invalid_request"
    in_address = shop.web.post("/oauth/token?grant_type=client_credentials", data={}, headers={"Authorization": f"Basic {pair}"})
    assert in_address.get_json()["error"] == "invalid_request"


def test_a_client_takes_back_its_own_tokens_and_no_others(app, shop, hall, sign_in, cast):
    tokens = shop.enter(sign_in(cast.alice))
    assert hall.call("/oauth/revoke", {"token": tokens["refresh_token"]}).status_code == 200
    assert hall.call("/oauth/revoke", {"token": "nothing"}).status_code == 200
    assert shop.call("/oauth/introspect", {"token": tokens["refresh_token"]}).get_json()["active"] is True
    assert shop.call("/oauth/revoke", {"token": tokens["refresh_token"]}).status_code == 200
    assert shop.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert shop.call("/oauth/introspect", {"token": tokens["access_token"]}).get_json() == {"active": False}


def test_introspection_is_for_those_who_can_prove_who_they_are(app, shop, signing):
    app_alone = make_relying(app, "phone", auth_method="none")
    token = shop.call("/oauth/token", {"grant_type": "client_credentials"}).get_json()["access_token"]
    assert app_alone.call("/oauth/introspect", {"token": token}).status_code == 401


def test_userinfo_says_what_is_wrong_with_a_token(shop, sign_in, cast):
    tokens = shop.enter(sign_in(cast.alice))
    machines = shop.call("/oauth/token", {"grant_type": "client_credentials"}).get_json()["access_token"]
    for headers, status, error in (
        ({}, 401, None),
        ({"Authorization": "Bearer x"}, 401, "invalid_token"),
        ({"Authorization": f"Bearer {tokens['id_token']}"}, 401, "invalid_token"),
        ({"Authorization": f"Bearer {tokens['refresh_token']}"}, 401, "invalid_token"),
        ({"Authorization": f"Bearer {machines}"}, 403, "insufficient_scope"),
        ({"Authorization": f"DPoP {tokens['access_token']}"}, 401, "invalid_token"),
    ):
        answer = shop.web.get("/oauth/userinfo", headers=headers)
        assert answer.status_code == status, headers
        assert (f'error="{error}"' in answer.headers["WWW-Authenticate"]) is (error is not None)
    assert shop.web.get(f"/oauth/userinfo?access_token={tokens['access_token']}").status_code == 401, "never in an address"


def test_a_pushed_request_is_answered_by_its_name_alone(hall, sign_in, cast):
    pushed = hall.call("/oauth/par", hall.asking())
    assert pushed.status_code == 201
    named = pushed.get_json()
    assert 0 < named["expires_in"] <= 90
    alice = sign_in(cast.alice)
    asked = {"client_id": "hall", "request_uri": named["request_uri"]}
    assert back(alice.get("/oauth/authorize", query_string=asked), "https://hall.example/back")["code"]
    assert alice.get("/oauth/authorize", query_string=asked).status_code == 400, "good for one code"


def test_a_client_that_must_push_is_not_answered_otherwise(app, signing, sign_in, cast):
    bank = make_relying(app, "bank", require_par=True, first_party=True)
    answer = back(bank.ask(sign_in(cast.alice)))
    assert answer["error"] == "invalid_request"


def proof(key: ECKey, method: str, path: str, token: str | None = None, **changes: object) -> dict[str, str]:
    """Give the header that proves a key."""
    claims = {"jti": base64.b64encode(hashlib.sha256(repr((path, token, changes, clock.now())).encode()).digest()).decode()}
    claims |= {"htm": method, "htu": BASE + path, "iat": int(clock.now().timestamp())}
    if token is not None:
        claims["ath"] = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    return {"DPoP": jwt.encode(header, claims | changes, key, algorithms=["ES256"])}


def test_dpop_tokens_are_good_with_their_key_alone(app, signing, sign_in, cast):
    wallet = make_relying(app, "wallet", require_dpop=True, auth_method="none", first_party=True)
    key, other = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    code = back(wallet.ask(sign_in(cast.alice)))["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    assert wallet.call("/oauth/token", form).get_json()["error"] == "invalid_dpop_proof"
    tokens = wallet.call("/oauth/token", form, proof(key, "POST", "/oauth/token")).get_json()
    assert tokens["token_type"] == "DPoP"
    token = tokens["access_token"]
    held = {"Authorization": f"DPoP {token}"}
    assert wallet.web.get("/oauth/userinfo", headers=held | proof(key, "GET", "/oauth/userinfo", token)).status_code == 200
    for wrong in (
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"Bearer {token}"} | proof(key, "GET", "/oauth/userinfo", token),
        held,
        held | proof(other, "GET", "/oauth/userinfo", token),
        held | proof(key, "POST", "/oauth/userinfo", token),
        held | proof(key, "GET", "/oauth/token", token),
        held | proof(key, "GET", "/oauth/userinfo"),
    ):
        answer = wallet.web.get("/oauth/userinfo", headers=wrong)
        assert answer.status_code == 401, wrong
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert wallet.call("/oauth/token", refresh, proof(other, "POST", "/oauth/token")).get_json()["error"] == "invalid_grant"
    assert wallet.call("/oauth/token", refresh, proof(key, "POST", "/oauth/token")).get_json()["token_type"] == "DPoP"


def test_cors_pages_of_a_public_client_may_read_its_tokens_and_nobody_elses_may(app, shop, signing, sign_in, cast):
    spa = make_relying(app, "spa", auth_method="none", first_party=True, redirect_uris=("https://spa.example/back",))
    code = back(spa.ask(sign_in(cast.alice)), "https://spa.example/back")["code"]
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": "https://spa.example/back",
        "code_verifier": VERIFIER,
    }  # fmt: skip
    answer = spa.call("/oauth/token", form, {"Origin": "https://spa.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://spa.example"
    token = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}
    for origin in ("https://spa.example.evil.com", "https://evil-spa.example", "null", "http://spa.example", "https://spa.example:444"):
        answer = spa.web.get("/oauth/userinfo", headers=token | {"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers, origin
    answer = spa.web.get("/oauth/userinfo", headers=token | {"Origin": "https://spa.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://spa.example"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    confidential = shop.call("/oauth/token", {"grant_type": "client_credentials"}, {"Origin": "https://shop.example"})
    assert "Access-Control-Allow-Origin" not in confidential.headers


def test_cors_a_browser_may_ask_ahead_where_pages_may_call_and_never_at_the_authorization_endpoint(site, signing):
    asks = {"Origin": "https://spa.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "dpop"}
    for path in ("/oauth/token", "/oauth/userinfo", "/oauth/revoke", "/oauth/par"):
        answer = site.options(path, headers=asks)
        assert answer.headers["Access-Control-Allow-Origin"] == "https://spa.example", path
        assert "DPoP" in answer.headers["Access-Control-Allow-Headers"]
    for path in ("/oauth/authorize", "/oauth/logout", "/oauth/consent", "/oauth/introspect", "/oauth/register"):
        assert "Access-Control-Allow-Origin" not in site.options(path, headers=asks).headers, path
    assert "Access-Control-Allow-Origin" not in site.options("/oauth/token", headers=asks | {"Origin": "null"}).headers


@pytest.fixture
def initial_token(app, signing):
    with app.extensions["portal"].db.writing() as session:
        return create_registration_token(session, "partners", clients=1, valid=timedelta(days=1), now=NOW)


def test_a_client_registers_itself_looks_after_itself_and_leaves(site, initial_token):
    site.environ_base["HTTP_ACCEPT"] = "application/json"
    wanted = {"client_name": "Corner shop", "redirect_uris": ["https://corner.example/back"], "scope": "openid profile"}
    assert site.post("/oauth/register", json=wanted).status_code == 401
    made = site.post("/oauth/register", json=wanted, headers={"Authorization": f"Bearer {initial_token}"})
    assert made.status_code == 201
    client = made.get_json()
    own = {"Authorization": f"Bearer {client['registration_access_token']}"}
    where = client["registration_client_uri"].removeprefix(BASE)
    assert site.get(where, headers=own).get_json()["client_name"] == "Corner shop"
    changed = wanted | {"client_id": client["client_id"], "client_name": "Corner store"}
    assert site.put(where, json=changed, headers=own).get_json()["client_name"] == "Corner store"
    assert site.get(where, headers={"Authorization": f"Bearer {initial_token}"}).status_code == 401
    assert site.delete(where, headers=own).status_code == 204
    assert site.get(where, headers=own).status_code == 401
    again = site.post("/oauth/register", json=wanted, headers={"Authorization": f"Bearer {initial_token}"})
    assert again.status_code == 401, "the token was good for one client"


def test_registration_refuses_what_no_client_may_be(site, initial_token):
    headers = {"Authorization": f"Bearer {initial_token}"}
    wanted = {"client_name": "Bad", "redirect_uris": ["https://bad.example/back"]}
    for change, error in (
        ({"redirect_uris": ["http://bad.example/back"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://bad.example/*"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://bad.example/#x"]}, "invalid_redirect_uri"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
    ):
        answer = site.post("/oauth/register", json=wanted | change, headers=headers)
        assert (answer.status_code, answer.get_json()["error"]) == (400, error), change
    assert site.post("/oauth/register", data="x", headers=headers).status_code == 400
