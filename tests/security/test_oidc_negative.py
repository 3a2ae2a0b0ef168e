"""Guard 8: what an authorization server must refuse, each as the RFC names it, and never by sending anybody somewhere unregistered.

After the OpenID Foundation's plans (Basic, Dynamic, RP-initiated, back-channel) and RFC 9700. tests/openid holds the same rules
below the web; tests/security/test_jwt_negative.py the signed texts.
"""

from __future__ import annotations

import base64
import json

import pytest

from portal.openid import end_client
from tests.cast import NOW
from tests.faces.conftest import hall, shop, signing
from tests.faces.relying import VERIFIER, back, make_relying

__all__ = ["hall", "shop", "signing"]  # fixtures

HALL = "https://hall.example/back"


def stays_here(answer) -> bool:
    """Say whether the answer is a page of ours that leads nowhere."""
    return answer.status_code == 400 and "Location" not in answer.headers and "evil" not in answer.headers["Content-Security-Policy"]


@pytest.fixture
def alice(sign_in, cast):
    return sign_in(cast.alice)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/back", "https://shop.example/back/", "https://shop.example/back/../evil", "https://shop.example/backx",
        "https://shop.example/back?x=1", "https://shop.example/back#x", "https://shop.example:443/back", "https://shop.example:444/back",
        "http://shop.example/back", "HTTPS://SHOP.EXAMPLE/back", "https://shop.example.evil.example/back", "https://shop.example@evil.example/back",
        "https://evil.example/https://shop.example/back", "//evil.example/back", "javascript:alert(1)", "data:text/html,x", "/back", "",
        "https://shop.example\\@evil.example/back", "https://shop.example/back%2f..", " https://shop.example/back", "https://127.0.0.1/back",
    ],
)  # fmt: skip
def test_oidc_negative_nobody_is_sent_to_an_address_that_is_not_registered_to_the_letter(shop, alice, browser, address):
    for someone in (alice, browser()):
        assert stays_here(shop.ask(someone, redirect_uri=address))
        assert stays_here(shop.ask(someone, redirect_uri=address, prompt="none"))
        assert stays_here(shop.ask(someone, redirect_uri=address, response_mode="form_post"))


def test_oidc_negative_no_address_at_all_stays_here(shop, alice):
    assert stays_here(shop.ask(alice, redirect_uri=None))


@pytest.mark.parametrize("client_id", [None, "", "nobody", "shop ", "SHOP", "x" * 5000, "shop' OR 1=1 --", "\u0000shop"])
def test_oidc_negative_a_client_nobody_knows_stays_here(shop, alice, client_id):
    assert stays_here(shop.ask(alice, client_id=client_id))


def test_oidc_negative_a_client_that_has_ended_is_nobody(app, shop, alice):
    tokens = shop.enter(alice)
    with app.extensions["portal"].db.writing() as session:
        end_client(session, "shop", now=NOW)
    assert stays_here(shop.ask(alice))
    assert shop.refresh(tokens["refresh_token"]).status_code == 401
    assert shop.web.get("/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}).status_code == 401


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "scope", "state", "nonce", "response_type", "code_challenge", "prompt"])
def test_oidc_negative_a_parameter_that_comes_twice_is_refused(shop, alice, name):
    asked = list(shop.asking(prompt="consent").items())
    twice = [*asked, (name, dict(asked)[name])]
    assert stays_here(alice.get("/oauth/authorize", query_string=twice))
    assert shop.call("/oauth/par", {key: [value, value] if key == name else value for key, value in asked}).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "x" * 44}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none consent"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"scope": "profile", "nonce": "n"}, "invalid_request"),
        ({"scope": "nothing-we-know", "nonce": None}, "invalid_scope"),
    ],
)  # fmt: skip
def test_oidc_negative_what_a_site_asks_wrongly_it_is_told(shop, alice, changes, error):
    said = back(shop.ask(alice, **changes))
    assert said["error"] == error
    assert (said["state"], said["iss"]) == ("st", "https://localhost")
    assert "code" not in said
    assert shop.call("/oauth/par", shop.asking(**changes)).get_json()["error"] == error


