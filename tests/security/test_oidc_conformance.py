"""The modules of the Basic, Dynamic and logout plans of the OpenID Foundation that nothing else here claims (docs/conformance.md)."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from portal.openid import ACR_VALUES, create_registration_token
from tests.cast import NOW
from tests.faces.conftest import hall, shop, signing
from tests.faces.relying import BYE, VERIFIER, back, make_relying
from tests.pages import ORIGIN

__all__ = ["hall", "shop", "signing"]  # fixtures

HALL = "https://hall.example/back"
LOGOUT = "/oauth/logout"
USERINFO = "/oauth/userinfo"


@pytest.fixture
def alice(sign_in, cast):
    return sign_in(cast.alice)


@pytest.fixture
def register(app, signing, site):
    """Give what registers a client by itself."""
    with app.extensions["portal"].db.writing() as session:
        token = create_registration_token(session, "suite", clients=9, valid=timedelta(days=1), now=NOW)

    def post(**said):
        return site.post("/oauth/register", json=said, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})

    return post


def bearer(tokens):
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def is_in(browser):
    return browser.get("/").status_code == 200


# Basic


def test_oidc_conformance_userinfo_is_given_to_a_post_with_the_token_in_the_header(hall, alice):
    tokens = hall.enter(alice, scope="openid profile")
    said = hall.web.post(USERINFO, headers=bearer(tokens)).get_json()
    assert said == hall.web.get(USERINFO, headers=bearer(tokens)).get_json()
    assert said["sub"] == hall.read(tokens["id_token"])["sub"]


def test_oidc_conformance_a_code_needs_no_nonce(hall, alice):
    assert "nonce" not in hall.read(hall.enter(alice, nonce=None)["id_token"])


@pytest.mark.parametrize(
    ("scope", "given"),
    [
        ("openid profile", {"sub", "name"}),
        ("openid phone", {"sub", "phone_number", "phone_number_verified"}),
        ("openid email", {"sub"}),
        ("openid address", {"sub"}),
        ("openid profile email address phone", {"sub", "name", "phone_number", "phone_number_verified"}),
    ],
)
def test_oidc_conformance_a_scope_gives_its_claims_and_one_we_know_nothing_of_gives_none(hall, alice, scope, given):
    said = hall.web.get(USERINFO, headers=bearer(hall.enter(alice, scope=scope))).get_json()
    assert given <= set(said) <= given | {"locale", "preferred_language"}, said
    assert not any(value is None for value in said.values()), "what is not known is left out (OpenID Connect Core 5.3.2)"


def test_oidc_conformance_neither_scopes_nor_parameters_have_an_order(hall, alice):
    asked = list(reversed(hall.asking(scope="phone profile openid").items()))
    code = back(alice.get("/oauth/authorize", query_string=asked), HALL)["code"]
    tokens = hall.redeem(code).get_json()
    assert tokens["token_type"] == "Bearer"
    assert {"name", "phone_number"} <= set(hall.web.get(USERINFO, headers=bearer(tokens)).get_json())


@pytest.mark.parametrize(
    "more",
    [
        {"display": "page"}, {"display": "popup"}, {"extra": "foobar"}, {"login_hint": "buffy@localhost"}, {"ui_locales": "se"},
        {"claims_locales": "se"}, {"acr_values": "1 2"}, {"max_age": "10000"}, {"response_mode": "query"},
    ],
)  # fmt: skip
def test_oidc_conformance_what_need_not_be_understood_does_no_harm(hall, alice, browser, more):
    tokens = hall.redeem(back(hall.ask(alice, **more), HALL)["code"]).get_json()
    signed_in = NOW.timestamp()
    assert signed_in <= hall.read(tokens["id_token"])["auth_time"] <= signed_in + 60, "the clock goes on while the test runs"
    stranger = browser()
    stranger.checking = False  # the hint stands on the page: the site named it
    assert stranger.get(hall.ask(stranger, **more).headers["Location"]).status_code == 200


def test_oidc_conformance_of_the_steps_that_are_wished_for_one_is_reached_and_named(hall, alice):
    code = back(hall.ask(alice, acr_values=" ".join(ACR_VALUES)), HALL)["code"]
    assert hall.read(hall.redeem(code).get_json()["id_token"])["acr"] in ACR_VALUES


def test_oidc_conformance_who_is_known_stays_the_same_without_a_question(hall, alice, shift):
    first = hall.read(hall.enter(alice, max_age="15000")["id_token"])
    shift(5)
    for more in ({"prompt": "none"}, {"max_age": "10000"}):
        again = hall.read(hall.enter(alice, **more)["id_token"])
        assert (again["sub"], again["auth_time"]) == (first["sub"], first["auth_time"])


def test_oidc_negative_a_code_used_again_half_a_minute_later_takes_back_what_it_gave(hall, alice, shift):
    code = back(hall.ask(alice), HALL)["code"]
    tokens = hall.redeem(code).get_json()
    shift(30)
    answer = hall.redeem(code)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_grant")
    assert hall.web.get(USERINFO, headers=bearer(tokens)).status_code == 401


def test_oidc_conformance_a_secret_may_be_shown_in_the_form_by_who_registered_so(app, signing, alice):
    post = make_relying(app, "post", auth_method="client_secret_post", first_party=True)
    form = {
        "grant_type": "authorization_code", "code": back(post.ask(alice))["code"], "redirect_uri": "https://shop.example/back",
        "code_verifier": VERIFIER, "client_id": "post",
    }  # fmt: skip
    assert post.call("/oauth/token", form | {"client_secret": "wrong"}, known=False).status_code == 401
    assert post.call("/oauth/token", form | {"client_secret": post.secret}, known=False).status_code == 200


def test_oidc_negative_an_address_inside_an_unsigned_request_leads_nowhere(shop, alice):
    inside = shop.asking(redirect_uri="https://evil.example/back")
    part = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in ({"alg": "none"}, inside)]
    said = back(shop.ask(alice, request=f"{part[0]}.{part[1]}."))
    assert said["error"] in ("invalid_request_object", "request_not_supported")
    assert shop.ask(alice, request=f"{part[0]}.{part[1]}.", redirect_uri="https://evil.example/back").status_code == 400


# Dynamic


def test_oidc_conformance_an_address_with_a_query_keeps_it(app, signing, alice):
    there = "https://shop.example/back?foo=bar"
    query = make_relying(app, "query", first_party=True, redirect_uris=(there,))
    answer = query.ask(alice)
    assert answer.headers["Location"].startswith(there + "&")
    assert query.redeem(back(answer)["code"]).status_code == 200


def test_oidc_negative_an_address_with_another_query_is_another_address(app, signing, alice):
    query = make_relying(app, "query", first_party=True, redirect_uris=("https://shop.example/back?foo=bar",))
    plain = make_relying(app, "plain", first_party=True)
    for site, tried in ((query, "?foo=baz"), (query, ""), (query, "?foo=bar&x=y"), (query, "?x=y&foo=bar"), (plain, "?foo=bar")):
        answer = site.ask(alice, redirect_uri=f"https://shop.example/back{tried}")
        assert (answer.status_code, "Location" in answer.headers) == (400, False), tried


def test_oidc_negative_with_two_addresses_one_must_be_named(app, signing, alice):
    two = make_relying(app, "two", first_party=True, redirect_uris=("https://shop.example/back", "https://shop.example/other"))
    answer = two.ask(alice, redirect_uri=None)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_oidc_conformance_userinfo_is_signed_for_who_registered_so(app, signing, alice):
    signed = make_relying(app, "signed", first_party=True, id_token_alg="RS256", settings={"userinfo_signed_response_alg": "RS256"})
    tokens = signed.enter(alice, scope="openid profile")
    answer = signed.web.get(USERINFO, headers=bearer(tokens))
    assert answer.content_type == "application/jwt"
    keys = KeySet.import_key_set(signed.web.get("/oauth/jwks.json").get_json())
    said = jwt.decode(answer.get_data(as_text=True), keys, algorithms=["RS256"])
    assert (said.claims["iss"], said.claims["aud"], said.claims["name"]) == (ORIGIN, "signed", "王爱丽")
    assert said.claims["sub"] == signed.read(tokens["id_token"], "RS256")["sub"]
    assert said.header["kid"]
    assert "nonce" not in said.claims
    hint = alice.get(LOGOUT, query_string={"id_token_hint": answer.get_data(as_text=True)})
    assert hint.status_code == 400, "it is no ID token"


def test_oidc_conformance_what_is_registered_to_be_shown_is_shown_before_one_agrees(register, alice, site):
    made = register(
        redirect_uris=["https://corner.example/back"], policy_uri="https://corner.example/policy", tos_uri="https://corner.example/terms",
        logo_uri="https://corner.example/logo.png", userinfo_signed_response_alg="RS256", client_name="Corner",
    )  # fmt: skip
    said = made.get_json()
    assert (made.status_code, said["userinfo_signed_response_alg"], said["logo_uri"]) == (201, "RS256", "https://corner.example/logo.png")
    asked = {
        "client_id": said["client_id"], "response_type": "code", "redirect_uri": "https://corner.example/back", "scope": "openid",
        "code_challenge": "x" * 43, "code_challenge_method": "S256",
    }  # fmt: skip
    alice.checking = False  # its links lead to another house, as registered
    page = alice.get("/oauth/authorize", query_string=asked).page
    assert page.heading == "Go on to Corner?"
    links = set(page.links())
    assert {"https://corner.example/policy", "https://corner.example/terms"} <= links
    assert "corner.example/logo.png" not in page.html, "whose page it is on learns nothing before one agrees"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"redirect_uris": ["https://corner.example/back#fragment"]}, "invalid_redirect_uri"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"userinfo_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"userinfo_signed_response_alg": "HS256"}, "invalid_client_metadata"),
        ({"tos_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
        ({"policy_uri": "http://corner.example/policy"}, "invalid_client_metadata"),
    ],
)
def test_oidc_negative_what_no_client_may_register(register, said, error):
    answer = register(**({"redirect_uris": ["https://corner.example/back"]} | said))
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


# Logout


@pytest.mark.parametrize(("method", "asked"), [("get", {}), ("get", {"state": "s1"}), ("post", {"state": "s1"})])
def test_oidc_conformance_a_sign_out_that_says_nothing_asks_and_then_ends_here(shop, alice, asked, method):
    shop.enter(alice)
    answer = alice.get(LOGOUT, query_string=asked) if method == "get" else alice.post(LOGOUT, data=asked)
    if method == "post":
        assert answer.status_code == 303
        answer = alice.get(answer.headers["Location"])
    assert answer.page.heading == "Sign out?"
    left = alice.post_form(answer.page, "/oauth/logout/confirm", follow=False)
    assert left.headers["Location"] == "/oauth/left", "the state goes nowhere"
    assert not is_in(alice)


def test_oidc_negative_a_hint_that_we_did_not_sign_ends_nothing_and_leads_nowhere(shop, alice):
    token = shop.enter(alice)["id_token"]
    _, body, signature = token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    claims, key = shop.read(token), ECKey.generate_key("P-256")
    foreign = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, key, algorithms=["ES256"])
    for hint in (f"{none}.{body}.", f"{none}.{body}.{signature}", foreign):
        for more in ({}, {"state": "s1"}, {"client_id": "shop"}):
            answer = alice.get(LOGOUT, query_string={"id_token_hint": hint, "post_logout_redirect_uri": BYE} | more)
            assert (answer.status_code, "Location" in answer.headers) == (400, False)
            assert is_in(alice)


def test_oidc_conformance_after_a_sign_out_nobody_is_known_without_a_question(hall, alice):
    tokens = hall.enter(alice)
    answer = alice.get(LOGOUT, query_string={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BYE, "state": "s1"})
    assert back(answer, BYE) == {"state": "s1"}
    assert back(hall.ask(alice, prompt="none"), HALL)["error"] == "login_required"
