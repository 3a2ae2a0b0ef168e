"""A site sends somebody here: signed in where needed, asked where needed, and sent back with a code that is good once."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from authlib.oidc.core import CodeIDToken, UserInfo

from portal.base.db import Base
from tests.faces.relying import back

HALL = "https://hall.example/back"
ISSUER = "https://localhost"


def test_who_is_signed_in_is_asked_once_and_never_again(shop, sign_in, cast):
    alice = sign_in(cast.alice)
    page = shop.ask(alice, scope="openid profile phone").page
    assert page.heading == "Go on to Shop?"
    assert "See your phone number" in page.text
    assert "shop.example" in page.text
    answer = back(alice.post_form(page, "/oauth/consent", button="yes", follow=False))
    assert (answer["state"], answer["iss"]) == ("st", ISSUER)
    assert back(shop.ask(alice, scope="openid profile"))["code"]
    assert "See your lines" in shop.ask(alice, scope="openid subscription").page.text, "more than was allowed is asked"


def test_a_no_goes_back_as_access_denied_and_is_not_remembered(shop, sign_in, cast):
    alice = sign_in(cast.alice)
    page = shop.ask(alice).page
    assert back(alice.post_form(page, "/oauth/consent", button="no", follow=False))["error"] == "access_denied"
    assert shop.ask(alice).status_code == 200


def test_the_operators_own_sites_ask_nobody(hall, sign_in, cast):
    assert back(hall.ask(sign_in(cast.alice)), HALL)["code"]


def test_who_is_not_signed_in_signs_in_and_comes_back_to_the_very_request(app, hall, browser, cast, phone):
    stranger = browser()
    answer = hall.ask(stranger, login_hint=cast.alice.number)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=")
    assert len(answer.headers["Location"]) < 300, "the address stays short"
    stranger.checking = False  # the whole number stands on the page: the site named it, nobody typed it here
    page = stranger.get(answer.headers["Location"]).page
    stranger.checking = True
    assert page.id("f-number").get("value") == cast.alice.number
    code_page = stranger.post_form(page, "/login", button="code").page
    entered = stranger.post_form(code_page, "/login/code", code=phone(cast.alice.number), follow=False)
    assert entered.headers["Location"].startswith("/oauth/authorize?")
    assert back(stranger.get(entered.headers["Location"]), HALL)["state"] == "st"


def test_pages_on_the_way_let_their_forms_reach_the_site_and_no_other_pages_do(hall, shop, browser, sign_in, cast):
    stranger = browser()
    where = hall.ask(stranger).headers["Location"]
    assert "form-action 'self' https://hall.example;" in stranger.get(where).headers["Content-Security-Policy"]
    assert "form-action 'self';" in stranger.get("/login").headers["Content-Security-Policy"]
    forged = "/login?next=" + "/oauth/authorize%3Fclient_id%3Dhall%26request_uri%3Dhttps://evil.example"
    assert "form-action 'self';" in stranger.get(forged).headers["Content-Security-Policy"]
    assert "form-action 'self' https://shop.example;" in shop.ask(sign_in(cast.alice)).headers["Content-Security-Policy"]


def test_a_code_gives_tokens_once_and_they_say_who_it_is(hall, sign_in, cast):
    alice = sign_in(cast.alice)
    code = back(hall.ask(alice, scope="openid profile phone customer subscription"), HALL)["code"]
    answer = hall.redeem(code)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = answer.get_json()
    assert tokens["token_type"] == "Bearer"
    claims = CodeIDToken(hall.read(tokens["id_token"]), {"alg": "ES256"}, params={"nonce": "no", "access_token": tokens["access_token"]})
    claims.validate_nonce()
    claims.validate_at_hash()
    assert claims["acr"] == "urn:onehall:acr:code"
    assert claims["amr"]
    assert claims["sid"]
    said = hall.web.get("/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}).get_json()
    assert UserInfo(said).sub == claims["sub"]
    assert said["name"] == "王爱丽"
    assert said["phone_number"] == "+8613857101234"
    assert said["customers"][0]["role"] == "owner"
    assert said["subscriptions"][0]["phoneNumber"] == "+8613857101234"
    assert str(cast.alice.party_id) not in answer.text + str(said)
    again = hall.redeem(code)
    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_grant")
    gone = hall.web.get("/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert gone.status_code == 401, "what the first one got is taken back"


def test_userinfo_gives_no_more_than_the_scopes(hall, sign_in, cast):
    tokens = hall.enter(sign_in(cast.alice))
    said = hall.web.post("/oauth/userinfo", data={"access_token": tokens["access_token"]}).get_json()
    assert set(said) == {"sub"}


def test_claims_asked_for_one_by_one_stand_where_they_were_asked_for(hall, sign_in, cast):
    wanted = '{"id_token": {"name": null}, "userinfo": {"phone_number": {"essential": true}}}'
    tokens = hall.enter(sign_in(cast.alice), claims=wanted)
    assert hall.read(tokens["id_token"])["name"] == "王爱丽"
    said = hall.web.get("/oauth/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}).get_json()
    assert set(said) == {"sub", "phone_number"}


def test_prompt_none_never_shows_a_page(hall, shop, browser, sign_in, cast):
    assert back(hall.ask(browser(), prompt="none"), HALL)["error"] == "login_required"
    alice = sign_in(cast.alice)
    assert back(hall.ask(alice, prompt="none"), HALL)["code"]
    assert back(shop.ask(alice, prompt="none"))["error"] == "consent_required"


def test_prompt_login_asks_for_a_new_proof_and_comes_back(hall, sign_in, cast, phone, shift):
    alice = sign_in(cast.alice)
    shift(60)
    answer = hall.ask(alice, prompt="login")
    assert answer.headers["Location"].startswith("/proof?")
    page = alice.get(answer.headers["Location"]).page
    page = alice.post_form(page, "/proof/code").page
    proved = alice.post_form(page, "/proof", code=phone(cast.alice.number), follow=False)
    assert back(alice.get(proved.headers["Location"]), HALL)["code"]


def test_max_age_counts_from_the_last_proof(hall, sign_in, cast, shift):
    alice = sign_in(cast.alice)
    shift(90)
    assert back(hall.ask(alice, max_age="120"), HALL)["code"]
    assert hall.ask(alice, max_age="60").headers["Location"].startswith("/proof?")
    assert back(hall.ask(alice, max_age="60", prompt="none"), HALL)["error"] == "login_required"


def test_a_request_by_post_goes_on_by_get_with_the_browsers_cookies(hall, sign_in, cast):
    alice = sign_in(cast.alice)
    answer = alice.post("/oauth/authorize", data=hall.asking())
    assert answer.status_code == 303
    assert back(alice.get(answer.headers["Location"]), HALL)["code"]


def test_form_post_sends_the_answer_by_a_form_to_the_registered_address(hall, sign_in, cast):
    alice = sign_in(cast.alice)
    alice.checking = False  # the one form of ours that leads to another house, on purpose and with no token of ours in it
    answer = hall.ask(alice, response_mode="form_post")
    form = answer.page.form("answer")
    assert form.get("action") == HALL
    assert {node.get("name") for node in form.all("input")} == {"code", "state", "iss"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_answer_can_be_had_once_even_if_the_page_is_sent_twice(shop, sign_in, cast):
    alice = sign_in(cast.alice)
    page = shop.ask(alice).page
    assert back(alice.post_form(page, "/oauth/consent", button="yes", follow=False))["code"]
    again = alice.post_form(page, "/oauth/consent", button="yes", follow=False)
    assert again.status_code == 400
    assert "code=" not in again.headers.get("Location", "")


def test_the_consent_is_bound_to_the_request_that_was_shown(shop, hall, sign_in, cast):
    alice = sign_in(cast.alice)
    page = shop.ask(alice).page
    other = alice.post_form(page, "/oauth/consent", button="yes", client_id="hall", follow=False)
    assert other.status_code == 400


def test_the_languages_a_site_names_are_spoken(shop, sign_in, cast):
    alice = sign_in(cast.alice)
    assert shop.ask(alice).page.language == "en"
    alice.checking = False
    assert shop.ask(alice, ui_locales="fr zh-CN").page.language == "zh-Hans-CN"


def test_an_essential_acr_that_cannot_be_reached_is_said_to_be_unmet(hall, sign_in, cast, phone, shift):
    alice = sign_in(cast.alice)
    shift(30)
    wanted = '{"id_token": {"acr": {"essential": true, "values": ["urn:onehall:acr:passkey"]}}}'
    answer = hall.ask(alice, claims=wanted)
    where = answer.headers["Location"]
    assert where.startswith("/proof?")
    request_uri = parse_qs(urlsplit(parse_qs(urlsplit(where).query)["next"][0]).query)["request_uri"][0]
    page = alice.post_form(alice.get("/proof").page, "/proof/code").page
    alice.post_form(page, "/proof", code=phone(cast.alice.number))
    answer = alice.get("/oauth/authorize", query_string={"client_id": "hall", "request_uri": request_uri})
    assert back(answer, HALL)["error"] == "unmet_authentication_requirements"


def test_a_wish_for_more_is_not_asked_for_twice(hall, sign_in, cast, phone, shift):
    alice = sign_in(cast.alice)
    shift(30)
    where = hall.ask(alice, acr_values="urn:onehall:acr:passkey").headers["Location"]
    assert where.startswith("/proof?")
    back_to = parse_qs(urlsplit(where).query)["next"][0]
    page = alice.post_form(alice.get("/proof").page, "/proof/code").page
    alice.post_form(page, "/proof", code=phone(cast.alice.number))
    assert back(alice.get(back_to), HALL)["code"]


def test_nothing_of_a_code_or_token_stands_in_the_database_as_it_is(app, hall, sign_in, cast):
    code = back(hall.ask(sign_in(cast.alice), scope="openid offline_access"), HALL)["code"]
    tokens = hall.redeem(code).get_json()
    with app.extensions["portal"].db.reading() as session:
        rows = " ".join(repr(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(sa.select(table)))
    for secret in (code, tokens["access_token"], tokens["refresh_token"], tokens["id_token"], hall.secret):
        assert secret not in rows