def test_oidc_negative_scopes_that_are_not_the_clients_are_refused(app, signing, alice):
    small = make_relying(app, "small", scopes=("openid",), grant_types=("authorization_code",))
    assert back(small.ask(alice, scope="openid phone"))["error"] == "invalid_scope"


def test_oidc_negative_requests_by_reference_lead_to_nothing_outside(shop, alice):
    for uri in ("https://evil.example/request", "http://127.0.0.1:1/x", "file:///etc/passwd", "urn:ietf:params:oauth:request_uri:guess"):
        said = back(shop.ask(alice, request_uri=uri))  # to its own registered address alone
        assert said["error"] in ("invalid_request_uri", "request_uri_not_supported")
        assert stays_here(shop.ask(alice, request_uri=uri, redirect_uri="https://evil.example/back"))
        assert stays_here(shop.ask(alice, request_uri=uri, redirect_uri=None))


def test_oidc_negative_a_request_pushed_by_one_client_is_of_no_use_to_another(shop, hall, alice, shift):
    named = hall.call("/oauth/par", hall.asking()).get_json()["request_uri"]
    assert stays_here(alice.get("/oauth/authorize", query_string={"client_id": "shop", "request_uri": named}))
    shift(91)
    assert stays_here(alice.get("/oauth/authorize", query_string={"client_id": "hall", "request_uri": named}))


def test_oidc_negative_an_unsigned_request_object_is_refused(shop, alice):
    part = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in ({"alg": "none"}, shop.asking())]
    said = back(shop.ask(alice, request=f"{part[0]}.{part[1]}."))
    assert said["error"] in ("invalid_request_object", "request_not_supported")
    assert "code" not in said


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": VERIFIER + "x"}, "invalid_grant"),
        ({"redirect_uri": "https://shop.example/other"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code": "nonsense"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
    ],
)
def test_oidc_negative_a_code_is_good_with_everything_that_belongs_to_it_alone(hall, alice, changes, error):
    code = back(hall.ask(alice), HALL)["code"]
    answer = hall.redeem(**({"code": code} | changes))
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)
    assert hall.redeem(code).status_code == 200, "who guesses wrong uses nobody's code up"


def test_oidc_negative_a_code_of_another_client_is_none(hall, shop, alice):
    code = back(hall.ask(alice), HALL)["code"]
    assert shop.redeem(code, redirect_uri=HALL).get_json()["error"] == "invalid_grant"


def test_oidc_negative_a_code_is_good_for_a_minute(hall, alice, shift):
    code = back(hall.ask(alice), HALL)["code"]
    shift(61)
    assert hall.redeem(code).get_json()["error"] == "invalid_grant"


def test_oidc_negative_a_code_used_again_takes_back_what_it_gave(hall, alice):
    code = back(hall.ask(alice), HALL)["code"]
    tokens = hall.redeem(code).get_json()
    assert hall.redeem(code).get_json()["error"] == "invalid_grant"
    assert hall.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert hall.call("/oauth/introspect", {"token": tokens["access_token"]}).get_json() == {"active": False}


def test_oidc_negative_a_refresh_token_is_its_own_clients_and_may_not_grow(hall, shop, alice):
    tokens = hall.enter(alice)
    assert shop.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert hall.refresh(tokens["refresh_token"], scope="openid phone").get_json()["error"] == "invalid_scope"
    assert hall.refresh(tokens["access_token"]).get_json()["error"] == "invalid_grant"
    assert hall.refresh(tokens["refresh_token"]).status_code == 200


def test_oidc_negative_a_client_proves_itself_by_its_own_way_alone(app, shop, signing):
    public = make_relying(app, "public", auth_method="none")
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    pair = base64.b64encode(f"shop:{shop.secret}".encode()).decode()
    for headers, more in (
        ({}, {"client_id": "shop"}),
        ({}, {"client_id": "shop", "client_secret": shop.secret}),
        ({"Authorization": f"Basic {pair}"}, {"client_id": "public"}),
        ({"Authorization": f"Basic {pair}"}, {"client_secret": shop.secret}),
        ({"Authorization": f"Basic {base64.b64encode(b'public:').decode()}"}, {}),
        ({}, {"client_id": "public", "client_secret": "x"}),
        ({}, {}),
    ):
        answer = shop.call("/oauth/token", form | more, headers, known=False)
        assert answer.get_json()["error"] in ("invalid_client", "invalid_request"), (headers, more)
    assert public.call("/oauth/token", form).get_json()["error"] == "invalid_grant"


def test_oidc_negative_no_grant_that_was_found_wanting_is_taken(shop):
    for kind in ("password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "CLIENT_CREDENTIALS", "authorization_code "):
        answer = shop.call("/oauth/token", {"grant_type": kind, "username": "13857101234", "password": "482917"})
        assert answer.get_json()["error"] == "unsupported_grant_type", kind


def test_oidc_negative_a_sign_in_that_is_over_answers_nothing_more(hall, alice):
    hall.enter(alice)
    alice.post_form(alice.get("/").page, "/logout")
    assert back(hall.ask(alice, prompt="none"), HALL)["error"] == "login_required"


def test_oidc_negative_staff_are_nobody_at_the_sites(hall, counter, staff):
    assert back(hall.ask(counter(staff.dora), prompt="none"), HALL)["error"] == "login_required"


def test_oidc_negative_a_hint_of_somebody_else_is_not_answered_with_whoever_is_here(hall, alice, sign_in, cast):
    of_bob = hall.enter(sign_in(cast.bob))["id_token"]
    assert back(hall.ask(alice, prompt="none", id_token_hint=of_bob), HALL)["error"] == "login_required"
    of_alice = hall.enter(alice)["id_token"]
    assert back(hall.ask(alice, prompt="none", id_token_hint=of_alice), HALL)["code"]


def test_oidc_negative_nobody_agrees_for_somebody_else(shop, alice, sign_in, cast):
    page = shop.ask(alice).page
    form = page.form("/oauth/consent")
    held = {node.get("name"): node.get("value") for node in form.all("input") if node.get("name") != "csrf_token"}
    assert alice.post("/oauth/consent", data=held | {"answer": "yes"}).status_code == 400, "no token of ours"
    bob = sign_in(cast.bob)
    answer = bob.post("/oauth/consent", data=held | {"answer": "yes", "csrf_token": bob.token()})
    assert back(answer)["code"], "Bob answers for Bob"
    assert back(shop.ask(alice, prompt="none"))["error"] == "consent_required"


def test_oidc_negative_pages_that_ask_are_framed_by_nobody_and_kept_by_nobody(shop, alice):
    answer = shop.ask(alice)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"


def test_oidc_negative_no_redirect_is_made_by_a_status_that_sends_forms_on(shop, hall, alice):
    assert hall.ask(alice).status_code == 303
    assert alice.post("/oauth/authorize", data=hall.asking()).status_code == 303


def test_oidc_negative_answers_hold_no_code_where_the_question_was_wrong(shop, alice, shift):
    page = shop.ask(alice).page
    shift(31 * 60)
    answer = alice.post_form(page, "/oauth/consent", button="yes", follow=False)
    assert "code=" not in answer.headers.get("Location", "")


def test_oidc_negative_loopback_addresses_may_differ_by_their_port_alone(app, signing, alice):
    native = make_relying(app, "native", auth_method="none", first_party=True, redirect_uris=("http://127.0.0.1/back",))
    assert back(native.ask(alice, redirect_uri="http://127.0.0.1:51234/back"), "http://127.0.0.1:51234/back")["code"]
    for wrong in ("http://127.0.0.1:51234/other", "http://localhost:51234/back", "http://127.0.0.2/back", "https://127.0.0.1:1/back"):
        assert stays_here(native.ask(alice, redirect_uri=wrong))
